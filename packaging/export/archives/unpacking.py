"""A tar or zip archive from elsewhere, unpacked where it can do no harm.

A member's name is data. Names that leave the folder, links, devices, sparse and
encrypted members, and names that differ only in case from one before are left out, each
named with the reason; the rest is unpacked. What is unpacked is counted while it flows,
whatever the archive claims: an archive that grows beyond all reason is refused.
"""

from __future__ import annotations

import lzma
import os
import re
import shutil
import stat
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from dataset.errors import BadFile
from dataset.progress import SILENT, Progress

from ..contract import Problem

SUFFIXES: Final = (
    *(".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz"),
)
_GROWTH: Final = 100
_GROWTH_FREE_BYTES: Final = 256 << 20
_MEMBERS: Final = 2_000_000
_NAME_BYTES: Final = 255
_PART: Final = 1 << 20
_KEPT_FREE: Final = 256 << 20
_BROKEN: Final = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(EOFError, ValueError, NotImplementedError, RuntimeError),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """Where an archive's content lies, and what was left out of it."""

    path: Path
    problems: tuple[Problem, ...] = ()


def is_archive(path: Path) -> bool:
    """Whether a file is called an archive; a damaged one is named when unpacked."""
    return path.name.lower().endswith(SUFFIXES) and path.is_file()


@contextmanager
def unpacked(path: Path, progress: Progress = SILENT) -> Iterator[Unpacked]:
    """The content of an archive in a folder that lasts as long as the block.

    Where everything lies in one folder, that folder is given.

    Raises:
        BadFile: the archive is damaged, or grows beyond a hundred times its size, its
            room on the disk, or two million members.
        Cancelled: `progress` said so; nothing is left behind.
    """
    with tempfile.TemporaryDirectory(prefix="fieldset-") as name:
        root = Path(name) / _bare_name(path)
        root.mkdir()
        members = _Members(root, _room(path, root))
        try:
            if zipfile.is_zipfile(path):
                _unpack_zip(path, members, progress)
            else:
                _unpack_tar(path, members, progress)
        except _BROKEN as error:
            raise BadFile(f"The archive is damaged ({error}): {path}") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise BadFile(
                f"The archive cannot be unpacked ({reason}): {path}"
            ) from None
        yield Unpacked(path=_inner(root), problems=tuple(members.problems))


class _Members:
    """The members that were unpacked so far, and those that were not."""

    def __init__(self, root: Path, room: int) -> None:
        self._root = root
        self._room = room
        self._seen: set[str] = set()
        self._count = 0
        self.problems: list[Problem] = []

    def count(self) -> None:
        """Note that there is another member.

        Raises:
            BadFile: there are too many.
        """
        self._count += 1
        if self._count > _MEMBERS:
            raise BadFile(f"The archive has more members than {_MEMBERS}")

    def leave_out(self, name: str, reason: str) -> None:
        """Note a member that is not unpacked."""
        shown = name.encode("utf-8", "replace").decode()[:200]
        self.problems.append(Problem(path=shown, what=f"left out: {reason}"))

    def place(self, name: str, stream: IO[bytes], written_s: float | None) -> None:
        """Unpack one regular file, unless its name forbids it.

        Raises:
            BadFile: there is no room for so much.
        """
        parts = _tame_parts(name)
        if parts is None:
            self.leave_out(name, "its name leaves the folder or is no name here")
            return
        key = unicodedata.normalize("NFC", "/".join(parts)).casefold()
        if key in self._seen:
            self.leave_out(name, "its name differs from another's in case alone")
            return
        target = self._root.joinpath(*parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = target.open("xb")
        except (FileExistsError, NotADirectoryError):
            self.leave_out(name, "another member lies where it would")
            return
        self._seen.add(key)
        with copy:
            self._copy(stream, copy)
        if written_s is not None:
            os.utime(target, (written_s, written_s))

    def _copy(self, stream: IO[bytes], copy: IO[bytes]) -> None:
        while data := stream.read(_PART):
            self._room -= len(data)
            if self._room < 0:
                raise BadFile(
                    "The archive unpacks to more than can be believed or stored",
                    hint="unpack it yourself and import the folder",
                )
            copy.write(data)


def _unpack_zip(path: Path, members: _Members, progress: Progress) -> None:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        for done, info in enumerate(infos):
            progress.step(done, len(infos), "unpacked")
            members.count()
            if info.is_dir():
                continue
            reason = _refused_zip(info)
            if reason:
                members.leave_out(info.filename, reason)
                continue
            with archive.open(info) as stream:
                members.place(info.filename, stream, None)


def _refused_zip(info: zipfile.ZipInfo) -> str:
    """Why a member stays out; "" for one that may come in."""
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "it is a link or no regular file"
    if info.flag_bits & 0x1:
        return "it is encrypted"
    return ""


def _unpack_tar(path: Path, members: _Members, progress: Progress) -> None:
    size = path.stat().st_size
    with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|*") as archive:
        for member in archive:
            progress.step(min(file.tell(), size), size, "unpacked")
            members.count()
            if member.isdir():
                continue
            if not member.isreg() or member.issparse():
                members.leave_out(member.name, "it is a link or no regular file")
                continue
            stream = archive.extractfile(member)
            if stream is not None:
                written_s = float(member.mtime) if member.mtime > 0 else None
                members.place(member.name, stream, written_s)


def _tame_parts(name: str) -> tuple[str, ...] | None:
    """The parts of a name that stays inside; None for any other."""
    plain = name.replace("\\", "/")
    if plain.startswith("/") or re.match(r"[A-Za-z]:", plain) or "\x00" in plain:
        return None
    parts = PurePosixPath(plain).parts
    if not parts or ".." in parts:
        return None
    try:
        is_short = all(len(part.encode()) <= _NAME_BYTES for part in parts)
    except UnicodeEncodeError:
        return None
    return parts if is_short else None


def _room(path: Path, root: Path) -> int:
    """How many bytes may come out."""
    believed = path.stat().st_size * _GROWTH + _GROWTH_FREE_BYTES
    free = shutil.disk_usage(root).free - _KEPT_FREE
    return max(min(believed, free), 0)


def _bare_name(path: Path) -> str:
    """The archive's name without what says that it is one."""
    lower = path.name.lower()
    suffix = max((s for s in SUFFIXES if lower.endswith(s)), key=len, default="")
    return path.name[: len(path.name) - len(suffix)].strip(". ") or "archive"


def _inner(root: Path) -> Path:
    """The one folder in which everything lies, else the root."""
    entries = [e for e in root.iterdir() if not e.name.startswith((".", "__MACOSX"))]
    if len(entries) == 1 and entries[0].is_dir():
        return _inner(entries[0])
    return root
