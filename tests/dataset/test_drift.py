"""Drift: the right verdicts, and honest ones where the data is thin."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from dataset import drift
from dataset.drift import DriftVerdict, Limit, SampleTable
from tests.dataset.drift_simulation import (
    drawn,
    only,
    simulated,
    table,
)

DRIFT, STABLE, OPEN = DriftVerdict.DRIFT, DriftVerdict.STABLE, DriftVerdict.NOT_ENOUGH


# The three verdicts


def test_a_clear_shift_is_drift_with_effect_in_unit_and_sd() -> None:
    base = table("b", drawn(1, 12))
    current = table("c", drawn(2, 12, centre=2.0))

    metric = only(drift.compare(base, current))

    assert metric.verdict is DRIFT
    assert metric.effect == pytest.approx(2.0, abs=0.5)
    assert metric.effect_sd == pytest.approx(2.0, abs=0.6)
    assert metric.interval is not None
    assert metric.interval[0] < 2.0 < metric.interval[1]
    assert metric.interval[0] > metric.limit
    assert metric.p_adjusted is not None
    assert metric.p_adjusted < 0.01
    assert metric.reason.startswith("higher by ")


def test_a_shift_downwards_has_a_negative_effect() -> None:
    base = table("b", drawn(1, 12))
    current = table("c", drawn(2, 12, centre=-2.0))

    metric = only(drift.compare(base, current))

    assert metric.verdict is DRIFT
    assert metric.effect is not None
    assert metric.effect < 0
    assert metric.reason.startswith("lower by ")


def test_many_alike_sessions_are_stable() -> None:
    base = table("b", drawn(1, 200, spread=0.0))
    current = table("c", drawn(2, 200, spread=0.0))

    report = drift.compare(base, current)

    assert report.verdict is STABLE
    assert report.summary == "All 1 metrics are stable."
    metric = only(report)
    assert metric.interval is not None
    assert max(map(abs, metric.interval)) <= metric.limit
    assert metric.more is None


def test_few_alike_sessions_are_not_enough_and_say_how_many_more() -> None:
    base = table("b", drawn(1, 12))
    current = table("c", drawn(2, 8))

    metric = only(drift.compare(base, current))

    assert metric.verdict is OPEN
    assert metric.more is not None
    assert metric.more.current > 0
    assert "more session" in metric.reason


def test_a_certain_shift_within_the_practical_limit_is_no_drift() -> None:
    base = table("b", drawn(1, 60, spread=0.0))
    current = table("c", drawn(2, 60, centre=0.6, spread=0.0))

    metric = only(drift.compare(base, current, limits={"m": Limit(sd=1.0)}))

    assert metric.p is not None
    assert metric.p < 0.01
    assert metric.verdict is STABLE


def test_the_step_of_a_limit_holds_where_the_base_hardly_varies() -> None:
    base = table("b", drawn(1, 12, spread=1.0))
    scaled = {"m": base.values["m"] * 1e-6}
    current = table("c", drawn(2, 12, spread=1.0))
    moved = {"m": current.values["m"] * 1e-6 + 0.004}

    metric = only(
        drift.compare(
            SampleTable(
                sample_ids=base.sample_ids,
                sessions=base.sessions,
                strata=base.strata,
                values=scaled,
            ),
            SampleTable(
                sample_ids=current.sample_ids,
                sessions=current.sessions,
                strata=current.strata,
                values=moved,
            ),
            limits={"m": Limit(step=0.01)},
        )
    )

    assert metric.limit == 0.01
    assert metric.verdict is STABLE


def test_the_worst_sessions_and_samples_stand_behind_a_drift() -> None:
    sessions = drawn(2, 11, centre=2.0)
    current = table("c", [*sessions, [9.0, 9.5, 8.0]])

    metric = only(drift.compare(table("b", drawn(1, 12)), current))

    assert metric.verdict is DRIFT
    assert metric.worst_sessions[0].session == "c-11"
    assert metric.worst_sessions[0].samples == 3
    assert [s.value for s in metric.worst_samples[:2]] == [9.5, 9.0]
    assert metric.worst_samples[0].sample_id == "c-11-1"


# Sessions are the unit, cameras are kept apart


def test_many_images_of_few_sessions_do_not_make_a_drift() -> None:
    rng = np.random.default_rng(3)
    base = table("b", [list(rng.normal(rng.normal(), 0.1, 500)) for _ in range(4)])
    current = table("c", [list(rng.normal(rng.normal(), 0.1, 500)) for _ in range(4)])

    report = drift.compare(base, current)

    assert report.verdict is OPEN


def test_another_mix_of_cameras_is_no_drift() -> None:
    dark, bright = drawn(1, 12), drawn(2, 12, centre=10.0)
    more_dark, more_bright = drawn(3, 4), drawn(4, 20, centre=10.0)
    base = table("b", dark + bright, cameras=["dark"] * 12 + ["bright"] * 12)
    current = table(
        "c", more_dark + more_bright, cameras=["dark"] * 4 + ["bright"] * 20
    )

    with_cameras = only(drift.compare(base, current))
    without = only(
        drift.compare(table("b", dark + bright), table("c", more_dark + more_bright))
    )

    assert without.effect == pytest.approx(3.3, abs=0.5)
    assert with_cameras.effect == pytest.approx(0.0, abs=0.5)
    assert with_cameras.verdict is not DRIFT


def test_a_drift_within_every_camera_is_found_beside_a_large_gap_between_them() -> None:
    base = table(
        "b",
        drawn(1, 8) + drawn(2, 8, centre=50.0),
        cameras=["one"] * 8 + ["two"] * 8,
    )
    current = table(
        "c",
        drawn(3, 8, centre=2.0) + drawn(4, 8, centre=52.0),
        cameras=["one"] * 8 + ["two"] * 8,
    )

    metric = only(drift.compare(base, current, limits={"m": Limit(sd=0, step=0.3)}))

    assert metric.verdict is DRIFT
    assert metric.effect == pytest.approx(2.0, abs=0.6)


def test_a_camera_in_one_set_only_is_left_out_and_named() -> None:
    base = table("b", drawn(1, 12), cameras=["one"] * 12)
    current = table("c", drawn(2, 12), cameras=["one"] * 8 + ["new"] * 4)

    report = drift.compare(base, current)

    assert report.current_sessions == 8
    assert any("`new`" in note for note in report.notes)


def test_without_a_common_camera_cameras_are_not_told_apart() -> None:
    base = table("b", drawn(1, 12), cameras=["one"] * 12)
    current = table("c", drawn(2, 12, centre=2.0), cameras=["two"] * 12)

    report = drift.compare(base, current)

    assert report.verdict is DRIFT
    assert report.notes == ("No camera is in both sets: cameras are not told apart.",)


def test_sessions_of_both_sets_count_for_the_base() -> None:
    old = drawn(1, 12)
    new = drawn(2, 12, centre=2.0)
    base = table("s", old)
    current = table("s", old + new)

    report = drift.compare(base, current)

    assert (report.base_sessions, report.current_sessions) == (12, 12)
    assert only(report).effect == pytest.approx(2.0, abs=0.5)
    assert "stand in both sets" in report.notes[0]


def test_a_session_under_another_name_is_known_by_its_samples() -> None:
    base = table("s", drawn(1, 12))
    renamed = SampleTable(
        sample_ids=base.sample_ids[:-1],
        sessions=tuple(f"other {name}" for name in base.sessions[:-1]),
        strata=base.strata[:-1],
        values={"m": base.values["m"][:-1] + 3.0},
    )

    report = drift.compare(base, renamed)

    assert report.current_sessions == 0
    assert report.verdict is OPEN


def test_a_session_counts_once_however_many_samples_it_has() -> None:
    base = table("b", [[0.0] * 100, [1.0]])
    current = table("c", [[4.0], [4.0]])

    metric = only(drift.compare(base, current))

    assert metric.base_mean == pytest.approx(0.5)
    assert metric.effect == pytest.approx(3.5)


# Honest in every corner


def test_the_same_samples_are_stable_whatever_their_number() -> None:
    base = table("b", [[1.0, 2.0]])

    report = drift.compare(base, base)

    assert report.verdict is STABLE
    assert only(report).interval == (0.0, 0.0)


def test_a_metric_that_is_constant_in_both_sets_is_stable() -> None:
    base = table("b", [[0.1] * 3] * 10)
    current = table("c", [[0.1] * 3] * 10)

    metric = only(drift.compare(base, current))

    assert metric.verdict is STABLE
    assert (metric.effect, metric.p, metric.effect_sd) == (0.0, 1.0, None)
    assert metric.reason == "the same value everywhere"


def test_a_constant_that_changed_is_drift_without_an_effect_in_sd() -> None:
    base = table("b", [[0.1] * 3] * 10)
    current = table("c", [[0.3] * 3] * 10)

    metric = only(drift.compare(base, current))

    assert metric.verdict is DRIFT
    assert metric.effect == pytest.approx(0.2)
    assert metric.interval == pytest.approx((0.2, 0.2), abs=1e-6)
    assert metric.effect_sd is None


def test_ties_are_no_alarm() -> None:
    rng = np.random.default_rng(5)
    base = table("b", rng.integers(0, 2, (15, 3)).tolist())
    current = table("c", rng.integers(0, 2, (15, 3)).tolist())

    metric = only(drift.compare(base, current))

    assert metric.verdict is OPEN


@pytest.mark.parametrize(("base", "current"), [(1, 1), (1, 20), (20, 1), (2, 2)])
def test_too_few_sessions_are_never_drift_nor_stable(base: int, current: int) -> None:
    old = table("b", drawn(1, base))
    new = table("c", drawn(2, current, centre=50.0))

    metric = only(drift.compare(old, new))

    assert metric.verdict is OPEN
    assert metric.effect is not None
    assert metric.more is not None


def test_five_against_six_sessions_cannot_answer_for_twelve_metrics() -> None:
    thin = simulated(1, 5, 6, shifted=12, shift=30.0)
    enough = simulated(1, 6, 6, shifted=12, shift=30.0)

    verdicts = {m.verdict for m in drift.compare(*thin).metrics}
    more = {m.verdict for m in drift.compare(*enough).metrics}

    assert verdicts == {OPEN}
    assert more == {DRIFT}


@pytest.mark.parametrize(("base", "current"), [(0, 0), (0, 5), (5, 0)])
def test_an_empty_set_is_not_enough_data(base: int, current: int) -> None:
    report = drift.compare(table("b", drawn(1, base)), table("c", drawn(2, current)))

    assert report.verdict is OPEN
    metric = only(report)
    assert metric.effect is None
    assert metric.reason.startswith("nothing to compare in the ")
    json.dumps(report.to_json(), allow_nan=False)


def test_tables_without_a_metric_in_common_say_so() -> None:
    base = table("b", drawn(1, 5), metric="old")
    current = table("c", drawn(2, 5), metric="new")

    report = drift.compare(base, current)

    assert report.metrics == ()
    assert report.verdict is OPEN
    assert report.summary == "There is no metric to compare."
    assert len(report.notes) == 2


def test_unmeasured_and_infinite_values_are_left_out() -> None:
    clean = drawn(1, 12)
    holes = [[*values, math.nan, math.inf, -math.inf] for values in clean]
    current = table("c", drawn(2, 12))

    without = only(drift.compare(table("b", clean), current))
    with_holes = only(drift.compare(table("b", holes), current))

    assert with_holes.effect == without.effect
    assert with_holes.interval == without.interval
    assert with_holes.p == without.p


def test_a_metric_measured_nowhere_is_open_and_outside_the_family() -> None:
    base, current = simulated(1, 12, 12)
    blank: dict[str, NDArray[np.float64]] = {"z": np.full(len(base), math.nan)}
    base = SampleTable(
        sample_ids=base.sample_ids,
        sessions=base.sessions,
        strata=base.strata,
        values={**base.values, **blank},
    )
    current = SampleTable(
        sample_ids=current.sample_ids,
        sessions=current.sessions,
        strata=current.strata,
        values={**current.values, **blank},
    )

    report = drift.compare(base, current)

    assert "z" not in report.family
    assert len(report.family) == 12
    assert report.metrics[-1].verdict is OPEN


def test_a_huge_offset_does_not_drown_the_shift() -> None:
    base = table("b", [[1e9 + v for v in s] for s in drawn(1, 12)])
    current = table("c", [[1e9 + v for v in s] for s in drawn(2, 12, centre=2.0)])

    metric = only(drift.compare(base, current))

    assert metric.verdict is DRIFT
    assert metric.effect == pytest.approx(2.0, abs=0.5)


@pytest.mark.parametrize(("sd", "step"), [(-1.0, 0.0), (math.nan, 0.0), (0.0, -1.0)])
def test_a_limit_below_zero_is_refused(sd: float, step: float) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Limit(sd=sd, step=step)
