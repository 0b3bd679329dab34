"""Drift of whole sets: the mix of classes and the pictures' embeddings."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from dataset import drift
from dataset.drift import DriftReport, DriftVerdict, Limit, MetricDrift, SampleTable
from tests.dataset.drift_simulation import simulated_table

DRIFT, STABLE, OPEN = DriftVerdict.DRIFT, DriftVerdict.STABLE, DriftVerdict.NOT_ENOUGH


def scenes(
    seed: int, name: str, sessions: int, *, moved: float = 0.0, bikes: float = 0.0
) -> SampleTable:
    """Eight samples a session, embeddings of 12 numbers and boxes of three classes.

    The first number is moved by `moved` standard deviations; `bikes` makes boxes of
    that class e to that power times as frequent. A fifth is shared in a session.
    """
    rng = np.random.default_rng(seed)
    made = simulated_table(rng, name=name, sessions=sessions, per_session=8, metrics=1)
    own = rng.standard_normal((sessions, 8, 12))
    vectors = math.sqrt(0.2) * rng.standard_normal((sessions, 1, 12))
    vectors = vectors + math.sqrt(0.8) * own
    vectors[:, :, 0] += moved
    rates = np.exp(0.3 * rng.standard_normal((sessions, 1, 3)))
    rates[:, :, 1] *= math.exp(bikes)
    counts = rng.poisson(np.broadcast_to(rates, (sessions, 8, 3))).reshape(-1, 3)
    return replace(
        made,
        vectors=vectors.reshape(-1, 12).astype(np.float32),
        classes={
            name: counts[:, column].astype(np.float64)
            for column, name in enumerate(("ball", "bike", "car"))
        },
    )


def of(report: DriftReport, name: str) -> MetricDrift:
    return next(metric for metric in report.metrics if metric.name == name)


def test_more_boxes_of_one_class_are_a_drift_of_the_mix_of_classes() -> None:
    base, current = scenes(1, "b", 16), scenes(2, "c", 16, bikes=1.5)

    report = drift.compare(base, current)

    mix = of(report, "class_mix")
    bike = next(one for one in report.classes if one.name == "bike")
    assert mix.verdict is DRIFT
    assert mix.effect == pytest.approx(bike.effect, abs=0.03)
    assert bike.interval is not None
    assert bike.interval[0] > 0.1
    assert of(report, "picture").verdict is not DRIFT


def test_pictures_of_another_kind_are_a_drift_of_the_whole_picture() -> None:
    base, current = scenes(1, "b", 16), scenes(2, "c", 16, moved=3.0)

    report = drift.compare(base, current)

    assert of(report, "picture").verdict is DRIFT
    assert report.picture is not None
    assert report.picture.auc > 0.9
    assert report.picture.mmd2 > 0
    assert of(report, "class_mix").verdict is not DRIFT


def test_the_sample_that_looks_most_like_the_drift_is_named_first() -> None:
    base, current = scenes(1, "b", 16), scenes(2, "c", 16, moved=3.0)
    assert current.vectors is not None
    current.vectors[11, 0] = 30.0

    worst = of(drift.compare(base, current), "picture").worst_samples[0]

    assert worst.sample_id == current.sample_ids[11]
    assert worst.session == current.sessions[11]


def test_sets_of_one_kind_seldom_alarm() -> None:
    alarms = 0
    for seed in range(40):
        tables = scenes(seed, "b", 8), scenes(1000 + seed, "c", 24)
        report = drift.compare(*tables, seed=seed, permutations=499)
        alarms += bool(report.drifted)

    assert alarms <= 6  # at 5 % a run, seven or more come once in a hundred times


def test_a_session_that_is_one_picture_over_and_over_is_no_drift() -> None:
    base, current = scenes(1, "b", 6), scenes(2, "c", 6)
    for table in (base, current):
        assert table.vectors is not None
        table.vectors[:] = np.repeat(table.vectors[::8], 8, axis=0)

    report = drift.compare(base, current)

    assert of(report, "picture").verdict is OPEN


def test_short_new_sessions_do_not_look_like_another_kind_of_picture() -> None:
    small = 0
    for seed in range(12):
        base, current = scenes(2000 + seed, "b", 24), scenes(3000 + seed, "c", 8)
        rows = np.arange(len(current)) % 8 < 2
        assert current.vectors is not None
        current.vectors[~rows] = np.nan
        picture = drift.compare(base, current, permutations=499, seed=seed).picture
        assert picture is not None
        small += picture.p <= 0.05

    assert small <= 3  # at 5 % a run, four or more come once in five hundred times


def test_whole_sets_and_metrics_share_one_family() -> None:
    report = drift.compare(scenes(1, "b", 12), scenes(2, "c", 12))

    assert report.family == ("m00", "class_mix", "picture")


def test_the_order_of_rows_does_not_matter() -> None:
    base, current = scenes(1, "b", 10), scenes(2, "c", 10, moved=1.0)
    turn = np.random.default_rng(0).permutation(len(current))
    assert current.vectors is not None
    shuffled = SampleTable(
        sample_ids=tuple(current.sample_ids[i] for i in turn),
        sessions=tuple(current.sessions[i] for i in turn),
        strata=tuple(current.strata[i] for i in turn),
        values={name: column[turn] for name, column in current.values.items()},
        classes={name: column[turn] for name, column in current.classes.items()},
        vectors=current.vectors[turn],
    )

    one, other = drift.compare(base, current), drift.compare(base, shuffled)

    for name in ("class_mix", "picture"):
        assert of(other, name) == of(one, name)


def test_another_mix_of_cameras_is_no_drift_of_pictures() -> None:
    base, current = scenes(1, "b", 24), scenes(2, "c", 24)
    tables = []
    for table, dark in ((base, 6), (current, 18)):
        assert table.vectors is not None
        is_dark = np.arange(len(table)) < 8 * dark
        moved = table.vectors + np.float32(9) * is_dark[:, None].astype(np.float32)
        cameras = tuple("dark" if one else "bright" for one in is_dark)
        tables.append(replace(table, vectors=moved, strata=cameras))

    apart = drift.compare(*tables)
    together = drift.compare(*(replace(t, strata=("",) * len(t)) for t in tables))

    assert of(together, "picture").verdict is DRIFT
    assert of(apart, "picture").verdict is not DRIFT


def test_a_limit_of_the_project_holds_for_whole_sets_too() -> None:
    base, current = scenes(1, "b", 16), scenes(2, "c", 16, bikes=1.5)

    report = drift.compare(base, current, limits={"class_mix": Limit(sd=0, step=0.9)})

    assert of(report, "class_mix").limit == 0.9
    assert of(report, "class_mix").verdict is STABLE


@pytest.mark.parametrize("moved", [0.6, 1.0, 1.4, 1.8])
def test_p_and_interval_of_the_whole_picture_never_contradict(moved: float) -> None:
    report = drift.compare(scenes(1, "b", 16), scenes(2, "c", 16, moved=moved))

    picture = of(report, "picture")
    assert picture.interval is not None
    assert picture.p is not None
    assert picture.p > 0.05 or picture.interval[0] > 0


# Honest in every corner


def test_one_class_alone_is_stable() -> None:
    base, current = (
        replace(table, classes={"car": np.ones(len(table))})
        for table in (scenes(1, "b", 12), scenes(2, "c", 12))
    )

    mix = of(drift.compare(base, current), "class_mix")

    assert mix.verdict is STABLE
    assert mix.effect == 0.0


def test_samples_without_boxes_leave_the_mix_of_classes_out() -> None:
    base, current = (
        replace(table, classes={"car": np.zeros(len(table))})
        for table in (scenes(1, "b", 12), scenes(2, "c", 12))
    )

    report = drift.compare(base, current)

    assert "class_mix" not in {metric.name for metric in report.metrics}


def test_boxes_in_one_set_only_are_not_enough_data() -> None:
    base, current = scenes(1, "b", 12), scenes(2, "c", 12)
    current = replace(current, classes={"car": np.zeros(len(current))})

    mix = of(drift.compare(base, current), "class_mix")

    assert mix.verdict is OPEN
    assert mix.effect is None
    assert "nothing to compare in the current set" in mix.reason


def test_a_class_that_one_set_does_not_know_has_no_box_there() -> None:
    base, current = scenes(1, "b", 12), scenes(2, "c", 12)
    base = replace(base, classes={name: base.classes[name] for name in ("ball", "car")})

    report = drift.compare(base, current)

    bike = next(one for one in report.classes if one.name == "bike")
    assert bike.base_share == 0
    assert bike.current_share > 0.2
    assert of(report, "class_mix").verdict is DRIFT


@pytest.mark.parametrize(("base", "current"), [(1, 1), (1, 12), (12, 1), (2, 2)])
def test_too_few_sessions_say_nothing_of_whole_sets(base: int, current: int) -> None:
    report = drift.compare(
        scenes(1, "b", base), scenes(2, "c", current, moved=9.0, bikes=3.0)
    )

    assert of(report, "picture").verdict is OPEN
    assert of(report, "class_mix").verdict is OPEN
    json.dumps(report.to_json(), allow_nan=False)


@pytest.mark.parametrize(("base", "current"), [(0, 0), (0, 5), (5, 0)])
def test_an_empty_set_is_no_crash(base: int, current: int) -> None:
    report = drift.compare(scenes(1, "b", base), scenes(2, "c", current))

    assert report.verdict is OPEN
    json.dumps(report.to_json(), allow_nan=False)


def test_embeddings_of_another_length_are_named_and_not_compared() -> None:
    base, current = scenes(1, "b", 8), scenes(2, "c", 8)
    assert current.vectors is not None
    current = replace(current, vectors=current.vectors[:, :5])

    report = drift.compare(base, current)

    assert report.picture is None
    assert "Embeddings of different lengths are not compared: 12, 5." in report.notes


def test_embeddings_of_one_set_only_are_named() -> None:
    report = drift.compare(scenes(1, "b", 8), replace(scenes(2, "c", 8), vectors=None))

    assert report.picture is None
    assert any("embeddings" in note for note in report.notes)


def test_samples_without_an_embedding_are_left_out() -> None:
    base, current = scenes(1, "b", 10), scenes(2, "c", 10)
    assert current.vectors is not None
    current.vectors[::3] = np.nan

    report = drift.compare(base, current)

    assert report.picture is not None
    assert report.picture.samples == 80 + int(np.isfinite(current.vectors[:, 0]).sum())


def test_pictures_that_are_all_the_same_are_no_drift() -> None:
    base, current = (
        replace(table, vectors=np.ones((len(table), 12), dtype=np.float32))
        for table in (scenes(1, "b", 12), scenes(2, "c", 12))
    )

    picture = of(drift.compare(base, current), "picture")

    assert picture.verdict is not DRIFT
    assert (picture.effect, picture.p) == (0.0, 1.0)


def test_vectors_of_another_number_of_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="one vector a sample"):
        replace(scenes(1, "b", 2), vectors=np.zeros((3, 12), dtype=np.float32))
