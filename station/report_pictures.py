"""The pictures of a version's report: what lies behind a drift, and the extremes.

Sealed sets stay at home, and a report goes along with every export: their pictures are
never in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2

from dataset.drift import MetricDrift, SampleValue
from dataset.drift_statistics.drift_file import Comparison
from dataset.drift_statistics.set_shift import SET_METRICS
from dataset.durable import read_bytes
from dataset.images.image_file import decode
from dataset.measures import METRICS
from dataset.policies.lineage import lineage_of
from dataset.records import VersionSample
from export.report import ReportPicture

_WIDTH: Final = 320
_BEHIND_DRIFT: Final = 8
# A metric, the words for its outermost value, and whether that is the greatest.
_EXTREMES: Final = (
    ("brightness", "darkest", False),
    ("brightness", "brightest", True),
    ("sharpness", "least sharp", False),
    ("sharpness", "sharpest", True),
    ("noise", "noisiest", True),
    ("saturation", "least colourful", False),
    ("saturation", "most colourful", True),
    ("boxes", "most boxes", True),
)


def behind_drift(
    root: Path,
    rows: Mapping[str, VersionSample],
    comparisons: Sequence[Comparison],
) -> tuple[ReportPicture, ...]:
    """The samples behind a drift, the most extreme of each metric first.

    `rows` are the samples that may be shown, by id.
    """
    captions: dict[str, str] = {}
    for comparison in comparisons:
        for metric in comparison.report.drifted:
            for worst in metric.worst_samples[:2]:
                if worst.sample_id in rows:
                    caption = f"{_caption(metric, worst)}, {comparison.heading}"
                    captions.setdefault(worst.sample_id, caption)
    shown = list(captions.items())[:_BEHIND_DRIFT]
    return tuple(_picture(root, rows[one], caption) for one, caption in shown)


def extremes(
    root: Path,
    rows: Mapping[str, VersionSample],
    numbers: Mapping[str, Mapping[str, float]],
) -> tuple[ReportPicture, ...]:
    """The outermost samples of a version, each shown once; ties go by id.

    `rows` are the samples that may be shown and `numbers` their measures, by id.
    """
    # A count says what it counts already.
    units = {m.name: m.unit if m.name != "boxes" else "" for m in METRICS}
    captions: dict[str, str] = {}
    for name, words, is_greatest in _EXTREMES:
        found = _outermost(rows, numbers, name, is_greatest=is_greatest)
        if found is not None and found not in captions:
            value = f"{numbers[found][name]:.3g} {units[name]}".rstrip()
            session = rows[found].session
            captions[found] = ", ".join(filter(None, (f"{words}: {value}", session)))
    return tuple(_picture(root, rows[one], text) for one, text in captions.items())


def showable(
    samples: Iterable[VersionSample], closed: frozenset[str]
) -> dict[str, VersionSample]:
    """By id, the captured samples that are in no closed set."""
    return {
        row.id: row
        for row in samples
        if row.split not in closed and lineage_of(row) is None
    }


def _outermost(
    rows: Mapping[str, VersionSample],
    numbers: Mapping[str, Mapping[str, float]],
    name: str,
    *,
    is_greatest: bool,
) -> str | None:
    sign = -1.0 if is_greatest else 1.0
    known = (
        (sign * numbers[one][name], one)
        for one in rows
        if math.isfinite(numbers.get(one, {}).get(name, math.nan))
    )
    return min(known, default=(0.0, None))[1]


def _caption(metric: MetricDrift, worst: SampleValue) -> str:
    if metric.name in {one.name for one in SET_METRICS}:
        # Its value is a classifier's score, which has no unit and no meaning alone.
        return f"{metric.label}: looks most like the change, {worst.session}"
    return f"{metric.label} {worst.value:.3g} {metric.unit}, {worst.session}"


def _picture(root: Path, row: VersionSample, caption: str) -> ReportPicture:
    pixels = decode(read_bytes(root / row.path), reduce=2)
    height, width = pixels.shape[:2]
    scale = min(1.0, _WIDTH / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return ReportPicture(caption=caption, data=coded.tobytes())
