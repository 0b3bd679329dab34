from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.queue import Queue


def test_queue_begins_at_its_first_sample() -> None:
    queue = Queue(["a", "b"])

    assert (queue.current, queue.position, len(queue)) == ("a", 1, 2)


def test_empty_queue_is_at_its_end() -> None:
    queue = Queue([])

    assert (queue.current, queue.position, len(queue)) == (None, 1, 0)
    assert queue.step(1) is None
    assert queue.around(2, 2) == queue.ahead() == ()


def test_steps_stop_at_both_ends() -> None:
    queue = Queue(["a", "b", "c"])

    assert [queue.step(by) for by in (1, 1, 1, 1)] == ["b", "c", None, None]
    assert queue.position == 4
    assert [queue.step(by) for by in (-1, -9)] == ["c", "a"]
    assert queue.step(99) is None


def test_sample_of_the_queue_is_gone_to() -> None:
    queue = Queue(["a", "b", "c"])

    queue.go_to("c")

    assert (queue.current, queue.position, len(queue)) == ("c", 3, 3)


def test_sample_from_elsewhere_is_put_in_here() -> None:
    queue = Queue(["a", "b"])
    queue.step(1)

    queue.go_to("x")

    assert queue.ahead() == ("x", "b")
    assert len(queue) == 3


def test_sample_from_elsewhere_is_put_in_at_the_end() -> None:
    queue = Queue(["a"])
    queue.step(1)

    queue.go_to("x")

    assert (queue.current, queue.position) == ("x", 2)


def test_vanished_sample_leaves_and_the_next_is_current() -> None:
    queue = Queue(["a", "b", "c"])
    queue.step(1)

    queue.drop()

    assert (queue.current, queue.position, len(queue)) == ("c", 2, 2)
    queue.drop()
    assert queue.current is None


def test_neighbours_are_cut_at_the_ends() -> None:
    queue = Queue(["a", "b", "c", "d"])
    queue.step(1)

    assert queue.around(3, 1) == ("a", "b", "c")
    assert queue.around(0, 9) == ("b", "c", "d")


def test_list_of_the_caller_is_not_changed() -> None:
    ids = ["a", "b"]
    queue = Queue(ids)

    queue.go_to("x")

    assert ids == ["a", "b"]


@given(
    st.lists(st.integers(0, 99).map(str), unique=True, max_size=8),
    st.lists(st.integers(-10, 10), max_size=20),
)
def test_place_is_always_in_the_queue_or_just_behind(
    ids: list[str], steps: list[int]
) -> None:
    queue = Queue(ids)

    for by in steps:
        queue.step(by)

        assert 1 <= queue.position <= len(queue) + 1
        at_end = queue.position == len(queue) + 1
        assert queue.current == (None if at_end else ids[queue.position - 1])


def test_dropping_at_the_end_is_a_bug() -> None:
    with pytest.raises(IndexError):
        Queue([]).drop()
