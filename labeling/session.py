"""A labeling session: one person going through the queue, every edit saved at once.

The window, the demo and the tests label through this one object. It writes only on
edits: going to a sample, and offering proposals for it, leaves the catalog alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence

from dataset.catalog import Catalog, Turned
from dataset.errors import UsageError
from dataset.project import Project, now_us
from dataset.records import (
    Box,
    BoxOrigin,
    LabelState,
    Proposal,
    Sample,
)

from . import edits
from .assist import place
from .carrier import Carrier
from .carry_request import CarryRequest, CleanStart
from .carrying.tracker import Tracker
from .choice import STATE_FILTERS, TODO, Choice
from .clipping import clipped_inside
from .geometry import Corners
from .hand import Hand
from .hold import Hold
from .label_view import LabelView, view_of
from .walk import Walk

__all__ = ["STATE_FILTERS", "TODO", "LabelView", "LabelingSession"]


class LabelingSession:
    """Goes through a queue of samples and saves what a person decides.

    Every verb is durable when it returns and gives the view that follows, or None
    at the end of the queue. A verb acts on the labels that the last view showed: where
    something else changed them since, it raises a ProjectError until they are seen.
    """

    def __init__(
        self,
        project: Project,
        *,
        state: str = "todo",
        class_id: int | None = None,
        session_id: str | None = None,
        choice: Choice | None = None,
        hold: Hold | None = None,
        person: str = "",
        tracker: Tracker | None = None,
        clock: Callable[[], int] = now_us,
    ) -> None:
        """Begin at the person's place in the queue of `choice`.

        The other filters make a choice where none is given; `hold` keeps other windows
        off the samples ahead, `person` says whose place is kept, `tracker` helps
        carry-over.
        """
        self._project = project
        self._carrier = Carrier(project, tracker)
        self._walk = Walk(
            project,
            choice or Choice(state=state, class_id=class_id, session_id=session_id),
            hold,
            person,
        )
        self._queue = self._walk.queue
        self._turned: Turned | None = None
        self._touched = ""
        self._hand = Hand(project.catalog, clock)

    @property
    def project(self) -> Project:
        """The project whose samples are labeled."""
        return self._project

    @property
    def current(self) -> LabelView | None:
        """The view of the current sample; None when the queue is at its end.

        A sample that was erased meanwhile leaves the queue.
        """
        with self._catalog.reading():
            while (sample_id := self._queue.current) is not None:
                if self._catalog.samples.has(sample_id):
                    return self._view(sample_id)
                self._queue.drop()
        return None

    def draw(self, corners: Corners, class_id: int) -> LabelView | None:
        """Add a box, clipped to the picture.

        Raises:
            UsageError: nothing of it lies in the picture.
        """
        sample = self._sample()
        x0, y0, x1, y1 = clipped_inside(corners, *sample.size)
        box = Box(id=str(uuid.uuid4()), class_id=class_id, x0=x0, y0=y0, x1=x1, y1=y1)
        return self._edit(
            f"drew {self._class_name(class_id)}",
            lambda labels: edits.draw(labels, box),
            touched=box.id,
        )

    def move(self, box_id: str, corners: Corners) -> LabelView | None:
        """Give a box other corners; a proposal is accepted with them."""
        inside = clipped_inside(corners, *self._sample().size)
        return self._edit(
            "moved a box",
            lambda labels: edits.move(labels, box_id, inside),
            touched=box_id,
        )

    def relabel(self, box_id: str, class_id: int) -> LabelView | None:
        """Give a box another class; a proposal is accepted with it."""
        return self._edit(
            f"relabelled to {self._class_name(class_id)}",
            lambda labels: edits.relabel(labels, box_id, class_id),
            touched=box_id,
        )

    def adopt(self, box_id: str) -> LabelView | None:
        """Accept one proposal as it is."""
        return self._edit(
            "took a proposal",
            lambda labels: edits.adopt(labels, box_id),
            touched=box_id,
        )

    def delete(self, box_id: str) -> LabelView | None:
        """Delete a box or drop a proposal."""
        return self._edit("deleted a box", lambda labels: edits.delete(labels, box_id))

    def draw_boxes(self, drawn: Sequence[tuple[Corners, int]]) -> LabelView | None:
        """Add several boxes (corners and class id) in one step, as pasting does.

        Raises:
            UsageError: one of them does not lie in the picture.
        """
        sample = self._sample()
        made = [
            Box(id=str(uuid.uuid4()), class_id=class_id, x0=x0, y0=y0, x1=x1, y1=y1)
            for corners, class_id in drawn
            for x0, y0, x1, y1 in (clipped_inside(corners, *sample.size),)
        ]
        return self._edit(
            f"pasted {_count(made)}",
            lambda labels: edits.draw_together(labels, made),
            touched=made[-1].id if made else "",
        )

    def move_boxes(self, moves: Mapping[str, Corners]) -> LabelView | None:
        """Give several boxes other corners in one step."""
        sample = self._sample()
        inside = {
            name: clipped_inside(corners, *sample.size)
            for name, corners in moves.items()
        }
        return self._edit(
            f"moved {_count(moves)}", lambda labels: edits.move_together(labels, inside)
        )

    def relabel_boxes(
        self, box_ids: Collection[str], class_id: int
    ) -> LabelView | None:
        """Give several boxes another class in one step."""
        return self._edit(
            f"relabelled {_count(box_ids)} to {self._class_name(class_id)}",
            lambda labels: edits.relabel_together(labels, box_ids, class_id),
        )

    def adopt_boxes(self, box_ids: Collection[str]) -> LabelView | None:
        """Accept several proposals as they are, in one step."""
        return self._edit(
            f"took {_count(box_ids, 'proposal')}",
            lambda labels: edits.adopt_together(labels, box_ids),
        )

    def delete_boxes(self, box_ids: Collection[str]) -> LabelView | None:
        """Delete several boxes and proposals in one step."""
        return self._edit(
            f"deleted {_count(box_ids)}",
            lambda labels: edits.delete_together(labels, box_ids),
        )

    def drop_proposals(self) -> LabelView | None:
        """Drop all proposals of the sample."""
        return self._edit("dropped the proposals", edits.drop_proposals)

    def accept(
        self, keys: int = 1, drags: int = 0, seen: Collection[str] | None = None
    ) -> LabelView | None:
        """Accept all boxes and sure proposals, save, and go on.

        `keys` counts what the person pressed and dragged for this sample, `drags`
        the drags among it. Where `seen` is given, only proposals of these ids are
        accepted: others came after the person had looked.

        Raises:
            UsageError: there is nothing to accept.
        """
        sample_id = self._sample_id()
        before = self._hand.looked_at(sample_id)
        after = edits.accept(self._hand.shown(sample_id, before, seen))
        carried = sum(box.origin is BoxOrigin.CARRIED for box in after.boxes)
        title = f"accepted {self._queue.position}, {len(after.boxes)} boxes"
        if carried:
            title = f"accepted {self._queue.position}, carried {carried} boxes"
        with self._walk.going_on():
            self._hand.save(sample_id, title, before, after, keys, drags)
            return self._go_on()

    def mark_empty(self, keys: int = 1, drags: int = 0) -> LabelView | None:
        """Say that nothing is on the sample, save, and go on."""
        return self._decide("empty", edits.mark_empty, keys, drags)

    def skip(self, reason: str) -> LabelView | None:
        """Leave the sample out for a reason, save, and go on."""
        return self._decide("skipped", lambda labels: edits.skip(labels, reason), 0)

    def review(self) -> LabelView | None:
        """Say a second yes to the current sample and go on."""
        return self._decide("reviewed", edits.review, 0)

    def undo(self) -> LabelView | None:
        """Take the newest step back, also one of an earlier run, and go to it.

        Class work is undone where it stands; the view tells of it in `turned`.
        """
        return self._show_turned(self._catalog.labels.undo())

    def redo(self) -> LabelView | None:
        """Make the step again that was undone last, and go to it."""
        return self._show_turned(self._catalog.labels.redo())

    def jump(self, words: str) -> LabelView | None:
        """Go to a number in the queue, or to the id that begins so.

        Raises:
            NotFound: there is no such sample.
        """
        return self.go_to(self._walk.find(words))

    def beat(self) -> None:
        """Keep the window's hold and the person's place; call it now and then."""
        self._walk.beat()

    def pause(self) -> None:
        """Keep the place, and leave the samples to other windows for a while."""
        self._walk.pause()

    def next(self) -> LabelView | None:
        """Go to the next sample; writes nothing."""
        return self.step(1)

    def previous(self) -> LabelView | None:
        """Go to the sample before; writes nothing."""
        return self.step(-1)

    def step(self, by: int) -> LabelView | None:
        """Go on or back by that many samples; writes nothing."""
        self._touched = ""
        self._walk.step(by)
        return self.current

    def go_to(self, sample_id: str) -> LabelView | None:
        """Go to one sample; writes nothing."""
        self._touched = ""
        self._walk.go_to(sample_id)
        return self.current

    def held_elsewhere(self) -> int:
        """How many samples of the queue wait in other windows."""
        return self._walk.held_elsewhere()

    def neighbours(self, before: int, after: int) -> tuple[Sample, ...]:
        """The samples round the current one, in queue order."""
        return self._catalog.samples.many(self._queue.around(before, after))

    def frames(self, first: int, count: int) -> tuple[Sample, ...]:
        """The samples from a place of the queue, counted from 0."""
        return self._catalog.samples.many(self._queue.slice(first, count))

    def offer(
        self, sample_id: str, proposals: tuple[Proposal, ...]
    ) -> LabelView | None:
        """Show proposals of carry-over; nothing is written.

        They are left out when the sample is not the current one any more, or when
        a person has said something about it meanwhile.
        """
        if sample_id == self._queue.current:
            self._hand.offer(sample_id, proposals)
        return self.current

    def place(self, found: Mapping[str, tuple[Proposal, ...]]) -> LabelView | None:
        """Keep a detector's proposals for samples that are still nobody's."""
        for sample_id, proposals in found.items():
            place(self._catalog, sample_id, proposals)
        return self.current

    def carry_request(self) -> CarryRequest | None:
        """What carry-over needs for the current sample; None where nothing carries.

        Reads the catalog only; run the request on any thread, then `offer`.
        """
        sample_id = self._queue.current
        return None if sample_id is None else self._carrier.request(sample_id)

    def carry_ahead(self) -> CarryRequest | None:
        """What carry-over will need next, once all that is shown is accepted.

        Run while the person looks it makes the answer after the accept known.
        """
        sample_id, *following = self._queue.ahead(2) or ("",)
        if not following:
            return None
        with self._catalog.reading():
            shown = self._hand.shown(sample_id, self._hand.looked_at(sample_id))
            return self._carrier.request_ahead(sample_id, shown, following[0])

    def clean_start(self) -> CleanStart | None:
        """Why nothing is carried onto the current sample; None where something is."""
        sample_id = self._queue.current
        return None if sample_id is None else self._carrier.clean_start(sample_id)

    @property
    def _catalog(self) -> Catalog:
        return self._project.catalog

    def _sample_id(self) -> str:
        sample_id = self._queue.current
        if sample_id is None:
            raise UsageError("The queue is at its end", hint="capture more samples")
        return sample_id

    def _sample(self) -> Sample:
        return self._catalog.samples.get(self._sample_id())

    def _edit(
        self,
        title: str,
        edit: Callable[[LabelState], LabelState],
        *,
        touched: str = "",
    ) -> LabelView | None:
        self._hand.edit(self._sample_id(), title, edit)
        self._touched = touched
        return self.current

    def _decide(
        self,
        title: str,
        edit: Callable[[LabelState], LabelState],
        keys: int,
        drags: int = 0,
    ) -> LabelView | None:
        sample_id = self._sample_id()
        before = self._hand.looked_at(sample_id)
        title = f"{title} {self._queue.position}"
        with self._walk.going_on():
            self._hand.save(sample_id, title, before, edit(before), keys, drags)
            return self._go_on()

    def _go_on(self) -> LabelView | None:
        """Go on in the transaction of what was saved: hold and place cost no flush."""
        self._hand.forget_offers()
        self._touched = ""
        self._walk.step(1)
        self._walk.keep_place()
        return self.current

    def _show_turned(self, turned: Turned | None) -> LabelView | None:
        self._turned = turned
        try:
            if turned is None or not turned.sample_id:
                return self.current
            return self.go_to(turned.sample_id)
        finally:
            self._turned = None

    def _view(self, sample_id: str) -> LabelView:
        labels = self._hand.see(sample_id)
        return view_of(
            self._catalog,
            self._walk,
            self._catalog.samples.get(sample_id),
            self._hand.shown(sample_id, labels),
            touched=self._touched,
            turned=self._turned,
        )

    def _class_name(self, class_id: int) -> str:
        return self._catalog.classes.get(class_id).name


def _count(things: Collection[object], noun: str = "box") -> str:
    plural = noun if len(things) == 1 else {"box": "boxes"}.get(noun, f"{noun}s")
    return f"{len(things)} {plural}"
