"""The parts of drift: Holm, arrangements, estimates, sessions needed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset import drift
from dataset.drift_statistics import resampling, session_needs


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
