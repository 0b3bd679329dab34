"""The Dataset page's desk: status, groups and splits of a project.

It opens the project a second time for each piece of work, so that counting a hundred
thousand groups, or comparing pictures, keeps no edit waiting.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dataset.balance import Balance, BalanceVerdict, ClassBalance
from dataset.catalog import GroupLine
from dataset.findings import Finding, Severity
from dataset.progress import Progress
from dataset.project import Project
from dataset.records import LedgerAction, LedgerRow, SampleState
from dataset.split import waiting
from dataset.splitting.assignment import SplitOutcome, assign_splits
from dataset.status import Status, status

from ..language import tr
from ..moments import moment_words
from ..views.dataset.dataset_contract import (
    DatasetState,
    FindingRow,
    GroupRow,
    GroupsState,
    SplitPlan,
)
from .class_counts import class_counts, split_columns
from .group_rows import group_filters, group_rows, groups_text, planned_rows

LEVELS = {
    BalanceVerdict.BALANCED: "ok",
    BalanceVerdict.WARN: "warn",
    BalanceVerdict.REFUSE: "bad",
}
FINDING_LEVELS = {Severity.OK: "ok", Severity.WARNING: "warn", Severity.ERROR: "bad"}


class ProjectDatasetDesk:
    """Counts and splits the project in one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._groups: GroupsState | None = None

    def state(self) -> DatasetState:
        """Count classes and balance."""
        with Project.open(self._root, read_only=True) as mine:
            found = status(mine)
            policy = mine.settings.balance.effective_policy
        balance = found.balance
        labeled = found.states[SampleState.LABELED] + found.states[SampleState.EMPTY]
        return DatasetState(
            classes=tuple(line.label_class for line in found.classes),
            columns=split_columns(found),
            counts=class_counts(found),
            verdict=verdict_sentence(balance) if labeled else nothing_words(found),
            level=LEVELS[balance.verdict] if labeled else "ok",
            policy=policy_sentence(policy, balance.verdict) if labeled else "",
            wanted=balance.next,
            full=tuple(row.name for row in balance.classes if row.is_full),
            reasons=_other_reasons(balance),
            unassigned=found.unassigned.groups,
            samples=sum(found.states.values()),
            queue=found.queue,
        )

    def groups(self) -> GroupsState:
        """Read every group; the same value again where nothing changed."""
        with (
            Project.open(self._root, read_only=True) as mine,
            mine.catalog.reading(),
        ):
            lines = mine.catalog.tables.group_lines()
            labeled, held = self._without_split(mine, lines)
        rows = self._kept(group_rows(lines, labeled, held))
        if self._groups is None or rows != self._groups.rows:
            self._groups = GroupsState(
                rows=rows,
                filters=group_filters(rows),
                text=groups_text(rows),
            )
        return self._groups

    def _without_split(
        self, project: Project, lines: tuple[GroupLine, ...]
    ) -> tuple[set[str], dict[str, str]]:
        """The groups that hold labels, and those a sealed set keeps waiting.

        Only asked for where a group has no split: it takes a second at a hundred
        thousand groups.
        """
        if all(line.action for line in lines):
            return set(), {}
        catalog, splits = project.catalog, project.splits
        is_sealed = any(split.sealed for split in splits)
        facts = catalog.groups.facts(with_times=is_sealed)
        held: dict[str, str] = {}
        if is_sealed:
            ledger = catalog.splits.ledger()
            held = dict(waiting(facts, splits, ledger, salt=project.salt))
        return {fact.id for fact in facts}, held

    def _kept(self, rows: tuple[GroupRow, ...]) -> tuple[GroupRow, ...]:
        """Give rows that did not change as the same objects.

        A hundred thousand are then compared on the main thread in a moment.
        """
        known = {row.id: row for row in self._groups.rows} if self._groups else {}
        return tuple(
            old if (old := known.get(row.id)) == row and old is not None else row
            for row in rows
        )

    def story(self, group_id: str) -> tuple[str, ...]:
        """Tell in sentences all that the ledger holds of a group, oldest first."""
        with Project.open(self._root, read_only=True) as mine:
            rows = [r for r in mine.catalog.splits.ledger() if r.group_id == group_id]
        return tuple(_story_line(row) for row in rows)

    def split_plan(self, progress: Progress) -> SplitPlan:
        """Work out what a split would do; nothing is written."""
        progress.step(0, None, tr("looking for near-duplicates"))
        with Project.open(self._root) as mine:
            outcome = assign_splits(mine, dry_run=True, progress=progress)
            lines = {line.id: line for line in mine.catalog.tables.group_lines()}
        words = tr("{count} new groups would get their split, {moved} would move.")
        return SplitPlan(
            sentence=_outcome_words(words, outcome)
            if outcome.assigned
            else tr("There is no new group: each that is labeled has its split."),
            groups=planned_rows(outcome.assigned, lines),
            findings=finding_rows(outcome.findings),
        )

    def split_now(self, progress: Progress) -> str:
        """Assign new groups."""
        progress.step(0, None, tr("looking for near-duplicates"))
        with Project.open(self._root) as mine:
            outcome = assign_splits(mine, progress=progress)
        words = tr("{count} new groups have their split, {moved} moved.")
        findings = [finding.what for finding in outcome.findings[:2]]
        return ". ".join((_outcome_words(words, outcome).rstrip("."), *findings))


