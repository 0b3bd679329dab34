"""Keeps frames of which a model of the user's is unsure."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Final, Protocol

from dataset.errors import BadFile, BadImage, FieldsetError, UsageError
from dataset.progress import Cancelled
from labeling.detection.detector import Detection

from ..camera.frames import Frame, SourceInfo
from ..camera.seconds import SLACK_S, not_negative

log = logging.getLogger(__name__)

_FAILURES: Final = 3
"""Pictures in a row on which the model may fail before capture ends."""
_NEVER: Final = -math.inf


class LooksAtFrames(Protocol):
    """Finds things on frames; `FrameDetector` does."""

    def detect(
        self, frame: Frame, *, waiting: Callable[[], None]
    ) -> tuple[Detection, ...]:
        """What is on the frame; `waiting` may raise `Cancelled`."""


OpenModel = Callable[[Callable[[], None]], AbstractContextManager[LooksAtFrames]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """What the model said of the last frame it looked at.

    `scores` are those of its boxes, the surest first; from `low` to `high` the model
    is unsure. `index` is that of the frame; `seen` counts frames that were looked at,
    `failed` those on which the model failed.
    """

    index: int
    scores: tuple[float, ...]
    low: float
    high: float
    seen: int
    failed: int

    @property
    def is_unsure(self) -> bool:
        """Whether a score lies in the band."""
        return is_unsure(self.scores, self.low, self.high)


def is_unsure(scores: tuple[float, ...], low: float, high: float) -> bool:
    """Whether one of the scores lies between `low` and `high`, both included."""
    return any(low <= score <= high for score in scores)


class UncertainTrigger:
    """A frame with a box whose score lies in a band, then none for `cool_down_s`.

    The model works in a thread and a child process of its own. A live camera is never
    kept waiting: while the model looks at one frame those that come are passed over,
    and the frame is given when the answer is there. Of a clip or folder each frame
    is looked at, so that the same frames are kept at any speed.
    """

    def __init__(
        self,
        open_model: OpenModel,
        *,
        low: float,
        high: float,
        cool_down_s: float = 2.0,
    ) -> None:
        """Take the model; `open_model` loads it, and calls what it is given meanwhile.

        Raises:
            UsageError: the band is empty.
        """
        if not 0.0 <= low <= high <= 1.0:
            raise UsageError(f"A band of scores lies in 0 to 1: {low:g} to {high:g}")
        self._open_model = open_model
        self._low, self._high = low, high
        self._cool_down_s = not_negative("cool_down_s", cool_down_s)
        self._changed = threading.Condition()
        self._closed = False
        self._waits = False
        self._asked: Frame | None = None
        self._chosen: Frame | None = None
        self._error: Exception | None = None
        self._thread: threading.Thread | None = None
        self._fired_s = _NEVER
        self._offered_s = _NEVER
        self._view: ModelView | None = None

    def prepare(self, info: SourceInfo) -> None:
        """Load the model and try it once.

        Raises:
            NotFound: there is no such file.
            BadFile: it is no model, or no detector.
        """
        self._waits = not info.live
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._work, args=(ready,), name="uncertain-model"
        )
        self._thread.start()
        ready.wait()
        self._raise_error()

    def close(self) -> None:
        """End the model, whatever it does, and its thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def view(self) -> ModelView | None:
        """What the model said last, from any thread; None before its first answer."""
        return self._view

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """Return the frame of which the model was found to be unsure, if there is one.

        Raises:
            BadFile: the model failed on several frames in a row.
        """
        with self._changed:
            if frame.elapsed_s < self._offered_s:
                self._fired_s = _NEVER
            self._offered_s = frame.elapsed_s
            is_resting = frame.elapsed_s - self._fired_s + SLACK_S < self._cool_down_s
            if self._asked is None and self._chosen is None and not is_resting:
                self._asked = frame
                self._changed.notify_all()
            if self._waits:
                self._changed.wait_for(lambda: self._asked is None or self._closed)
            self._raise_error()
            chosen, self._chosen = self._chosen, None
        if chosen is None:
            return ()
        self._fired_s = chosen.elapsed_s
        return (chosen,)

    def _work(self, ready: threading.Event) -> None:
        """The thread: loads the model and answers until it is closed."""
        try:
            with suppress(Cancelled), self._open_model(self._go_on) as model:
                ready.set()
                self._answer_all(model)
        except Exception as error:  # noqa: BLE001  (raised again where frames are offered)
            self._fail(error)
        finally:
            ready.set()

    def _answer_all(self, model: LooksAtFrames) -> None:
        failed_in_a_row = 0
        while (frame := self._next()) is not None:
            try:
                found = model.detect(frame, waiting=self._go_on)
                failed_in_a_row = 0
            except (BadFile, BadImage) as error:
                failed_in_a_row += 1
                if failed_in_a_row >= _FAILURES:
                    raise
                log.info("the model failed on a frame: %s", error)
                found = None
            self._note(frame, found)

    def _next(self) -> Frame | None:
        with self._changed:
            self._changed.wait_for(lambda: self._asked is not None or self._closed)
            return None if self._closed else self._asked

    def _note(self, frame: Frame, found: tuple[Detection, ...] | None) -> None:
        before = self._view
        scores = tuple(one.score for one in found or ())
        view = ModelView(
            index=frame.index,
            scores=scores,
            low=self._low,
            high=self._high,
            seen=1 + (before.seen if before else 0),
            failed=(found is None) + (before.failed if before else 0),
        )
        with self._changed:
            self._view = view
            self._chosen = frame if view.is_unsure else None
            self._asked = None
            self._changed.notify_all()

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._error = error
            self._asked = None
            self._changed.notify_all()

    def _go_on(self) -> None:
        if self._closed:
            raise Cancelled

    def _raise_error(self) -> None:
        error = self._error
        if isinstance(error, FieldsetError):
            # Each raise has its own traceback.
            raise type(error)(error.message, hint=error.hint) from error
        if error is not None:
            raise error
