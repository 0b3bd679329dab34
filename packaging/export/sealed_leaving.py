"""The test ledger's line when sealed sets leave the house."""

from __future__ import annotations

from pathlib import Path

from dataset.project import Project
from dataset.sealed.sealing import Person, record_export
from dataset.versions.frozen_version import FrozenVersion


def record_sealed(root: Path, frozen: FrozenVersion, reason: str, by: Person) -> None:
    """Tell the test ledger of every sealed set that the version holds a sample of."""
    held = {count.split for count in frozen.record.split_counts if count.samples}
    sealed = sorted(s.name for s in frozen.splits if s.sealed and s.name in held)
    if sealed:
        with Project.open(root) as project:
            record_export(project, frozen.version.id, sealed, reason=reason, by=by)
