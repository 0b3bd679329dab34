"""The Review page's desk: accepted boxes looked over; on the catalog lane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from dataset.project import Project, now_us
from dataset.records import LabelEdit, LabelState
from labeling import edits

from ..language import tr
from ..views.contracts import ClassRow
from ..views.dataset_contract import ReviewItem
from .class_rows import class_rows

ITEMS_SHOWN = 2000


class ProjectReviewDesk:
    """Looks over the accepted boxes of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def classes(self) -> tuple[ClassRow, ...]:
        """Give the classes with their boxes."""
        return class_rows(self._project)

    def items(self, class_id: int | None) -> tuple[ReviewItem, ...]:
        """Give the accepted boxes of one class, or of all; at most 2,000."""
        tables = self._project.catalog.tables
        wanted = (
            [known.id for known in self._project.catalog.classes.all()]
            if class_id is None
            else [class_id]
        )
        found: list[ReviewItem] = []
        with self._project.catalog.reading():
            for one in wanted:
                room = ITEMS_SHOWN - len(found)
                found += [
                    ReviewItem(
                        sample_id=sample_id,
                        path=self._project.images.path(sample_id, suffix),
                        box=box,
                        reviewed=reviewed,
                    )
                    for sample_id, suffix, box, reviewed in tables.boxes_of_class(
                        one, room
                    )
                ]
        return tuple(sorted(found, key=lambda item: item.reviewed))

    def mark_reviewed(self, sample_ids: tuple[str, ...]) -> None:
        """Say a second yes to these samples."""
        chosen = tuple(dict.fromkeys(sample_ids))
        title = tr("reviewed a sample")
        if len(chosen) > 1:
            title = tr("reviewed {count} samples").format(count=len(chosen))
        with self._project.catalog.journal.one_step(title):
            for sample_id in chosen:
                self._edit(sample_id, title, edits.review)

    def relabel(self, items: tuple[ReviewItem, ...], class_id: int) -> None:
        """Give these boxes another class."""
        name = self._project.catalog.classes.get(class_id).name
        title = tr("relabelled to {name}").format(name=name)
        self._edit_boxes(
            items, title, lambda labels, box_id: edits.relabel(labels, box_id, class_id)
        )

    def delete(self, items: tuple[ReviewItem, ...]) -> None:
        """Delete these boxes."""
        self._edit_boxes(items, tr("deleted a box"), edits.delete)

    def _edit_boxes(
        self,
        items: tuple[ReviewItem, ...],
        title: str,
        change: Callable[[LabelState, str], LabelState],
    ) -> None:
        by_sample: dict[str, list[str]] = defaultdict(list)
        for item in items:
            by_sample[item.sample_id].append(item.box.id)
        if len(items) > 1:
            title = tr("{title}, {count} boxes").format(title=title, count=len(items))
        with self._project.catalog.journal.one_step(title):
            for sample_id, box_ids in by_sample.items():

                def all_of_them(
                    labels: LabelState, ids: list[str] = box_ids
                ) -> LabelState:
                    for box_id in ids:
                        labels = change(labels, box_id)
                    return labels

                self._edit(sample_id, title, all_of_them)

    def _edit(
        self, sample_id: str, title: str, change: Callable[[LabelState], LabelState]
    ) -> None:
        labels = self._project.catalog.labels
        before = labels.get(sample_id)
        labels.apply(
            LabelEdit(
                sample_id=sample_id,
                title=title,
                before=before,
                after=change(before),
                at_us=now_us(),
            )
        )
