"""A detector of the user's own, an ONNX file, run in a child process.

It is loaded once and lives until it is closed. A picture on which it dies or hangs is
refused, and the next one gets a new child.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from dataset.assist_settings import AssistSettings
from dataset.errors import BadFile, BadImage, NotFound, UsageError
from dataset.findings import Finding
from dataset.model_file import digest_file
from dataset.records import BoxOrigin, Sample
from labeling.detection.detector import Detection, nothing

from .model_process import LOAD_S, MEMORY_BYTES, ModelDied, ModelProcess

# Another decoding gives other boxes: what was kept of an earlier one is not used.
_REVISION: Final = 1
_WEIGHTS: Final = (".data", "_data")
_OF_THE_PROJECT: Final = ("threshold", "sure", "classes", "moving", "seconds", "by")


class OnnxDetector:
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
        self._path = path.absolute()
        self._settings = settings
        self._image_path = image_path
        self._memory_bytes = memory_bytes
        self._load_seconds = load_seconds
        self._command = command
        self._child: ModelProcess | None = None
        self.digest = _digest(self._path)
        self._stamp = _stamp(self._path)
        told = self._load(waiting)
        self.layout = str(told["layout"])
        self.names: Mapping[int, str] = {
            int(number): str(name) for number, name in told["names"].items()
        }
        self.key = _key(self._path, self.digest, settings, self.names)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.end()

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
        seconds = self._settings.seconds
        try:
            if self._child is None or not self._child.is_alive:
                self._load(waiting)
            assert self._child is not None
            answer = self._child.ask(
                {"path": str(path), "seconds": seconds}, seconds, waiting
            )
        except ModelDied as death:
            self.close()
            raise _failed(death, path) from None
        if "refused" in answer:
            kind = BadImage if answer["is_image"] else BadFile
            raise kind(answer["refused"], hint=answer["hint"])
        return tuple(_detection(row) for row in answer["found"])

    def remarks(self) -> tuple[Finding, ...]:
        """Nothing: what fails is told picture by picture."""
        return ()

    def _load(self, waiting: Callable[[], None]) -> dict[str, Any]:
        if _stamp(self._path) != self._stamp:
            raise BadFile(
                f"The model's file changed while it was used: {self._path.name}",
                hint="start again once it is in place",
            )
        self._child = ModelProcess(self._command or None)
        seconds = self._load_seconds
        request = {
            "model": str(self._path),
            "settings": asdict(self._settings),
            "seconds": seconds,
            "memory_bytes": self._memory_bytes,
        }
        try:
            answer = self._child.ask(request, seconds, waiting)
        except ModelDied as death:
            self.close()
            raise BadFile(
                f"The model {death}: {self._path.name}",
                hint="try it on a machine where it does no harm, or export it again",
            ) from None
        except BaseException:
            self.close()
            raise
        if "refused" in answer:
            self.close()
            raise BadFile(answer["refused"], hint=answer["hint"])
        return answer


def _failed(death: ModelDied, path: Path) -> BadFile:
    return BadFile(
        f"The model {death} on a picture: {path.name[:12]}",
        hint="`seconds` under [assist] in fieldset.toml is how long it may take",
    )


def _detection(row: list[float]) -> Detection:
    index, score, x0, y0, x1, y1 = row
    return Detection(class_index=int(index), score=score, corners=(x0, y0, x1, y1))


def _digest(path: Path) -> str:
    if not path.is_file():
        raise NotFound(
            f"There is no such model file: {path}",
            hint="name another under [assist] in fieldset.toml, or bring it back",
        )
    try:
        return digest_file(path)
    except UsageError as error:
        raise BadFile(error.message, hint="copy the model again") from error


def _stamp(path: Path) -> tuple[int, int]:
    """Size and time of the file: whether it is still the one that was digested."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_size, found.st_mtime_ns


def _key(
    path: Path, digest: str, settings: AssistSettings, names: Mapping[int, str]
) -> str:
    """What the answers depend on: the model, its weights, and how it is used."""
    beside = [path.with_name(path.name + end) for end in _WEIGHTS]
    weights = [digest_file(one) for one in beside if one.is_file()]
    used = {k: v for k, v in asdict(settings).items() if k not in _OF_THE_PROJECT}
    del used["model"]
    known = sorted(names.items())
    text = json.dumps([_REVISION, digest, weights, used, known], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
