"""Drift: the same answer every time, and as often right as it claims."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset import drift
from dataset.drift import DriftVerdict, SampleTable
from dataset.progress import Cancelled
from tests.dataset.drift_simulation import (
    drawn,
    only,
    simulated,
    table,
)

DRIFT, STABLE, OPEN = DriftVerdict.DRIFT, DriftVerdict.STABLE, DriftVerdict.NOT_ENOUGH


# The same answer every time


def test_the_order_of_the_rows_does_not_matter() -> None:
    base, current = simulated(1, 14, 9, shifted=2, shift=1.0)
    turn = np.random.default_rng(0).permutation(len(base))
    shuffled = SampleTable(
        sample_ids=tuple(base.sample_ids[i] for i in turn),
        sessions=tuple(base.sessions[i] for i in turn),
        strata=tuple(base.strata[i] for i in turn),
        values={name: column[turn] for name, column in base.values.items()},
    )

    assert drift.compare(shuffled, current) == drift.compare(base, current)


def test_the_seed_alone_decides_the_random_arrangements() -> None:
    np.random.seed(1)  # must not matter
    base, current = simulated(1, 20, 20, shifted=1, shift=0.5)

    first = drift.compare(base, current, seed=3)
    again = drift.compare(base, current, seed=3)
    other = drift.compare(base, current, seed=4)

    assert first == again
    assert [m.p for m in first.metrics] != [m.p for m in other.metrics]
    assert [m.effect for m in first.metrics] == [m.effect for m in other.metrics]


def test_swapping_the_sets_mirrors_the_effect() -> None:
    base, current = table("b", drawn(1, 6)), table("c", drawn(2, 6, centre=1.0))

    there = only(drift.compare(base, current))
    back = only(drift.compare(current, base))

    assert there.effect == pytest.approx(-(back.effect or 0.0))
    assert there.p == pytest.approx(back.p)
    assert there.interval is not None
    assert back.interval is not None
    assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]))


@settings(max_examples=20)
@given(shift=st.floats(-100, 100), scale=st.floats(0.01, 100))
def test_unit_and_origin_of_a_metric_do_not_change_the_answer(
    shift: float, scale: float
) -> None:
    old, new = drawn(1, 7), drawn(2, 7, centre=1.5)

    plain = only(drift.compare(table("b", old), table("c", new)))
    other = only(
        drift.compare(
            table("b", [[scale * v + shift for v in s] for s in old]),
            table("c", [[scale * v + shift for v in s] for s in new]),
        )
    )

    assert other.p == plain.p
    assert other.verdict is plain.verdict
    assert other.effect_sd == pytest.approx(plain.effect_sd, rel=1e-6)


def test_interval_and_p_never_contradict_each_other() -> None:
    for seed in range(8):
        base, current = simulated(seed, 8, 9, shifted=6, shift=0.6)
        for metric in drift.compare(base, current).metrics:
            assert metric.interval is not None
            assert metric.p is not None
            holds_zero = metric.interval[0] <= 0 <= metric.interval[1]
            assert holds_zero == (metric.p > 0.05)


def test_json_has_the_documented_keys_and_no_nan() -> None:
    base, current = simulated(1, 8, 8, shifted=1, shift=5.0)
    blank = {"empty": np.full(len(current), math.nan)}
    current = SampleTable(
        sample_ids=current.sample_ids,
        sessions=current.sessions,
        strata=current.strata,
        values={**current.values, **blank},
    )
    base = SampleTable(
        sample_ids=base.sample_ids,
        sessions=base.sessions,
        strata=base.strata,
        values={**base.values, "empty": np.zeros(len(base))},
    )

    found = json.loads(
        json.dumps(drift.compare(base, current).to_json(), allow_nan=False)
    )

    assert {"metrics", "family", "verdict"} <= set(found)
    assert found["verdict"] == "drift"
    assert found["family"]["size"] == 12
    wanted = {"name", "unit", "effect", "ci", "p", "p_adjusted", "verdict"}
    assert all(wanted <= set(metric) for metric in found["metrics"])
    empty = next(m for m in found["metrics"] if m["name"] == "empty")
    assert empty["effect"] is None
    assert empty["ci"] is None


def test_a_person_can_cancel() -> None:
    class Impatient:
        def step(self, *_: object) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        drift.compare(*simulated(1, 5, 5), progress=Impatient())


# As often right as it claims (long runs: tests/benchmarks/drift_bench.py)


def test_session_correlated_data_without_drift_rarely_alarms() -> None:
    runs = 40

    alarms = sum(
        bool(drift.compare(*simulated(s, 20, 8), permutations=999, seed=s).drifted)
        for s in range(runs)
    )

    # 5 % of 40 is 2; more than 6 has a chance under 1 %.
    assert alarms <= 6


def test_half_a_standard_deviation_is_mostly_found_with_20_sessions_a_side() -> None:
    runs = 40

    found = sum(
        any(
            metric.name in {"m00", "m01"}
            for metric in drift.compare(
                *simulated(1000 + s, 20, 20, shifted=2, shift=0.5),
                permutations=999,
                seed=s,
            ).drifted
        )
        for s in range(runs)
    )

    # The true rate is about 82 %; under 26 of 40 has a chance under 1 %.
    assert found >= 26


def test_intervals_hold_the_truth_about_95_times_of_100() -> None:
    held = total = 0
    for seed in range(15):
        base, current = simulated(2000 + seed, 8, 40, shifted=12, shift=1.0)
        for metric in drift.compare(base, current, permutations=999).metrics:
            assert metric.interval is not None
            held += metric.interval[0] <= 1.0 <= metric.interval[1]
            total += 1

    assert 0.90 <= held / total <= 0.99
