"""A data set from elsewhere, opened and read, before anything of it is taken in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dataset.errors import BadFile
from dataset.progress import SILENT, Progress
from dataset.records import SampleState

from . import card
from .archives.unpacking import Unpacked, is_archive, unpacked
from .contract import ImportedSet
from .formats import detect_format, reader_for
from .readers.webdataset import WebDatasetReader
from .side_car import has_side_car, read_side_car


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakePreview:
    """What a data set says of itself; no image was looked into yet.

    `classes` count boxes and `splits` images, by the names in the files; `unlabeled`
    images are those of which nobody says anything. `version` is the id of the version
    that one of our own exports holds, else "". `remarks` are as in `IntakeSummary`.
    """

    format: str
    images: int
    boxes: int
    unlabeled: int
    empty: int
    sessions: int
    classes: tuple[tuple[str, int], ...]
    splits: tuple[tuple[str, int], ...]
    version: str
    remarks: tuple[tuple[str, str], ...]


@contextmanager
def opened_set(
    path: Path,
    *,
    format: str = "auto",  # noqa: A002  (the command's own word)
    gap_s: float,
    progress: Progress = SILENT,
) -> Iterator[ImportedSet]:
    """The data set at `path`; its files last as long as the block.

    Args:
        path: a folder, one file, or an archive of either, which is unpacked beside.
        format: a reader's name, or "auto" to tell it by the content.
        gap_s: the pause in seconds that ends a session of a camera's card.
        progress: told of what is unpacked and read; may cancel.

    Raises:
        UsageError: there is no such format.
        BadFile: there is nothing that a reader takes, or a hostile archive.
        Cancelled: `progress` said so; nothing is left behind.
    """
    with _source(path, progress) as source:
        name = detect_format(source.path) if format == "auto" else format
        if name == card.FORMAT:
            reader = card.CardReader(gap_s=gap_s)
            found = reader.read_slowly(source.path, progress=progress)
        else:
            found = reader_for(name).read(source.path)
        yield replace(found, problems=(*source.problems, *found.problems))


def preview_of(found: ImportedSet) -> IntakePreview:
    """What an opened data set would bring."""
    images = found.images
    boxes = Counter(box.class_name for image in images for box in image.boxes)
    names = dict.fromkeys((*found.classes, *boxes))
    splits = Counter(image.split for image in images if image.split)
    return IntakePreview(
        format=found.format,
        images=len(images),
        boxes=boxes.total(),
        unlabeled=sum(image.state is None for image in images),
        empty=sum(image.state is SampleState.EMPTY for image in images),
        sessions=len({image.session.name for image in images if image.session}),
        classes=tuple((name, boxes[name]) for name in names),
        splits=tuple(sorted(splits.items())),
        version=_version(found),
        remarks=tuple((problem.path, problem.what) for problem in found.problems),
    )


@contextmanager
def _source(path: Path, progress: Progress) -> Iterator[Unpacked]:
    """The path itself, or what an archive holds; shards are read as they are."""
    if not is_archive(path) or WebDatasetReader().detect(path):
        yield Unpacked(path=path)
        return
    with unpacked(path, progress) as source:
        yield source


def _version(found: ImportedSet) -> str:
    if not has_side_car(found.root):
        return ""
    try:
        return read_side_car(found.root).version
    except BadFile:
        return ""
