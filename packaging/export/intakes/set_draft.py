"""A data set while it is read: one image after another, each at most once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from dataset.errors import BadFile

from ..contract import ImportedImage, ImportedSet, Problem, Sizes
from .image_draft import FileSizes, ImageDraft
from .source_folder import SourceFolder

_MOST_PROBLEMS: Final = 10_000


class SetDraft:
    """Collects the images, classes and problems of one data set."""

    def __init__(
        self, format_name: str, folder: SourceFolder, sizes: Sizes | None
    ) -> None:
        self._format = format_name
        self._folder = folder
        self._sizes: Sizes = FileSizes() if sizes is None else sizes
        self._images: dict[str, ImportedImage] = {}
        self._classes: dict[str, None] = {}
        self._problems: list[Problem] = []
        self._unsaid = 0

    def problem(self, path: Path | str, what: str) -> None:
        """Note something that was skipped, and where."""
        name = path if isinstance(path, str) else self._folder.name(path)
        self._note([Problem(path=name, what=what)])

    def _note(self, problems: list[Problem]) -> None:
        """Keep what a person could read; a hostile file is good for millions."""
        room = max(_MOST_PROBLEMS - len(self._problems), 0)
        self._problems += problems[:room]
        self._unsaid += len(problems[room:])

    def name_classes(self, names: Iterable[str]) -> None:
        """Note class names in the order of the file."""
        for name in names:
            self._classes.setdefault(name)

    def draft(self, path: Path, split: str | None) -> ImageDraft | None:
        """A draft for the image at `path`; None, and a problem, when it had one."""
        name = self._folder.name(path)
        if name in self._images:
            self.problem(name, "the image is listed twice, the first entry counts")
            return None
        return ImageDraft(path, name, split)

    def packed(
        self, path: Path, name: str, split: str | None, unpack: Callable[[], bytes]
    ) -> ImageDraft | None:
        """A draft for an image packed inside `path`; None when its name is taken."""
        if name in self._images:
            self.problem(name, "the image is listed twice, the first entry counts")
            return None
        return ImageDraft(path, name, split, unpack)

    def add(self, draft: ImageDraft) -> None:
        """Take a finished draft over."""
        image, problems = draft.done(self._sizes)
        self._images[image.source_name] = image
        self._note(problems)
        self.name_classes(box.class_name for box in image.boxes)

    def has(self, path: Path) -> bool:
        """Whether the image at `path` was taken over."""
        return self._folder.name(path) in self._images

    def add_plain(self, path: Path, split: str | None = None) -> None:
        """Take an image over about which nothing is said."""
        name = self._folder.name(path)
        self._images.setdefault(
            name, ImportedImage(path=path, source_name=name, split=split)
        )

    def refusal(self, what: str, path: Path) -> BadFile:
        """The error of a place without one file of the format, and why, if known."""
        reason = f" ({self._problems[0].what})" if self._problems else ""
        return BadFile(f"{what}{reason}: {path}")

    def done(self) -> ImportedSet:
        """The data set.

        Raises:
            BadFile: there is not one image in it.
        """
        for name, reason in self._folder.unread.items():
            self.problem(name, f"the folder cannot be read: {reason}")
        if self._unsaid:
            what = f"further remarks that are not listed: {self._unsaid}"
            self._problems.append(Problem(path=".", what=what))
        if not self._images:
            first = self._problems[0].what if self._problems else "nothing was found"
            raise BadFile(
                f"There is no image to take in ({first}): {self._folder.root}",
                hint="give the folder that holds the images and their labels",
            )
        return ImportedSet(
            format=self._format,
            root=self._folder.root,
            images=tuple(self._images[name] for name in sorted(self._images)),
            classes=tuple(self._classes),
            problems=tuple(self._problems),
        )
