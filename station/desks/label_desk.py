"""The Label page's desk over a labeling session; every call on the catalog lane."""

from __future__ import annotations

from collections.abc import Mapping

from dataset.project import Project
from dataset.records import Proposal, Sample
from labeling.carry_request import CleanStart
from labeling.geometry import Corners
from labeling.session import STATE_FILTERS, LabelingSession, LabelView

from ..session_words import session_words
from ..views.contracts import (
    CarryRequest,
    ClassRow,
    FilmFrame,
    LabelScene,
    QueueChoice,
)
from .class_rows import class_rows


class ProjectLabelDesk:
    """Labels the samples of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._labeling: LabelingSession | None = None
        self._choice = QueueChoice()
        self._session_words: dict[str, str] = {}

    @property
    def _session(self) -> LabelingSession:
        if self._labeling is None:
            choice = self._choice
            self._labeling = LabelingSession(
                self._project, state=choice.state, class_id=choice.class_id
            )
        return self._labeling

    def classes(self) -> tuple[ClassRow, ...]:
        """Give the classes with their boxes and targets."""
        return class_rows(self._project)

    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Give the orders and states that a queue can be made of."""
        return {"order": ("session",), "state": tuple(STATE_FILTERS)}

    def choose(self, choice: QueueChoice) -> LabelScene | None:
        """Make another queue and give its first sample."""
        self._choice = choice
        self._labeling = None
        return self.current()

    def renew(self) -> LabelScene | None:
        """Make the same queue again and stay at the sample."""
        before = None if self._labeling is None else self._labeling.current
        self._labeling = None
        return self.current() if before is None else self.go_to(before.sample.id)

    def current(self) -> LabelScene | None:
        """Give the sample at hand; a new queue where the old one is at its end."""
        if self._labeling is not None and self._labeling.current is None:
            self._labeling = None
        return self._scene(self._session.current)

    def film(self, before: int, after: int) -> tuple[FilmFrame, ...]:
        """Give the samples round the current one."""
        return tuple(
            self._frame(sample) for sample in self._session.neighbours(before, after)
        )

    def go_to(self, sample_id: str) -> LabelScene | None:
        """Go to one sample."""
        return self._scene(self._session.go_to(sample_id))

    def step(self, by: int) -> LabelScene | None:
        """Go on or back."""
        return self._scene(self._session.step(by))

    def draw(self, corners: Corners, class_id: int) -> LabelScene | None:
        """Add a box."""
        return self._scene(self._session.draw(corners, class_id))

    def move(self, box_id: str, corners: Corners) -> LabelScene | None:
        """Give a box other corners."""
        return self._scene(self._session.move(box_id, corners))

    def relabel(self, box_id: str, class_id: int) -> LabelScene | None:
        """Give a box another class."""
        return self._scene(self._session.relabel(box_id, class_id))

    def delete(self, box_id: str) -> LabelScene | None:
        """Delete a box or drop a proposal."""
        return self._scene(self._session.delete(box_id))

    def adopt(self, box_id: str) -> LabelScene | None:
        """Accept one proposal."""
        return self._scene(self._session.adopt(box_id))

    def accept(self, keys: int) -> LabelScene | None:
        """Accept what is shown and go on."""
        return self._scene(self._session.accept(keys))

    def mark_empty(self, keys: int) -> LabelScene | None:
        """Say that nothing is here and go on."""
        return self._scene(self._session.mark_empty(keys))

    def skip(self, reason: str) -> LabelScene | None:
        """Leave the sample out and go on."""
        return self._scene(self._session.skip(reason))

    def drop_proposals(self) -> LabelScene | None:
        """Drop all proposals."""
        return self._scene(self._session.drop_proposals())

    def undo(self) -> LabelScene | None:
        """Take the newest edit back."""
        return self._scene(self._session.undo())

    def redo(self) -> LabelScene | None:
        """Make it again."""
        return self._scene(self._session.redo())

    def carry(self) -> CarryRequest | None:
        """Give what carry-over needs."""
        return self._session.carry_request()

    def clean_start(self) -> CleanStart | None:
        """Give why nothing is carried."""
        return self._session.clean_start()

    def offer(
        self, sample_id: str, proposals: tuple[Proposal, ...]
    ) -> LabelScene | None:
        """Show proposals."""
        return self._scene(self._session.offer(sample_id, proposals))

    def _scene(self, view: LabelView | None) -> LabelScene | None:
        if view is None:
            return None
        pace = view.pace
        return LabelScene(
            sample=view.sample,
            path=self._project.image_path(view.sample),
            boxes=view.boxes,
            proposals=view.proposals,
            position=view.position,
            total=view.total,
            left=view.left,
            seconds_per_image=None if pace is None else pace.seconds_per_image,
            keys_per_image=None if pace is None else pace.keys_per_image,
            history=view.history,
            can_undo=view.can_undo,
            can_redo=view.can_redo,
            touched=view.touched,
            session_text=self._words(view.sample.session_id),
        )

    def _words(self, session_id: str) -> str:
        if session_id not in self._session_words:
            session = self._project.catalog.sessions.get(session_id)
            self._session_words[session_id] = session_words(session)
        return self._session_words[session_id]

    def _frame(self, sample: Sample) -> FilmFrame:
        return FilmFrame(
            sample_id=sample.id,
            path=self._project.image_path(sample),
            state=sample.state,
            width=sample.width,
            height=sample.height,
            reviewed=sample.reviewed,
        )
