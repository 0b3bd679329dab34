from __future__ import annotations

import threading

import numpy as np
import pytest

from dataset.errors import CameraError
from station.camera.frames import Frame, Refusal, SourceInfo, SourceKind
from station.camera.mailbox import Mailbox

from .frames_of import PATIENCE_S, wait_for

INFO = SourceInfo(
    address="0", kind=SourceKind.USB, width=2, height=2, fps=30.0, live=True
)


def frame(index: int) -> Frame:
    pixels = np.zeros((2, 2, 3), np.uint8)
    return Frame(index=index, captured_us=index, elapsed_s=0.0, pixels=pixels)


def test_live_mailbox_keeps_the_newest_frame() -> None:
    mailbox = Mailbox(live=True)
    for index in range(5):
        mailbox.put_frame(1e12, frame(index))

    taken = mailbox.take(PATIENCE_S, 1.0)

    assert isinstance(taken, Frame)
    assert taken.index == 4
    assert mailbox.dropped == 4


def test_mailbox_of_a_clip_makes_its_putter_wait() -> None:
    mailbox = Mailbox(live=False)

    def put() -> None:
        for index in range(50):
            mailbox.put_frame(0.0, frame(index))
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
            mailbox.put_frame(0.0, frame(index))

    putter = threading.Thread(target=put)
    putter.start()

    mailbox.close()
    putter.join(PATIENCE_S)

    assert not putter.is_alive()
    assert mailbox.take(0.0, 1.0) is None


def test_live_frame_that_lay_too_long_is_refused() -> None:
    mailbox = Mailbox(live=True)
    mailbox.put_frame(0.0, frame(0))

    taken = mailbox.take(PATIENCE_S, 1.0)

    assert taken == Refusal(at_us=0, reason="read too late")
    assert mailbox.refused == {"read too late": 1}


def test_events_come_before_frames_and_are_counted_at_once() -> None:
    mailbox = Mailbox(live=False)
    refusal = Refusal(at_us=1, reason="half a JPEG")
    mailbox.put_frame(0.0, frame(0))
    mailbox.put_event(refusal)

    assert mailbox.refused == {"half a JPEG": 1}
    assert mailbox.take(PATIENCE_S, 1.0) == refusal
    assert isinstance(mailbox.take(PATIENCE_S, 1.0), Frame)


def test_frames_before_a_failure_are_given_out() -> None:
    mailbox = Mailbox(live=False)
    mailbox.put_frame(0.0, frame(0))
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
