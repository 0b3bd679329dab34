from __future__ import annotations

import math

import numpy as np
import pytest

from dataset.drift_statistics.baseline import Baseline, baseline_of
from dataset.drift_statistics.drift_tables import SampleTable, table_from_rows


def table(values: list[float], sessions: list[str] | None = None) -> SampleTable:
    names = sessions or ["s"] * len(values)
    return table_from_rows(
        (str(n), name, "cam", {"brightness": value})
        for n, (value, name) in enumerate(zip(values, names, strict=True))
    )


def test_picture_is_told_by_its_distance_in_deviations() -> None:
    values = [0.3, 0.4, 0.5, 0.6, 0.7]
    baseline = baseline_of(table(values))
    assert baseline is not None

    (found,) = baseline.departures({"brightness": 0.1, "unknown": 5.0})

    assert found.mean == pytest.approx(0.5)
    assert found.deviations == pytest.approx((0.1 - 0.5) / float(np.std(values)))


def test_each_session_weighs_the_same() -> None:
    values = [0.2] * 9 + [0.6]
    baseline = baseline_of(table(values, ["a"] * 9 + ["b"]))

    assert baseline is not None
    assert baseline.means["brightness"] == pytest.approx(0.4)


def test_steady_camera_is_not_held_to_its_own_stillness() -> None:
    baseline = baseline_of(table([0.5] * 8))

    assert baseline is not None
    (found,) = baseline.departures({"brightness": 0.51})
    assert abs(found.deviations) == pytest.approx(1.0)


def test_furthest_measure_comes_first_and_unmeasured_ones_are_left_out() -> None:
    baseline = Baseline(
        means={"brightness": 0.5, "contrast": 0.2, "sharpness": 20.0},
        spreads={"brightness": 0.1, "contrast": 0.1, "sharpness": 1.0},
    )

    found = baseline.departures(
        {"brightness": 0.6, "contrast": 0.5, "sharpness": math.nan}
    )

    assert [one.metric for one in found] == ["contrast", "brightness"]


def test_few_samples_are_no_baseline() -> None:
    assert baseline_of(table([0.5] * 4)) is None
    assert baseline_of(table([math.nan] * 9)) is None
