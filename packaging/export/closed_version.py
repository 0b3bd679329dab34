"""A version with its sealed sets closed, and the ledger's line when they leave."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dataset.project import Project
from dataset.sealed.published_seals import closed_names
from dataset.sealed.sealing import Person, record_export
from dataset.version import read_version
from dataset.versions.frozen_version import FrozenVersion


def read_closed(root: Path, name: str) -> FrozenVersion:
    """The version, its splits sealed where their seal was published since."""
    frozen = read_version(root, name)
    closed = closed_names(root, frozen.splits)
    splits = tuple(replace(s, sealed=s.name in closed) for s in frozen.splits)
    record = replace(frozen.record, splits=splits)
    return FrozenVersion(root=frozen.root, folder=frozen.folder, record=record)


def record_sealed(root: Path, frozen: FrozenVersion, reason: str, by: Person) -> None:
    """Tell the test ledger of every sealed set that the version holds a sample of."""
    held = {count.split for count in frozen.record.split_counts if count.samples}
    sealed = sorted(s.name for s in frozen.splits if s.sealed and s.name in held)
    if sealed:
        with Project.open(root) as project:
            record_export(project, frozen.version.id, sealed, reason=reason, by=by)
