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

from dataset.errors import BadImage
from dataset.images.image_file import decode
from dataset.project import Project
from dataset.records import Box, Proposal, Sample, SampleState

from .assist import takes_carried
from .carrying.tracker import Tracker, joined
from .carrying.working_size import at_full_size, halvings, sized

HISTORY = 8
CACHED_BYTES = 256 * 1024 * 1024
# The one asked for last, and those for what comes next.
ANSWERS_KEPT = 4
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
            BadImage: it cannot be read or decoded.
        """
        key = (path, reduce)
        with self._lock:
            found = self._pictures.get(key)
            if found is not None:
                self._pictures.move_to_end(key)
                return found
        pixels = decode(_bytes_of(path), reduce=reduce)
        with self._lock:
            if key not in self._pictures:
                self._pictures[key] = pixels
                self._held += pixels.nbytes
            while self._held > self._limit and len(self._pictures) > 1:
                _, dropped = self._pictures.popitem(last=False)
                self._held -= dropped.nbytes
        return pixels


History = tuple[tuple[Path, tuple[Box, ...], int], ...]
"""Pictures with their boxes and when they were captured in us, newest last."""
Question = tuple[Path, History, int]
"""All that an answer depends on: picture, history and reduction."""


class Answers:
    """What carry-over found last, by what was asked; for all threads.

    The same question has the same answer, so it can be asked ahead of its time.
    """

    def __init__(self, limit: int = ANSWERS_KEPT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._found: OrderedDict[Question, tuple[Proposal, ...]] = OrderedDict()

    def get(self, question: Question) -> tuple[Proposal, ...] | None:
        """The answer; None where it was never asked, or long ago."""
        with self._lock:
            return self._found.get(question)

    def keep(self, question: Question, found: tuple[Proposal, ...]) -> None:
        """Keep an answer; the oldest one is given up."""
        with self._lock:
            self._found[question] = found
            while len(self._found) > self._limit:
                self._found.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """A sample, `labeled`, taken as accepted with these boxes, sorted by id."""

    sample: Sample
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryRequest:
    """All that carry-over needs for one sample; history is newest last.

    Pictures are decoded at a `reduce`-th of their sides, at which carry-over would look
    anyway: eight of 12 megapixels at full size would neither fit into the cache nor be
    decoded in time. `tracker` is one of the user's, which is asked about what moved.
    """

    sample_id: str
    path: Path
    history: History
    cache: PixelCache
    answers: Answers
    reduce: int = 1
    tracker: Tracker | None = None

    def run(self) -> tuple[Proposal, ...]:
        """Work out the proposals; touches no catalog, runs on any thread.

        Raises:
            BadImage: one of the pictures cannot be read or decoded.
        """
        found = self.prepare()
        if not found or self.tracker is None:
            return found
        before, boxes, _ = self.history[-1]
        return joined(self.tracker, before, self.path, boxes, found)

    def known(self) -> tuple[Proposal, ...] | None:
        """What `run` gives, where that is known already; None where it takes time."""
        return None if self.tracker is not None else self.answers.get(self._question)

    def prepare(self) -> tuple[Proposal, ...]:
        """`run` without the tracker; what was worked out already is given at once.

        Raises:
            BadImage: as for `run`.
        """
        found = self.answers.get(self._question)
        if found is None:
            found = self._worked_out()
            self.answers.keep(self._question, found)
        return found

    @property
    def _question(self) -> Question:
        return self.path, self.history, self.reduce

    def _worked_out(self) -> tuple[Proposal, ...]:
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
        return at_full_size(small, self.history[-1][1], self.reduce) if small else ()


def carry_request(
    project: Project,
    sample: Sample,
    cache: PixelCache,
    tracker: Tracker | None = None,
    *,
    answers: Answers | None = None,
    assumed: Assumed | None = None,
) -> CarryRequest | None:
    """What may be carried onto a sample; None where nothing may.

    With `assumed` it is what may be carried once that sample is accepted so.
    """
    catalog = project.catalog
    labels = catalog.labels.get(sample.id)
    if not takes_carried(labels):
        return None
    if labels.proposals and not catalog.detections.is_open(sample.id):
        # A person went through these proposals: what they dropped stays dropped.
        return None
    history = tuple(
        (project.image_path(s), boxes, s.captured_us)
        for s, boxes in _carried_from(project, sample, assumed)
    )
    if not history:
        return None
    return CarryRequest(
        sample_id=sample.id,
        path=project.image_path(sample),
        history=history,
        cache=cache,
        answers=answers or Answers(),
        reduce=_reduction(sample, history[-1][1]),
        tracker=tracker,
    )


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadImage(
            f"The image file cannot be read: {path.name}",
            hint="fieldset check --deep",
        ) from error


def _carried_from(
    project: Project, sample: Sample, assumed: Assumed | None
) -> list[tuple[Sample, tuple[Box, ...]]]:
    """The accepted samples without a break before one, newest last."""
    catalog, gap_s = project.catalog, project.settings.label.carry_gap_s
    before = list(catalog.samples.decided_before(sample, HISTORY))
    known: dict[str, tuple[Box, ...]] = {}
    if assumed is not None and _is_before(assumed.sample, sample):
        known = {assumed.sample.id: assumed.boxes}
        before = [each for each in before if each.id not in known] + [assumed.sample]
        before.sort(key=lambda each: -each.sequence)
    used: list[tuple[Sample, tuple[Box, ...]]] = []
    later = sample
    for earlier in before[:HISTORY]:
        if not _follows(earlier, later, gap_s):
            break
        boxes = known.get(earlier.id)
        if boxes is None:
            boxes = catalog.labels.boxes(earlier.id)
        used.insert(0, (earlier, boxes))
        later = earlier
    return used


def _is_before(earlier: Sample, sample: Sample) -> bool:
    is_same = earlier.session_id == sample.session_id
    return is_same and earlier.sequence < sample.sequence


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
