"""A second pass over labeled samples, by another person or on another day.

`SecondPass` goes through the samples of a pass as a labeling session goes through its
queue. What is drawn is saved at each edit, apart from the labels; a pass that was
interrupted goes on where it was. A sample on which both sides agree gets its second
yes at once, one that is disputed waits for `labeling.second_opinion.settling`.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dataset.catalog import Candidate, Catalog, PassLine, SecondLook
from dataset.errors import NotFound, UsageError
from dataset.project import Project, now_us
from dataset.records import Box, BoxOrigin, LabelState, Sample

from .. import edits
from ..clipping import clipped_inside
from ..geometry import Corners
from .disputes import disputes_of
from .settling import disputed_samples, say_yes

_FIRST_SEED = 1


class Way(StrEnum):
    """Which samples come first into a second pass."""

    RANDOM = "random"
    DOUBTFUL = "doubtful"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassChoice:
    """What a second pass shall look at: a share (0 to 1] of each session.

    The same seed takes the same samples. `blind` hides the first boxes.
    """

    way: Way = Way.RANDOM
    share: float = 0.1
    seed: int = _FIRST_SEED
    blind: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise UsageError(
                f"A share lies above 0 and up to 1: {self.share}", hint="try 0.1"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondView:
    """What there is to see of one sample in a second pass.

    `position` counts from 1; `left` of `total` are not finished; `disputes` counts
    those that the finished samples of the pass are in.
    """

    sample: Sample
    boxes: tuple[Box, ...]
    blind: bool
    is_done: bool
    position: int
    total: int
    left: int
    can_undo: bool
    can_redo: bool
    touched: str = ""


def choose_samples(
    candidates: Sequence[Candidate],
    choice: PassChoice,
    *,
    disputed: Collection[str] = (),
) -> tuple[str, ...]:
    """Give the ids of the samples that a pass takes, in its order.

    `random` and `doubtful` take the share of each session, rounded up, of what no
    pass took before: in an order that the seed gives, or those with the least score
    of a box first. `disputed` takes the given samples, all of them.
    """
    if choice.way is Way.DISPUTED:
        found = [c.sample_id for c in candidates if c.sample_id in disputed]
        return tuple(sorted(found, key=lambda i: _lot(choice.seed, i)))
    sessions: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if not candidate.is_seen:
            sessions[candidate.session_id].append(candidate)
    taken: list[Candidate] = []
    for session_id in sorted(sessions):
        rows = sorted(sessions[session_id], key=lambda c: _rank(c, choice))
        taken += rows[: math.ceil(len(rows) * choice.share - 1e-9)]
    return tuple(c.sample_id for c in sorted(taken, key=lambda c: _rank(c, choice)))


def begin_pass(
    project: Project,
    choice: PassChoice,
    *,
    person: str = "",
    clock: Callable[[], int] = now_us,
) -> PassLine:
    """Begin a second pass.

    Raises:
        UsageError: one is not finished yet, or no sample is there for one.
    """
    looks = project.catalog.second_looks
    with project.catalog.writing():
        if (unfinished := unfinished_pass(project)) is not None:
            raise UsageError(
                f"A second pass is not finished: {unfinished.waiting} samples left",
                hint="go on with it on the Review page, or give it up first",
            )
        disputed = (
            disputed_samples(project) if choice.way is Way.DISPUTED else frozenset()
        )
        chosen = choose_samples(looks.candidates(), choice, disputed=disputed)
        if not chosen:
            raise UsageError(
                f"No labeled sample waits for a second pass: {choice.way.value}",
                hint="label more samples first",
            )
        return looks.begin(
            chosen,
            way=choice.way.value,
            share=choice.share,
            seed=choice.seed,
            blind=choice.blind,
            person=person,
            at_us=clock(),
        )


def unfinished_pass(project: Project) -> PassLine | None:
    """The newest pass in which a sample waits; None when there is none."""
    return next(
        (line for line in project.catalog.second_looks.passes() if line.waiting), None
    )


class SecondPass:
    """Goes through the samples of one pass; every verb is durable when it returns."""

    def __init__(
        self,
        project: Project,
        line: PassLine,
        *,
        person: str = "",
        clock: Callable[[], int] = now_us,
    ) -> None:
        self._project = project
        self._person = person
        self._clock = clock
        self._pass_n = line.n
        self._touched = ""
        # The look at hand by its number, so that a sample that was erased or sealed
        # meanwhile never puts another one under the person's hands; and its place.
        self._look_n, self._at = self._first_waiting()

    @property
    def current(self) -> SecondView | None:
        """The sample at hand; None at the end of the pass."""
        with self._catalog.reading():
            looks = self._looks()
            self._find(looks, self._at)
            return None if self._look_n is None else self._view(looks)

    def step(self, by: int) -> SecondView | None:
        """Go on or back; writes nothing."""
        self._touched = ""
        with self._catalog.reading():
            looks = self._looks()
            self._find(looks, self._at)
            place = min(max(self._at + by, 0), len(looks))
            self._look_n = None
            self._find(looks, place)
        return self.current

    def draw(self, corners: Corners, class_id: int) -> SecondView | None:
        """Add a box, clipped to the picture.

        Raises:
            UsageError: nothing of it lies in the picture.
        """
        x0, y0, x1, y1 = clipped_inside(corners, *self._sample().size)
        box = Box(id=str(uuid.uuid4()), class_id=class_id, x0=x0, y0=y0, x1=x1, y1=y1)
        return self._edit(lambda labels: edits.draw(labels, box), box.id)

    def move(self, box_id: str, corners: Corners) -> SecondView | None:
        """Give a box other corners."""
        inside = clipped_inside(corners, *self._sample().size)
        return self._edit(lambda labels: edits.move(labels, box_id, inside), box_id)

    def relabel(self, box_id: str, class_id: int) -> SecondView | None:
        """Give a box another class."""
        return self._edit(
            lambda labels: edits.relabel(labels, box_id, class_id), box_id
        )

    def delete(self, box_id: str) -> SecondView | None:
        """Delete a box."""
        return self._edit(lambda labels: edits.delete(labels, box_id), "")

    def undo(self) -> SecondView | None:
        """Take the newest edit of this sample's second boxes back."""
        self._catalog.second_looks.undo(self._look().n)
        self._touched = ""
        return self.current

    def redo(self) -> SecondView | None:
        """Make it again."""
        self._catalog.second_looks.redo(self._look().n)
        return self.current

    def finish(self) -> SecondView | None:
        """Keep the boxes drawn as what the second pass says, and go on.

        Raises:
            UsageError: no box is drawn; `finish_empty` says that nothing is there.
        """
        boxes = self._boxes(self._look())
        if not boxes:
            raise UsageError(
                "There is no box to accept",
                hint="draw one, or press E to say that nothing is here",
            )
        return self._finish(boxes)

    def finish_empty(self) -> SecondView | None:
        """Keep that nothing is on the sample, and go on."""
        return self._finish(())

    def _finish(self, second: tuple[Box, ...]) -> SecondView | None:
        with self._catalog.writing():
            look = self._look()
            first = self._catalog.labels.get(look.sample_id)
            self._catalog.second_looks.finish(
                look.n,
                first=first.boxes,
                second=second,
                person=self._person,
                at_us=self._clock(),
            )
            if not first.reviewed and not disputes_of(first.boxes, second):
                say_yes(self._project, look.sample_id, first, at_us=self._clock())
        return self.step(1)

    @property
    def _catalog(self) -> Catalog:
        return self._project.catalog

    def _looks(self) -> tuple[SecondLook, ...]:
        return self._catalog.second_looks.of_pass(self._pass_n)

    def _first_waiting(self) -> tuple[int | None, int]:
        looks = self._looks()
        for at, look in enumerate(looks):
            if not look.is_done:
                return look.n, at
        return None, len(looks)

    def _find(self, looks: Sequence[SecondLook], place: int) -> None:
        """Find the look at hand again; the one at `place` where it is gone."""
        numbers = [look.n for look in looks]
        if self._look_n in numbers:
            self._at = numbers.index(self._look_n)
        else:
            self._at = min(place, len(looks))
            self._look_n = numbers[self._at] if self._at < len(looks) else None

    def _look(self) -> SecondLook:
        """The look at hand, as it was shown last.

        Raises:
            NotFound: its sample vanished meanwhile, or the pass is at its end.
        """
        found = [look for look in self._looks() if look.n == self._look_n]
        if not found:
            raise NotFound(
                f"This sample is in the second pass no more: {self._at + 1}",
                hint="go on with the next one",
            )
        return found[0]

    def _sample(self) -> Sample:
        return self._catalog.samples.get(self._look().sample_id)

    def _boxes(self, look: SecondLook) -> tuple[Box, ...]:
        draft = self._catalog.second_looks.draft(look.n)
        if draft is not None:
            return draft.boxes
        if look.is_done:
            return look.second
        return () if look.blind else self._copies(look.sample_id)

    def _copies(self, sample_id: str) -> tuple[Box, ...]:
        """The first boxes to begin with, as boxes of their own: ids stay apart."""
        return tuple(
            replace(
                box,
                id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"second {box.id}")),
                origin=BoxOrigin.DRAWN,
                score=None,
            )
            for box in self._catalog.labels.boxes(sample_id)
        )

    def _edit(
        self, edit: Callable[[LabelState], LabelState], touched: str
    ) -> SecondView | None:
        looks = self._catalog.second_looks
        with self._catalog.writing():
            look = self._look()
            before = self._boxes(look)
            after = edit(LabelState(boxes=before)).boxes
            if looks.draft(look.n) is None:
                looks.redraw(look.n, before)
            if after != before:
                looks.redraw(look.n, after)
        self._touched = touched
        return self.current

    def _view(self, looks: Sequence[SecondLook]) -> SecondView:
        look = looks[self._at]
        draft = self._catalog.second_looks.draft(look.n)
        return SecondView(
            sample=self._catalog.samples.get(look.sample_id),
            boxes=self._boxes(look),
            blind=look.blind,
            is_done=look.is_done,
            position=self._at + 1,
            total=len(looks),
            left=sum(not one.is_done for one in looks),
            can_undo=draft is not None and draft.can_undo,
            can_redo=draft is not None and draft.can_redo,
            touched=self._touched,
        )


def _rank(candidate: Candidate, choice: PassChoice) -> tuple[float, bytes]:
    """Where a sample stands in the order of a pass."""
    lot = _lot(choice.seed, candidate.sample_id)
    if choice.way is Way.RANDOM:
        return 0.0, lot
    return (2.0 if candidate.score is None else candidate.score), lot


def _lot(seed: int, sample_id: str) -> bytes:
    return hashlib.sha256(f"{seed}:{sample_id}".encode()).digest()
