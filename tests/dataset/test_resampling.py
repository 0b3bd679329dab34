"""The parts of drift: Holm, arrangements, estimates, sessions needed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset import drift
from dataset.drift_statistics import arrangements, resampling, session_needs


def test_holm_steps_down_and_keeps_the_order() -> None:
    adjusted = drift.holm([0.01, 0.04, 0.03, 0.005])

    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_lowers_a_p_and_keeps_their_ranks(p_values: list[float]) -> None:
    adjusted = drift.holm(p_values)

    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    by_p = [a for _, a in sorted(zip(p_values, adjusted, strict=True))]
    assert by_p == sorted(by_p)


def layout(*cells: tuple[int, int]) -> arrangements.Layout:
    """Base and current sessions of each stratum."""
    sides = [[False] * base + [True] * now for base, now in cells]
    return arrangements.Layout(
        strata=np.repeat(np.arange(len(cells)), [sum(cell) for cell in cells]),
        current=np.array([side for row in sides for side in row], dtype=np.bool_),
    )


@pytest.mark.parametrize("permutations", [500, 7])
def test_arrangements_keep_the_counts_of_every_stratum(permutations: int) -> None:
    plan = layout((2, 3), (4, 1))

    rows = np.concatenate(
        list(arrangements.arrangements(plan, permutations=permutations, seed=0))
    )

    assert (rows[0] == plan.current).all()
    assert (rows[:, :5].sum(axis=1) == 3).all()
    assert (rows[:, 5:].sum(axis=1) == 1).all()
    assert len(rows) == min(plan.arrangements, permutations + 1)
    if permutations > plan.arrangements:
        assert len({row.tobytes() for row in rows}) == plan.arrangements == 50


def test_arrangements_are_counted_up_to_more_than_anybody_draws() -> None:
    counted = [
        layout(*cells).arrangements
        for cells in ([(2, 3), (4, 1)], [(3, 0)], [(25_000, 25_000)], [(30, 30)] * 9)
    ]

    assert counted == [50, 1, arrangements.MANY, arrangements.MANY]


def test_every_arrangement_comes_once_in_pieces_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = layout((4, 4))
    whole = np.concatenate(
        list(arrangements.arrangements(plan, permutations=99, seed=0))
    )
    monkeypatch.setattr(arrangements, "CHUNK_CELLS", 40)

    pieces = list(arrangements.arrangements(plan, permutations=99, seed=0))

    assert max(map(len, pieces)) == 5
    assert (np.concatenate(pieces) == whole).all()


# Many sessions are turned in circles


@pytest.fixture
def turned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Circles for few sessions already, in pieces of some columns."""
    monkeypatch.setattr(arrangements, "TURNED_FROM", 2)
    monkeypatch.setattr(arrangements, "CHUNK_CELLS", 100)


@pytest.mark.usefixtures("turned")
def test_turned_sums_are_those_of_true_arrangements() -> None:
    plan = layout((13, 8), (4, 9), (1, 2))
    one_by_one = np.eye(len(plan.current))

    labels = arrangements.dealt_sums(one_by_one, plan, permutations=200, seed=3)

    assert len(labels) >= 201
    assert labels == pytest.approx(np.round(labels), abs=1e-12)
    assert labels[0] == pytest.approx(plan.current.astype(float), abs=1e-12)
    for start, end, count in plan.blocks:
        assert labels[:, start:end].sum(axis=1) == pytest.approx(count)


def test_turned_sums_spread_like_those_dealt_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = layout((60, 30), (20, 40))
    values = np.random.default_rng(0).exponential(size=(150, 2))

    dealt = arrangements.dealt_sums(values, plan, permutations=20_000, seed=0)
    monkeypatch.setattr(arrangements, "TURNED_FROM", 2)
    turned = arrangements.dealt_sums(values, plan, permutations=20_000, seed=0)

    assert turned[0] == pytest.approx(dealt[0])
    assert turned.mean(axis=0) == pytest.approx(dealt.mean(axis=0), rel=0.01)
    assert np.cov(turned.T) == pytest.approx(np.cov(dealt.T), rel=0.1, abs=0.5)
    tails = np.quantile(dealt, [0.005, 0.995], axis=0)
    beyond = (turned < tails[0]) | (turned > tails[1])
    assert beyond.mean() == pytest.approx(0.01, abs=0.004)


@pytest.mark.usefixtures("turned")
def test_turned_p_values_are_as_small_as_they_claim() -> None:
    runs, columns = 30, 40
    p_values = []
    for seed in range(runs):
        values = np.random.default_rng(seed).exponential(size=(26, columns))
        found = resampling.estimate(
            values, layout((12, 6), (4, 4)), permutations=199, seed=seed
        )
        p_values += [one.p for one in found if one.p is not None]

    # Columns share the arrangements of a run, so that the rate may stray somewhat.
    share = float(np.mean(np.array(p_values) <= 0.05))
    assert len(p_values) == runs * columns
    assert share == pytest.approx(0.05, abs=0.02)


@pytest.mark.usefixtures("turned")
def test_a_clear_shift_of_turned_sessions_has_the_least_p_and_an_interval() -> None:
    rng = np.random.default_rng(1)
    plan = layout((300, 200), (50, 100))
    values = rng.standard_normal((650, 1)) + 0.8 * plan.current[:, None]

    (found,) = resampling.estimate(values, plan, permutations=999, seed=0)

    assert found.p == pytest.approx(2 / 1000, rel=0.1)
    assert found.low < 0.8 < found.high
    assert found.high - found.low == pytest.approx(4 / math.sqrt(650 / 4), rel=0.3)


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


def test_the_sessions_asked_for_are_those_that_student_wants_of_the_smaller_side() -> (
    None
):
    more = session_needs.sessions_more(
        session_needs.Standing(
            shift=0.0,
            limit=1.0,
            base_sessions=400,
            current_sessions=2,
            base_variance=1e-9,
            current_variance=1.0,
            family=1,
            level=0.05,
        )
    )

    # t(6) 2.447 / sqrt(7) is 0.92; of t(5), 2.571 / sqrt(6) is 1.05.
    assert more is not None
    assert more.current == 5


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"),
    [(0.975, 10, 2.2281), (0.975, 30, 2.0423), (0.9979, 38, 3.0466)],
)
def test_students_quantile_agrees_with_the_tables(
    probability: float, freedom: int, expected: float
) -> None:
    found = session_needs.student_quantile(probability, freedom)

    assert found == pytest.approx(expected, abs=0.005)
