"""Assigns a project's new groups to splits and writes the ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..catalog import Catalog, SplitCount
from ..findings import Finding
from ..groups import GroupLink
from ..near_duplicates.link_findings import link_findings, seen_groups
from ..near_duplicates.linking import NearDuplicates, Unseen, join_links
from ..progress import SILENT, Progress
from ..project import CATALOG_NAME, Project, now_us
from ..records import LedgerRow, Split
from ..split import Assignment, assign, current_split, waiting
from .split_findings import split_findings
from .split_rule import asks_for_times
from .split_targets import targets_of


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupJoin:
    """A group that became part of another one, and why."""

    group_id: str
    into: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOutcome:
    """What an assignment did, or would do.

    `assigned` are the new groups with their split, or "" for those that an embargo
    keeps out. `joins` are groups that near-duplicates made one, `quarantined` those
    that such a link took out of a split. `waiting` is (group, sealed set) for those
    that a sealed set holds out.
    `moved` counts groups that went from one split to another: always 0, and counted,
    not assumed. `counts` are those of the splits afterwards.
    """

    assigned: tuple[Assignment, ...]
    joins: tuple[GroupJoin, ...]
    quarantined: tuple[Assignment, ...]
    waiting: tuple[tuple[str, str], ...]
    moved: int
    findings: tuple[Finding, ...]
    splits: tuple[Split, ...]
    counts: tuple[SplitCount, ...]

    @property
    def joined(self) -> int:
        """How many groups became part of another one."""
        return len(self.joins)


def assign_splits(
    project: Project, *, dry_run: bool = False, progress: Progress = SILENT
) -> SplitOutcome:
    """Join near-duplicates, then give every group without a ledger row its split.

    With `dry_run` the same is done and rolled back; a project that is open for reading
    only is tried out on a copy of its catalog. The post-conditions are checked on the
    ledger as it stands afterwards.

    A sample whose image is missing or damaged stops nothing: it is named in an error
    among the findings, and a group of which nothing could be seen waits.

    Raises:
        UsageError: a split's rule does not exist.
        StorageFull: no room for the ledger's rows, or for the copy.
    """
    if dry_run and project.catalog.read_only:
        with _copied(project) as copy:
            return assign_splits(copy, dry_run=True, progress=progress)
    duplicates = NearDuplicates(project, dry_run=dry_run)
    links = duplicates.find(progress=progress)
    catalog = project.catalog
    with catalog.trying() if dry_run else catalog.writing():
        duplicates.keep()
        return _assigned(project, links, duplicates.unseen)


def _assigned(
    project: Project, links: Sequence[GroupLink], unseen: Sequence[Unseen] = ()
) -> SplitOutcome:
    catalog = project.catalog
    before, joined_before = catalog.splits.ledger(), catalog.groups.joined()
    join_links(project, links)
    splits = project.splits
    groups = catalog.groups.facts(with_times=asks_for_times(splits))
    facts = seen_groups(project, groups, unseen)
    classes = catalog.classes.all(include_retired=True)
    linked = catalog.splits.ledger() if links else before
    targets = targets_of(project.settings.shares, classes)
    found = assign(facts, splits, linked, salt=project.salt, targets=targets)
    _write(project, splits, found)
    ledger = catalog.splits.ledger()
    waits = waiting(facts, splits, ledger, salt=project.salt)
    return SplitOutcome(
        assigned=found,
        joins=tuple(
            GroupJoin(group_id=group_id, into=into, reason=reason)
            for group_id, (into, reason) in catalog.groups.joined().items()
            if group_id not in joined_before
        ),
        quarantined=tuple(_quarantine_of(row) for row in linked[len(before) :]),
        waiting=waits,
        moved=_moved(current_split(before), current_split(ledger)),
        findings=(
            *split_findings(project, facts, ledger, waits),
            *link_findings(facts, unseen),
        ),
        splits=splits,
        counts=catalog.tables.by_split(),
    )


def _write(
    project: Project, splits: Sequence[Split], found: Sequence[Assignment]
) -> None:
    at_us = now_us()
    named = {split.name for split in project.settings.splits}
    for split in splits:
        # Of a split that the settings forgot the catalog keeps what they once said.
        if split.name in named:
            project.catalog.splits.define(split)
    project.catalog.splits.append(
        LedgerRow(
            group_id=a.group_id,
            split=a.split,
            action=a.action,
            reason=a.reason,
            at_us=at_us,
        )
        for a in found
    )


def _moved(before: Mapping[str, str], now: Mapping[str, str]) -> int:
    return sum(
        1
        for group_id, split in before.items()
        if split and now[group_id] not in {"", split}
    )


def _quarantine_of(row: LedgerRow) -> Assignment:
    return Assignment(
        group_id=row.group_id, split=row.split, action=row.action, reason=row.reason
    )


@contextmanager
def _copied(project: Project) -> Iterator[Project]:
    """The same project over a copy of its catalog, which can be written."""
    with tempfile.TemporaryDirectory(prefix="fieldset-") as folder:
        path = Path(folder) / CATALOG_NAME
        project.catalog.back_up(path)
        with Project(project.root, Catalog.open(path)) as copy:
            yield copy
