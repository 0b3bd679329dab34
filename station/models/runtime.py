"""ONNX Runtime as the child process uses it: sessions, runs, and faults as sentences.

The runtime is C++ code; what it complains of speaks of addresses and source lines, and
is told in other words here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from dataset.errors import BadFile
from labeling.detection.detector import ModelFacts, Tensor

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


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """A model in memory.

    Raises:
        BadFile: the runtime does not take the file; the sentence says why.
    """
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
        return too_large(name)
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


def too_large(name: str) -> BadFile:
    """The sentence on a model that asks for more memory than it may have."""
    return BadFile(
        f"The model needs too much memory: {name}", hint="export a smaller one"
    )


def run(
    session: onnxruntime.InferenceSession,
    values: Mapping[str, NDArray[Any]],
    *,
    hint: str,
) -> list[NDArray[Any]]:
    """What the model gives out for those inputs, in the order of its outputs.

    Raises:
        BadFile: it fails on them, or gives out something else than numbers.
        MemoryError: it asked for more than there is.
    """
    try:
        outputs = session.run(None, dict(values))
    except _FAULTS as error:
        if any(word in str(error) for word in _NO_MEMORY):
            raise MemoryError from error
        sizes = ", ".join(_size(one) for one in values.values())
        raise BadFile(
            f"The model fails on a picture of {sizes}: {_first_line(error)}", hint=hint
        ) from error
    if not all(isinstance(one, np.ndarray) for one in outputs):
        raise BadFile(
            "The model gives out something else than numbers: "
            f"{', '.join(type(one).__name__ for one in outputs)}",
            hint="such models give out boxes and scores",
        )
    return list(outputs)


def _size(values: NDArray[Any]) -> str:
    """Width and height of a picture, its channels first or last."""
    sides = values.shape[-3:]
    if len(sides) == 3 and sides[-1] in (1, 3):
        return f"{sides[1]} x {sides[0]}"
    return " x ".join(str(side) for side in sides[:-3:-1])


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0][-120:]


def facts_of(session: onnxruntime.InferenceSession) -> ModelFacts:
    """What the model takes and gives, as its file says."""
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
