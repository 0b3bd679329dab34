"""Assigns a project's new groups to splits and writes the ledger."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .findings import Finding, Severity
from .groups import GroupLink
from .link_findings import link_findings, seen_groups
from .linking import NearDuplicates, Unseen, join_links
from .progress import SILENT, Progress
from .project import Project, now_us
from .records import LabelClass, LedgerRow
from .split import Assignment, assign, current_split, waiting
from .split_check import check_split


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOutcome:
    """What an assignment did, or would do.

    `joined` counts links between groups that near-duplicates brought. `moved` counts
    groups that went from one split to another: always 0, and counted, not assumed.
    """

    assigned: tuple[Assignment, ...]
    joined: int
    moved: int
    findings: tuple[Finding, ...]


def assign_splits(
    project: Project, *, dry_run: bool = False, progress: Progress = SILENT
) -> SplitOutcome:
    """Join near-duplicates, then give every group without a ledger row its split.

    With `dry_run` the same is done and rolled back. The post-conditions are checked
    on the ledger as it stands afterwards.

    A sample whose image is missing or damaged stops nothing: it is named in an error
    among the findings, and a group of which nothing could be seen waits.

    Raises:
        UsageError: a split's rule does not exist.
    """
    duplicates = NearDuplicates(project, dry_run=dry_run)
    links = duplicates.find(progress=progress)
    catalog = project.catalog
    with catalog.trying() if dry_run else catalog.writing():
        duplicates.keep()
        return _assigned(project, links, duplicates.unseen)


def _assigned(
    project: Project, links: Sequence[GroupLink], unseen: Sequence[Unseen]
) -> SplitOutcome:
    catalog = project.catalog
    was = current_split(catalog.splits.ledger())
    joined = join_links(project, links)
    facts, splits = seen_groups(project, catalog.groups.facts(), unseen), project.splits
    classes = catalog.classes.all(include_retired=True)
    found = _with_names(
        assign(facts, splits, catalog.splits.ledger(), salt=project.salt), classes
    )
    at_us = now_us()
    for split in splits:
        catalog.splits.define(split)
    catalog.splits.append(
        LedgerRow(
            group_id=a.group_id,
            split=a.split,
            action=a.action,
            reason=a.reason,
            at_us=at_us,
        )
        for a in found
    )
    ledger = catalog.splits.ledger()
    now = current_split(ledger)
    return SplitOutcome(
        assigned=found,
        joined=joined,
        moved=sum(
            1
            for group_id, split in was.items()
            if split and now[group_id] not in {"", split}
        ),
        findings=(
            *check_split(facts, splits, ledger, classes),
            *_waiting_findings(waiting(facts, splits, ledger, salt=project.salt)),
            *link_findings(facts, unseen),
        ),
    )


def _waiting_findings(groups: Sequence[tuple[str, str]]) -> list[Finding]:
    """A warning for each sealed set that keeps groups out of every split."""
    return [
        Finding(
            severity=Severity.WARNING,
            what=f"{name} is sealed and holds out what new groups are, so many wait: "
            f"{count}",
            next_step=f"they are assigned after `fieldset testset retire {name}`",
        )
        for name, count in sorted(Counter(name for _, name in groups).items())
    ]


def _with_names(
    found: Sequence[Assignment], classes: Sequence[LabelClass]
) -> tuple[Assignment, ...]:
    """The assignments with the names of classes in their reasons, not the ids."""
    names = {str(item.id): item.name for item in classes}
    return tuple(
        replace(
            one,
            reason=re.sub(r"class (\d+)", lambda m: names.get(m[1], m[0]), one.reason),
        )
        for one in found
    )
