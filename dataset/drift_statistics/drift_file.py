"""Compares a version with its ancestors and its splits, and keeps the findings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from .. import durable
from ..drift import DriftReport, SampleTable, compare
from ..drift_settings import DriftSettings
from ..errors import NotFound
from ..health.version_health import VersionHealth
from ..measuring import Backbone, embeddings, measured, with_boxes
from ..policies.recipes import is_stress
from ..progress import SILENT, Progress
from ..project import Project
from ..records import SplitKind, VersionSample
from ..version import read_version
from ..versions.frozen_version import FrozenVersion
from .drift_tables import table_from_version
from .kept_drift import FILE_NAME

# The project's baseline: what its first model was trained on.
BASELINE: Final = "v1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Two sets of samples and how far apart they are.

    `kind` is parent, baseline, test or val; `base` and `current` are written like the
    arguments of `fieldset drift`: `v1`, `v2:train`.
    """

    kind: str
    base: str
    current: str
    report: DriftReport
    base_table: SampleTable
    current_table: SampleTable

    @property
    def heading(self) -> str:
        """The comparison in words."""
        return f"{self.current} against {self.base}"


def compare_version(
    project: Project,
    frozen: FrozenVersion,
    *,
    backbone: Backbone | None = None,
    progress: Progress = SILENT,
) -> tuple[Comparison, ...]:
    """A version against its parent and the first version, and its splits to train.

    Measures what was not measured yet and keeps the numbers, so that a run that was
    interrupted goes on where it stopped. The vectors are those of the `backbone`, or
    the built-in ones.
    """
    settings = project.settings.drift
    table = _tables(project, frozen, backbone, progress)
    whole = table()
    alias = frozen.version.alias
    found: list[Comparison] = []
    for kind, other in _ancestors(project, frozen):
        base = _tables(project, other, backbone, progress)()
        found.append(
            _compared(kind, (other.version.alias, base), (alias, whole), settings)
        )
    train = (f"{alias}:train", table(split="train"))
    for split in frozen.splits:
        # That a stress set differs from train is its purpose, and no drift.
        if split.kind is SplitKind.TRAIN or is_stress(split.rule):
            continue
        part = table(split=split.name)
        if len(part):
            kind = "val" if split.kind is SplitKind.VAL else "test"
            name = f"{alias}:{split.name}"
            found.append(_compared(kind, train, (name, part), settings))
    return tuple(found)


def write_drift(
    frozen: FrozenVersion,
    comparisons: Sequence[Comparison],
    health: VersionHealth | None = None,
    *,
    closed: Iterable[str] = (),
) -> Path:
    """Write `drift.json` beside the version, whole or not at all; see `kept_drift`.

    `health` is that of the version's cameras, null where it was not looked at; `closed`
    are the splits that no picture of the report shows.
    """
    content = {
        "version": frozen.version.id,
        "alias": frozen.version.alias,
        "comparisons": [
            {
                "kind": c.kind,
                "base_set": c.base,
                "current_set": c.current,
                **c.report.to_json(),
            }
            for c in comparisons
        ],
        "closed": sorted(closed),
        "health": None if health is None else health.to_json(),
    }
    path = frozen.folder / FILE_NAME
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    durable.replace(path, text.encode() + b"\n")
    return path


def left_of(project: Project, frozen: FrozenVersion) -> Sequence[VersionSample]:
    """The samples of a version that were not erased since."""
    if not project.catalog.provenance.has_tombstones():
        return frozen.samples
    gone = {stone.sample_id for stone in project.catalog.provenance.tombstones()}
    return [row for row in frozen.samples if row.id not in gone]


def _ancestors(
    project: Project, frozen: FrozenVersion
) -> list[tuple[str, FrozenVersion]]:
    """The parent, and the baseline where that is another one still."""
    if frozen.version.parent is None:
        return []
    found: list[tuple[str, FrozenVersion]] = []
    known = {frozen.version.id}
    for kind, name in (("parent", frozen.version.parent), ("baseline", BASELINE)):
        # Either may be gone, as where a version was pulled without its ancestors.
        with suppress(NotFound):
            other = read_version(project.root, name)
            if other.version.id not in known:
                known.add(other.version.id)
                found.append((kind, other))
    return found


def _tables(
    project: Project,
    frozen: FrozenVersion,
    backbone: Backbone | None,
    progress: Progress,
) -> Callable[..., SampleTable]:
    """What gives the measured table of a version, or of its split `split`."""
    samples = left_of(project, frozen)
    numbers = measured(project, samples, backbone=backbone, progress=progress)
    return partial(
        table_from_version,
        frozen,
        with_boxes(numbers, samples),
        embeddings=embeddings(numbers),
        classes=frozen.classes,
    )


def _compared(
    kind: str,
    base: tuple[str, SampleTable],
    current: tuple[str, SampleTable],
    settings: DriftSettings,
) -> Comparison:
    return Comparison(
        kind=kind,
        base=base[0],
        current=current[0],
        report=compare(
            base[1], current[1], limits=settings.limits, family=settings.family
        ),
        base_table=base[1],
        current_table=current[1],
    )
