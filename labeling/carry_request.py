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

HISTORY = 8
CACHED_BYTES = 256 * 1024 * 1024


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
        self._pictures: OrderedDict[Path, NDArray[np.uint8]] = OrderedDict()

    def pixels(self, path: Path) -> NDArray[np.uint8]:
        """The picture in that file, (H, W, 3) uint8 BGR, upright.

        Raises:
            BadImage: it cannot be decoded.
            OSError: it cannot be read.
        """
        with self._lock:
            found = self._pictures.get(path)
            if found is not None:
                self._pictures.move_to_end(path)
                return found
        pixels = decode(path.read_bytes())
        with self._lock:
            if path not in self._pictures:
                self._pictures[path] = pixels
                self._held += pixels.nbytes
            while self._held > self._limit and len(self._pictures) > 1:
                _, dropped = self._pictures.popitem(last=False)
                self._held -= dropped.nbytes
        return pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryRequest:
    """All that carry-over needs for one sample; history is newest last.

    `tracker` is one of the user's, which is asked about what moved.
    """

    sample_id: str
    path: Path
    history: tuple[tuple[Path, tuple[Box, ...], int], ...]
    cache: PixelCache
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
                pixels=self.cache.pixels(path), boxes=boxes, captured_us=captured_us
            )
            for path, boxes, captured_us in self.history
        ]
        found = propose(accepted, self.cache.pixels(self.path))
        if self.tracker is None or not found:
            return found
        before, boxes, _ = self.history[-1]
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
    return CarryRequest(
        sample_id=sample.id,
        path=project.image_path(sample),
        history=tuple(
            (project.image_path(s), catalog.labels.boxes(s.id), s.captured_us)
            for s in used
        ),
        cache=cache,
        tracker=tracker,
    )


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
