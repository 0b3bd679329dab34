"""Plain images in a folder, at any depth; nothing is said about what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..contract import ImportedSet, Sizes
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import IMAGE_SUFFIXES, SourceFolder


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
        return draft.done()
