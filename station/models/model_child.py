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
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from dataset.assist_settings import AssistSettings
from dataset.errors import BadFile, BadImage, FieldsetError
from dataset.images import image_file
from dataset.images.sandbox import read_message, write_message
from labeling.decoding import decode
from labeling.detector import ModelFacts, Tensor
from labeling.layouts import names_in, recognise
from labeling.model_input import ModelInput, blank, finished, input_of

if sys.platform != "win32":
    import resource

_NICE = 5
_GRACE_S = 5
_SILENT = 4
_KINDS = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}
# They have no base class of their own.
_FAULTS = (
    runtime.EPFail,
    runtime.EngineError,
    runtime.Fail,
    runtime.InvalidArgument,
    runtime.InvalidGraph,
    runtime.InvalidProtobuf,
    runtime.ModelLoaded,
    runtime.NoModel,
    runtime.NoSuchFile,
    runtime.NotImplemented,
    runtime.RuntimeException,
    RuntimeError,
    ValueError,
)
_NO_MEMORY = ("bad_alloc", "Failed to allocate memory", "BFCArena", "bad allocation")
_NO_WEIGHTS = ("External data", "external data", "GetFileLength", "weights_location")
_NOT_ONNX = ("Protobuf parsing failed", "ModelProto does not have a graph")
_UNKNOWN_OPERATOR = (
    "No Op registered",
    "is not a registered function/op",
    "Could not find an impl",
)


class LoadedModel:
    """A model in memory, with all that is needed to ask it."""

    def __init__(self, path: Path, settings: AssistSettings) -> None:
        self._overlap = settings.overlap
        self._session = _session(path)
        facts = _facts(self._session)
        taken = input_of(facts, settings)
        arrays = _run(self._session, taken, blank(taken))
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
        arrays = _run(self._session, self.input, self.input.tensor(image, letterbox))
        found = decode(arrays, self.parts, letterbox, overlap=self._overlap)
        return [[one.class_index, one.score, *one.corners] for one in found]

    def told(self) -> dict[str, Any]:
        """What the parent is told of the model."""
        return {
            "layout": self.parts.layout.value,
            "names": {str(number): name for number, name in self.names.items()},
            "input": asdict(self.input),
        }


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
    settings = _settings(order["settings"])
    model: LoadedModel | None = None
    try:
        _alarm(order["seconds"])
        model = LoadedModel(Path(order["model"]), settings)
        answer = model.told()
    except FieldsetError as error:
        answer = _refusal(error)
    except MemoryError:
        answer = _refusal(_too_large(Path(order["model"]).name))
    _alarm(0)
    write_message(answers, json.dumps(answer).encode())
    while model is not None and (request := read_message(requests)) is not None:
        asked = json.loads(request)
        _alarm(asked["seconds"])
        answer = _answer(model, Path(asked["path"]))
        _alarm(0)
        write_message(answers, json.dumps(answer).encode())


def _answer(model: LoadedModel, path: Path) -> dict[str, Any]:
    try:
        image = image_file.decode(path.read_bytes())
        return {"found": model.find(image)}
    except OSError as error:
        reason = error.strerror or type(error).__name__
        refusal = BadImage(f"The image cannot be read ({reason}): {path.name}")
        return _refusal(refusal)
    except FieldsetError as error:
        return _refusal(error)
    except MemoryError:
        return _refusal(BadFile(f"The picture needs too much memory: {path.name}"))


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


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    # One processor stays free for the window.
    options.intra_op_num_threads = max((os.cpu_count() or 2) - 1, 1)
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except _FAULTS as error:
        raise _unusable(path.name, str(error)) from error


def _unusable(name: str, said: str) -> BadFile:
    """Why the runtime does not take a file; it speaks of addresses and source lines."""
    if any(word in said for word in _NO_MEMORY):
        return _too_large(name)
    if any(word in said for word in _NO_WEIGHTS):
        return BadFile(
            f"The model's weights lie in another file, which is not there: {name}",
            hint="copy that file beside it, under the name it was exported with",
        )
    if any(word in said for word in _UNKNOWN_OPERATOR):
        return BadFile(
            f"The model holds an operation that ONNX Runtime does not know: {name}",
            hint="export it for an older opset, without operations of its own",
        )
    if any(word in said for word in _NOT_ONNX):
        return BadFile(
            f"The file is no ONNX model, or is damaged: {name}",
            hint="export the model to ONNX, or copy it again",
        )
    return BadFile(
        f"The model cannot be loaded, it is damaged or not valid: {name}",
        hint=f"export it again, for ONNX Runtime {onnxruntime.__version__}",
    )


def _too_large(name: str) -> BadFile:
    return BadFile(
        f"The model needs too much memory: {name}", hint="export a smaller one"
    )


def _run(
    session: onnxruntime.InferenceSession, taken: ModelInput, values: NDArray[Any]
) -> list[NDArray[Any]]:
    try:
        outputs = session.run(None, {taken.name: values})
    except _FAULTS as error:
        if any(word in str(error) for word in _NO_MEMORY):
            raise MemoryError from error
        raise BadFile(
            f"The model fails on a picture of {taken.width} x {taken.height}: "
            f"{_first_line(error)}",
            hint="name the `size` it was made for under [assist] in fieldset.toml",
        ) from error
    if not all(isinstance(one, np.ndarray) for one in outputs):
        raise BadFile(
            "The model gives out something else than numbers: "
            f"{', '.join(type(one).__name__ for one in outputs)}",
            hint="a detector gives out boxes, classes and scores",
        )
    return list(outputs)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0][-120:]


def _facts(session: onnxruntime.InferenceSession) -> ModelFacts:
    return ModelFacts(
        inputs=tuple(_tensor(one) for one in session.get_inputs()),
        outputs=tuple(_tensor(one) for one in session.get_outputs()),
        notes=dict(session.get_modelmeta().custom_metadata_map),
    )


def _tensor(node: Any) -> Tensor:  # noqa: ANN401  (the runtime ships no types)
    sides = node.shape or []
    return Tensor(
        name=node.name,
        shape=tuple(s if isinstance(s, int) and s > 0 else None for s in sides),
        kind=_KINDS.get(node.type, node.type),
    )


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
