from __future__ import annotations

import threading

import pytest

from dataset.errors import UsageError
from station.camera.frames import Frame, SourceInfo
from station.camera.triggers import BurstTrigger, PreRollTrigger
from station.shutter.trigger_slot import TriggerSlot

from .scripted import CAMERA, CLIP, WAIT_S, EveryFrame, frame, wait_for


class Slow:
    """A trigger that gets ready when it is let, and keeps every frame."""

    def __init__(self, error: Exception | None = None) -> None:
        self.may_go_on = threading.Event()
        self.is_closed = False
        self._error = error

    def prepare(self, info: SourceInfo) -> None:
        """Wait."""
        assert info.address
        self.may_go_on.wait(WAIT_S)
        if self._error is not None:
            raise self._error

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """The frame."""
        return (frame,)

    def close(self) -> None:
        """Let go."""
        self.is_closed = True
        self.may_go_on.set()


def offered(slot: TriggerSlot, first: int, count: int, info: SourceInfo) -> list[int]:
    return [
        one.index
        for n in range(first, first + count)
        for one in slot.offer(frame(n), info)
    ]


def test_live_camera_is_read_on_while_a_trigger_gets_ready() -> None:
    slow = Slow()
    slot = TriggerSlot(slow)

    before = offered(slot, 0, 10, CAMERA)
    assert slot.current is None
    slow.may_go_on.set()
    wait_for(lambda: offered(slot, 10, 1, CAMERA))
    after = offered(slot, 11, 3, CAMERA)
    slot.close()

    assert before == []
    assert after == [11, 12, 13]


def test_clip_waits_until_the_trigger_is_ready() -> None:
    slow = Slow()
    slot = TriggerSlot(slow)
    threading.Timer(0.1, slow.may_go_on.set).start()

    kept = offered(slot, 0, 3, CLIP)
    slot.close()

    assert kept == [0, 1, 2]


@pytest.mark.parametrize("info", [CAMERA, CLIP])
def test_trigger_that_cannot_get_ready_is_told(info: SourceInfo) -> None:
    slow = Slow(UsageError("No model: x"))
    slow.may_go_on.set()
    slot = TriggerSlot(slow)

    with pytest.raises(UsageError, match="No model"):
        wait_for(lambda: offered(slot, 0, 1, info))
    slot.close()


def test_trigger_that_another_replaces_is_let_go_of() -> None:
    first, second = Slow(), Slow()
    second.may_go_on.set()
    slot = TriggerSlot(first)
    offered(slot, 0, 2, CAMERA)

    slot.put(second)
    wait_for(lambda: offered(slot, 2, 1, CAMERA))
    slot.put(EveryFrame())
    kept = offered(slot, 5, 2, CAMERA)
    slot.close()

    assert first.is_closed
    assert second.is_closed
    assert kept == [5, 6]


def test_trigger_that_was_never_offered_a_frame_is_let_go_of() -> None:
    first, second = Slow(), Slow()
    slot = TriggerSlot(first)

    slot.put(second)
    slot.close()

    assert first.is_closed
    assert second.is_closed


def test_closing_ends_what_gets_ready() -> None:
    slow = Slow()
    slot = TriggerSlot(PreRollTrigger(slow, 1.0))
    offered(slot, 0, 2, CAMERA)

    slot.close()

    assert slow.is_closed


def test_burst_is_known_as_one_with_what_came_before() -> None:
    slot = TriggerSlot(PreRollTrigger(BurstTrigger(2), 1.0))
    offered(slot, 0, 1, CAMERA)
    assert slot.is_burst

    slot.put(EveryFrame())
    offered(slot, 1, 1, CAMERA)

    assert not slot.is_burst
