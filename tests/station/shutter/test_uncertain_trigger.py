from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from dataset.assist_settings import AssistSettings
from dataset.errors import BadFile, UsageError
from labeling.detection.detector import Detection
from station.camera.frames import Frame
from station.models.frame_detector import FrameDetector
from station.shutter.uncertain_trigger import (
    LooksAtFrames,
    UncertainTrigger,
    is_unsure,
)
from tests.onnx_models import hanging, seeing_colours

from .scripted import CAMERA, CLIP, frame, wait_for

Waiting = Callable[[], None]


def painted(index: int, red: int, elapsed_s: float | None = None) -> Frame:
    """A picture of 64 x 64 that is black but for a square of 32 of that red."""
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:32, :32, 2] = red
    return frame(index, elapsed_s, picture)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Callable[..., UncertainTrigger]]:
    """Makes triggers over a real detector in a child process; closes them."""
    model = seeing_colours(tmp_path / "colours.onnx")
    made: list[UncertainTrigger] = []

    def make(**options: float) -> UncertainTrigger:
        settings = AssistSettings(model=str(model))
        band = {"low": 0.3, "high": 0.6, "cool_down_s": 0.0, **options}
        made.append(
            UncertainTrigger(
                lambda waiting: FrameDetector(model, settings, waiting=waiting), **band
            )
        )
        return made[-1]

    yield make
    for trigger in made:
        trigger.close()


class Scripted:
    """A model that answers when it is let."""

    def __init__(self, *answers: float | Exception) -> None:
        self._answers = list(answers)
        self.may_answer = threading.Event()
        self.seen: list[int] = []

    def detect(self, frame: Frame, *, waiting: Waiting) -> tuple[Detection, ...]:
        """The next answer, as the score of one box."""
        self.seen.append(frame.index)
        while not self.may_answer.wait(0.01):
            waiting()
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return (Detection(class_index=0, score=answer, corners=(0, 0, 1, 1)),)


def over(model: Scripted) -> Callable[[Waiting], AbstractContextManager[LooksAtFrames]]:
    @contextmanager
    def opened(_waiting: Waiting) -> Iterator[LooksAtFrames]:
        yield model

    return opened


def test_clip_gives_the_frames_of_which_the_model_is_unsure(
    real: Callable[..., UncertainTrigger],
) -> None:
    trigger = real()
    trigger.prepare(CLIP)
    reds = [255, 110, 0, 120, 255, 130]

    kept = [
        one.index
        for n, red in enumerate(reds)
        for one in trigger.offer(painted(n, red))
    ]

    assert kept == [1, 3, 5]
    view = trigger.view()
    assert view is not None
    assert (view.seen, view.failed, view.index) == (6, 0, 5)
    assert view.is_unsure


def test_pause_between_two_kept_frames(
    real: Callable[..., UncertainTrigger],
) -> None:
    trigger = real(cool_down_s=1.0)
    trigger.prepare(CLIP)

    kept = [
        one.index for n in range(25) for one in trigger.offer(painted(n, 110, n / 10))
    ]

    assert kept == [0, 10, 20]


def test_live_camera_is_never_kept_waiting() -> None:
    model = Scripted(0.5)
    trigger = UncertainTrigger(over(model), low=0.3, high=0.6)
    trigger.prepare(CAMERA)
    assert trigger.offer(frame(0)) == ()
    wait_for(lambda: model.seen)

    offered = [trigger.offer(frame(n)) for n in range(1, 50)]
    model.may_answer.set()
    wait_for(trigger.view)
    kept = trigger.offer(frame(50))
    trigger.close()

    assert not any(offered)
    assert [one.index for one in kept] == [0]
    assert model.seen[0] == 0


def test_model_that_fails_now_and_then_does_not_end_capture() -> None:
    model = Scripted(BadFile("no"), BadFile("no"), 0.5, BadFile("no"), 0.5)
    model.may_answer.set()
    trigger = UncertainTrigger(over(model), low=0.3, high=0.6, cool_down_s=0.0)
    trigger.prepare(CLIP)

    kept = [one.index for n in range(5) for one in trigger.offer(frame(n))]
    trigger.close()

    assert kept == [2, 4]
    view = trigger.view()
    assert view is not None
    assert view.failed == 3


def test_model_that_fails_again_and_again_is_told() -> None:
    model = Scripted(*[BadFile("The model fails: m.onnx", hint="h")] * 3)
    model.may_answer.set()
    trigger = UncertainTrigger(over(model), low=0.3, high=0.6)
    trigger.prepare(CLIP)

    trigger.offer(frame(0))
    trigger.offer(frame(1))
    with pytest.raises(BadFile, match=r"m\.onnx") as caught:
        trigger.offer(frame(2))
    trigger.close()

    assert caught.value.hint == "h"


def test_file_that_is_no_model_is_told_when_it_is_prepared(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"no model at all")
    settings = AssistSettings(model=str(path))
    trigger = UncertainTrigger(
        lambda waiting: FrameDetector(path, settings, waiting=waiting),
        low=0.3,
        high=0.6,
    )

    with pytest.raises(BadFile, match="no ONNX model"):
        trigger.prepare(CLIP)
    trigger.close()


def test_closing_ends_a_model_that_hangs(tmp_path: Path) -> None:
    path = hanging(tmp_path / "m.onnx", only_on_pictures=True)
    settings = AssistSettings(model=str(path), seconds=600.0)
    trigger = UncertainTrigger(
        lambda waiting: FrameDetector(path, settings, waiting=waiting),
        low=0.3,
        high=0.6,
    )
    trigger.prepare(CLIP)
    threading.Timer(0.3, trigger.close).start()

    kept = trigger.offer(painted(0, 255))
    trigger.close()

    assert kept == ()


def test_classes_that_the_project_leaves_out_make_nobody_unsure(
    tmp_path: Path,
) -> None:
    path = seeing_colours(tmp_path / "colours.onnx")
    settings = AssistSettings(model=str(path), classes=(("red", ""),))
    with FrameDetector(path, settings) as detector:
        found = detector.detect(painted(0, 110))

    assert {one.class_index for one in found} <= {1, 2}


def test_band_has_both_its_ends() -> None:
    assert is_unsure((0.9, 0.3), 0.3, 0.6)
    assert is_unsure((0.6,), 0.3, 0.6)
    assert not is_unsure((0.61, 0.29), 0.3, 0.6)
    assert not is_unsure((), 0.0, 1.0)


@pytest.mark.parametrize("band", [(0.6, 0.3), (-0.1, 0.5), (0.5, 1.1)])
def test_empty_band_is_wrong_usage(band: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match="band of scores"):
        UncertainTrigger(over(Scripted()), low=band[0], high=band[1])
