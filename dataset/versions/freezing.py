"""Freezes the labelled samples of a project as a version."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from ..balance import BalanceVerdict
from ..catalog import Catalog, Mark
from ..errors import BadFile, PolicyRefusal, UsageError
from ..policies.policy import AppliedPolicy, ContentChanged, apply_policy
from ..policies.policy_outcome import PolicyOutcome
from ..progress import SILENT, Progress
from ..project import Project, now_us
from ..provenance.admission import require_verified
from ..records import Version
from ..sealed.retirement import with_retired
from ..splitting.assignment import SplitOutcome, assign_splits
from ..status import balance_of
from ..version import WrittenVersion, list_versions, write_version_batches
from .base_version import BaseRefuted, find_base, require_tallies

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
        PolicyRefusal: the balance policy refuses, or a sample is unverified and the
            project refuses those.
        StorageFull, ReadOnlyProject: no part of a version is left behind. Where only
            the catalog's own note had no room, freezing again finds the version.
        ContentChanged: somebody kept changing labels while copies were made.
    """
    require_verified(project, progress=progress)
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
    write = partial(
        write_version_batches,
        project.root,
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
    with catalog.reading():
        clock = catalog.changed.clock()
        written = _written_on_base(project, applied, write)
        if written is None:
            written = write(batches=applied.batches(catalog.frozen_batches()))
    _note(catalog, written, clock if applied.is_plain else None)
    return Frozen(
        version=written.version,
        known=written.known,
        split=split,
        policy=applied.outcome,
    )


def _written_on_base(
    project: Project, applied: AppliedPolicy, write: Callable[..., WrittenVersion]
) -> WrittenVersion | None:
    """The version written from the last one and what changed, where that is possible.

    Should the outcome not be what the catalog counts, it is not believed.
    """
    base = find_base(project) if applied.is_plain else None
    if base is None:
        return None
    try:
        return write(
            batches=base.batches(project.catalog),
            check=partial(require_tallies, catalog=project.catalog),
        )
    except (BaseRefuted, BadFile):
        return None


def _note(catalog: Catalog, written: WrittenVersion, clock: int | None) -> None:
    """Keep the version, and the catalog's state it can serve as a base for."""
    with catalog.writing():
        catalog.versions.add(written.version)
        # A known version tells what was outside of the id when it was written.
        if clock is not None and not written.known:
            catalog.changed.mark(
                Mark(
                    version_id=written.version.id,
                    clock=clock,
                    manifest_sha256=written.manifest_sha256,
                )
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
