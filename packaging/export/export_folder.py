"""A folder that an export is written into: fresh beside its target, or in place.

A first export is built in a temporary folder beside the target and renamed as a whole.
An update writes into the target itself, file by file and each one whole, touches only
what differs, and removes what is stale only if the earlier side-car says it is ours.
Images are copied, sharing their blocks where the file system can, and never linked.

Nothing here is flushed to the disk: an export can be made again, and flushing would
cost more than all the rest. After a power cut the side-car tells what is not whole.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dataset import durable
from dataset.errors import BadImage, ProjectError
from dataset.records import VersionSample

if sys.platform == "linux":
    import fcntl

_FICLONE = 0x40049409
_NO_SHARING = {
    errno.EOPNOTSUPP,
    errno.ENOTTY,
    errno.EXDEV,
    errno.EINVAL,
    errno.EPERM,
    errno.ENOSYS,
}
_CHUNK_BYTES = 1 << 30
_COMPARE_LIMIT = 1 << 22


class ExportFolder:
    """Where one export writes its files; paths are relative, with forward slashes.

    `digests` holds the SHA-256 of every file written, `bytes` their size together.
    """

    def __init__(self, root: Path, source: Path, *, in_place: bool) -> None:
        self.root = root
        self.digests: dict[str, str] = {}
        self.bytes = 0
        self._source = source
        self._in_place = in_place
        self._folders: set[Path] = set()
        self._can_share = sys.platform == "linux"
        self._can_copy_range = hasattr(os, "copy_file_range")

    def copy(self, sample: VersionSample, name: str) -> None:
        """Copy a sample's image; in place, one of the right size is left alone.

        Raises:
            ProjectError: the stored image is missing.
            BadImage: its size is not that of the version.
        """
        target = self._place(name)
        if not (self._in_place and _size_of(target) == sample.size_bytes > 0):
            size = self._copy(self._source / sample.path, target)
            if sample.size_bytes not in (0, size):
                raise BadImage(
                    "An image's bytes are not those of the version: "
                    f"{self._source / sample.path}",
                    hint="run `fieldset check --repair`",
                )
        # The id is the digest: the store proves it with `fieldset check --deep`.
        self.digests[name] = sample.id
        self.bytes += sample.size_bytes or target.stat().st_size

    def write(self, name: str, data: bytes) -> None:
        """Write a file of an export; in place, an equal one is left alone."""
        target = self._place(name)
        self.digests[name] = hashlib.sha256(data).hexdigest()
        self.bytes += len(data)
        if not self._in_place:
            target.write_bytes(data)
        elif not _holds(target, data):
            temporary = durable.temporary_beside(target)
            temporary.write_bytes(data)
            temporary.replace(target)

    def write_joined(self, name: str, parts: Iterable[bytes | Path]) -> None:
        """Write one file from pieces, some of them the content of scratch files."""
        target = self._place(name)
        whole = hashlib.sha256()
        temporary = durable.temporary_beside(target)
        with temporary.open("wb") as stream:
            for part in parts:
                for piece in _pieces(part):
                    whole.update(piece)
                    stream.write(piece)
            self.bytes += stream.tell()
        self.digests[name] = whole.hexdigest()
        temporary.replace(target)

    def make_folder(self, name: str) -> None:
        """Make a folder that may stay empty."""
        (self.root / name).mkdir(parents=True, exist_ok=True)

    def scratch(self) -> Path:
        """A fresh name for a file that must not outlive the export."""
        self.root.mkdir(parents=True, exist_ok=True)
        return durable.temporary_beside(self.root / "scratch")

    def digest(self) -> str:
        """The SHA-256 over the sorted lines "sha256  path" of all files so far."""
        whole = hashlib.sha256()
        for name in sorted(self.digests):
            whole.update(f"{self.digests[name]}  {name}\n".encode())
        return whole.hexdigest()

    def remove_stale(self, names: set[str]) -> int:
        """Remove files of an earlier export that this one does not have."""
        removed = 0
        for name in sorted(names - set(self.digests)):
            path = self.root / name
            if not _is_inside(self.root, path):
                continue
            if path.is_file():
                path.unlink()
                removed += 1
            _remove_empty(path.parent, self.root)
        return removed

    def _place(self, name: str) -> Path:
        target = self.root / name
        if target.parent not in self._folders:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(target.parent)
        return target

    def _copy(self, source: Path, target: Path) -> int:
        """Copy one file and give its size; in place it appears whole or not at all."""
        goal = durable.temporary_beside(target) if self._in_place else target
        try:
            reading = os.open(source, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise ProjectError(
                f"The image of a sample cannot be read ({error.strerror}): {source}",
                hint="run `fieldset check --repair`",
            ) from error
        try:
            size = self._copy_open(reading, source, goal)
        finally:
            os.close(reading)
        if goal is not target:
            goal.replace(target)
        return size

    def _copy_open(self, reading: int, source: Path, goal: Path) -> int:
        size = os.fstat(reading).st_size
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
        writing = os.open(goal, flags, 0o644)
        try:
            if self._share(reading, writing):
                return size
            if self._copy_range(reading, writing, size):
                return size
        finally:
            os.close(writing)
        shutil.copyfile(source, goal)
        return size

    def _share(self, reading: int, writing: int) -> bool:
        """Let the new file share the old one's blocks (Btrfs, XFS, bcachefs)."""
        if sys.platform != "linux" or not self._can_share:
            return False
        try:
            fcntl.ioctl(writing, _FICLONE, reading)
        except OSError as error:
            if error.errno not in _NO_SHARING:
                raise
            self._can_share = False
            return False
        return True

    def _copy_range(self, reading: int, writing: int, size: int) -> bool:
        """Copy inside the kernel; False where it cannot."""
        if not self._can_copy_range:
            return False
        done = 0
        try:
            while done < size:
                count = os.copy_file_range(
                    reading, writing, min(size - done, _CHUNK_BYTES)
                )
                if count == 0:
                    return False
                done += count
        except OSError as error:
            if error.errno not in _NO_SHARING or done:
                raise
            self._can_copy_range = False
            return False
        return True


