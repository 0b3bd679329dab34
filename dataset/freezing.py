"""Freezes the labelled samples of a project as a version."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from .assignment import SplitOutcome, assign_splits
from .balance import BalanceVerdict
from .errors import PolicyRefusal, UsageError
from .policy import ContentChanged, apply_policy
from .policy_outcome import PolicyOutcome
from .progress import SILENT, Progress
from .project import Project, now_us
from .records import Version
from .retirement import with_retired
from .status import balance_of
from .version import list_versions, write_version_batches

# Copies take time, and who labels meanwhile is not kept waiting.
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A version that was frozen; `known` means that its content was frozen before.

    `policy` tells what the project's policies made of it.
    """

    version: Version
    known: bool
    split: SplitOutcome
    policy: PolicyOutcome


def freeze(
    project: Project,
    *,
    message: str = "",
    author: str = "",
    progress: Progress = SILENT,
) -> Frozen:
    """Assign new groups, enforce the balance, and freeze what is labeled or empty.

    Content that an earlier version holds makes no new one. What the policies do to
    train, and which stress sets they make, says `policy`.

    Raises:
        UsageError: nothing is labeled yet.
        PolicyRefusal: the balance policy refuses.
        StorageFull, ReadOnlyProject: no part of a version is left behind. Where only
            the catalog's own note had no room, freezing again finds the version.
        ContentChanged: somebody kept changing labels while copies were made.
    """
    split = assign_splits(project, progress=progress)
    _enforce_balance(project)
    for _ in range(_ATTEMPTS - 1):
        with suppress(ContentChanged):
            return _freeze(project, split, message, author, progress)
    return _freeze(project, split, message, author, progress)


def _freeze(
    project: Project, split: SplitOutcome, message: str, author: str, progress: Progress
) -> Frozen:
    """Plan and make what the policies want, then write what is there in one view."""
    applied = apply_policy(project, progress=progress)
    catalog = project.catalog
    parent, number = _place(project)
    with catalog.reading():
        written = write_version_batches(
            project.root,
            batches=applied.batches(catalog.frozen_batches()),
            classes=catalog.classes.all(include_retired=True),
            splits=applied.splits,
            policy=with_retired(applied.policy, catalog.test_runs.retired()),
            parent=parent.id if parent else None,
            message=message,
            author=author,
            created_us=now_us(),
            number=number,
            progress=progress,
        )
    catalog.versions.add(written.version)
    return Frozen(
        version=written.version,
        known=written.known,
        split=split,
        policy=applied.outcome,
    )


def _place(project: Project) -> tuple[Version | None, int | None]:
    """The version before the next one, and its number where the folders mislead.

    The folders are the truth: a freeze that was interrupted may not have come to the
    catalog. But a number that was given once is not given again, even where its
    folder was lost.
    """
    on_disk = list_versions(project.root)
    for version in on_disk:
        project.catalog.versions.add(version)
    parent = on_disk[-1] if on_disk else None
    last = max((version.number for version in project.versions()), default=0)
    is_lost = parent is None or parent.number < last
    return parent, last + 1 if last and is_lost else None


def _enforce_balance(project: Project) -> None:
    if not any(row.samples for row in project.catalog.tables.by_split()):
        raise UsageError(
            f"There is nothing to freeze, no sample is labeled: {project.root}",
            hint="label some samples with `fieldset label`",
        )
    balance = balance_of(project)
    if balance.verdict is BalanceVerdict.REFUSE:
        raise PolicyRefusal(
            f"The balance policy refuses this version: {'; '.join(balance.reasons)}",
            hint='capture what is missing, or set policy = "warn" in fieldset.toml',
        )
