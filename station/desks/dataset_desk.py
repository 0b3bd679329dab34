"""The Dataset page's desk: the project's status in rows; on the catalog lane."""

from __future__ import annotations

from dataset.assignment import assign_splits
from dataset.balance import Balance, BalanceVerdict, ClassBalance
from dataset.catalog import GroupLine
from dataset.progress import Progress
from dataset.project import Project
from dataset.records import LedgerAction, Split, SplitKind
from dataset.status import ClassLine, Status, status

from ..language import tr
from ..views.dataset_contract import (
    DatasetState,
    GroupRow,
    SplitCell,
    SplitColumn,
    TestRow,
)

SESSIONS_NAMED = 2
NOT_SPLIT = Split(name="", kind=SplitKind.TRAIN)
LEVELS = {
    BalanceVerdict.BALANCED: "ok",
    BalanceVerdict.WARN: "warn",
    BalanceVerdict.REFUSE: "bad",
}


class ProjectDatasetDesk:
    """Counts one project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def state(self) -> DatasetState:
        """Count everything."""
        with self._project.catalog.reading():
            found = status(self._project)
            groups = self._project.catalog.tables.group_lines()
        return DatasetState(
            classes=tuple(line.label_class for line in found.classes),
            columns=_columns(found),
            cells=_cells(found),
            verdict=verdict_sentence(found.balance),
            level=LEVELS[found.balance.verdict],
            reasons=found.balance.reasons,
            groups=tuple(_group_row(line) for line in groups),
            groups_text=_groups_text(groups),
            unassigned=found.unassigned.groups,
            tests=tuple(
                TestRow(
                    name=line.split.name,
                    samples=line.count.samples,
                    rule=rule_words(line.split.rule),
                    seal=tr("sealed") if line.split.sealed else tr("open"),
                )
                for line in found.splits
                if line.split.kind is SplitKind.TEST
            ),
            samples=sum(found.states.values()),
        )

    def split_now(self, progress: Progress) -> str:
        """Assign new groups."""
        progress.step(0, None, tr("assigning groups"))
        outcome = assign_splits(self._project)
        words = tr("{count} new groups have their split, {moved} moved.").format(
            count=f"{len(outcome.assigned):,}", moved=outcome.moved
        )
        findings = [finding.what for finding in outcome.findings[:2]]
        return " ".join((words, *findings))


def verdict_sentence(balance: Balance) -> str:
    """Give the balance in one sentence."""
    short = [row.name for row in balance.classes if _is_short(row)]
    if balance.verdict is BalanceVerdict.BALANCED:
        return tr("Every class has what it needs")
    if not short:
        return tr("The classes are unequal")
    if len(short) == 1:
        return tr("{name} is short").format(name=short[0])
    if len(short) <= 3:
        names = f" {tr('and')} ".join((", ".join(short[:-1]), short[-1]))
        return tr("{names} are short").format(names=names)
    return tr("{count} classes are short").format(count=len(short))


def _is_short(row: ClassBalance) -> bool:
    """Say whether a class lacks boxes, groups, or boxes under some condition."""
    in_conditions = any(shortfall for _, _, _, shortfall in row.conditions)
    return bool(row.shortfall or row.group_shortfall or in_conditions)


def rule_words(rule: str) -> str:
    """Give a split's rule in words."""
    name, _, value = rule.partition(":")
    words = {
        "": tr("by shortfall"),
        "random": tr("random groups"),
        "hand": tr("picked by hand"),
        "after": tr("from {value}").format(value=value),
        "place": tr("place {value}").format(value=value),
        "camera": tr("camera {value}").format(value=value),
        "condition": value,
    }
    return words.get(name, rule)


def _columns(found: Status) -> tuple[SplitColumn, ...]:
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


def _cells(found: Status) -> dict[tuple[int, str], SplitCell]:
    boxes = {(row.class_id, row.split): row.boxes for row in found.table}
    cells: dict[tuple[int, str], SplitCell] = {}
    for line in found.classes:
        for column in _columns(found):
            key = (line.label_class.id, column.split.name)
            cells[key] = SplitCell(
                boxes=boxes.get(key, 0), target=_target(line, column.split)
            )
    return cells


def _target(line: ClassLine, split: Split) -> int | None:
    """The share of the class's target that the split is to hold."""
    if line.balance is None or not line.balance.target or not split.share:
        return None
    return max(round(line.balance.target * split.share), 1)


def _group_row(line: GroupLine) -> GroupRow:
    is_away = line.action in (LedgerAction.QUARANTINED, LedgerAction.WITHDRAWN)
    split = line.action if is_away else line.split
    return GroupRow(
        id=line.id,
        sessions=_session_names(line.sessions),
        samples=line.samples,
        split=split or tr("new"),
        why=line.reason or tr("not assigned yet"),
        level="bad" if is_away else "ok",
    )


def _session_names(names: tuple[str, ...]) -> str:
    if len(names) <= SESSIONS_NAMED:
        return " + ".join(names)
    first = " + ".join(names[:SESSIONS_NAMED])
    return f"{first} {tr('and {count} more').format(count=len(names) - SESSIONS_NAMED)}"


def _groups_text(groups: tuple[GroupLine, ...]) -> str:
    joined = sum(len(line.sessions) > 1 for line in groups)
    away = sum(line.action == LedgerAction.QUARANTINED for line in groups)
    parts = [tr("{count} groups").format(count=f"{len(groups):,}")]
    if joined:
        parts.append(tr("{count} of several sessions").format(count=f"{joined:,}"))
    if away:
        parts.append(tr("{count} in quarantine").format(count=f"{away:,}"))
    return ", ".join(parts)
