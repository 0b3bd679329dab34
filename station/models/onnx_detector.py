"""A detector of the user's own, an ONNX file, run in a child process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from dataset.assist_settings import AssistSettings
from dataset.findings import Finding
from dataset.records import BoxOrigin, Sample
from labeling.detection.detector import Detection, nothing

from .child_model import ChildModel
from .model_process import LOAD_S, MEMORY_BYTES

# Another decoding gives other boxes: what was kept of an earlier one is not used.
_REVISION: Final = 1
_OF_THE_PROJECT: Final = ("threshold", "sure", "classes", "moving", "seconds", "by")


class OnnxDetector(ChildModel):
    """Finds things with an ONNX model; use it as a context manager.

    Attributes:
        key: digest of the model's bytes and of how it is used.
        digest: SHA-256 of the model's file alone.
        layout: of its outputs, as recognised.
        names: of its classes, by number.
    """

    origin = BoxOrigin.MODEL

    def __init__(
        self,
        path: Path,
        settings: AssistSettings,
        image_path: Callable[[Sample], Path],
        *,
        memory_bytes: int = MEMORY_BYTES,
        load_seconds: float = LOAD_S,
        command: tuple[str, ...] = (),
        waiting: Callable[[], None] = nothing,
    ) -> None:
        """Load the model.

        `image_path` says where a sample's image lies; `command` is another program
        for the child, for tests; `waiting` is called while an answer is awaited, and
        may raise `Cancelled`.

        Raises:
            NotFound: there is no such file.
            BadFile: it is no ONNX model, no detector, or takes something else than
                one picture.
        """
        super().__init__(
            path,
            {"settings": asdict(settings)},
            table="assist",
            memory_bytes=memory_bytes,
            load_seconds=load_seconds,
            command=command,
        )
        self._seconds = settings.seconds
        self._image_path = image_path
        told = self._load(waiting)
        self.layout = str(told["layout"])
        self.names: Mapping[int, str] = {
            int(number): str(name) for number, name in told["names"].items()
        }
        used = {k: v for k, v in asdict(settings).items() if k not in _OF_THE_PROJECT}
        del used["model"]
        self.key = self._key(_REVISION, used, sorted(self.names.items()))

    def detect(
        self, sample: Sample, *, waiting: Callable[[], None] = nothing
    ) -> tuple[Detection, ...]:
        """What the model finds on the sample, the surest first.

        Raises:
            BadImage: the picture cannot be read.
            BadFile: the model failed on it, or is not the same file any more.
        """
        return self.detect_file(self._image_path(sample), waiting=waiting)

    def detect_file(
        self, path: Path, *, waiting: Callable[[], None] = nothing
    ) -> tuple[Detection, ...]:
        """What the model finds on the picture in that file; raises as `detect`."""
        answer = self._asked(path, self._seconds, waiting)
        return tuple(_detection(row) for row in answer["found"])

    def remarks(self) -> tuple[Finding, ...]:
        """Nothing: what fails is told picture by picture."""
        return ()


def _detection(row: list[float]) -> Detection:
    index, score, x0, y0, x1, y1 = row
    return Detection(class_index=int(index), score=score, corners=(x0, y0, x1, y1))