@contextmanager
def fresh_folder(target: Path, source: Path) -> Iterator[ExportFolder]:
    """A folder beside `target` that becomes it as a whole when the block succeeds.

    Raises:
        ProjectError: the target holds something.
        StorageFull, ReadOnlyProject: it cannot be written; nothing is left behind.
    """
    durable.make_folder(target.parent)
    with durable.translated(target):
        temporary = durable.temporary_beside(target)
        temporary.mkdir()
        try:
            yield ExportFolder(temporary, source, in_place=False)
            if target.is_dir():
                target.rmdir()
            temporary.rename(target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


@contextmanager
def kept_folder(target: Path, source: Path) -> Iterator[ExportFolder]:
    """The folder of an earlier export, to be brought up to date in place."""
    with durable.translated(target):
        _remove_scratch(target)
        try:
            yield ExportFolder(target, source, in_place=True)
        finally:
            _remove_scratch(target)


def stale_caches(target: Path) -> tuple[str, ...]:
    """Caches that a trainer left among the labels; it may trust them wrongly."""
    return tuple(sorted(p.name for p in (target / "labels").glob("*.cache")))


def earlier_files(digests: Mapping[str, object]) -> set[str]:
    """File names of a side-car that may be removed: relative and tame ones only."""
    return {
        name
        for name in digests
        if not name.startswith("/") and ".." not in name.split("/") and "\\" not in name
    }


def _remove_scratch(target: Path) -> None:
    for path in target.rglob(f"{durable.TEMPORARY_PREFIX}*"):
        if path.is_file():
            path.unlink()


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _is_inside(root: Path, path: Path) -> bool:
    try:
        return path.parent.resolve().is_relative_to(root.resolve())
    except OSError:
        return False


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _holds(path: Path, data: bytes) -> bool:
    return _size_of(path) == len(data) and path.read_bytes() == data


def _pieces(part: bytes | Path) -> Iterator[bytes]:
    if isinstance(part, bytes):
        yield part
        return
    with part.open("rb") as stream:
        while piece := stream.read(_COMPARE_LIMIT):
            yield piece
    part.unlink()
