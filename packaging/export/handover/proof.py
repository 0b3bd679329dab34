"""Reads an export back and holds it against the version: box for box, split for split.

Each format reads its own files again, from the disk and without a look at what was
meant, in the order of the sample ids; the version is walked a second time beside it. A
difference is a fault of the disk or of ours, and ends the export.
"""

from __future__ import annotations

import csv
import heapq
import struct
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

from dataset.errors import BadFile

from .outgoing import OutgoingBatch, OutgoingBox

# What parsers of JSON, XML, CSV, tar, Parquet and packed numbers raise.
_NOT_UNDERSTOOD = (
    *(ValueError, LookupError, TypeError, SyntaxError, AttributeError),
    *(csv.Error, struct.error, tarfile.TarError, FileNotFoundError),
)


class FoundImage(NamedTuple):
    """An image as the files of an export tell of it.

    `name` is the image's relative name. What a format does not say stays None or "":
    its size as shown, its split, the SHA-256 of the bytes that are packed into a file.
    Where `is_relative`, corners are from 0 to 1 of the upright image, not pixels.
    """

    name: str
    boxes: Sequence[OutgoingBox]
    split: str | None = None
    size: tuple[int, int] | None = None
    digest: str = ""
    is_relative: bool = False

    @property
    def key(self) -> str:
        """The bare name of the image; images are read back in its order."""
        return self.name.rpartition("/")[2]


class WantedImage(NamedTuple):
    """An image as the version has it, with the boxes that the format can hold."""

    name: str
    boxes: Sequence[OutgoingBox]
    size: tuple[int, int]
    split: str
    digest: str

    @property
    def key(self) -> str:
        """As `FoundImage.key`."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenExport:
    """An export in its folder, before it is signed.

    Where it is not `is_alone` in its folder, other people's files there are no business
    of ours.
    """

    root: Path
    is_alone: bool


def by_sample(parts: Iterable[Iterable[FoundImage]]) -> Iterator[FoundImage]:
    """The images of several files, each sorted by sample id, as one such run."""
    return heapq.merge(*parts, key=lambda image: image.key)


def prove(
    found: Iterable[FoundImage],
    parts: Iterable[Iterable[WantedImage]],
    tolerance_px: float,
) -> Iterator[int]:
    """Compare what was read back with the version; both are sorted by sample id.

    They are walked side by side, so that neither is ever held. Gives how many images
    were compared, after each part.

    Raises:
        BadFile: they differ.
    """
    read = iter(found)
    for part in parts:
        done = 0
        for due in part:
            image = next(read, None)
            if image is None or image.key > due.key:
                raise differs("an image is not found again", due.name)
            if image.name != due.name:
                raise differs("an image is too many, or there twice", image.name)
            _compare(image, due, tolerance_px)
            done += 1
        yield done
    for image in read:
        raise differs("an image is too many, or there twice", image.name)


def wanted_images(batch: OutgoingBatch) -> Iterator[WantedImage]:
    """What must be found of some samples."""
    return map(
        WantedImage,
        batch.image_names.to_pylist(),
        batch.box_lists(),
        batch.sizes,
        batch.words("split").to_pylist(),
        batch.ids.to_pylist(),
    )


def understood(proof: Iterator[int]) -> Iterator[int]:
    """The same, with files that no parser understands as a difference.

    Raises:
        BadFile: there is one.
    """
    try:
        yield from proof
    except _NOT_UNDERSTOOD as error:
        raise differs("the files are not understood", repr(error)) from error


def _compare(image: FoundImage, due: WantedImage, tolerance_px: float) -> None:
    boxes = image.boxes
    if image.is_relative:
        boxes = [_in_pixels(box, *due.size) for box in boxes]
    if not same_boxes(boxes, due.boxes, tolerance_px):
        raise differs("the boxes are others", image.name)
    if image.split not in (None, due.split):
        raise differs("the split is another", image.name)
    if image.size not in (None, due.size):
        raise differs("the size is another", image.name)
    if image.digest not in ("", due.digest):
        raise differs("the image's bytes are others", image.name)


def _in_pixels(box: OutgoingBox, width: int, height: int) -> OutgoingBox:
    name, x0, y0, x1, y1, *_ = box
    return OutgoingBox(name, x0 * width, y0 * height, x1 * width, y1 * height)


def same_boxes(
    read: Sequence[OutgoingBox], meant: Sequence[OutgoingBox], tolerance_px: float
) -> bool:
    """Whether the same boxes are there, in any order, each within the tolerance."""
    if len(read) != len(meant):
        return False
    if all(map(_is_near, read, meant, repeat(tolerance_px))):
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


def _is_near(one: OutgoingBox, other: OutgoingBox, tolerance_px: float) -> bool:
    # Most formats lose nothing, and tuples are compared at once.
    if one[:5] == other[:5]:
        return True
    return one.class_name == other.class_name and all(
        abs(a - b) <= tolerance_px
        for a, b in zip(one.corners, other.corners, strict=True)
    )


def differs(what: str, name: str) -> BadFile:
    """The error of an export whose files say something else, of that image."""
    return BadFile(
        f"The export read back differs from the version ({what}): {name}",
        hint="check the disk and write it again; if it stays so, please report it",
    )
