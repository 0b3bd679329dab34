"""Drift: right verdicts, honest ones where data is thin, and never a crash."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dataset import drift, resampling, session_needs
from dataset.drift import DriftVerdict, Limit, SampleTable
from dataset.drift_tables import table_from_version
from dataset.progress import Cancelled
from dataset.records import SampleState, VersionSample
from tests.dataset.drift_simulation import simulated_table

DRIFT, STABLE, OPEN = DriftVerdict.DRIFT, DriftVerdict.STABLE, DriftVerdict.NOT_ENOUGH
Sessions = Sequence[Sequence[float]]


def table(
    name: str, sessions: Sessions, metric: str = "m", cameras: Sequence[str] = ()
) -> SampleTable:
    """One metric, given by session; each session has a camera of its own or "cam"."""
    rows = [
        (session, number)
        for session, values in enumerate(sessions)
        for number in range(len(values))
    ]
    return SampleTable(
        sample_ids=tuple(f"{name}-{session}-{number}" for session, number in rows),
        sessions=tuple(f"{name}-{session}" for session, _ in rows),
        strata=tuple(cameras[s] if cameras else "cam" for s, _ in rows),
        values={
            metric: np.array([v for values in sessions for v in values], dtype=float)
        },
    )


def drawn(
    seed: int, count: int, centre: float = 0.0, spread: float = 0.1
) -> list[list[float]]:
    """Sessions of four samples around their own mean."""
    rng = np.random.default_rng(seed)
    means = rng.normal(centre, spread, count)
    return [list(rng.normal(mean, 1.0, 4)) for mean in means]


def only(report: drift.DriftReport) -> drift.MetricDrift:
    (metric,) = report.metrics
    return metric


def simulated(
    seed: int, base: int, current: int, **shift: float
) -> tuple[SampleTable, SampleTable]:
    rng = np.random.default_rng(seed)
    old = simulated_table(rng, name="b", sessions=base)
    new = simulated_table(
        rng,
        name="c",
        sessions=current,
        shifted=int(shift.get("shifted", 0)),
        shift=shift.get("shift", 0.0),
    )
    return old, new


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
        sample_ids=base.sample_ids,
        sessions=tuple(f"other {name}" for name in base.sessions),
        strata=base.strata,
        values={"m": base.values["m"] + 3.0},
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
    assert metric.reason.startswith("never measured in the ")
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


# The parts


def test_holm_steps_down_and_keeps_the_order() -> None:
    adjusted = drift.holm([0.01, 0.04, 0.03, 0.005])

    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_lowers_a_p_and_keeps_their_ranks(p_values: list[float]) -> None:
    adjusted = drift.holm(p_values)

    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    by_p = [a for _, a in sorted(zip(p_values, adjusted, strict=True))]
    assert by_p == sorted(by_p)


def layout(*cells: tuple[int, int]) -> resampling.Layout:
    """Base and current sessions of each stratum."""
    sides = [[False] * base + [True] * now for base, now in cells]
    return resampling.Layout(
        strata=np.repeat(np.arange(len(cells)), [sum(cell) for cell in cells]),
        current=np.array([side for row in sides for side in row], dtype=np.bool_),
    )


@pytest.mark.parametrize("permutations", [500, 7])
def test_arrangements_keep_the_counts_of_every_stratum(permutations: int) -> None:
    plan = layout((2, 3), (4, 1))

    rows = np.concatenate(
        list(resampling.arrangements(plan, permutations=permutations, seed=0))
    )

    assert (rows[0] == plan.current).all()
    assert (rows[:, :5].sum(axis=1) == 3).all()
    assert (rows[:, 5:].sum(axis=1) == 1).all()
    assert len(rows) == min(plan.arrangements, permutations + 1)
    if permutations > plan.arrangements:
        assert len({row.tobytes() for row in rows}) == plan.arrangements == 50


def test_one_stratum_gives_the_difference_of_means_and_welchs_variances() -> None:
    values = np.array([[1.0], [2.0], [4.0], [7.0], [9.0], [14.0], [3.0]])

    (found,) = resampling.estimate(values, layout((4, 3)), permutations=99, seed=0)

    assert found.shift == pytest.approx(values[4:].mean() - values[:4].mean())
    assert found.base_variance == pytest.approx(values[:4].var(ddof=1))
    assert found.current_variance == pytest.approx(values[4:].var(ddof=1))


def test_an_exact_p_counts_every_arrangement() -> None:
    values = np.array([[1.0], [2.0], [3.0], [11.0], [12.0], [13.0]])

    (found,) = resampling.estimate(values, layout((3, 3)), permutations=999, seed=0)

    assert found.p == pytest.approx(2 / 20)
    assert math.isinf(found.low)


def test_more_sessions_are_asked_for_the_nearer_the_limit() -> None:
    def needed(shift: float) -> int:
        more = session_needs.sessions_more(
            session_needs.Standing(
                shift=shift,
                limit=0.25,
                base_sessions=400,
                current_sessions=20,
                base_variance=0.2,
                current_variance=0.2,
                family=12,
                level=0.05,
            )
        )
        return more.current if more else 10**9

    asked = [needed(shift) for shift in (0.0, 0.1, 0.15, 0.249)]

    assert asked == sorted(asked)
    assert asked[0] < asked[-1] == 10**9


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"),
    [(0.975, 10, 2.2281), (0.975, 30, 2.0423), (0.9979, 38, 3.0466)],
)
def test_students_quantile_agrees_with_the_tables(
    probability: float, freedom: int, expected: float
) -> None:
    found = session_needs.student_quantile(probability, freedom)

    assert found == pytest.approx(expected, abs=0.005)


# Tables


def frozen(number: int, **fields: str) -> VersionSample:
    return VersionSample(
        id=f"{number:064x}",
        width=10,
        height=10,
        suffix="jpg",
        state=SampleState.EMPTY,
        group=fields.get("group", ""),
        split=fields.get("split", "train"),
        session=fields.get("session", ""),
        camera=fields.get("camera", ""),
    )


class Version:
    def __init__(self, *samples: VersionSample) -> None:
        self.samples = samples


def test_a_version_becomes_a_table_of_sessions_and_cameras() -> None:
    one = frozen(1, session="s1", group="g1", camera="north")
    two = frozen(2, session="s1", group="g1", camera="north", split="val")
    measures = {one.id: {"brightness": 0.5}, two.id: {"brightness": 0.25}}

    whole = table_from_version(Version(one, two), measures)
    train = table_from_version(Version(one, two), measures, split="train")

    assert whole.sessions == ("s1", "s1")
    assert whole.strata == ("north", "north")
    assert whole.values["brightness"].tolist() == [0.5, 0.25]
    assert train.sample_ids == (one.id,)


def test_unrelated_images_of_one_import_are_groups_of_their_own() -> None:
    one = frozen(1, session="import", group="g1")
    two = frozen(2, session="import", group="g2")
    three = frozen(3)

    made = table_from_version(Version(one, two, three), {})

    assert made.sessions == ("g1", "g2", three.id)


def test_a_sample_without_measures_keeps_its_row() -> None:
    one, two = frozen(1, session="s"), frozen(2, session="s")

    made = table_from_version(Version(one, two), {one.id: {"noise": 1.0}})

    assert len(made) == 2
    assert math.isnan(made.values["noise"][1])


def test_a_table_with_columns_of_other_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match="`noise`"):
        SampleTable(
            sample_ids=("a",),
            sessions=("s",),
            strata=("",),
            values={"noise": np.zeros(2)},
        )
    with pytest.raises(ValueError, match="stratum"):
        SampleTable(sample_ids=("a",), sessions=(), strata=(), values={})
    with pytest.raises(ValueError, match="once"):
        SampleTable(
            sample_ids=("a", "a"), sessions=("s", "s"), strata=("", ""), values={}
        )


@pytest.mark.parametrize(("sd", "step"), [(-1.0, 0.0), (math.nan, 0.0), (0.0, -1.0)])
def test_a_limit_below_zero_is_refused(sd: float, step: float) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Limit(sd=sd, step=step)
