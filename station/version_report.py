"""The report of a version: drift from `dataset`, the page from `export`.

Derived from the frozen version, outside its id; a run that was interrupted is simply
run again and measures only what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2

from dataset.diff import compare
from dataset.drift import MetricDrift, SampleValue
from dataset.drift_statistics.drift_file import Comparison, compare_version, write_drift
from dataset.drift_statistics.set_shift import SET_METRICS
from dataset.errors import NotFound
from dataset.images.image_file import decode
from dataset.measuring import embeddings, measured
from dataset.progress import SILENT, Progress
from dataset.project import Project
from dataset.version import read_version
from dataset.versions.frozen_version import FrozenVersion
from export.report import DriftSection, ReportInput, ReportPicture, write_report

from .models.onnx_backbone import project_backbone

REPORT_NAME = "report.html"
_PICTURE_WIDTH = 320
_PICTURES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionReport:
    """What was written beside a version."""

    drift: Path
    page: Path
    comparisons: tuple[Comparison, ...]


def write_version_report(
    project: Project, name: str, *, progress: Progress = SILENT
) -> VersionReport:
    """Write `drift.json` and `report.html` of a version.

    Raises:
        NotFound: there is no such version.
        BadImage: an image of it cannot be decoded.
        BadFile: the project's backbone cannot be used.
    """
    frozen = read_version(project.root, name)
    with project_backbone(project) as backbone:
        comparisons = compare_version(
            project, frozen, backbone=backbone, progress=progress
        )
        numbers = measured(
            project, frozen.samples, backbone=backbone, progress=progress
        )
    drift = write_drift(frozen, comparisons)
    page = frozen.folder / REPORT_NAME
    write_report(
        page,
        ReportInput(
            title=f"{project.name} {frozen.version.alias}",
            version=frozen.version,
            classes=frozen.classes,
            splits=frozen.splits,
            samples=frozen.samples,
            diff=_diff(project.root, frozen),
            drifts=tuple(
                DriftSection(
                    heading=c.heading,
                    report=c.report,
                    base=c.base_table,
                    current=c.current_table,
                )
                for c in comparisons
            ),
            embeddings=embeddings(numbers),
            pictures=_pictures(project.root, frozen, comparisons),
        ),
    )
    return VersionReport(drift=drift, page=page, comparisons=comparisons)


def _diff(root: Path, frozen: FrozenVersion) -> dict[str, object] | None:
    if frozen.version.parent is None:
        return None
    try:
        parent = read_version(root, frozen.version.parent)
    except NotFound:
        return None
    return compare(parent, frozen).to_json()


def _pictures(
    root: Path, frozen: FrozenVersion, comparisons: tuple[Comparison, ...]
) -> tuple[ReportPicture, ...]:
    """The samples behind a drift, the most extreme of each metric first."""
    captions: dict[str, str] = {}
    for comparison in comparisons:
        for metric in comparison.report.drifted:
            for worst in metric.worst_samples[:2]:
                captions.setdefault(worst.sample_id, _caption(metric, worst))
    found = []
    for sample_id, caption in list(captions.items())[:_PICTURES]:
        path = root / frozen.sample(sample_id).path
        found.append(ReportPicture(caption=caption, data=_small_jpeg(path)))
    return tuple(found)


def _caption(metric: MetricDrift, worst: SampleValue) -> str:
    if metric.name in {one.name for one in SET_METRICS}:
        # Its value is a classifier's score, which has no unit and no meaning alone.
        return f"{metric.label}: looks most like the change, {worst.session}"
    return f"{metric.label} {worst.value:.3g} {metric.unit}, {worst.session}"


def _small_jpeg(path: Path) -> bytes:
    pixels = decode(path.read_bytes(), reduce=2)
    height, width = pixels.shape[:2]
    scale = min(1.0, _PICTURE_WIDTH / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return coded.tobytes()
