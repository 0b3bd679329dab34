"""A backbone of the user's own, an ONNX file, run in a child process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.assist_settings import AssistSettings
from dataset.errors import BadFile
from dataset.project import Project
from labeling.detection.detector import nothing

from .child_model import ChildModel
from .model_process import LOAD_S, MEMORY_BYTES

# Another way to hand pictures over gives other vectors: kept ones are not used.
_REVISION: Final = 1
_USED: Final = ("fit", "size", "channels", "scale", "mean", "deviation")


class OnnxBackbone(ChildModel):
    """Makes vectors of pictures; a `dataset.measuring.Backbone`, for one thread.

    Loaded with the first picture that it is asked about: kept vectors need no model.

    Attributes:
        key: digest of the model's bytes and of how it is used.
        digest: SHA-256 of the model's file alone.
    """

    def __init__(
        self,
        path: Path,
        settings: AssistSettings,
        *,
        memory_bytes: int = MEMORY_BYTES,
        load_seconds: float = LOAD_S,
    ) -> None:
        """Name the model and how it is used.

        Raises:
            NotFound: there is no such file.
            BadFile: it is empty.
        """
        super().__init__(
            path,
            {"backbone": asdict(settings)},
            table="drift.backbone",
            memory_bytes=memory_bytes,
            load_seconds=load_seconds,
        )
        self._seconds = settings.seconds
        self._length = 0
        used = {name: getattr(settings, name) for name in _USED}
        self.key = self._key(_REVISION, used)

    def embed_file(
        self, path: Path, *, waiting: Callable[[], None] = nothing
    ) -> NDArray[np.float32]:
        """The model's vector of the picture in that file, (D,) float32.

        Raises:
            BadImage: the picture cannot be read.
            BadFile: the model is damaged or none for pictures, fails or hangs on this
                one, or is not the same file any more.
        """
        vector = np.array(
            self._asked(path, self._seconds, waiting)["vector"], np.float32
        )
        self._length = self._length or len(vector)
        if len(vector) != self._length:
            raise BadFile(
                f"The model gives out vectors of different lengths: {self._path.name}",
                hint="export it with a fixed output",
            )
        return vector

    def embed_pixels(
        self, pixels: NDArray[np.uint8], *, waiting: Callable[[], None] = nothing
    ) -> NDArray[np.float32]:
        """The model's vector of (H, W, 3) uint8 BGR pixels; raises as `embed_file`."""
        _, coded = cv2.imencode(".bmp", pixels)
        with tempfile.TemporaryDirectory(prefix="fieldset-frames-") as folder:
            place = Path(folder) / "frame"
            place.write_bytes(coded.tobytes())
            return self.embed_file(place, waiting=waiting)


def project_backbone(project: Project) -> AbstractContextManager[OnnxBackbone | None]:
    """The backbone that the project's settings name, until the block ends; or None.

    Raises:
        NotFound: there is no such file.
        BadFile: it is empty.
    """
    settings = project.settings.drift.backbone
    if settings is None:
        return nullcontext()
    return OnnxBackbone(project.root / settings.model, settings)
