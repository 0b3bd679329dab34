"""The Label page's desk over a labeling session; every call on the catalog lane."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from dataset.errors import BadFile, UsageError
from dataset.progress import Progress
from dataset.project import Project
from dataset.records import Proposal, Sample
from labeling.carry_request import CleanStart
from labeling.choice import ORDERS, QUIET, STATE_FILTERS, Choice, choice_of
from labeling.empties import dismiss, look_for_empties
from labeling.geometry import Corners
from labeling.hold import Hold
from labeling.intended import hint_for
from labeling.session import LabelingSession, LabelView

from ..models.onnx_tracker import tracker_of
from ..models.proposals import propose_as_chosen
from ..session_words import session_words
from ..views.contracts import (
    CarryRequest,
    ClassRow,
    EmptiesOffered,
    FilmFrame,
    LabelScene,
    ProposalsMade,
    QueueChoice,
    QueueFilters,
)
from .class_rows import class_rows
from .label_speech import note_words, pace_words, turned_words

FIELDS = (
    "order",
    "state",
    "class_id",
    "session_id",
    "split",
    "condition",
    "picked",
)
SESSIONS_OFFERED = 40


class ProjectLabelDesk:
    """Labels the samples of one project.

    `person` says whose place in the queue is kept. The window's hold on the samples
    ahead begins with the first sample asked for, and ends with `leave`.
    """

    def __init__(self, project: Project, person: str = "") -> None:
        self._project = project
        self._person = person
        self._labeling: LabelingSession | None = None
        self._hold: Hold | None = None
        self._tracker = tracker_of(project)
        self._choice: Choice | None = None
        self._session_words: dict[str, str] = {}
        self._queue = 0
        self._shown_id = ""

    @property
    def _session(self) -> LabelingSession:
        if self._labeling is None:
            if self._hold is None:
                self._hold = Hold(self._project.catalog)
            self._queue += 1
            self._labeling = LabelingSession(
                self._project,
                choice=self._chosen(),
                hold=self._hold,
                person=self._person,
                tracker=self._tracker,
            )
        return self._labeling

    def _chosen(self) -> Choice:
        """The queue of now; at first the one the person had last."""
        if self._choice is None:
            place = self._project.catalog.places.get(self._person)
            self._choice = choice_of(place.choice, self._project)
        return self._choice

    def classes(self) -> tuple[ClassRow, ...]:
        """Give the classes with their boxes and targets."""
        return class_rows(self._project)

    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Give the orders and states that a queue can be made of."""
        return {"order": ORDERS, "state": tuple(STATE_FILTERS)}

    def filters(self) -> QueueFilters:
        """Give what a queue can be narrowed to, and the choice of now."""
        catalog, chosen = self._project.catalog, self._chosen()
        with catalog.reading():
            sessions = catalog.sessions.all()[::-1]
            splits = tuple(split.name for split in self._project.splits)
        conditions = {f"{k}={v}" for each in sessions for k, v in each.conditions}
        shown = [each for each in sessions if each.id == chosen.session_id]
        shown += [s for s in sessions[:SESSIONS_OFFERED] if s not in shown]
        return QueueFilters(
            choice=QueueChoice(**{name: getattr(chosen, name) for name in FIELDS}),
            sessions=tuple((each.id, each.name) for each in shown),
            splits=(*splits, ""),
            conditions=tuple(sorted(conditions)),
        )

    def choose(self, choice: QueueChoice) -> LabelScene | None:
        """Make another queue and give its first sample."""
        self._choice = Choice(**{name: getattr(choice, name) for name in FIELDS})
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

    def frames(self, first: int, count: int) -> tuple[FilmFrame, ...]:
        """Give samples from a place of the queue on."""
        return tuple(self._frame(each) for each in self._session.frames(first, count))

    def jump(self, words: str) -> LabelScene | None:
        """Go to a number or to an id."""
        return self._scene(self._session.jump(words))

    def held_elsewhere(self) -> int:
        """Give how many samples of the queue wait in other windows."""
        return self._session.held_elsewhere()

    def beat(self) -> None:
        """Keep the place and the samples ahead."""
        if self._labeling is not None:
            self._labeling.beat()

    def pause(self) -> None:
        """Keep the place, and leave the samples to other windows."""
        if self._labeling is not None:
            self._labeling.pause()

    def leave(self) -> None:
        """Keep the place and end the hold; the project is about to be closed."""
        if self._tracker is not None:
            self._tracker.close()
        self.pause()
        if self._hold is not None:
            self._hold.leave()

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

    def draw_boxes(self, drawn: Sequence[tuple[Corners, int]]) -> LabelScene | None:
        """Add several boxes."""
        return self._scene(self._session.draw_boxes(drawn))

    def move_boxes(self, moves: Mapping[str, Corners]) -> LabelScene | None:
        """Give several boxes other corners."""
        return self._scene(self._session.move_boxes(moves))

    def relabel_boxes(
        self, box_ids: Collection[str], class_id: int
    ) -> LabelScene | None:
        """Give several boxes another class."""
        return self._scene(self._session.relabel_boxes(box_ids, class_id))

    def delete_boxes(self, box_ids: Collection[str]) -> LabelScene | None:
        """Delete several boxes and proposals."""
        return self._scene(self._session.delete_boxes(box_ids))

    def adopt_boxes(self, box_ids: Collection[str]) -> LabelScene | None:
        """Accept several proposals."""
        return self._scene(self._session.adopt_boxes(box_ids))

    def accept(self, keys: int, drags: int, seen: Collection[str]) -> LabelScene | None:
        """Accept what is shown and go on."""
        return self._scene(self._session.accept(keys, drags, seen))

    def mark_empty(self, keys: int, drags: int) -> LabelScene | None:
        """Say that nothing is here and go on."""
        return self._scene(self._session.mark_empty(keys, drags))

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

    def prepare(self, progress: Progress) -> None:
        """Make the project's tracker ready; long work, on a thread of its own.

        Raises:
            BadFile: it cannot be used; carry-over goes on without it.
        """
        if self._tracker is None:
            return
        names = ", ".join(self._project.settings.label.tracker)
        self._tracker.prepare(lambda: progress.step(0, None, names))
        for remark in self._tracker.remarks():
            raise BadFile(remark.what, hint=remark.next_step)

    def carry(self) -> CarryRequest | None:
        """Give what carry-over needs."""
        return self._session.carry_request()

    def carry_ahead(self) -> CarryRequest | None:
        """Give what carry-over will need once what is shown is accepted."""
        return self._session.carry_ahead()

    def clean_start(self) -> CleanStart | None:
        """Give why nothing is carried."""
        return self._session.clean_start()

    def offer(
        self, sample_id: str, proposals: tuple[Proposal, ...]
    ) -> LabelScene | None:
        """Show proposals."""
        return self._scene(self._session.offer(sample_id, proposals))

    def propose(self, progress: Progress) -> ProposalsMade:
        """Propose boxes as the project chose, over a connection of its own.

        What the person looks at changes under nobody's hands: its proposals are held.
        """
        with Project.open(self._project.root) as mine:
            run = propose_as_chosen(
                mine,
                is_open=lambda sample_id: sample_id == self._shown_id,
                progress=progress,
            )
        outcome = run.outcome
        return ProposalsMade(
            looked=outcome.looked,
            proposed=outcome.proposed,
            boxes=outcome.boxes,
            held=outcome.held,
            remarks=tuple(finding.what for finding in outcome.findings),
        )

    def place(self, found: Mapping[str, tuple[Proposal, ...]]) -> LabelScene | None:
        """Keep proposals for samples that nobody has begun with."""
        return self._scene(self._session.place(found))

    def find_empties(self, progress: Progress) -> EmptiesOffered:
        """Look for empty pictures, over a connection of its own."""
        with Project.open(self._project.root) as mine:
            found = look_for_empties(mine, progress=progress)
        return EmptiesOffered(
            looked=found.looked,
            quiet=found.quiet,
            remarks=tuple(finding.what for finding in found.findings),
        )

    def dismiss(self) -> int:
        """Say of the queue of probably empty samples that they are empty.

        Raises:
            UsageError: another queue is chosen: nobody decides on what they do not see.
        """
        choice = self._chosen()
        if choice.state != QUIET:
            raise UsageError(
                "Only the queue of what is probably empty is dismissed as a whole",
                hint="choose State: probably empty, and look at what it holds",
            )
        taken = frozenset() if self._hold is None else self._hold.others()
        count = dismiss(self._project, choice, taken=taken)
        self._labeling = None
        return count

    def _scene(self, view: LabelView | None) -> LabelScene | None:
        self._shown_id = "" if view is None else view.sample.id
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
            pace_text=pace_words(view),
            note=note_words(view),
            notice=self._notice(view),
            queue=self._queue,
            history=view.history,
            can_undo=view.can_undo,
            can_redo=view.can_redo,
            touched=view.touched,
            hint=hint_for(self._project, view.sample, view.boxes),
            session_text=self._words(view.sample.session_id),
        )

    def _notice(self, view: LabelView) -> tuple[str, str]:
        """What there is to say with the sample: what was undone, or of the tracker."""
        remarks = () if self._tracker is None else self._tracker.remarks()
        if remarks:
            return f"{remarks[0].what}. {remarks[0].next_step}", "warn"
        return turned_words(view)

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
