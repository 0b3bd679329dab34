"""What a training version has seen of a test set, by the version's own files."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from ..errors import ProjectError
from ..progress import SILENT, Progress
from ..project import Project
from ..records import SplitKind, VersionSample
from ..split import relatives
from ..test_ledger import Leak, find_leak
from ..version import list_versions, read_version
from ..versions.frozen_version import FrozenVersion
from ..versions.verification import verify

NO_VERSION: Final = "none"
_COLUMNS: Final = ("id", "group", "split")


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """The version that a model was trained on, and what it held of a test set.

    `version` and `alias` are "" where the model never saw the project.
    """

    version: str = ""
    alias: str = ""
    leak: Leak = field(default_factory=Leak)


def examine(
    project: Project,
    samples: Collection[VersionSample],
    name: str,
    *,
    progress: Progress = SILENT,
) -> Training:
    """What the version called `name` held of a test set in train and val.

    The version is proven first, and its manifest is asked, not the catalog; that only
    says which groups were quarantined for their likeness to the set.

    Args:
        project: an open project.
        samples: of the test set, and of what its copies were made of.
        name: alias or id; "" means the latest version there is, "none" no version.
        progress: told of the version's samples.

    Raises:
        NotFound: there is no such version.
        ProjectError: the version is not what its id says.
    """
    if name == NO_VERSION or (not name and not list_versions(project.root)):
        return Training()
    with read_version(project.root, name or "latest") as frozen:
        faults = verify(frozen, progress=progress)
        if faults:
            raise ProjectError(
                f"{frozen.version.alias} cannot be trusted: {faults[0].what}",
                hint=f"see `fieldset version verify {frozen.version.alias}`",
            )
        groups = project.catalog.groups.with_joined({s.group for s in samples})
        leak = find_leak(
            _training_rows(frozen),
            {sample.id for sample in samples},
            _relatives(project, groups),
        )
        return Training(
            version=frozen.version.id, alias=frozen.version.alias, leak=leak
        )


def _training_rows(frozen: FrozenVersion) -> Iterator[tuple[str, str]]:
    """Sample id and group of everything in train and val."""
    training = {s.name for s in frozen.splits if s.kind is not SplitKind.TEST}
    for table in frozen.batches(_COLUMNS):
        columns = [table.column(name).to_pylist() for name in _COLUMNS]
        for raw, group, split in zip(*columns, strict=True):
            if split in training:
                yield raw.hex(), group


def _relatives(project: Project, groups: frozenset[str]) -> frozenset[str]:
    """Groups quarantined for their likeness to these, or to such a group in turn."""
    rows = project.catalog.splits.ledger()
    known: frozenset[str] = frozenset()
    while True:
        like = project.catalog.groups.with_joined(relatives(rows, groups | known))
        if like <= known:
            return known
        known |= like
