"""A live picture held still: its boxes are drawn before it is a sample.

`FrozenLabels` is the picture's labels with their own undo, nothing of it saved. What a
person accepts is kept by `save_frozen` once the picture is a sample: one edit in the
journal, undone like any other. `AcceptedFreezes` holds the last accepted pictures of
the session, from which boxes are carried to the next freeze.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dataset.errors import UsageError
from dataset.project import Project, now_us
from dataset.records import Box, LabelEdit, LabelState, Proposal, Sample, SampleState

from . import edits
from .clipping import clipped_inside
from .geometry import Corners

if TYPE_CHECKING:
    from .carry_over import AcceptedImage

REMEMBERED: Final = 4
"""Accepted pictures kept: carry-over looks at the newest and three before it."""


class FrozenLabels:
    """The labels of one frozen picture; every change can be undone.

    `pixels` is (H, W, 3) uint8 BGR, upright. Nothing here is saved, and nothing waits.
    """

    def __init__(self, pixels: NDArray[np.uint8], captured_us: int) -> None:
        self.pixels = pixels
        self.captured_us = captured_us
        self.labels = LabelState()
        self._undone: list[LabelState] = []
        self._done: list[LabelState] = []

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return int(self.pixels.shape[1]), int(self.pixels.shape[0])

    @property
    def is_touched(self) -> bool:
        """Whether a person changed anything."""
        return bool(self._done or self._undone)

    def offer(self, proposals: tuple[Proposal, ...]) -> bool:
        """Take proposals of carry-over, unless a person has begun; True if taken."""
        if self.is_touched or not proposals:
            return False
        self.labels = LabelState(state=SampleState.PROPOSED, proposals=proposals)
        return True

    def draw(self, corners: Corners, class_id: int) -> str:
        """Add a box, clipped to the picture, and give its id.

        Raises:
            UsageError: nothing of it lies in the picture, or it is too small.
        """
        x0, y0, x1, y1 = clipped_inside(corners, *self.size)
        box = Box(id=str(uuid.uuid4()), class_id=class_id, x0=x0, y0=y0, x1=x1, y1=y1)
        self._change(lambda labels: edits.draw(labels, box))
        return box.id

    def move(self, moves: Mapping[str, Corners]) -> None:
        """Give boxes other corners; a proposal is accepted with them.

        Raises:
            UsageError: one of them does not lie in the picture.
            NotFound: no box or proposal has one of the ids.
        """
        inside = {name: clipped_inside(c, *self.size) for name, c in moves.items()}
        self._change(lambda labels: edits.move_together(labels, inside))

    def relabel(self, box_ids: Collection[str], class_id: int) -> None:
        """Give boxes another class; a proposal is accepted with it."""
        self._change(lambda labels: edits.relabel_together(labels, box_ids, class_id))

    def adopt(self, box_ids: Collection[str]) -> None:
        """Accept proposals as they are."""
        self._change(lambda labels: edits.adopt_together(labels, box_ids))

    def delete(self, box_ids: Collection[str]) -> None:
        """Delete boxes, drop proposals."""
        self._change(lambda labels: edits.delete_together(labels, box_ids))

    def drop_proposals(self) -> None:
        """Drop all proposals."""
        self._change(edits.drop_proposals)

    def undo(self) -> bool:
        """Take the newest change back; False where there is none."""
        if not self._done:
            return False
        self._undone.append(self.labels)
        self.labels = self._done.pop()
        return True

    def redo(self) -> bool:
        """Make the change again that was taken back last; False where there is none."""
        if not self._undone:
            return False
        self._done.append(self.labels)
        self.labels = self._undone.pop()
        return True

    def accepted(self) -> LabelState | None:
        """What is saved when the picture is let go: None where there is no box.

        Boxes and sure proposals are accepted, as `edits.accept` has it.
        """
        try:
            return edits.accept(self.labels)
        except UsageError:
            return None

    def _change(self, edit: Callable[[LabelState], LabelState]) -> None:
        after = edit(self.labels)
        if after != self.labels:
            self._done.append(self.labels)
            self._undone.clear()
            self.labels = after


class AcceptedFreezes:
    """The pictures that were accepted last in one session, for carrying their boxes."""

    def __init__(self) -> None:
        self._accepted: deque[tuple[NDArray[np.uint8], tuple[Box, ...], int]] = deque(
            maxlen=REMEMBERED
        )

    def add(
        self, pixels: NDArray[np.uint8], boxes: tuple[Box, ...], captured_us: int
    ) -> None:
        """Remember a picture that was accepted; one without boxes ends what was."""
        if not boxes:
            self._accepted.clear()
            return
        self._accepted.append((pixels, boxes, captured_us))

    def clear(self) -> None:
        """Forget them: another session has begun."""
        self._accepted.clear()

    def carried_onto(
        self, pixels: NDArray[np.uint8], captured_us: int, gap_s: float
    ) -> Callable[[], tuple[Proposal, ...]] | None:
        """The work that carries boxes onto a picture; None where nothing is carried.

        The work touches nothing of this object and may run on any thread.
        """
        history = tuple(self._accepted)
        if not history or captured_us - history[-1][2] > gap_s * 1e6:
            return None

        def work() -> tuple[Proposal, ...]:
            # SciPy takes half a second to load, and is needed only here.
            from .carry_over import propose  # noqa: PLC0415

            return propose([_accepted(*one) for one in history], pixels)

        return work


def save_frozen(
    project: Project, sample: Sample, labels: LabelState, *, keys: int, drags: int
) -> bool:
    """Save what was drawn on a frozen picture; False where the sample has labels.

    The picture is a sample already. Where its bytes were here before, somebody may
    have labeled it: their word stays.
    """
    with project.catalog.writing():
        if not project.catalog.detections.is_open(sample.id):
            return False
        before = project.catalog.labels.get(sample.id)
        project.catalog.labels.apply(
            LabelEdit(
                sample_id=sample.id,
                title=f"labeled a frozen picture, {len(labels.boxes)} boxes",
                before=before,
                after=labels,
                at_us=now_us(),
                keys=keys,
                drags=drags,
            )
        )
    return True


def _accepted(
    pixels: NDArray[np.uint8], boxes: tuple[Box, ...], captured_us: int
) -> AcceptedImage:
    from .carry_over import AcceptedImage as Accepted  # noqa: PLC0415

    return Accepted(pixels=pixels, boxes=boxes, captured_us=captured_us)
