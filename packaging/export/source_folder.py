"""A folder of files from elsewhere: nothing outside it is ever opened.

Names that stand in other people's files are data. Each is resolved, symbolic links
included, and refused when it leaves the folder; what is read has a size limit.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from dataset.errors import BadFile

JSON_LIMIT = 1 << 30
TEXT_LIMIT = 64 << 20
YAML_LIMIT = 1 << 20
_ALIAS_LIMIT = 10
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
            found = self.file(folder, wanted)
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
        found = list(self._walk(self.root if start is None else start))
        return sorted(found, key=lambda path: path.relative_to(self.root).parts)

    def _walk(self, start: Path) -> Iterator[Path]:
        # Linked folders are not followed: they can lead in a circle.
        for folder, folders, names in os.walk(start, followlinks=False):
            folders[:] = [n for n in folders if not _is_hidden(n)]
            for name in names:
                path = Path(folder) / name
                if _is_hidden(name):
                    continue
                if not path.is_symlink():
                    if path.is_file():
                        yield path
                elif self.file(path) is not None:
                    yield path

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
        """The file's bytes.

        Raises:
            BadFile: too large, outside the folder, or unreadable.
        """
        inside = self.file(path)
        if inside is None:
            raise BadFile(f"The file is missing or outside its folder: {path}")
        try:
            with inside.open("rb") as stream:
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

    def yaml(self, path: Path) -> Any:  # noqa: ANN401  (a stranger's structure)
        """The file as YAML: plain values only, hardly any aliases.

        A few hundred bytes of nested aliases can stand for a billion values; they
        are counted before anything is built.

        Raises:
            BadFile: too large, unreadable, not YAML, or too many aliases.
        """
        text = self.text(path, YAML_LIMIT)
        try:
            aliases = sum(
                isinstance(event, yaml.AliasEvent)
                for event in yaml.parse(text, Loader=yaml.SafeLoader)
            )
            if aliases > _ALIAS_LIMIT:
                raise BadFile(f"The file has too many aliases ({aliases}): {path}")
            return yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            reason = " ".join(str(error).split())[:200]
            raise BadFile(f"The file is no YAML ({reason}): {path}") from None


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
