"""The status of a project: what there is, what is short, what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from .balance import Balance, ClassBalance, judge
from .catalog import ClassSplitCount, SplitCount
from .coach import Advice, advise
from .findings import Finding
from .groups import GroupFacts, whole_groups
from .project import Project
from .records import LabelClass, SampleState, Split
from .sealed.stress_set import StressCount, stress_counts
from .split import waiting
from .splitting.split_findings import settings_findings, split_findings
from .splitting.split_rule import asks_for_times
from .splitting.split_targets import targets_of

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
    """One split with what it holds of the labeled and empty samples.

    A stress set holds copies that `version`, an alias, has; elsewhere it is "".
    """

    split: Split
    count: SplitCount
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All that `fieldset status` and the Dataset page show, of one moment."""

    states: dict[SampleState, int]
    classes: tuple[ClassLine, ...]
    splits: tuple[SplitLine, ...]
    unassigned: SplitCount
    table: tuple[ClassSplitCount, ...]
    balance: Balance
    advice: Advice
    findings: tuple[Finding, ...] = ()
    signed: int = 0

    @property
    def unverified(self) -> int:
        """How many samples no station signed; what records are worth, `check` says."""
        return max(sum(self.states.values()) - self.signed, 0)

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
            "splits": [split_json(line) for line in self.splits],
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
            "provenance": {"signed": self.signed, "unverified": self.unverified},
            "balance": self.balance.to_json(),
            "findings": [finding.to_json() for finding in self.findings],
            "next": list(self.advice.lines),
            "queue": self.queue,
        }


def status(project: Project) -> Status:
    """What the project holds now."""
    catalog = project.catalog
    with catalog.reading():
        totals = catalog.tables.class_totals()
        counts = catalog.tables.by_split()
        copies = stress_counts(project)
        classes = catalog.classes.all()
        parts = catalog.groups.facts_by_session()
        balance = balance_of(project, parts)
        rows = {row.id: row for row in balance.classes}
        table = catalog.tables.class_by_split()
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
            splits=split_lines(project.splits, counts, copies),
            unassigned=next((c for c in counts if not c.split), _NOTHING),
            table=(*table, *_rows_of_copies(copies)),
            balance=balance,
            advice=_advice(project, balance, table),
            findings=_findings(project, parts),
            signed=sum(catalog.provenance.signed_by_session().values()),
        )


def balance_of(project: Project, parts: Sequence[GroupFacts] | None = None) -> Balance:
    """How the project stands against its balance policy.

    Args:
        project: an open project.
        parts: its groups by session, where somebody has them at hand.
    """
    if parts is None:
        parts = project.catalog.groups.facts_by_session()
    return judge(
        project.settings.balance,
        project.catalog.classes.all(),
        parts,
        ratio_limit=project.settings.balance.ratio,
    )


def advice_of(project: Project) -> Advice:
    """What to capture next for a project."""
    with project.catalog.reading():
        table = project.catalog.tables.class_by_split()
        return _advice(project, balance_of(project), table)


def _advice(
    project: Project, balance: Balance, table: Sequence[ClassSplitCount]
) -> Advice:
    classes = project.catalog.classes.all()
    shares = targets_of(project.settings.shares, classes)
    return advise(balance.classes, project.splits, table, shares)


def split_lines(
    splits: Sequence[Split],
    found: Sequence[SplitCount],
    copies: Mapping[str, StressCount] = MappingProxyType({}),
) -> tuple[SplitLine, ...]:
    """A line for each split, with nothing for those that have no count.

    Args:
        splits: all of them, in the order to be shown.
        found: the counts of the catalog.
        copies: what the latest version holds of each stress set.
    """
    counts = {count.split: count for count in found}
    lines = []
    for split in splits:
        empty = SplitCount(split=split.name, samples=0, groups=0, boxes=0)
        count, version = counts.get(split.name, empty), ""
        if made := copies.get(split.name):
            own = made.count
            version = made.version
            count = replace(
                empty, samples=own.samples, groups=own.groups, boxes=own.boxes
            )
        lines.append(SplitLine(split=split, count=count, version=version))
    return tuple(lines)


def _groups(project: Project, parts: Sequence[GroupFacts]) -> tuple[GroupFacts, ...]:
    """The groups; with times, for which samples are looked at, where a rule asks."""
    if asks_for_times(project.splits):
        return project.catalog.groups.facts()
    return whole_groups(parts)


def _findings(project: Project, parts: Sequence[GroupFacts]) -> tuple[Finding, ...]:
    ledger = project.catalog.splits.ledger()
    if not ledger:
        # Nothing was split yet, so no split can miss anything.
        return settings_findings(project)
    groups = _groups(project, parts)
    waits = waiting(groups, project.splits, ledger, salt=project.salt)
    return split_findings(project, groups, ledger, waits)


def _rows_of_copies(copies: Mapping[str, StressCount]) -> Iterator[ClassSplitCount]:
    for name, made in copies.items():
        for row in made.classes:
            # How many groups a class is in a version does not tell.
            yield ClassSplitCount(
                class_id=row.class_id,
                split=name,
                boxes=row.boxes,
                samples=row.samples,
                groups=0,
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


def split_json(line: SplitLine) -> dict[str, Any]:
    """A split with the keys of `status --json`."""
    return {
        "name": line.split.name,
        "kind": line.split.kind.value,
        "sealed": line.split.sealed,
        "samples": line.count.samples,
        "groups": line.count.groups,
        "boxes": line.count.boxes,
        "rule": line.split.rule,
        "version": line.version or None,
    }
