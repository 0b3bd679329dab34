from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from dataset.errors import CameraError
from station.camera.delivery import Delivery
from station.camera.frames import Frame, Refusal, SourceInfo, SourceKind
from station.camera.mailbox import Mailbox
from station.camera.readback import CameraReadback

from .frames_of import PATIENCE_S, wait_for

INFO = SourceInfo(
    address="0", kind=SourceKind.USB, width=2, height=2, fps=30.0, live=True
)


def delivery(index: int, arrived_s: float = 0.0) -> Delivery:
    pixels = np.zeros((2, 2, 3), np.uint8)
    frame = Frame(index=index, captured_us=index, elapsed_s=0.0, pixels=pixels)
    return Delivery(arrived_s=arrived_s, captured_us=index, collect=lambda: frame)


def test_live_frames_that_waited_give_way_to_the_newest() -> None:
    mailbox = Mailbox(live=True)
    now_s = time.monotonic()
    for index in range(3):
        mailbox.put_frame(delivery(index, now_s - 0.6 + index / 10))

    taken = mailbox.take(PATIENCE_S, 1.0)

    assert isinstance(taken, Frame)
    assert taken.index == 2
    assert mailbox.dropped == 2


def test_live_frames_of_a_moment_are_all_given_but_never_many() -> None:
    mailbox = Mailbox(live=True)
    for index in range(5):
        mailbox.put_frame(delivery(index, 1e12))

    taken = [mailbox.take(PATIENCE_S, 1.0) for _ in range(3)]

    assert [one.index for one in taken if isinstance(one, Frame)] == [2, 3, 4]
    assert mailbox.dropped == 2


def test_mailbox_of_a_clip_makes_its_putter_wait() -> None:
    mailbox = Mailbox(live=False)

    def put() -> None:
        for index in range(50):
            mailbox.put_frame(delivery(index))
        mailbox.end()

    putter = threading.Thread(target=put)
    putter.start()
    taken = []
    while (one := mailbox.take(PATIENCE_S, 1.0)) is not None:
        taken.append(one)
    putter.join()

    assert [one.index for one in taken if isinstance(one, Frame)] == list(range(50))


def test_close_frees_a_putter_that_waits() -> None:
    mailbox = Mailbox(live=False)

    def put() -> None:
        for index in range(50):
            mailbox.put_frame(delivery(index))

    putter = threading.Thread(target=put)
    putter.start()

    mailbox.close()
    putter.join(PATIENCE_S)

    assert not putter.is_alive()
    assert mailbox.take(0.0, 1.0) is None


def test_live_frame_that_lay_too_long_is_refused() -> None:
    mailbox = Mailbox(live=True)
    mailbox.put_frame(delivery(0))

    taken = mailbox.take(PATIENCE_S, 1.0)

    assert taken == Refusal(at_us=0, reason="read too late")
    assert mailbox.refused == {"read too late": 1}


def test_events_come_before_frames_and_are_counted_at_once() -> None:
    mailbox = Mailbox(live=False)
    refusal = Refusal(at_us=1, reason="half a JPEG")
    mailbox.put_frame(delivery(0))
    mailbox.put_event(refusal)

    assert mailbox.refused == {"half a JPEG": 1}
    assert mailbox.take(PATIENCE_S, 1.0) == refusal
    assert isinstance(mailbox.take(PATIENCE_S, 1.0), Frame)


def test_frames_before_a_failure_are_given_out() -> None:
    mailbox = Mailbox(live=False)
    mailbox.put_frame(delivery(0))
    mailbox.fail(CameraError("Lost: 0", hint="plug it in"))
    mailbox.fail(CameraError("A later reason: 0"))

    assert isinstance(mailbox.take(PATIENCE_S, 1.0), Frame)
    for _ in range(2):
        with pytest.raises(CameraError, match="Lost") as caught:
            mailbox.take(PATIENCE_S, 1.0)
        assert caught.value.hint == "plug it in"


def test_slow_opening_does_not_count_as_silence() -> None:
    mailbox = Mailbox(live=True)
    wait_for(lambda: mailbox.age_s() > 0.05)
    before_s = mailbox.age_s()

    mailbox.put_info(INFO)

    assert mailbox.age_s() < before_s
    assert mailbox.wait_info(0.0) == INFO


def test_frame_that_was_written_over_counts_as_dropped() -> None:
    mailbox = Mailbox(live=True)
    gone = Delivery(arrived_s=1e12, captured_us=0, collect=lambda: None)
    mailbox.put_frame(gone)

    with pytest.raises(TimeoutError):
        mailbox.take(0.0, 1.0)

    assert mailbox.dropped == 1


def test_newer_readback_is_in_the_info() -> None:
    mailbox = Mailbox(live=True)
    mailbox.put_info(INFO)
    readback = CameraReadback(driver="uvcvideo")

    mailbox.put_readback(readback)

    assert mailbox.info is not None
    assert mailbox.info.readback == readback
