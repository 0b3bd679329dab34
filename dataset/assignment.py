"""Assigns a project's new groups to splits and writes the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from .findings import Finding
from .project import Project, now_us
from .records import LedgerRow
from .split import Assignment, assign, current_split
from .split_check import check_split


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOutcome:
    """What an assignment did, or would do.

    `moved` counts groups that changed their split: always 0, and counted, not
    assumed.
    """

    assigned: tuple[Assignment, ...]
    moved: int
    findings: tuple[Finding, ...]


def assign_splits(project: Project, *, dry_run: bool = False) -> SplitOutcome:
    """Give every group that has labels and no ledger row its split.

    With `dry_run` nothing is written. The post-conditions are checked on the ledger
    as it stands afterwards.

    Raises:
        UsageError: a split's rule does not exist.
    """
    catalog = project.catalog
    with catalog.reading() if dry_run else catalog.writing():
        facts = catalog.groups.facts()
        before = catalog.splits.ledger()
        splits = project.splits
        found = assign(facts, splits, before, salt=project.salt)
        at_us = now_us()
        rows = tuple(
            LedgerRow(
                group_id=a.group_id,
                split=a.split,
                action=a.action,
                reason=a.reason,
                at_us=at_us,
            )
            for a in found
        )
        if not dry_run:
            for split in splits:
                catalog.splits.define(split)
            catalog.splits.append(rows)
    was, now = current_split(before), current_split((*before, *rows))
    return SplitOutcome(
        assigned=found,
        moved=sum(1 for group_id, split in was.items() if now[group_id] != split),
        findings=check_split(facts, splits, (*before, *rows), catalog.classes.all()),
    )
