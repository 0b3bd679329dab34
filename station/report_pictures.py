"""The pictures of a version's report: what lies behind a drift, and the extremes.

Sealed sets stay at home, and a report goes along with every export: their pictures are
never in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
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
from dataset.versions.frozen_version import FrozenVersion
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
# A count says what it counts already.
_UNITS: Final = {m.name: m.unit if m.name != "boxes" else "" for m in METRICS}


def behind_drift(
    frozen: FrozenVersion, closed: frozenset[str], comparisons: Sequence[Comparison]
) -> tuple[ReportPicture, ...]:
    """The samples behind a drift, the most extreme of each metric first."""
    captions: dict[str, str] = {}
    for comparison in comparisons:
        for metric in comparison.report.drifted:
            for worst in metric.worst_samples[:2]:
                caption = f"{_caption(metric, worst)}, {comparison.heading}"
                captions.setdefault(worst.sample_id, caption)
    rows = showable(map(frozen.sample, captions), closed)
    return tuple(
        _picture(frozen.root, row, captions[row.id])
        for row in islice(rows, _BEHIND_DRIFT)
    )


def extremes(
    root: Path,
    rows: Iterable[VersionSample],
    numbers: Mapping[str, Mapping[str, float]],
) -> tuple[ReportPicture, ...]:
    """The outermost samples of a version, each shown once; ties go by id.

    `rows` are the samples that may be shown, read once, and `numbers` the measures
    of images by sample id.
    """
    found: dict[tuple[str, str], tuple[float, str, VersionSample]] = {}
    for row in rows:
        known = {**numbers.get(row.id, {}), "boxes": float(len(row.boxes))}
        for name, words, is_greatest in _EXTREMES:
            value = known.get(name, math.nan) * (-1.0 if is_greatest else 1.0)
            best = found.get((name, words))
            if math.isfinite(value) and (best is None or (value, row.id) < best[:2]):
                found[name, words] = value, row.id, row
    captions: dict[str, tuple[VersionSample, str]] = {}
    for name, words, is_greatest in _EXTREMES:
        if (name, words) in found:
            value, key, row = found[name, words]
            value = -value if is_greatest else value
            text = f"{words}: {value:.3g} {_UNITS[name]}".rstrip()
            captions.setdefault(
                key, (row, ", ".join(filter(None, (text, row.session))))
            )
    return tuple(_picture(root, row, text) for row, text in captions.values())


def showable(
    samples: Iterable[VersionSample], closed: frozenset[str]
) -> Iterator[VersionSample]:
    """The captured samples that are in no closed set."""
    for row in samples:
        if row.split not in closed and lineage_of(row) is None:
            yield row


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
