"""The child process that runs a model: one picture after another, until input ends.

The first message on standard input says which model and how; the answer says what it
takes and gives, or why it cannot be used. Each further request names a picture's file
and is answered with what was found on it. The model runtime is C++ code fed by a
stranger's file: it may abort, hang or eat memory, here and nowhere else.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.assist_settings import AssistSettings
from dataset.errors import BadFile, BadImage, FieldsetError
from dataset.images.sandbox import read_message, write_message
from labeling.detection.decoding import decode
from labeling.detection.detector import ModelFacts, Tensor
from labeling.detection.layouts import names_in, recognise
from labeling.detection.model_input import ModelInput, blank, finished, input_of

from .backbone_network import LoadedBackbone
from .picture_file import read_picture
from .runtime import facts_of, open_session, run, too_large
from .tracker_networks import load_tracker

if sys.platform != "win32":
    import resource

_NICE = 5
_GRACE_S = 5
_SIZE_HINT = "name the `size` it was made for under [assist] in fieldset.toml"


class Loaded(Protocol):
    """Whatever answers requests: a detector, a backbone, a tracker."""

    def told(self) -> dict[str, Any]:
        """What the parent is told of the model."""

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request."""


class LoadedModel:
    """A model in memory, with all that is needed to ask it."""

    def __init__(self, path: Path, settings: AssistSettings) -> None:
        self._overlap = settings.overlap
        self._session = open_session(path)
        facts = facts_of(self._session)
        taken = input_of(facts, settings)
        arrays = self._run(taken, blank(taken))
        named = dict(enumerate(settings.names)) or names_in(facts.notes)
        names = named or _names_beside(path)
        self.parts = recognise(
            _given(facts, arrays),
            width=taken.width,
            height=taken.height,
            names=len(names),
            notes=facts.notes,
            wanted=settings.layout,
        )
        self.input: ModelInput = finished(taken, self.parts.layout, facts, settings)
        self.names = names

    def find(self, image: NDArray[np.uint8]) -> list[list[float]]:
        """Rows of class, score and corners for a picture (H, W, 3) uint8 BGR."""
        height, width = image.shape[:2]
        letterbox = self.input.letterbox(width, height)
        arrays = self._run(self.input, self.input.tensor(image, letterbox))
        found = decode(arrays, self.parts, letterbox, overlap=self._overlap)
        return [[one.class_index, one.score, *one.corners] for one in found]

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What was found on the picture that a request names."""
        return {"found": self.find(read_picture(Path(asked["path"])))}

    def told(self) -> dict[str, Any]:
        """What the parent is told of the model."""
        return {
            "layout": self.parts.layout.value,
            "names": {str(number): name for number, name in self.names.items()},
            "input": asdict(self.input),
        }

    def _run(self, taken: ModelInput, values: NDArray[Any]) -> list[NDArray[Any]]:
        return run(self._session, taken.feeds(values), hint=_SIZE_HINT)


def main() -> int:
    """Answer requests until the input ends; the exit code is 0."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    answers = os.fdopen(os.dup(1), "wb")
    with tempfile.TemporaryFile() as complaints:
        # What the runtime prints is nobody's business, and would break the answers.
        os.dup2(complaints.fileno(), 1)
        os.dup2(complaints.fileno(), 2)
        _serve(sys.stdin.buffer, answers)
    return 0


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    first = read_message(requests)
    if first is None:
        return
    order = json.loads(first)
    _limit(order["memory_bytes"])
    model: Loaded | None = None
    name = Path(order["model"]).name
    try:
        _alarm(order["seconds"])
        model = _loaded(order)
        answer = model.told()
    except FieldsetError as error:
        answer = _refusal(error)
    except MemoryError:
        answer = _refusal(too_large(name))
    _alarm(0)
    write_message(answers, json.dumps(answer).encode())
    while model is not None and (request := read_message(requests)) is not None:
        asked = json.loads(request)
        _alarm(asked["seconds"])
        answer = _answer(model, asked)
        _alarm(0)
        write_message(answers, json.dumps(answer).encode())


def _loaded(order: Mapping[str, Any]) -> Loaded:
    """What the first message asks for: a tracker's files, a backbone, a detector."""
    if "tracker" in order:
        return load_tracker([Path(one) for one in order["tracker"]])
    if "backbone" in order:
        return LoadedBackbone(Path(order["model"]), _settings(order["backbone"]))
    return LoadedModel(Path(order["model"]), _settings(order["settings"]))


def _answer(model: Loaded, asked: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return model.answer(asked)
    except FieldsetError as error:
        return _refusal(error)
    except MemoryError:
        name = Path(asked["path"]).name
        return _refusal(BadFile(f"The picture needs too much memory: {name}"))


def _names_beside(path: Path) -> dict[int, str]:
    """Class names in `labels.txt` beside the model, as Custom Vision exports them."""
    try:
        lines = path.with_name("labels.txt").read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    return {number: line.strip() for number, line in enumerate(lines) if line.strip()}


def _refusal(error: FieldsetError) -> dict[str, Any]:
    return {
        "refused": error.message,
        "hint": error.hint,
        "is_image": isinstance(error, BadImage),
    }


def _given(facts: ModelFacts, arrays: list[NDArray[Any]]) -> tuple[Tensor, ...]:
    """The outputs with the shapes that a real run had."""
    return tuple(
        Tensor(name=output.name, shape=array.shape, kind=array.dtype.name)
        for output, array in zip(facts.outputs, arrays, strict=True)
    )


def _settings(told: dict[str, Any]) -> AssistSettings:
    """The settings as they were before JSON made lists of tuples."""
    values: dict[str, Any] = {
        key: _tuples(value) if isinstance(value, list) else value
        for key, value in told.items()
    }
    return AssistSettings(**values)


def _tuples(value: list[Any]) -> tuple[Any, ...]:
    return tuple(_tuples(one) if isinstance(one, list) else one for one in value)


def _limit(memory_bytes: int) -> None:
    """Let this process address so much memory and be polite, where the system can."""
    if sys.platform == "win32":
        return
    os.nice(_NICE)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _alarm(seconds: float) -> None:
    """End this process by itself should the parent die while a model hangs."""
    if sys.platform != "win32":
        signal.alarm(int(seconds) + _GRACE_S if seconds else 0)
