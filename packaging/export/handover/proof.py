"""Reads an export back and holds it against the version: box for box, split for split.

Each format reads its own files again, from the disk and without a look at what was
meant. A difference is a fault of the disk or of ours, and ends the export.
"""

from __future__ import annotations

import csv
import struct
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dataset.errors import BadFile, BadImage
from dataset.progress import SILENT, Progress

from ..contract import ImageFacts, ImportedBox, Reader

_PROGRESS_STEP = 50
# What parsers of JSON, XML, CSV, tar, Parquet and packed numbers raise.
_NOT_UNDERSTOOD = (
    *(ValueError, LookupError, TypeError, SyntaxError, AttributeError),
    *(csv.Error, struct.error, tarfile.TarError, FileNotFoundError),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundImage:
    """An image as the files of an export tell of it.

    `name` is the image's relative name. What a format does not say stays None or "":
    its size as shown, its split, the SHA-256 of the bytes that are packed into a file.
    """

    name: str
    boxes: tuple[ImportedBox, ...]
    split: str | None = None
    size: tuple[int, int] | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedImage:
    """An image as the version has it, with the boxes that the format can hold."""

    boxes: tuple[ImportedBox, ...]
    facts: ImageFacts
    split: str
    digest: str


class WrittenExport:
    """An export in its folder, before it is signed; `root` is resolved.

    It knows the size of each image, so that reading back need not open them. Where the
    export is not `is_alone` in its folder, other people's files there are no business
    of ours.
    """

    def __init__(
        self, root: Path, wanted: dict[str, WantedImage], *, is_alone: bool
    ) -> None:
        self.root = root.resolve()
        self._wanted = wanted
        self._is_alone = is_alone

    def facts(self, path: Path) -> ImageFacts:
        """The facts of the image at `path`.

        Raises:
            BadImage: it is none of the export.
        """
        return self.facts_of(path.relative_to(self.root).as_posix())

    def facts_of(self, name: str) -> ImageFacts:
        """The facts of the image of that relative name.

        Raises:
            BadImage: it is none of the export.
        """
        found = self._wanted.get(name)
        if found is None:
            raise BadImage(f"The image is none of this export: {name}")
        return found.facts

    def concerns(self, name: str) -> bool:
        """Whether what is said of that file is said of this export."""
        return self._is_alone or name in self._wanted


def read_through(reader: Reader, written: WrittenExport) -> Iterator[FoundImage]:
    """What a reader of other people's files makes of an export of ours.

    The split is left open: such a reader translates the names of test sets.

    Raises:
        BadFile: it does not take the export as it is.
    """
    found = reader.read(written.root, sizes=written)
    for problem in found.problems:
        if written.concerns(problem.path):
            raise _differs(problem.what, problem.path)
    for image in found.images:
        if written.concerns(image.source_name):
            yield FoundImage(name=image.source_name, boxes=image.boxes)


def prove(
    found: Iterable[FoundImage],
    wanted: dict[str, WantedImage],
    tolerance_px: float,
    progress: Progress = SILENT,
) -> None:
    """Compare what was read back with the version; forgets `wanted` on the way.

    Raises:
        BadFile: they differ, or the files cannot be understood.
        Cancelled: the person asked to stop.
    """
    total = len(wanted)
    for done, image in enumerate(_understood(found)):
        if done % _PROGRESS_STEP == 0:
            progress.step(done, total, "samples read back")
        due = wanted.pop(image.name, None)
        if due is None:
            raise _differs("an image is too many, or there twice", image.name)
        _compare(image, due, tolerance_px)
    if wanted:
        raise _differs("an image is not found again", next(iter(wanted)))


def _understood(found: Iterable[FoundImage]) -> Iterator[FoundImage]:
    try:
        yield from found
    except _NOT_UNDERSTOOD as error:
        raise _differs("the files are not understood", repr(error)) from error


def _compare(image: FoundImage, due: WantedImage, tolerance_px: float) -> None:
    if not same_boxes(image.boxes, due.boxes, tolerance_px):
        raise _differs("the boxes are others", image.name)
    if image.split not in (None, due.split):
        raise _differs("the split is another", image.name)
    if image.size not in (None, (due.facts.width, due.facts.height)):
        raise _differs("the size is another", image.name)
    if image.digest not in ("", due.digest):
        raise _differs("the image's bytes are others", image.name)


def same_boxes(
    read: tuple[ImportedBox, ...], meant: tuple[ImportedBox, ...], tolerance_px: float
) -> bool:
    """Whether the same boxes are there, in any order, each within the tolerance."""
    if len(read) != len(meant):
        return False
    if all(map(_is_near, read, meant, [tolerance_px] * len(meant))):
        return True
    left = list(read)
    for box in meant:
        at = next(
            (i for i, o in enumerate(left) if _is_near(o, box, tolerance_px)), None
        )
        if at is None:
            return False
        del left[at]
    return True


def _is_near(one: ImportedBox, other: ImportedBox, tolerance_px: float) -> bool:
    return one.class_name == other.class_name and all(
        abs(a - b) <= tolerance_px
        for a, b in zip(one.corners, other.corners, strict=True)
    )


def _differs(what: str, name: str) -> BadFile:
    return BadFile(
        f"The export read back differs from the version ({what}): {name}",
        hint="check the disk and write it again; if it stays so, please report it",
    )
