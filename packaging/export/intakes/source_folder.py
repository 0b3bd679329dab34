"""A folder of files from elsewhere: nothing outside it is ever opened.

Names that stand in other people's files are data. Each is resolved, symbolic links
included, and refused when it leaves the folder; what is read has a size limit.
"""

from __future__ import annotations

import json
import os
import re
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from dataset.errors import BadFile

JSON_LIMIT = 1 << 30
TEXT_LIMIT = 64 << 20
IMAGE_SUFFIXES = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp"),
        *(".bmp", ".dib", ".gif", ".tif", ".tiff"),
        *(".avif", ".heic", ".heif", ".jp2", ".jxl"),
    )
)
_SPLITS = {
    "train": "train",
    "training": "train",
    "trainval": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "minival": "val",
    "test": "test",
    "testing": "test",
}
_YEAR = re.compile(r"[-_ ]?(?:19|20)\d\d$")


class SourceFolder:
    """A data set's folder; `root` is resolved."""

    def __init__(self, root: Path) -> None:
        try:
            self.root = root.resolve(strict=True)
        except (OSError, RuntimeError):
            raise BadFile(f"There is no such file or folder: {root}") from None
        self._unread: dict[str, str] = {}

    @property
    def unread(self) -> dict[str, str]:
        """Folders that could not be looked into, with the reason, by relative name."""
        self.files()
        return dict(self._unread)

    def name(self, path: Path) -> str:
        """The path relative to the folder, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def inside(self, *parts: str | Path) -> Path | None:
        """The parts joined and resolved, or None when that leaves the folder."""
        try:
            path = self.root.joinpath(*parts).resolve()
        except (OSError, RuntimeError, ValueError):
            return None
        return path if path.is_relative_to(self.root) else None

    def file(self, *parts: str | Path) -> Path | None:
        """The regular file at these parts, or None when it is missing or outside."""
        path = self.inside(*parts)
        try:
            return path if path is not None and path.is_file() else None
        except (OSError, ValueError):
            return None

    def known(self, name: str) -> Path | None:
        """The file of that relative name if the walk through the folder found it.

        Much faster than `file`, which also follows `..` and linked folders.
        """
        return self._index.get(name)

    def folder(self, *parts: str | Path) -> Path | None:
        """The folder at these parts, or None when it is missing or outside."""
        path = self.inside(*parts)
        try:
            return path if path is not None and path.is_dir() else None
        except (OSError, ValueError):
            return None

    def first(self, name: str, *folders: Path) -> Path | None:
        """The file of that (relative) name in the first folder that has it."""
        wanted = name.replace("\\", "/")
        for folder in folders:
            prefix = "" if folder == self.root else f"{self.name(folder)}/"
            found = self.known(prefix + wanted) or self.file(folder, wanted)
            if found is not None:
                return found
        return None

    def leaves(self, name: str) -> bool:
        """Whether a name from a file points outside the folder, wherever it stands."""
        wanted = name.replace("\\", "/")
        if re.match(r"[A-Za-z]:", wanted) or wanted.startswith("//"):
            return True
        if "\x00" in wanted:
            return True
        return ".." in PurePosixPath(wanted).parts or self.inside(wanted) is None

    def images(self, *parts: str | Path) -> list[Path]:
        """Files with an image's suffix below a folder, sorted by relative name."""
        start = self.folder(*parts)
        if start is None:
            return []
        return [p for p in self.files(start) if p.suffix.lower() in IMAGE_SUFFIXES]

    def files(self, start: Path | None = None) -> list[Path]:
        """Every regular file below `start`, sorted by relative name.

        Hidden files and folders are left out; links that leave the folder, too.
        """
        if start is None or start == self.root:
            return list(self._index.values())
        prefix = f"{self.name(start)}/"
        return [path for name, path in self._index.items() if name.startswith(prefix)]

    @cached_property
    def _index(self) -> dict[str, Path]:
        """Every file by its relative name, sorted.

        Linked folders are not entered, for they can lead in a circle.
        """
        found: dict[str, Path] = {}
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            for entry in self._entries(prefix):
                if _is_hidden(entry.name):
                    continue
                name = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                elif entry.is_file(follow_symlinks=False) or (
                    entry.is_symlink() and self.file(name) is not None
                ):
                    found[name] = self.root / name
        return dict(sorted(found.items()))

    def _entries(self, prefix: str) -> list[os.DirEntry[str]]:
        """What lies in a folder; nothing, and a note, where nobody may look."""
        try:
            with os.scandir(self.root / prefix) as entries:
                return list(entries)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self._unread[prefix.rstrip("/") or "."] = reason
            return []

    @cached_property
    def top(self) -> tuple[str, ...]:
        """The names of what lies directly in the folder, sorted."""
        return tuple(sorted(entry.name for entry in self.root.iterdir()))

    def text(self, path: Path, limit: int = TEXT_LIMIT) -> str:
        """The file as UTF-8 (a byte-order mark is dropped, bad bytes replaced).

        Raises:
            BadFile: too large, or unreadable.
        """
        return self.bytes(path, limit).decode("utf-8-sig", errors="replace")

    def bytes(self, path: Path, limit: int = TEXT_LIMIT) -> bytes:
        """The bytes of a file that `file`, `known` or `files` gave.

        Raises:
            BadFile: too large, or unreadable.
        """
        try:
            with path.open("rb") as stream:
                data = stream.read(limit + 1)
        except OSError as error:
            raise BadFile(
                f"The file cannot be read ({error.strerror}): {path}"
            ) from None
        if len(data) > limit:
            raise BadFile(f"The file is larger than {limit} bytes: {path}")
        return data

    def json(self, path: Path) -> Any:  # noqa: ANN401  (a stranger's structure)
        """The file as JSON.

        Raises:
            BadFile: too large, unreadable, not JSON, or nested beyond reason.
        """
        try:
            return json.loads(self.bytes(path, JSON_LIMIT))
        except (ValueError, RecursionError) as error:
            raise BadFile(f"The file is no JSON ({error}): {path}") from None


def split_name(word: str) -> str | None:
    """The split that a folder or file name stands for, or None.

    "train2017" and "Training" are train, "valid" is val, "test" is test, and
    "test-night" (a name of ours) stays as it is.
    """
    name = word.strip().lower()
    known = _SPLITS.get(_YEAR.sub("", name))
    if known is not None:
        return known
    return name if re.fullmatch(r"test[-_][a-z0-9_-]{1,58}", name) else None


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))
