from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from dataset.drift import DriftVerdict
from dataset.drift_statistics.baseline import baseline_of
from dataset.drift_statistics.drift_tables import SampleTable, table_from_rows
from dataset.drift_statistics.live_drift import DriftWatch
from dataset.drift_statistics.practical_limits import LIMITS, Limit

CAMERA = "cam"
METRICS = ("brightness", "contrast")


def pictures(
    rng: np.random.Generator, count: int, *, shift: float = 0.0
) -> list[dict[str, float]]:
    """Measures of one session: around a mean of its own, with a spread of 0.02."""
    own = rng.normal(0.0, 0.01, len(METRICS))
    found = 0.5 + shift + own + rng.normal(0.0, 0.02, (count, len(METRICS)))
    return [dict(zip(METRICS, row.tolist(), strict=True)) for row in found]


def table(
    seed: int, sessions: Iterable[int], *, shift: float = 0.0, each: int = 10
) -> SampleTable:
    rng = np.random.default_rng(seed)
    return table_from_rows(
        (f"{number}-{at}", f"session {number}", CAMERA, measures)
        for number in sessions
        for at, measures in enumerate(pictures(rng, each, shift=shift))
    )


def watching(
    base: SampleTable, *, earlier: SampleTable | None = None, **options: float
) -> DriftWatch:
    return DriftWatch(
        base,
        name="v1",
        stream="live",
        camera=CAMERA,
        earlier=earlier,
        deviations=options.get("deviations", 3.0),
    )


def test_one_stream_is_one_session_and_says_how_many_more_it_takes() -> None:
    watch = watching(table(1, range(8)))

    for measures in pictures(np.random.default_rng(2), 60):
        watch.see(measures)

    assert watch.now.verdict is DriftVerdict.NOT_ENOUGH
    assert (watch.now.base_sessions, watch.now.current_sessions) == (8, 1)
    assert watch.now.sessions_more is not None
    assert watch.now.sessions_more >= 1
    assert "more session" in watch.now.reason


def test_sessions_of_the_camera_since_the_baseline_make_a_drift_a_drift() -> None:
    earlier = table(3, range(100, 112), shift=0.2)
    watch = watching(table(1, range(12)), earlier=earlier)

    for measures in pictures(np.random.default_rng(4), 10, shift=0.2):
        watch.see(measures)

    assert watch.now.verdict is DriftVerdict.DRIFT
    assert watch.now.current_sessions == 13
    assert watch.now.sessions_more is None
    assert watch.now.reason.startswith("brightness is higher by 0.")
    assert watch.now.reason.endswith("and 1 more")


def test_camera_that_sees_what_it_always_saw_becomes_stable() -> None:
    base = table(1, range(60))
    watch = watching(base, earlier=table(3, range(100, 160)))

    for measures in pictures(np.random.default_rng(4), 10):
        watch.see(measures)

    assert watch.now.verdict is DriftVerdict.STABLE
    assert watch.now.reason == "every metric lies within its limit"


def test_picture_beyond_the_usual_spread_is_away_and_no_verdict() -> None:
    watch = watching(table(1, range(8)))

    usual = watch.see({"brightness": 0.5, "contrast": 0.5})
    odd = watch.see({"brightness": 0.9, "contrast": 0.5})

    assert usual.away == ()
    assert [one.metric for one in odd.away] == ["brightness"]
    assert odd.away[0].deviations > 3.0
    assert odd.verdict is DriftVerdict.NOT_ENOUGH


def test_practical_limits_of_the_project_are_the_least_spread() -> None:
    base = table(1, range(8))
    wide = {**LIMITS, "brightness": Limit(step=0.2)}

    narrow, broad = baseline_of(base), baseline_of(base, wide)

    assert narrow is not None
    assert broad is not None
    assert narrow.spreads["brightness"] < 0.05
    assert broad.spreads["brightness"] == pytest.approx(0.2)


def test_long_stream_is_held_in_bounded_memory() -> None:
    watch = watching(table(1, range(3), each=4))
    rng = np.random.default_rng(5)

    for measures in pictures(rng, 5_000):
        watch.see(measures)

    assert 300 <= watch.report().current_samples <= 600


def test_base_of_four_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="five samples"):
        watching(table(1, range(1), each=4))


def test_what_was_not_measured_is_not_away() -> None:
    watch = watching(table(1, range(8)))

    now = watch.see({"brightness": float("nan")})

    assert now.away == ()
    assert now.furthest is None