def finding_rows(findings: Iterable[Finding]) -> tuple[FindingRow, ...]:
    """Give findings as a page shows them, errors first."""
    rows = [
        FindingRow(
            level=FINDING_LEVELS[finding.severity],
            what=finding.what,
            next_step=finding.next_step,
        )
        for finding in findings
    ]
    return tuple(sorted(rows, key=lambda row: row.level != "bad"))


def verdict_sentence(balance: Balance) -> str:
    """Give the balance in one sentence."""
    short = [row.name for row in balance.classes if _is_short(row)]
    if not balance.classes:
        return tr("There is no class yet")
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


def nothing_words(found: Status) -> str:
    """Say what is to be done first where nothing is labeled."""
    if not found.classes:
        return tr("There is no class yet")
    if not sum(found.states.values()):
        return tr("Nothing is captured yet")
    return tr("Nothing is labeled yet: start with the Label page")


def policy_sentence(policy: str, verdict: BalanceVerdict) -> str:
    """Say what the policy makes of the next version."""
    if verdict is BalanceVerdict.REFUSE:
        return tr("Policy refuse: no version is frozen until nothing is short.")
    words = {
        "refuse": tr("Policy refuse: nothing stands in the way of a version."),
        "warn": tr("Policy warn: a version is frozen all the same."),
        "undersample": tr("Policy undersample: train is cut to its level."),
        "repeat": tr("Policy repeat: what is short counts more often in train."),
        "augment": tr("Policy augment: what is short is copied, in train alone."),
    }
    return words.get(policy, policy)


def _other_reasons(balance: Balance) -> tuple[str, ...]:
    """Give the reasons that no line of what to capture says already."""
    said = tuple(f"{words} short of" for words in balance.next)
    return tuple(reason for reason in balance.reasons if not reason.startswith(said))


def _is_short(row: ClassBalance) -> bool:
    """Say whether a class lacks boxes, groups, or boxes under some condition."""
    in_conditions = any(shortfall for _, _, _, shortfall in row.conditions)
    return bool(row.shortfall or row.group_shortfall or in_conditions)


def _outcome_words(words: str, outcome: SplitOutcome) -> str:
    sentence = words.format(count=f"{len(outcome.assigned):,}", moved=outcome.moved)
    if not outcome.joined:
        return sentence
    links = tr("Links by near-duplicates: {count}.")
    return f"{sentence} {links.format(count=f'{outcome.joined:,}')}"


def _story_line(row: LedgerRow) -> str:
    words = {
        LedgerAction.ASSIGNED: tr("{moment}: assigned to {split}, {reason}"),
        LedgerAction.QUARANTINED: tr("{moment}: quarantined out of {split}, {reason}"),
        LedgerAction.WITHDRAWN: tr("{moment}: withdrawn from {split}, {reason}"),
    }[row.action]
    return words.format(
        moment=moment_words(row.at_us),
        split=row.split or tr("no split"),
        reason=row.reason,
    )
