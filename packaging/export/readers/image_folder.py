"""Plain images in a folder, at any depth; nothing is said about what is in them.

Files beside them that may hold labels, in a format that is not taken in, are named:
nobody should believe that their labels came along.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from ..contract import ImportedSet, Sizes
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import IMAGE_SUFFIXES, SourceFolder

_LABEL_SUFFIXES: Final = frozenset(
    (".json", ".jsonl", ".xml", ".csv", ".txt", ".labels", ".vott", ".parquet")
)
# What people write beside a data set; it holds no labels.
_PROSE: Final = ("readme", "license", "licence", "notice", "source")


@dataclass(frozen=True, slots=True)
class ImageFolderReader:
    """Takes every file with an image's suffix below a folder, or one such file."""

    format: ClassVar[str] = "images"

    def detect(self, path: Path) -> bool:
        """Whether it is an image, or a folder with one somewhere below."""
        if path.is_file():
            return path.suffix.lower() in IMAGE_SUFFIXES
        return path.is_dir() and bool(SourceFolder(path).images())

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images, none of them labeled, in no split.

        Raises:
            BadFile: there is none.
        """
        if path.is_file():
            folder = SourceFolder(path.parent)
            found = [p for p in [folder.file(path.name)] if p is not None]
        else:
            folder = SourceFolder(path)
            found = folder.images()
        draft = SetDraft(self.format, folder, sizes)
        for image in found:
            draft.add_plain(image)
        if path.is_dir():
            for first, what in _left_behind(folder):
                draft.problem(first, what)
        return draft.done()


def _left_behind(folder: SourceFolder) -> Iterator[tuple[Path, str]]:
    """The first file of each kind that may hold labels, and what becomes of them."""
    kinds: defaultdict[str, list[Path]] = defaultdict(list)
    for path in folder.files():
        suffix = path.suffix.lower()
        if suffix in _LABEL_SUFFIXES and not path.name.lower().startswith(_PROSE):
            kinds[suffix].append(path)
    for suffix, (first, *others) in sorted(kinds.items()):
        more = f", nor {len(others)} more `{suffix}`" if others else ""
        yield first, f"the file is not read{more}: labels there are not taken in"
