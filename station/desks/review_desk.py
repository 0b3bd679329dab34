"""The Review page's desk: accepted boxes looked over, second passes, disputes."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence

from dataset.catalog import BoxFilter, BoxLine
from dataset.errors import NotFound, UsageError
from dataset.progress import Progress
from dataset.project import Project, now_us
from dataset.records import Box, LabelEdit, LabelState
from labeling import edits
from labeling.second_opinion.disputes import Verdict
from labeling.second_opinion.odd_boxes import OddBoxes, odd_boxes
from labeling.second_opinion.second_pass import (
    PassChoice,
    SecondPass,
    SecondView,
    begin_pass,
    unfinished_pass,
)
from labeling.second_opinion.settling import (
    agreement_of,
    open_disputes,
    settle,
    settled_disputes,
)

from ..language import tr
from ..session_words import session_words
from ..views.contracts import ClassRow, Corners, LabelScene
from ..views.review.review_contract import (
    DisputeRow,
    GridChoice,
    GridOrder,
    GridPage,
    ReviewItem,
    ReviewState,
    SecondScene,
)
from .class_rows import class_rows

ITEMS_SHOWN = 50_000


class ProjectReviewDesk:
    """Looks over the accepted boxes of one project; `person` signs what is decided."""

    def __init__(self, project: Project, person: str = "") -> None:
        self._project = project
        self._person = person
        self._second: SecondPass | None = None

    def classes(self) -> tuple[ClassRow, ...]:
        """Give the classes with their boxes."""
        return class_rows(self._project)

    def state(self) -> ReviewState:
        """Give the agreement, the disputes and what can be filtered by."""
        with self._second_door() as mine, mine.catalog.reading():
            return _state(mine)

    def items(self, choice: GridChoice, odd: OddBoxes | None) -> GridPage:
        """Give the accepted boxes of a choice; at most 50,000."""
        wanted = BoxFilter(
            class_id=choice.class_id,
            session_id=choice.session_id,
            split=choice.split,
            reviewed=choice.reviewed,
        )
        with self._second_door() as mine:
            with mine.catalog.reading():
                total = mine.catalog.box_features.count(wanted)
                lines = mine.catalog.box_features.lines(wanted, total)
            scores = {} if odd is None else odd.scores
            return GridPage(
                items=tuple(
                    ReviewItem(
                        sample_id=line.sample_id,
                        path=mine.images.path(line.sample_id, line.suffix),
                        box=line.box,
                        reviewed=line.reviewed,
                        odd=scores.get((line.sample_id, line.box.id)),
                        longest_px=max(line.width, line.height),
                    )
                    for line in _ordered(lines, choice.order, odd)
                ),
                total=total,
            )

    def odd(self, progress: Progress) -> OddBoxes:
        """Give how unlike each box is to its class, reading what is not known yet."""
        with Project.open(self._project.root) as mine:
            return odd_boxes(mine, progress)

    def mark_reviewed(self, items: tuple[ReviewItem, ...]) -> None:
        """Say a second yes to the samples of these boxes."""
        self._edit(
            items, tr("reviewed a sample"), lambda labels, _ids: edits.review(labels)
        )

    def relabel(self, items: tuple[ReviewItem, ...], class_id: int) -> None:
        """Give these boxes another class.

        Raises:
            UsageError: the class was retired meanwhile.
        """
        known = self._project.catalog.classes.get(class_id)
        if known.retired:
            raise UsageError(
                f"This class was retired: {known.name}", hint="choose another class"
            )
        title = tr("relabelled to {name}").format(name=known.name)

        def change(labels: LabelState, box_ids: Sequence[str]) -> LabelState:
            for box_id in box_ids:
                labels = edits.relabel(labels, box_id, class_id)
            return labels

        self._edit(items, title, change)

    def delete(self, items: tuple[ReviewItem, ...]) -> None:
        """Delete these boxes."""

        def change(labels: LabelState, box_ids: Sequence[str]) -> LabelState:
            for box_id in box_ids:
                labels = edits.delete(labels, box_id)
            return labels

        self._edit(items, tr("deleted a box"), change)

    def undo(self) -> str | None:
        """Take the newest step back."""
        entry = self._project.catalog.labels.undo()
        return None if entry is None else entry.title

    def redo(self) -> str | None:
        """Make it again."""
        entry = self._project.catalog.labels.redo()
        return None if entry is None else entry.title

    def settle(self, row: DisputeRow, verdict: Verdict) -> None:
        """Settle a dispute."""
        settle(self._project, row.found, verdict, person=self._person)

    def begin_pass(self, choice: PassChoice) -> SecondScene | None:
        """Begin a second pass."""
        line = begin_pass(self._project, choice, person=self._person)
        self._second = SecondPass(self._project, line, person=self._person)
        return self.second()

    def give_up_pass(self) -> None:
        """End the pass under way; what is finished stays."""
        line = unfinished_pass(self._project)
        if line is not None:
            self._project.catalog.second_looks.give_up(line.n)
        self._second = None

    def second(self) -> SecondScene | None:
        """Give the sample at hand of the pass under way."""
        if self._second is not None:
            scene = self._scene(self._second.current)
            if scene is not None:
                return scene
        line = unfinished_pass(self._project)
        if line is None:
            self._second = None
            return None
        self._second = SecondPass(self._project, line, person=self._person)
        return self._scene(self._second.current)

    def second_step(self, by: int) -> SecondScene | None:
        """Go on or back; past the last sample, to the first that waits."""
        return self._on(lambda second: second.step(by))

    def second_draw(self, corners: Corners, class_id: int) -> SecondScene | None:
        """Add a box."""
        return self._on(lambda second: second.draw(corners, class_id))

    def second_move(self, box_id: str, corners: Corners) -> SecondScene | None:
        """Give a box other corners."""
        return self._on(lambda second: second.move(box_id, corners))

    def second_relabel(self, box_id: str, class_id: int) -> SecondScene | None:
        """Give a box another class."""
        return self._on(lambda second: second.relabel(box_id, class_id))

    def second_delete(self, box_id: str) -> SecondScene | None:
        """Delete a box."""
        return self._on(lambda second: second.delete(box_id))

    def second_finish(self, *, empty: bool) -> SecondScene | None:
        """Keep what is drawn, or that nothing is there, and go on."""
        return self._on(
            lambda second: second.finish_empty() if empty else second.finish()
        )

    def second_undo(self) -> SecondScene | None:
        """Take the newest edit of the second boxes back."""
        return self._on(lambda second: second.undo())

    def second_redo(self) -> SecondScene | None:
        """Make it again."""
        return self._on(lambda second: second.redo())

    def _second_door(self) -> Project:
        """The project opened once more, for a thread of its own."""
        return Project.open(self._project.root, read_only=True)

    def _on(
        self, verb: Callable[[SecondPass], SecondView | None]
    ) -> SecondScene | None:
        if self._second is None:
            raise NotFound(
                "No second pass is under way: begin one",
                hint="the first tab of the Review page begins one",
            )
        scene = self._scene(verb(self._second))
        return self.second() if scene is None else scene

    def _scene(self, view: SecondView | None) -> SecondScene | None:
        if view is None:
            return None
        session = self._project.catalog.sessions.get(view.sample.session_id)
        return SecondScene(
            scene=LabelScene(
                sample=view.sample,
                path=self._project.image_path(view.sample),
                boxes=view.boxes,
                position=view.position,
                total=view.total,
                left=view.left,
                can_undo=view.can_undo,
                can_redo=view.can_redo,
                touched=view.touched,
                session_text=session_words(session),
            ),
            blind=view.blind,
            is_done=view.is_done,
            left=view.left,
        )

    def _edit(
        self,
        items: tuple[ReviewItem, ...],
        title: str,
        change: Callable[[LabelState, Sequence[str]], LabelState],
    ) -> None:
        """Change the labels of the samples of these boxes, as one step.

        Raises:
            ProjectError: a box is not what was seen: somebody changed it meanwhile.
        """
        by_sample: dict[str, list[Box]] = defaultdict(list)
        for item in items:
            by_sample[item.sample_id].append(item.box)
        labels = self._project.catalog.labels
        with self._project.catalog.writing():
            made = []
            for sample_id, boxes in by_sample.items():
                before = labels.get(sample_id)
                labels.expect_boxes(sample_id, before, boxes)
                after = change(before, [box.id for box in boxes])
                if after != before:
                    made.append(
                        LabelEdit(
                            sample_id=sample_id,
                            title=title,
                            before=before,
                            after=after,
                            at_us=now_us(),
                        )
                    )
            labels.apply_all(made)


def _state(project: Project) -> ReviewState:
    catalog = project.catalog
    found = open_disputes(project)
    looks = {look.n: look for look in catalog.second_looks.finished()}
    line = unfinished_pass(project)
    sessions = catalog.sessions.all()
    return ReviewState(
        agreement=agreement_of(project),
        disputes=tuple(
            DisputeRow(
                found=one,
                path=project.image_path(one.sample),
                first=catalog.labels.boxes(one.sample.id),
                second=looks[one.look_n].second,
            )
            for one in found
        ),
        waiting=None if line is None else line.waiting,
        settled=len(settled_disputes(project)),
        classes={c.id: c for c in catalog.classes.all(include_retired=True)},
        sessions=tuple((one.id, one.name) for one in sessions),
        splits=tuple(split.name for split in project.splits if not split.sealed),
        can_undo=catalog.journal.can_undo(),
        can_redo=catalog.journal.can_redo(),
    )


def _ordered(
    lines: Sequence[BoxLine], order: GridOrder, odd: OddBoxes | None
) -> Sequence[BoxLine]:
    """The first lines in that order; ties as the catalog has them."""
    scores = {} if odd is None else odd.scores

    def unlike(line: BoxLine) -> float:
        # What nothing is known of comes last.
        return -scores.get((line.sample_id, line.box.id), -1.0)

    keys: dict[GridOrder, Callable[[BoxLine], float]] = {
        GridOrder.UNLIKE: unlike,
        GridOrder.SMALLEST: lambda line: line.box.area,
        GridOrder.LARGEST: lambda line: -line.box.area,
        GridOrder.SCORE: lambda line: 2.0 if line.box.score is None else line.box.score,
        GridOrder.NEWEST: lambda line: -line.captured_us,
        GridOrder.STORED: lambda line: float(line.reviewed),
    }
    return heapq.nsmallest(ITEMS_SHOWN, lines, key=keys[order])
