"""The classes of a project with their boxes and targets."""

from __future__ import annotations

from dataset.project import Project

from ..views.contracts import ClassRow


def class_rows(project: Project) -> tuple[ClassRow, ...]:
    """Give the living classes in the order of their keys, labeled boxes only."""
    totals = project.catalog.tables.class_totals()
    targets = {
        name: target.boxes
        for name, target in project.settings.balance.targets
        if target.boxes
    }
    rows = (
        ClassRow(
            label_class=known,
            boxes=totals.get(known.id, (0, 0, 0))[0],
            target=targets.get(known.name),
        )
        for known in project.catalog.classes.all()
    )
    return tuple(sorted(rows, key=_key_order))


def _key_order(row: ClassRow) -> tuple[int, int]:
    key = row.label_class.key
    # The key 0 stands at the right of 9.
    return (99 if key is None else key or 10, row.label_class.id)
