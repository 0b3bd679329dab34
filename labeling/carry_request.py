"""Carry-over for one sample: what may be carried, gathered first, worked out later.

Gathering reads the catalog and is quick; working it out decodes pictures and may
run on any thread. Boxes are carried only within a session, onto a sample nobody has
said anything about, over a short enough pause, and never past an `empty` sample.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.images.image_file import decode
from dataset.project import Project
from dataset.records import Box, Proposal, Sample, SampleState

from .assist import takes_carried
from .carrying.tracker import Tracker, joined
from .carrying.working_size import at_full_size, halvings, sized

HISTORY = 8
CACHED_BYTES = 256 * 1024 * 1024
# A JPEG decoder shrinks by 8 at most; carry-over halves what is still too large.
MOST_HALVINGS = 3


class CleanStart(StrEnum):
    """Why nothing is carried onto a sample that waits for its boxes."""

    FIRST = "first"
    EMPTY = "empty"
    SIZE = "size"
    PAUSE = "pause"
    SCENE = "scene"


class PixelCache:
    """Decoded pictures, the least recently used given up first; for all threads."""

    def __init__(self, limit_bytes: int = CACHED_BYTES) -> None:
        self._limit = limit_bytes
        self._held = 0
        self._lock = threading.Lock()
        self._pictures: OrderedDict[tuple[Path, int], NDArray[np.uint8]] = OrderedDict()

    def pixels(self, path: Path, reduce: int = 1) -> NDArray[np.uint8]:
        """The picture in that file, (H, W, 3) uint8 BGR, upright.

        `reduce` 2, 4 or 8 divides both sides, rounded up.

        Raises:
            BadImage: it cannot be decoded.
            OSError: it cannot be read.
        """
        key = (path, reduce)
        with self._lock:
            found = self._pictures.get(key)
            if found is not None:
                self._pictures.move_to_end(key)
                return found
        pixels = decode(path.read_bytes(), reduce=reduce)
        with self._lock:
            if key not in self._pictures:
                self._pictures[key] = pixels
                self._held += pixels.nbytes
            while self._held > self._limit and len(self._pictures) > 1:
                _, dropped = self._pictures.popitem(last=False)
                self._held -= dropped.nbytes
        return pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryRequest:
    """All that carry-over needs for one sample; history is newest last.

    Pictures are decoded at a `reduce`-th of their sides, at which carry-over would look
    anyway: eight of 12 megapixels at full size would neither fit into the cache nor be
    decoded in time. `tracker` is one of the user's, which is asked about what moved.
    """

    sample_id: str
    path: Path
    history: tuple[tuple[Path, tuple[Box, ...], int], ...]
    cache: PixelCache
    reduce: int = 1
    tracker: Tracker | None = None

    def run(self) -> tuple[Proposal, ...]:
        """Work out the proposals; touches no catalog, runs on any thread.

        Raises:
            BadImage: one of the pictures cannot be decoded.
            OSError: one of them cannot be read.
        """
        # SciPy takes half a second to load, and the first picture is shown without it.
        from .carry_over import AcceptedImage, propose  # noqa: PLC0415

        accepted = [
            AcceptedImage(
                pixels=self.cache.pixels(path, self.reduce),
                boxes=tuple(sized(box, 1 / self.reduce) for box in boxes),
                captured_us=captured_us,
            )
            for path, boxes, captured_us in self.history
        ]
        small = propose(accepted, self.cache.pixels(self.path, self.reduce))
        if not small:
            return ()
        before, boxes, _ = self.history[-1]
        found = at_full_size(small, boxes, self.reduce)
        if self.tracker is None:
            return found
        return joined(self.tracker, before, self.path, boxes, found)


def carry_request(
    project: Project,
    sample: Sample,
    cache: PixelCache,
    tracker: Tracker | None = None,
) -> CarryRequest | None:
    """What may be carried onto a sample; None where nothing may."""
    catalog = project.catalog
    labels = catalog.labels.get(sample.id)
    if not takes_carried(labels):
        return None
    if labels.proposals and not catalog.detections.is_open(sample.id):
        # A person went through these proposals: what they dropped stays dropped.
        return None
    used: list[Sample] = []
    later = sample
    for earlier in catalog.samples.decided_before(sample, HISTORY):
        if not _follows(earlier, later, project.settings.label.carry_gap_s):
            break
        used.insert(0, earlier)
        later = earlier
    if not used:
        return None
    history = tuple(
        (project.image_path(s), catalog.labels.boxes(s.id), s.captured_us) for s in used
    )
    return CarryRequest(
        sample_id=sample.id,
        path=project.image_path(sample),
        history=history,
        cache=cache,
        reduce=_reduction(sample, history[-1][1]),
        tracker=tracker,
    )


def _reduction(sample: Sample, boxes: tuple[Box, ...]) -> int:
    """By what both sides are divided while a picture is decoded: 1, 2, 4 or 8."""
    if not boxes:
        return 1
    return 1 << min(halvings((sample.height, sample.width), boxes), MOST_HALVINGS)


def clean_start(project: Project, sample: Sample) -> CleanStart | None:
    """Why a sample starts without carried boxes; None where it does not.

    Another scene is seen in the pictures only: `CarryRequest.run` gives () for it.
    """
    labels = project.catalog.labels.get(sample.id)
    if labels.state is not SampleState.NEW or labels.proposals:
        return None
    before = project.catalog.samples.decided_before(sample, 1)
    if not before:
        return CleanStart.FIRST
    return _break_between(before[0], sample, project.settings.label.carry_gap_s)


def _follows(earlier: Sample, later: Sample, gap_s: float) -> bool:
    return _break_between(earlier, later, gap_s) is None


def _break_between(earlier: Sample, later: Sample, gap_s: float) -> CleanStart | None:
    if earlier.state is not SampleState.LABELED:
        return CleanStart.EMPTY
    if (earlier.width, earlier.height) != (later.width, later.height):
        return CleanStart.SIZE
    if abs(later.captured_us - earlier.captured_us) > gap_s * 1e6:
        return CleanStart.PAUSE
    return None
