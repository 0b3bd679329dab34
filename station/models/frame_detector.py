"""Runs a detector on pictures that are no samples yet."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Self

import cv2

from dataset.assist_settings import AssistSettings
from dataset.errors import BadImage
from labeling.detection.detector import Detection, nothing

from ..camera.frames import Frame
from .onnx_detector import OnnxDetector

_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 95]


class FrameDetector:
    """A model of the user's that looks at frames; use it as a context manager.

    A frame goes to the model's child process as a file of a folder of its own, as it
    would be stored. Classes that the project leaves out (`classes = { person = "" }`)
    are not told.
    """

    def __init__(
        self,
        path: Path,
        settings: AssistSettings,
        *,
        waiting: Callable[[], None] = nothing,
    ) -> None:
        """Load the model; see `OnnxDetector`, which also says what is raised."""
        left_out = {name for name, target in settings.classes if not target}
        self._folder = tempfile.TemporaryDirectory(prefix="fieldset-frames-")
        try:
            self._detector = OnnxDetector(
                path, settings, lambda sample: path.parent / sample.id, waiting=waiting
            )
        except BaseException:
            self._folder.cleanup()
            raise
        names = self._detector.names
        self._left_out = {number for number, name in names.items() if name in left_out}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child, and remove the folder."""
        self._detector.close()
        self._folder.cleanup()

    def detect(
        self, frame: Frame, *, waiting: Callable[[], None] = nothing
    ) -> tuple[Detection, ...]:
        """What the model finds on the frame, the surest first.

        Raises:
            BadImage: the frame cannot be handed over.
            BadFile: the model failed on it, or is not the same file any more.
        """
        place = Path(self._folder.name) / "frame"
        place.write_bytes(_encoded(frame))
        found = self._detector.detect_file(place, waiting=waiting)
        return tuple(one for one in found if one.class_index not in self._left_out)


def _encoded(frame: Frame) -> bytes:
    if frame.encoded is not None:
        return frame.encoded
    done, coded = cv2.imencode(".jpg", frame.pixels, _QUALITY)
    if not done:
        raise BadImage(f"The picture cannot be encoded: {frame.pixels.shape}")
    return coded.tobytes()
