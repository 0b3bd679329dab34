"""The report of a version: drift from `dataset`, the page from `export`.

Derived from the frozen version, outside its id; a run that was interrupted is simply
run again and measures only what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dataset.diff import compare
from dataset.drift_statistics.drift_file import (
    Comparison,
    compare_version,
    left_of,
    write_drift,
)
from dataset.drift_statistics.kept_drift import REPORT_NAME
from dataset.errors import NotFound
from dataset.health.version_health import VersionHealth, version_health
from dataset.measuring import embeddings, measured
from dataset.progress import SILENT, Progress
from dataset.project import Project
from dataset.sealed.published_seals import closed_names
from dataset.version import read_version
from dataset.versions.frozen_version import FrozenVersion
from export.report import DriftSection, ReportInput, write_report

from .models.onnx_backbone import project_backbone
from .report_pictures import behind_drift, extremes, showable


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionReport:
    """What was written beside a version."""

    drift: Path
    page: Path
    comparisons: tuple[Comparison, ...]
    health: VersionHealth


def write_version_report(
    project: Project, name: str, *, progress: Progress = SILENT
) -> VersionReport:
    """Write `drift.json` and `report.html` of a version.

    Measures and findings on cameras are kept as they come, so that a run that was
    killed goes on where it stopped.

    Raises:
        NotFound: there is no such version.
        BadImage: an image of it cannot be decoded.
        BadFile: the project's backbone cannot be used.
        ProjectError: an image is missing that was not erased.
    """
    frozen = read_version(project.root, name)
    samples = left_of(project, frozen)
    with project_backbone(project) as backbone:
        comparisons = compare_version(
            project, frozen, backbone=backbone, progress=progress
        )
        numbers = measured(project, samples, backbone=backbone, progress=progress)
    health = version_health(project, samples, numbers, progress=progress)
    closed = closed_names(project.root, frozen.splits)
    page = frozen.folder / REPORT_NAME
    content = ReportInput(
        title=f"{project.name} {frozen.version.alias}",
        version=frozen.version,
        classes=frozen.classes,
        splits=frozen.splits,
        samples=frozen.samples,
        diff=_diff(project.root, frozen),
        drifts=tuple(map(_section, comparisons)),
        health=health,
        embeddings=embeddings(numbers),
        pictures=behind_drift(frozen, closed, comparisons),
        extremes=extremes(project.root, showable(samples, closed), numbers),
    )
    write_report(page, content)
    # Last, for it says of the page what the page does not show.
    drift = write_drift(frozen, comparisons, health, closed=closed)
    return VersionReport(drift=drift, page=page, comparisons=comparisons, health=health)


def _section(comparison: Comparison) -> DriftSection:
    return DriftSection(
        heading=comparison.heading,
        report=comparison.report,
        base=comparison.base_table,
        current=comparison.current_table,
        is_split=comparison.kind not in {"parent", "baseline"},
    )


def _diff(root: Path, frozen: FrozenVersion) -> dict[str, object] | None:
    if frozen.version.parent is None:
        return None
    try:
        parent = read_version(root, frozen.version.parent)
    except NotFound:
        return None
    return compare(parent, frozen).to_json()
