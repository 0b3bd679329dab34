"""The status of a project: what there is, what is short, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .balance import Balance, ClassBalance, judge
from .catalog import ClassSplitCount, SplitCount
from .project import Project
from .records import LabelClass, SampleState, Split

_NOTHING = SplitCount(split="", samples=0, groups=0, boxes=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLine:
    """One class with what it has and what is wanted of it."""

    label_class: LabelClass
    boxes: int
    samples: int
    balance: ClassBalance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitLine:
    """One split with what it holds of the labeled and empty samples."""

    split: Split
    count: SplitCount


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All that `fieldset status` and the Dataset page show, of one moment."""

    states: dict[SampleState, int]
    classes: tuple[ClassLine, ...]
    splits: tuple[SplitLine, ...]
    unassigned: SplitCount
    table: tuple[ClassSplitCount, ...]
    balance: Balance

    @property
    def queue(self) -> int:
        """How many samples wait to be labeled."""
        return self.states[SampleState.NEW] + self.states[SampleState.PROPOSED]

    def to_json(self) -> dict[str, Any]:
        """The status with the keys of DESIGN section 5, but `pace`."""
        return {
            "samples": {
                "total": sum(self.states.values()),
                **{state.value: count for state, count in self.states.items()},
            },
            "classes": [_class_json(line) for line in self.classes],
            "splits": [_split_json(line) for line in self.splits],
            "unassigned": {
                "samples": self.unassigned.samples,
                "groups": self.unassigned.groups,
                "boxes": self.unassigned.boxes,
            },
            "table": [
                {
                    "class": row.class_id,
                    "split": row.split,
                    "boxes": row.boxes,
                    "samples": row.samples,
                    "groups": row.groups,
                }
                for row in self.table
            ],
            "balance": self.balance.to_json(),
            "next": list(self.balance.next),
            "queue": self.queue,
        }


def status(project: Project) -> Status:
    """What the project holds now."""
    catalog = project.catalog
    with catalog.reading():
        totals = catalog.tables.class_totals()
        counts = {count.split: count for count in catalog.tables.by_split()}
        classes = catalog.classes.all()
        balance = balance_of(project)
        rows = {row.id: row for row in balance.classes}
        return Status(
            states=catalog.samples.states(),
            classes=tuple(
                ClassLine(
                    label_class=item,
                    boxes=totals.get(item.id, (0, 0, 0))[0],
                    samples=totals.get(item.id, (0, 0, 0))[1],
                    balance=rows.get(item.id),
                )
                for item in classes
            ),
            splits=_split_lines(project.splits, counts),
            unassigned=counts.get("", _NOTHING),
            table=catalog.tables.class_by_split(),
            balance=balance,
        )


def balance_of(project: Project) -> Balance:
    """How the project stands against its balance policy."""
    return judge(
        project.settings.balance,
        project.catalog.classes.all(),
        project.catalog.groups.facts_by_session(),
        ratio_limit=project.settings.balance.ratio,
    )


def _split_lines(
    splits: Sequence[Split], counts: dict[str, SplitCount]
) -> tuple[SplitLine, ...]:
    return tuple(
        SplitLine(
            split=split,
            count=counts.get(
                split.name, SplitCount(split=split.name, samples=0, groups=0, boxes=0)
            ),
        )
        for split in splits
    )


def _class_json(line: ClassLine) -> dict[str, Any]:
    balance = line.balance
    return {
        "id": line.label_class.id,
        "name": line.label_class.name,
        "boxes": line.boxes,
        "samples": line.samples,
        "groups": 0 if balance is None else balance.groups,
        "target": None if balance is None or not balance.target else balance.target,
        "shortfall": 0 if balance is None else balance.shortfall,
    }


def _split_json(line: SplitLine) -> dict[str, Any]:
    return {
        "name": line.split.name,
        "kind": line.split.kind.value,
        "sealed": line.split.sealed,
        "samples": line.count.samples,
        "groups": line.count.groups,
        "boxes": line.count.boxes,
    }
