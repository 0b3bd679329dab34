"""Classes counted for the Dataset page: by split, and against their targets."""

from __future__ import annotations

from collections.abc import Callable

from dataset.balance import ClassBalance, speak
from dataset.records import Split, SplitKind
from dataset.status import Status

from ..language import tr
from ..views.dataset.dataset_contract import (
    ClassCounts,
    ClassView,
    CountCell,
    SplitColumn,
)

NOT_SPLIT = Split(name="", kind=SplitKind.TRAIN)
BOXES, GROUPS = "#boxes", "#groups"


def split_columns(found: Status) -> tuple[SplitColumn, ...]:
    """Give the splits, and what has none yet where there is such."""
    columns = tuple(
        SplitColumn(
            split=line.split, samples=line.count.samples, groups=line.count.groups
        )
        for line in found.splits
    )
    if not found.unassigned.samples:
        return columns
    rest = found.unassigned
    return (
        *columns,
        SplitColumn(split=NOT_SPLIT, samples=rest.samples, groups=rest.groups),
    )


def class_counts(found: Status) -> dict[ClassView, ClassCounts]:
    """Give every way in which the page counts classes."""
    boxes = {(row.class_id, row.split): row.boxes for row in found.table}
    groups = {(row.class_id, row.split): row.groups for row in found.table}
    return {
        ClassView.BOXES: _by_split(found, boxes, lambda row: row.target),
        ClassView.GROUPS: _by_split(found, groups, lambda row: row.group_target),
        ClassView.TARGETS: _against_targets(found),
    }


def _by_split(
    found: Status,
    counts: dict[tuple[int, str], int],
    target: Callable[[ClassBalance], int],
) -> ClassCounts:
    columns = split_columns(found)
    cells: dict[tuple[int, str], CountCell] = {}
    for line in found.classes:
        wanted = target(line.balance) if line.balance is not None else 0
        for column in columns:
            key = (line.label_class.id, column.split.name)
            share = _share_of(wanted, column.split)
            cells[key] = CountCell(count=counts.get(key, 0), target=share)
    heads = tuple((column.split.name, _head(column.split)) for column in columns)
    return ClassCounts(heads=heads, cells=cells)


def _share_of(target: int, split: Split) -> int | None:
    """The share of the class's target that the split is to hold."""
    if not target or not split.share:
        return None
    return max(round(target * split.share), 1)


def _head(split: Split) -> str:
    seal = f",\n{tr('sealed')}" if split.sealed else ""
    return f"{split.name or tr('no split yet')}{seal}"


def _against_targets(found: Status) -> ClassCounts:
    rows = [line.balance for line in found.classes if line.balance is not None]
    conditions = sorted({name for row in rows for name, _, _, _ in row.conditions})
    cells: dict[tuple[int, str], CountCell] = {}
    for row in rows:
        cells[row.id, BOXES] = CountCell(count=row.boxes, target=row.target or None)
        cells[row.id, GROUPS] = CountCell(
            count=row.groups, target=row.group_target or None
        )
        for name, have, wanted, _ in row.conditions:
            cells[row.id, name] = CountCell(count=have, target=wanted)
    heads = (
        (BOXES, tr("boxes")),
        (GROUPS, tr("groups")),
        *((name, f"{tr('boxes')} {speak(name)}") for name in conditions),
    )
    return ClassCounts(heads=heads, cells=cells)
