from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from station.camera.frames import Gap, Refusal
from station.shutter.frame_queue import Chosen, FrameQueue

from .scripted import WAIT_S, frame

ONE = Chosen(frame=frame(0)).size_bytes
GAP = Gap(lost_us=1, back_us=2, reason="unplugged")


def chosen(index: int) -> Chosen:
    return Chosen(frame=frame(index))


def indexes(items: tuple[object, ...]) -> list[object]:
    return [one.frame.index if isinstance(one, Chosen) else one for one in items]


def test_frames_come_out_as_they_went_in_with_what_the_camera_told() -> None:
    queue = FrameQueue()
    queue.put(chosen(1))
    queue.tell(GAP)
    queue.put(chosen(2))

    assert indexes(queue.take(8, 1 << 30)) == [1, GAP, 2]


def test_frame_without_room_is_not_taken_and_does_not_wait() -> None:
    queue = FrameQueue(limit_bytes=2 * ONE)

    answers = [queue.put(chosen(n)) for n in range(3)]

    assert answers == [True, True, False]
    assert (queue.waiting, queue.waiting_bytes) == (2, 2 * ONE)


def test_frame_larger_than_the_queue_finds_room_in_an_empty_one() -> None:
    queue = FrameQueue(limit_bytes=1)

    assert [queue.put(chosen(1)), queue.put(chosen(2))] == [True, False]
    assert indexes(queue.take(8, 1)) == [1]
    assert queue.put(chosen(2))


def test_put_that_may_wait_gets_the_room_that_is_made() -> None:
    queue = FrameQueue(limit_bytes=ONE)
    queue.put(chosen(1))
    taker = threading.Timer(0.05, lambda: queue.take(1, ONE))
    taker.start()

    is_in = queue.put(chosen(2), wait_s=WAIT_S)
    taker.join()

    assert is_in
    assert queue.waiting == 1


def test_closed_queue_gives_what_is_left_then_nothing() -> None:
    queue = FrameQueue()
    queue.put(chosen(1))
    queue.close()

    assert indexes(queue.take(8, 1 << 30)) == [1]
    assert queue.take(8, 1 << 30) == ()


def test_camera_that_floods_does_not_fill_the_memory() -> None:
    queue = FrameQueue()

    for number in range(12_000):
        queue.tell(Refusal(at_us=number, reason="half a picture"))

    assert len(queue.take(1, 1)) == 10_000


@given(st.lists(st.integers(0, 2), max_size=40), st.integers(1, 5))
def test_counts_are_those_of_what_waits(acts: list[int], most: int) -> None:
    queue, waiting = FrameQueue(limit_bytes=5 * ONE), []
    for number, act in enumerate(acts):
        if act == 0 and queue.put(chosen(number)):
            waiting.append(number)
        elif act == 1 and waiting:
            taken = indexes(queue.take(most, 3 * ONE))
            assert taken == waiting[: min(most, 3)]
            del waiting[: len(taken)]
        elif act == 2:
            assert queue.drop() == len(waiting)
            waiting.clear()
        assert queue.waiting == len(waiting)
        assert queue.waiting_bytes == len(waiting) * ONE
