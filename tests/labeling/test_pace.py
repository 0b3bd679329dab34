from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dataset.catalog import Decision
from labeling.pace import BREAK_S, Pace, pace_of_accepts

SECOND = 1_000_000


def accepts(*spent: tuple[float, int, int]) -> list[Decision]:
    """Accepts, newest first, from (seconds, boxes, keys), oldest first."""
    at, found = 0, [_accept(0, 1, 1)]
    for seconds, boxes, keys in spent:
        at += round(seconds * SECOND)
        found.append(_accept(at, boxes, keys))
    return found[::-1]


def _accept(at_us: int, boxes: int, keys: int) -> Decision:
    return Decision(
        at_us=at_us, boxes=boxes, keys=keys, drags=0, session_id="s", holder="w"
    )


def test_pace_is_the_median_of_what_was_spent() -> None:
    pace = pace_of_accepts(accepts((2, 1, 1), (4, 2, 2), (30, 3, 4)))

    assert pace == Pace(seconds_per_image=4, seconds_per_box=2, keys_per_image=2)


def test_break_is_not_counted_as_work() -> None:
    pace = pace_of_accepts(accepts((2, 1, 1), (BREAK_S + 1, 1, 1), (2, 1, 1)))

    assert pace is not None
    assert pace.seconds_per_image == 2


def test_empty_samples_count_as_images_and_not_as_boxes() -> None:
    pace = pace_of_accepts(accepts((3, 0, 1), (3, 0, 1)))

    assert pace == Pace(seconds_per_image=3, seconds_per_box=None, keys_per_image=1)


def test_too_little_says_nothing() -> None:
    assert pace_of_accepts([]) is None
    assert pace_of_accepts(accepts()) is None
    assert pace_of_accepts(accepts((BREAK_S + 1, 1, 1))) is None


def test_clock_that_ran_backwards_is_left_out() -> None:
    turned = [_accept(5 * SECOND, 1, 1), _accept(9 * SECOND, 1, 1)]

    assert pace_of_accepts(turned) is None


@given(
    st.lists(st.tuples(st.integers(0, 10**13), st.integers(0, 50), st.integers(1, 9)))
)
def test_any_times_give_a_pace_within_a_break(
    decisions: list[tuple[int, int, int]],
) -> None:
    pace = pace_of_accepts([_accept(*each) for each in decisions])

    if pace is not None:
        assert 0 <= pace.seconds_per_image <= BREAK_S
        assert 1 <= pace.keys_per_image <= 9
