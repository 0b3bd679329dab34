"""Stress sets as a person counts, seals and draws them: copies that a version holds.

A stress set has no groups and no samples in the catalog. Its members are made when a
version is frozen, out of another set's, and lie in that version. It is sealed after
the set it is made of, from the newest version that was frozen since: there the boxes
of the source are closed, so its copies are those of what was sealed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from ..errors import NotFound, ProjectError
from ..policies.recipes import is_stress
from ..project import Project
from ..records import Split, VersionSample
from ..sample_batch import samples_of
from ..version import list_versions, read_version
from ..versions.frozen_version import FrozenVersion
from ..versions.version_file import ClassCount, SplitCount
from .sealed_set import SealedSet, set_of, set_root


@dataclass(frozen=True, slots=True, kw_only=True)
class StressCount:
    """How much a version holds of a stress set; `version` is its alias."""

    version: str
    count: SplitCount
    classes: tuple[ClassCount, ...]


def stress_counts(project: Project) -> dict[str, StressCount]:
    """What the latest version holds of each stress set, by name.

    Raises:
        BadFile: the version's file is damaged.
    """
    names = {split.name for split in project.splits if is_stress(split.rule)}
    if not names:
        return {}
    try:
        record = read_version(project.root, "latest").record
    except NotFound:
        return {}
    return {
        count.split: StressCount(
            version=record.version.alias,
            count=count,
            classes=tuple(c for c in record.class_counts if c.split == count.split),
        )
        for count in record.split_counts
        if count.split in names
    }


def newest_copies(
    project: Project, split: Split, source: str, source_root: str
) -> tuple[SealedSet, str] | None:
    """The copies in the newest version that holds the source as it was sealed.

    Args:
        project: an open project.
        split: the stress set.
        source: the name of the set it is made of.
        source_root: the Merkle root that was sealed of it.

    Returns:
        The copies and the version's id; None where no version holds such.
    """
    for version in reversed(list_versions(project.root)):
        with read_version(project.root, version.id) as frozen:
            if not any(c.split == split.name for c in frozen.record.split_counts):
                continue
            if set_root(_rows(frozen, source)) == source_root:
                return _copies(project, frozen, split), version.id
    return None


def sealed_copies(project: Project, split: Split, version_id: str) -> SealedSet:
    """The copies that were sealed, out of the version that holds them.

    Raises:
        ProjectError: that version is not there any more, or its files are damaged.
    """
    try:
        with read_version(project.root, version_id) as frozen:
            return _copies(project, frozen, split)
    except NotFound as error:
        raise ProjectError(
            f"The version that holds {split.name} is not there: {version_id}",
            hint="put its folder back from a backup",
        ) from error


def _copies(project: Project, frozen: FrozenVersion, split: Split) -> SealedSet:
    rows = list(_rows(frozen, split.name))
    return set_of(rows, frozen.classes, split, project.root)


def _rows(frozen: FrozenVersion, name: str) -> Iterator[VersionSample]:
    for table in frozen.batches():
        own: Sequence[VersionSample] = samples_of(
            table.filter(pc.equal(table.column("split"), name))
        )
        yield from own
