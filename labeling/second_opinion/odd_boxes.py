"""The boxes of a project in the order of how unlike they are to their class.

What a box looks like is read from its image once and kept in the catalog; a run that
is cancelled keeps what it has read. Sealed test sets stay out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from dataset.catalog import BoxFeature, BoxLine
from dataset.errors import BadImage
from dataset.images.image_file import decode
from dataset.progress import SILENT, Progress
from dataset.project import Project

from . import unlike

_SAVED_BOXES = 512
# A box is looked at in 40 x 40 pixels: an image may shrink while it is decoded as
# long as its smallest box keeps about that.
_KEPT_PX = 48

BoxKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OddBoxes:
    """How odd boxes are, by (sample id, box id): 0 like the others to 1.

    `few` names the classes with too few boxes to say; `unread` counts the boxes whose
    image cannot be read.
    """

    scores: Mapping[BoxKey, float]
    few: frozenset[int] = frozenset()
    unread: int = 0


def odd_boxes(project: Project, progress: Progress = SILENT) -> OddBoxes:
    """Give how odd every accepted box is, reading what was not read before.

    Raises:
        Cancelled: the progress was told to stop; what was read is kept.
    """
    unread = read_features(project, progress)
    known = project.catalog.box_features.known(unlike.KIND)
    class_ids = np.array([one.box.class_id for one in known], np.int64)
    progress.step(0, None, "compare the boxes")
    rows = [unlike.from_bytes(one.value) for one in known]
    odd = unlike.oddness(np.array(rows, np.float32), class_ids)
    is_few = np.isnan(odd)
    return OddBoxes(
        scores={
            (one.sample_id, one.box.id): float(score)
            for one, score in zip(known, odd, strict=True)
            if not np.isnan(score)
        },
        few=frozenset(class_ids[is_few].tolist()) if len(known) else frozenset(),
        unread=unread,
    )


def read_features(project: Project, progress: Progress = SILENT) -> int:
    """Read what accepted boxes look like where that is not known yet.

    Gives how many boxes could not be read: their image vanished or is damaged.
    """
    missing = project.catalog.box_features.missing(unlike.KIND)
    unread, done, waiting = 0, 0, list[BoxFeature]()
    try:
        for lines in _by_sample(missing):
            progress.step(done, len(missing), "look at the boxes")
            found = _read(project, lines)
            unread += len(lines) - len(found)
            waiting += found
            done += len(lines)
            if len(waiting) >= _SAVED_BOXES:
                project.catalog.box_features.put(unlike.KIND, waiting)
                waiting = []
    finally:
        if waiting:
            project.catalog.box_features.put(unlike.KIND, waiting)
    return unread


def _by_sample(lines: Sequence[BoxLine]) -> Iterator[list[BoxLine]]:
    for _, same in groupby(lines, key=lambda line: line.sample_id):
        yield list(same)


def _read(project: Project, lines: Sequence[BoxLine]) -> list[BoxFeature]:
    """What the boxes of one sample look like; nothing where it cannot be read."""
    first = lines[0]
    least = min(min(line.box.width, line.box.height) for line in lines)
    reduce = next((by for by in (8, 4, 2) if least / by >= _KEPT_PX), 1)
    try:
        path = project.images.path(first.sample_id, first.suffix)
        pixels = decode(path.read_bytes(), reduce=reduce)
    except (OSError, BadImage):
        return []
    scale = pixels.shape[1] / first.width
    return [
        BoxFeature(
            sample_id=line.sample_id,
            box=line.box,
            value=unlike.to_bytes(unlike.features(pixels, line.box, scale)),
        )
        for line in lines
    ]
