"""Which metrics a comparison tests, and what it tells of the others."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from dataset.drift import DriftVerdict, SampleTable, compare
from dataset.drift_statistics.further import FurtherMetric, is_tested
from dataset.metric import FURTHER, METRICS


def table(
    side: str, sessions: int = 12, *, shift: float = 0.0, rows: int = 3
) -> SampleTable:
    """Brightness is the same, JPEG quality is `shift` more; half have no quality."""
    rng = np.random.default_rng([len(side), sessions])
    count = sessions * rows
    names = [f"{side}{number // rows:02}" for number in range(count)]
    quality = 80 + shift + rng.normal(0, 1, count)
    quality[::2] = math.nan
    return SampleTable(
        sample_ids=tuple(f"{side}-{number}" for number in range(count)),
        sessions=tuple(names),
        strata=("camera",) * count,
        values={
            "brightness": rng.normal(0.5, 0.01, count),
            "jpeg_quality": quality,
            "contrast": rng.normal(0.1, 0.01, count),
        },
        classes={"car": np.ones(count), "bike": rng.integers(0, 3, count) * 1.0},
        vectors=rng.normal(0, 1, (count, 4)).astype(np.float32),
    )


def test_further_metrics_are_told_and_not_judged() -> None:
    report = compare(table("a"), table("bb", shift=15))

    assert report.family == ("brightness", "contrast", "class_mix", "picture")
    assert report.verdict is not DriftVerdict.DRIFT
    (quality,) = report.further
    assert (quality.name, quality.unit) == ("jpeg_quality", "quality 1-100")
    assert quality.base_mean is not None
    assert quality.current_mean is not None
    assert 14 < quality.current_mean - quality.base_mean < 16


def test_a_chosen_family_is_all_that_is_tested() -> None:
    report = compare(
        table("a"), table("bb", shift=15), family=("brightness", "jpeg_quality")
    )

    assert report.family == ("brightness", "jpeg_quality")
    assert [metric.name for metric in report.drifted] == ["jpeg_quality"]
    assert [metric.name for metric in report.further] == ["contrast"]
    assert (report.classes, report.picture) == ((), None)


def test_a_smaller_family_is_a_milder_correction() -> None:
    base, current = table("a"), table("bb", shift=1)

    alone = compare(base, current, family=("jpeg_quality",)).metrics[0]
    among = compare(base, current, family=("jpeg_quality", "brightness", "contrast"))

    (same,) = (m for m in among.metrics if m.name == "jpeg_quality")
    assert alone.p is not None
    assert same.p is not None
    assert alone.p_adjusted == alone.p < 0.05
    assert same.p_adjusted == pytest.approx(min(1.0, 3 * same.p))


def test_a_family_that_nobody_measured_is_not_enough_data() -> None:
    report = compare(table("a"), table("bb"), family=("box_area",))

    assert report.metrics == ()
    assert report.verdict is DriftVerdict.NOT_ENOUGH


def test_a_set_against_itself_tests_its_family_too() -> None:
    base = table("a")

    report = compare(base, base, family=("contrast",))

    assert report.family == ("contrast",)
    assert report.verdict is DriftVerdict.STABLE


def test_json_tells_of_further_metrics_without_nan() -> None:
    base = table("a")
    base.values["jpeg_quality"][:] = math.nan

    report = compare(base, table("bb"))

    (told,) = json.loads(json.dumps(report.to_json(), allow_nan=False))["further"]
    assert (told["name"], told["base_mean"]) == ("jpeg_quality", None)
    assert told["current_mean"] > 70
    assert isinstance(report.further[0], FurtherMetric)


def test_the_usual_family_is_every_metric_but_the_further_ones() -> None:
    assert len(METRICS) == 21
    assert all(is_tested(metric.name, None) for metric in METRICS)
    assert not any(is_tested(metric.name, None) for metric in FURTHER)
    assert is_tested("a metric of somebody's own", None)
