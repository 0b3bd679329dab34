"""The Label page's calls on its desk: in order, one after the other, never waiting."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from dataset.records import Proposal
from labeling.carry_request import CleanStart

from ...jobs import Job, Lane, Operation, Submitter
from ...language import tr
from ..contracts import CarryRequest, LabelDesk, LabelScene

FILM_BEFORE = 8
FILM_AFTER = 8
RECOUNT_MS = 400
BEAT_MS = 20_000
FORESEE_MS = 30
"""So long the labels stay as they are before what follows an accept is worked out."""

Verb = Callable[[], LabelScene | None]


class LabelCalls(QObject):
    """Has the desk work on the catalog lane and hands the newest state over.

    While a verb that leaves the sample is under way no other is taken: what a person
    sees is what they act on.

    Signals:
        state_came: the newest `LabelScene`, None when the queue is empty; to be painted
            at once.
        rest_came: the same again, after what it needs besides itself was asked for.
        classes_came: tuple of `ClassRow`.
        film_came: tuple of `FilmFrame`.
        frames_came: the place in the queue they begin at, and tuple of `FilmFrame`.
        filters_came: `QueueFilters`.
        clean_start_came: `CleanStart` when nothing is carried onto the sample, or None.
        held_came: how many samples wait in other windows, when nothing is left here.
        call_failed: `FieldsetError`; nothing was saved.
        call_stopped: a verb ended without a state; the one shown before still holds.
        busy_changed: True while something is not saved yet.
    """

    state_came = Signal(object)
    rest_came = Signal(object)
    classes_came = Signal(object)
    film_came = Signal(object)
    frames_came = Signal(int, object)
    filters_came = Signal(object)
    clean_start_came = Signal(object)
    held_came = Signal(int)
    call_failed = Signal(object)
    call_stopped = Signal()
    busy_changed = Signal(bool)

    def __init__(
        self, desk: LabelDesk, runner: Submitter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._pending = 0
        self._is_leaving = False
        self._sample_id = ""
        # Counting a large project takes longer than a person needs for an image.
        self._recount = QTimer(self, singleShot=True, interval=RECOUNT_MS)
        self._recount.timeout.connect(self.refresh_classes)
        self._foresee = QTimer(self, singleShot=True, interval=FORESEE_MS)
        self._foresee.timeout.connect(self._on_foresee)
        self._foreseen: Job | None = None
        self._beat = QTimer(self, interval=BEAT_MS)
        self._beat.timeout.connect(self._on_beat)

    def begin(self) -> None:
        """The page is shown: keep the samples ahead for this window."""
        if not self._beat.isActive():
            self._beat.start()
            self._on_beat()
            self._prepare()

    def _prepare(self) -> None:
        self._runner.submit(
            Operation(
                title=tr("Make the tracker ready"),
                function=self._desk.prepare,
                on_error=self.call_failed.emit,
                lane=Lane.WORK,
                quiet=True,
            )
        )

    def pause(self) -> None:
        """The page is left: other windows may have the samples."""
        if self._beat.isActive():
            self._beat.stop()
            self._quiet(tr("Keep the place"), self._desk.pause, lambda _none: None)

    @property
    def desk(self) -> LabelDesk:
        """What the verbs are called on."""
        return self._desk

    @property
    def is_leaving(self) -> bool:
        """True while the sample on the screen is about to be left."""
        return self._is_leaving

    @property
    def is_saved(self) -> bool:
        """True when every edit asked for is on disk."""
        return self._pending == 0

    def edit(self, verb: Verb) -> bool:
        """Ask for an edit of the sample; False when it is being left."""
        if self._is_leaving:
            return False
        self._submit(verb)
        return True

    def leave(self, verb: Verb) -> bool:
        """Ask for a verb that goes to another sample; False when one is under way."""
        if self._is_leaving:
            return False
        self._is_leaving = True
        self._submit(verb)
        return True

    def redirect(self, verb: Verb) -> None:
        """Ask for another sample whatever is under way, as another page may."""
        self._is_leaving = True
        self._submit(verb)

    def refresh_classes(self) -> None:
        """Count the classes again."""
        self._quiet(tr("Count the classes"), self._desk.classes, self.classes_came.emit)

    def refresh_filters(self) -> None:
        """Read again what a queue can be narrowed to."""
        self._quiet(tr("Read the filters"), self._desk.filters, self.filters_came.emit)

    def ask_frames(self, first: int, count: int) -> None:
        """Read frames of the strip from a place of the queue on."""
        self._quiet(
            tr("Read the strip"),
            lambda: self._desk.frames(first, count),
            lambda frames: self.frames_came.emit(first, frames),
        )

    def _on_beat(self) -> None:
        self._quiet(tr("Keep the place"), self._desk.beat, lambda _none: None)

    def _submit(self, verb: Verb) -> None:
        self._pending += 1
        if self._pending == 1:
            self.busy_changed.emit(True)
        self._runner.submit(
            Operation(
                title=tr("Save the labels"),
                function=lambda _progress: verb(),
                on_done=self._on_done,
                on_error=self.call_failed.emit,
                on_stopped=self._on_stopped,
                lane=Lane.CATALOG,
                quiet=True,
            )
        )

    def _on_done(self, state: LabelScene | None) -> None:
        self._end_one()
        sample_id = "" if state is None else state.sample.id
        is_new = sample_id != self._sample_id or state is None
        if is_new or self._pending == 0:
            self._is_leaving = False
            self._sample_id = sample_id
            self._tell(state, is_new=is_new)

    def _tell(self, state: LabelScene | None, *, is_new: bool) -> None:
        """Have a state painted, ask for what it needs, then have the rest shown."""
        self.state_came.emit(state)
        if state is None:
            self._quiet(
                tr("See who has the rest"),
                self._desk.held_elsewhere,
                self.held_came.emit,
            )
        elif is_new:
            self._ask_for_surroundings()
        if self._foreseen is not None:
            self._foreseen.cancel()
        if state is not None:
            self._foresee.start()
        self.rest_came.emit(state)

    def _on_stopped(self) -> None:
        self._end_one()
        self._is_leaving = False
        self.call_stopped.emit()
        # What was refused may have been made on labels that changed elsewhere.
        self._quiet(
            tr("Look again"),
            self._desk.current,
            lambda state: self._tell(state, is_new=False),
        )

    def _end_one(self) -> None:
        self._pending -= 1
        if self._pending == 0:
            self.busy_changed.emit(False)

    def _ask_for_surroundings(self) -> None:
        """Get what the new sample needs besides itself: carry-over first."""
        self._quiet(tr("Carry the boxes over"), self._carried, self._on_carry)
        self.refresh_film()
        self._recount.start()

    def refresh_film(self) -> None:
        """Read the neighbours and their states again."""
        self._quiet(
            tr("Read the strip"),
            lambda: self._desk.film(FILM_BEFORE, FILM_AFTER),
            self.film_came.emit,
        )

    def _quiet(
        self,
        title: str,
        function: Callable[[], object],
        on_done: Callable[..., None],
    ) -> None:
        self._runner.submit(
            Operation(
                title=title,
                function=lambda _progress: function(),
                on_done=on_done,
                on_error=self.call_failed.emit,
                lane=Lane.CATALOG,
                quiet=True,
            )
        )

    def _carried(self) -> CarryRequest | LabelScene | None:
        """Offer what was foreseen, else give what is to be worked out."""
        request = self._desk.carry()
        found = None if request is None else request.known()
        if request is None or not found:
            return request
        return self._desk.offer(request.sample_id, found)

    def _on_carry(self, request: CarryRequest | LabelScene | None) -> None:
        if isinstance(request, LabelScene):
            is_here = request.sample.id == self._sample_id
            if is_here and self._pending == 0:
                self._tell(request, is_new=False)
            return
        if request is None:
            self._quiet(
                tr("See why no box is carried"),
                self._desk.clean_start,
                self.clean_start_came.emit,
            )
            return
        if request.sample_id != self._sample_id:
            return
        self._runner.submit(
            Operation(
                title=tr("Follow the boxes"),
                function=lambda _progress: request.run(),
                on_done=lambda found: self._offer(request.sample_id, found),
                on_error=self.call_failed.emit,
                lane=Lane.ASSIST,
                quiet=True,
            )
        )

    def _on_foresee(self) -> None:
        """Work out what an accept will ask for, while the person looks."""
        if self._is_leaving:
            return
        self._runner.submit(
            Operation(
                title=tr("Look ahead"),
                function=lambda _progress: self._desk.carry_ahead(),
                on_done=self._on_ahead,
                on_error=_unsaid,
                lane=Lane.CATALOG,
                quiet=True,
            )
        )

    def _on_ahead(self, request: CarryRequest | None) -> None:
        if request is None or self._is_leaving:
            return
        self._foreseen = self._runner.submit(
            Operation(
                title=tr("Follow the boxes ahead"),
                function=lambda _progress: request.prepare(),
                on_error=_unsaid,
                lane=Lane.ASSIST,
                quiet=True,
            )
        )

    def _offer(self, sample_id: str, proposals: tuple[Proposal, ...]) -> None:
        if sample_id == self._sample_id and not self._is_leaving:
            if not proposals:
                self.clean_start_came.emit(CleanStart.SCENE)
            self._submit(lambda: self._desk.offer(sample_id, proposals))


def _unsaid(_error: object) -> None:
    """Say nothing: whatever is wrong is told when it is asked for in earnest."""
