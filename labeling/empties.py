"""Pictures on which nothing seems to be, found by differencing within a session.

A camera trap brings hours of pictures of moved grass. Each picture that nobody looked
at is held against two backgrounds: that of its neighbours, which follows the light, and
that of its whole session, where what rests becomes ground only after a quarter of it.
What stands out against either is something. The result is an offer alone: a person sees
the pictures as a queue and says of all of them at once that they are empty.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.errors import BadImage
from dataset.findings import Finding, Severity
from dataset.progress import SILENT, Progress
from dataset.project import Project, now_us
from dataset.records import LabelEdit, Sample

from . import edits
from .choice import QUIET, Choice, ids_of
from .detection.motion import MOST_OF_THE_IMAGE, MotionModel
from .detection.motion_assist import MotionDetector

FEWEST: Final = 8
"""A session of fewer pictures has no background that can be trusted."""
MOST: Final = 5000
"""So many are dismissed in one transaction: two seconds or three, in which whoever else
writes to the project waits, and nobody is told that it is locked."""
SENSITIVITY: Final = 1.4
"""Above that of boxes: an animal that is missed is worse than grass that is looked at.
Measured in tests/benchmarks/empties_bench.py: beyond it little is gained, and much of
what is empty is not offered any more."""
_WHOLE: Final = 1 << 30
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptiesFound:
    """What looking for empty pictures found.

    `looked` were judged now, `unknown` cannot be (too few pictures beside them, or
    most of the picture changed); `quiet` are all that are offered as empty.
    """

    looked: int = 0
    unknown: int = 0
    quiet: int = 0
    findings: tuple[Finding, ...] = ()


def emptiness(model: MotionModel, image: NDArray[np.uint8]) -> float | None:
    """How empty a picture looks before a background, 0 (something) to 1 (nothing).

    1 where nothing differs; with the side of the largest thing that does it goes down
    to 0 at the least side of a box of the model. None where most of the picture changed
    or the sizes differ: then there is no background.
    """
    if image.shape != model.background.shape:
        return None
    mask = model.mask(image, sensitivity=SENSITIVITY)
    if float(np.count_nonzero(mask)) > MOST_OF_THE_IMAGE * mask.size:
        return None
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    pixels = int(stats[1:, cv2.CC_STAT_AREA].max(initial=0))
    side: float = math.sqrt(pixels) / (model.smallest * max(mask.shape))
    return 1.0 - min(side, 1.0)


def look_for_empties(
    project: Project, *, session_id: str | None = None, progress: Progress = SILENT
) -> EmptiesFound:
    """Judge every sample that nobody has begun with; what was judged stays judged.

    A session that grew is looked at again as a whole, for its background changed. An
    image that cannot be read is named and passed over.

    Raises:
        Cancelled: `progress` said so; what was done stays done.
    """
    run = _Run(project)
    ids = _to_be_judged(project, session_id)
    for start in range(0, len(ids), _AT_ONCE):
        part = project.catalog.samples.many(ids[start : start + _AT_ONCE])
        run.judge(part, partial(_step, progress, start, len(ids)))
    progress.step(len(ids), len(ids), "pictures")
    choice = Choice(state=QUIET, session_id=session_id)
    return EmptiesFound(
        looked=run.looked,
        unknown=run.unknown,
        quiet=len(ids_of(project, choice)),
        findings=tuple(run.findings),
    )


def dismiss(
    project: Project,
    choice: Choice,
    *,
    taken: frozenset[str] = frozenset(),
    most: int = MOST,
    clock: Callable[[], int] = now_us,
) -> int:
    """Say of the probably empty samples of a choice that they are, as one step.

    One undo takes all of it back. `taken` are left out: another window has them. Of
    more than `most` the first are taken; call it again until it gives 0. Gives how
    many they were. Not to be called inside of a transaction, see `Labels.apply_all`.
    """
    edits_made = _edits(project, _quiet(choice), taken, most, clock())
    return len(project.catalog.labels.apply_all(edits_made))


def _edits(
    project: Project, choice: Choice, taken: frozenset[str], most: int, at_us: int
) -> Iterator[LabelEdit]:
    """The edits of a dismissal, each made from the labels of its moment."""
    chosen = [each for each in ids_of(project, choice) if each not in taken][:most]
    noun = "1 picture" if len(chosen) == 1 else f"{len(chosen)} pictures"
    for sample_id in chosen:
        before = project.catalog.labels.get(sample_id)
        yield LabelEdit(
            sample_id=sample_id,
            title=f"empty: {noun}",
            before=before,
            after=edits.mark_empty(before),
            at_us=at_us,
        )


class _Run:
    """Judges samples session by session."""

    def __init__(self, project: Project) -> None:
        self._project = project
        catalog, images = project.catalog, project.images
        self._near = MotionDetector(catalog, images, fewest=FEWEST)
        self._whole = MotionDetector(catalog, images, block=_WHOLE, fewest=FEWEST)
        self.looked = 0
        self.unknown = 0
        self.findings: list[Finding] = []

    def judge(self, samples: Sequence[Sample], step: Callable[[int], None]) -> None:
        """Judge these, and keep what was found."""
        found: dict[str, float] = {}
        try:
            for done, sample in enumerate(samples):
                step(done)
                value = self._of(sample, partial(step, done))
                if value is not None:
                    found[sample.id] = value
        finally:
            # Also when it is cancelled: the next run goes on from here.
            self._project.catalog.measures.put_emptiness(found)

    def _of(self, sample: Sample, waiting: Callable[[], None]) -> float | None:
        try:
            image = self._near.pixels(sample)
        except BadImage as error:
            self.findings.append(
                Finding(
                    severity=Severity.ERROR,
                    what=error.message,
                    path=sample.id,
                    next_step=error.hint,
                )
            )
            return None
        values = [
            None if model is None else emptiness(model, image)
            for model in (
                eyes.background(sample, waiting) for eyes in (self._near, self._whole)
            )
        ]
        known = [value for value in values if value is not None]
        self.looked += 1
        self.unknown += len(known) < len(values)
        # What only one of the two knows nothing of is not offered.
        return min(known) if len(known) == len(values) else 0.0


def _step(progress: Progress, start: int, total: int, done: int) -> None:
    progress.step(start + done, total, "pictures")


def _to_be_judged(project: Project, session_id: str | None) -> tuple[str, ...]:
    """The open samples of each session that has one which was not judged yet."""
    catalog = project.catalog
    open_ids = catalog.detections.open_ids(session_id=session_id)
    known = catalog.measures.emptiness(open_ids)
    of_session: dict[str, list[Sample]] = {}
    for sample in catalog.samples.many(open_ids):
        of_session.setdefault(sample.session_id, []).append(sample)
    return tuple(
        sample.id
        for samples in of_session.values()
        if any(sample.id not in known for sample in samples)
        for sample in samples
    )


def _quiet(choice: Choice) -> Choice:
    return (
        choice
        if choice.state == QUIET
        else Choice(
            state=QUIET,
            class_id=choice.class_id,
            session_id=choice.session_id,
            split=choice.split,
            condition=choice.condition,
        )
    )
