"""What a person should know of a project's split: post-conditions and settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..findings import Finding, Severity
from ..groups import GroupFacts
from ..project import Project
from ..records import LedgerRow
from ..settings import BalanceSettings
from ..split import current_split
from .split_check import check_split
from .split_targets import strange_conditions, strange_targets, targets_of


def split_findings(
    project: Project,
    facts: Sequence[GroupFacts],
    ledger: Sequence[LedgerRow],
    waits: Sequence[tuple[str, str]],
) -> tuple[Finding, ...]:
    """What is wrong or weak about the split as the ledger has it; errors first.

    Args:
        project: an open project.
        facts: those of all its groups.
        ledger: all rows, oldest first.
        waits: the groups that wait, as `split.waiting` gives them.
    """
    shares, splits = project.settings.shares, project.splits
    classes = project.catalog.classes.all(include_retired=True)
    return (
        *check_split(facts, splits, ledger, classes, targets_of(shares, classes)),
        *settings_findings(project),
        *_forgotten(project, ledger),
        *_waiting(waits),
    )


def settings_findings(project: Project) -> tuple[Finding, ...]:
    """A warning for each class and condition of the settings that is not there."""
    catalog, settings = project.catalog, project.settings
    classes = catalog.classes.all()
    conditions = {
        f"{key}={value}"
        for session in catalog.sessions.all()
        for key, value in session.conditions
    }
    return (
        *strange_targets(settings.shares, classes, conditions),
        *strange_conditions(_targets(settings.balance), conditions),
    )


def _targets(settings: BalanceSettings) -> list[tuple[str, str]]:
    return [
        (name, condition)
        for name, target in settings.targets
        for condition, _ in target.conditions
    ]


def _waiting(groups: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """A warning for each sealed set that keeps groups out of every split."""
    for name, count in sorted(Counter(name for _, name in groups).items()):
        yield Finding(
            severity=Severity.WARNING,
            what=f"{name} is sealed and holds out what new groups are, so many wait: "
            f"{count}",
            next_step=f"they are assigned after `fieldset testset retire {name}`",
        )


def _forgotten(project: Project, ledger: Sequence[LedgerRow]) -> Iterator[Finding]:
    """A warning for each split that has groups and is in the settings no more."""
    named = {split.name for split in project.settings.splits}
    others = [
        split
        for split in project.catalog.splits.all()
        if split.name not in named and split.rule != "hand"
    ]
    counts = Counter(current_split(ledger).values()) if others else Counter[str]()
    for split in others:
        if not counts[split.name]:
            continue
        yield Finding(
            severity=Severity.WARNING,
            what=f"{split.name} is not in fieldset.toml any more and takes no share; "
            f"the groups it keeps: {counts[split.name]}",
            next_step=f"put [split.tests.{split.name}] back, with "
            'rule = "hand" if it shall take no more',
        )
