"""Drift where the data is degenerate: an honest verdict, no crash and no alarm."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from dataset import drift
from dataset.drift import DriftReport, DriftVerdict, SampleTable
from tests.dataset.drift_simulation import (
    drawn,
    only,
    sample_tables,
    simulated,
    table,
    whole_table,
)

DRIFT, STABLE, OPEN = DriftVerdict.DRIFT, DriftVerdict.STABLE, DriftVerdict.NOT_ENOUGH


def renamed(table: SampleTable, name: str) -> SampleTable:
    """The same numbers, as if other sessions had taken them."""
    return replace(
        table,
        sample_ids=tuple(f"{name} {sample}" for sample in table.sample_ids),
        sessions=tuple(f"{name} {session}" for session in table.sessions),
    )


# Whatever the tables hold


@settings(max_examples=60)
@given(base=sample_tables("b"), current=sample_tables("c"))
def test_any_two_tables_get_a_verdict_that_its_numbers_bear_out(
    base: SampleTable, current: SampleTable
) -> None:
    report = drift.compare(base, current)

    json.dumps(report.to_json(), allow_nan=False)
    assert report.verdict is not STABLE or all(
        metric.verdict is STABLE for metric in report.metrics
    )
    for metric in report.metrics:
        assert metric.reason
        if metric.interval is not None and metric.effect is not None:
            assert metric.interval[0] <= metric.effect <= metric.interval[1]
        if metric.verdict is DRIFT:
            assert metric.p_adjusted is not None
            assert metric.p_adjusted <= drift.LEVEL
            assert metric.effect is not None
            assert abs(metric.effect) > metric.limit
            assert metric.base_sessions + metric.current_sessions >= 9


@settings(max_examples=30)
@given(base=sample_tables("b"))
def test_a_set_is_no_drift_of_its_own_numbers_in_other_sessions(
    base: SampleTable,
) -> None:
    report = drift.compare(base, renamed(base, "again"))

    assert not report.drifted


@settings(max_examples=30)
@given(base=sample_tables("b"))
def test_a_set_against_itself_is_stable_however_little_it_holds(
    base: SampleTable,
) -> None:
    report = drift.compare(base, base)

    assert report.verdict is (STABLE if len(base) else OPEN)


# One corner each


def test_a_part_of_the_base_has_no_session_of_its_own() -> None:
    base = table("s", drawn(1, 12))
    part = SampleTable(
        sample_ids=base.sample_ids[:20],
        sessions=base.sessions[:20],
        strata=base.strata[:20],
        values={"m": base.values["m"][:20] + 9.0},
    )

    report = drift.compare(base, part)

    assert report.verdict is OPEN
    assert report.current_sessions == 0
    assert "stand in both sets" in report.notes[0]
    assert "nothing to compare in the current set" in only(report).reason


def test_edited_boxes_on_the_same_samples_are_told_and_no_drift() -> None:
    base, _ = simulated(1, 12, 1)
    edited = replace(base, values={**base.values, "m00": base.values["m00"] + 1.0})

    report = drift.compare(base, edited)

    moved, *others = report.metrics
    assert moved.verdict is OPEN
    assert moved.effect == pytest.approx(1.0)
    assert "measured or labeled anew" in moved.reason
    assert {metric.verdict for metric in others} == {STABLE}


def test_another_class_on_the_same_boxes_is_not_called_stable() -> None:
    base = whole_table(np.random.default_rng(1), name="b", sessions=12)
    names = sorted(base.classes)
    swapped = dict(zip(names, [base.classes[n] for n in reversed(names)], strict=True))

    report = drift.compare(base, replace(base, classes=swapped))

    assert report.verdict is OPEN
    assert [m.name for m in report.metrics if m.verdict is OPEN] == ["class_mix"]


def test_boxes_that_no_class_lost_leave_the_same_samples_stable() -> None:
    base = whole_table(np.random.default_rng(1), name="b", sessions=4)
    retired = replace(base, classes={**base.classes, "retired": np.zeros(len(base))})

    assert drift.compare(base, retired).verdict is STABLE


def test_a_few_sessions_that_spread_more_than_many_seldom_alarm() -> None:
    alarms = 0
    for seed in range(24):
        base, current = simulated(3000 + seed, 40, 8)
        wide = {name: 3 * column for name, column in current.values.items()}
        report = drift.compare(base, replace(current, values=wide), seed=seed)
        alarms += bool(report.drifted)

    # 5 % of 24 is 1.2; five or more come once in a hundred times, but a permutation
    # alone made six.
    assert alarms <= 4


# Cameras


def cameras(table: SampleTable, count: int) -> SampleTable:
    """The table with its sessions dealt to cameras by turns."""
    turns = {name: at % count for at, name in enumerate(sorted(set(table.sessions)))}
    strata = tuple(f"camera {turns[name]}" for name in table.sessions)
    return replace(table, strata=strata)


def worst(report: DriftReport, name: str) -> list[str]:
    found = next(metric for metric in report.metrics if metric.name == name)
    return [session.session for session in found.worst_sessions]


def test_the_sessions_behind_a_drift_are_those_far_from_their_own_camera() -> None:
    base, current = (cameras(one, 2) for one in simulated(5, 16, 16))
    # Camera 1 is bright by nature; a session of camera 0 is what is out of place.
    old, new = (
        np.array([9.0 * (name == "camera 1") for name in side.strata])
        for side in (base, current)
    )
    new += 2.0
    new[np.array(current.sessions) == "c-0004"] += 3.0

    report = drift.compare(
        replace(base, values={"m00": base.values["m00"] + old}),
        replace(current, values={"m00": current.values["m00"] + new}),
    )

    assert report.verdict is DRIFT
    assert worst(report, "m00")[0] == "c-0004"


def test_cameras_that_differ_do_not_alarm_when_their_shares_change() -> None:
    alarms = 0
    for seed in range(20):
        base, current = simulated(4000 + seed, 20, 20)
        sides = []
        for side, dark in ((base, 5), (current, 15)):
            is_dark = np.array([int(name[-4:]) < dark for name in side.sessions])
            strata = tuple("dark" if one else "bright" for one in is_dark)
            values = {key: column - 5 * is_dark for key, column in side.values.items()}
            sides.append(replace(side, strata=strata, values=values))
        alarms += bool(drift.compare(*sides, permutations=999, seed=seed).drifted)

    # 5 % of 20 is 1; five or more come once in three hundred times.
    assert alarms <= 4
