"""Tiny ONNX models, written on the spot: no weights lie in the repository.

The few messages of ONNX that are needed are written as protocol buffers by hand
(onnx.proto, https://onnx.ai/onnx/repo-docs/IR.html), so that the tests need no further
library. A field is a number and its kind; everything else is nesting.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KINDS = {
    "float32": 1,
    "uint8": 2,
    "int32": 6,
    "int64": 7,
    "bool": 9,
    "float16": 10,
    "float64": 11,
}
OPSET = 17
IR_VERSION = 8
FOR_EVER = 2**62
Array = NDArray[np.generic]
Shape = Sequence[int | str]
VIT_INPUTS: dict[str, tuple[str, Shape]] = {
    "template": ("float32", (1, 3, 128, 128)),
    "search": ("float32", (1, 3, 256, 256)),
}
COLOURS = "{0: 'red', 1: 'green', 2: 'blue'}"


def answering(
    path: Path,
    outputs: Mapping[str, Array],
    *,
    shape: Shape = (1, 3, 64, 64),
    kind: str = "float32",
    notes: Mapping[str, str] | None = None,
    inputs: Mapping[str, tuple[str, Shape]] | None = None,
) -> Path:
    """A model that gives the same answer to every picture."""
    taken = inputs or {"images": (kind, shape)}
    nodes = [_node("Identity", [f"{name}_kept"], [name]) for name in outputs]
    kept = [_tensor(f"{name}_kept", array) for name, array in outputs.items()]
    return _write(path, nodes, kept, taken, _told(outputs), notes)


def seeing_colours(
    path: Path, *, notes: Mapping[str, str] | None = None, shape: Shape = (1, 3, 64, 64)
) -> Path:
    """A real little detector, laid out as YOLOv8: cells of red, green and blue.

    On a canvas of 64 x 64 it cuts the picture into cells of 8, 16 and 32 pixels, and a
    cell's score for a colour is how much of it is there.
    """
    nodes, middles = [], []
    for side in (8, 16, 32):
        count = 64 // side
        nodes += [
            _node(
                "AveragePool",
                ["images"],
                [f"pooled{side}"],
                _ints("kernel_shape", [side, side]),
                _ints("strides", [side, side]),
            ),
            _node("Reshape", [f"pooled{side}", f"shape{side}"], [f"scores{side}"]),
        ]
        rows, columns = np.mgrid[0:count, 0:count]
        x, y = (columns.ravel() + 0.5) * side, (rows.ravel() + 0.5) * side
        middles.append(np.stack([x, y, np.full(len(x), side), np.full(len(x), side)]))
    nodes += [
        _node(
            "Concat", ["scores8", "scores16", "scores32"], ["scores"], _int("axis", 2)
        ),
        _node("Concat", ["boxes", "scores"], ["output0"], _int("axis", 1)),
    ]
    kept = [
        _tensor("boxes", np.concatenate(middles, axis=1)[None].astype(np.float32)),
        *(
            _tensor(f"shape{side}", np.array([1, 3, (64 // side) ** 2], np.int64))
            for side in (8, 16, 32)
        ),
    ]
    noted = {"names": COLOURS, "task": "detect"} if notes is None else notes
    given = {"output0": ("float32", (1, 7, 84))}
    return _write(path, nodes, kept, {"images": ("float32", shape)}, given, noted)


def averaging(
    path: Path,
    *,
    shape: Shape = (1, 3, 64, 64),
    kind: str = "float32",
    times: float = 1,
) -> Path:
    """A real little backbone: the mean of each channel, times a number."""
    nodes = [
        _node("GlobalAveragePool", ["images"], ["pooled"]),
        _node("Mul", ["pooled", "times"], ["features"]),
    ]
    kept = [_tensor("times", np.array(times, np.dtype(kind)))]
    given: dict[str, tuple[str, Shape]] = {"features": (kind, (1, shape[1], 1, 1))}
    return _write(path, nodes, kept, {"images": (kind, shape)}, given, None)


def hanging(path: Path, *, only_on_pictures: bool = False, pair: bool = False) -> Path:
    """A detector that never comes to an end; or only where a picture is not grey.

    `pair`: it takes what a tracker takes and gives three maps.
    """
    body = _graph(
        [
            _node("Identity", ["going"], ["going_on"]),
            _node("Sin", ["value"], ["next_value"]),
        ],
        [],
        {
            "turn": ("int64", ()),
            "going": ("bool", ()),
            "value": ("float32", (1, 300, 6)),
        },
        {"going_on": ("bool", ()), "next_value": ("float32", (1, 300, 6))},
    )
    loop = _node(
        "Loop", ["turns", "yes", "start"], ["output0"], _graph_of("body", body)
    )
    nodes, kept = (
        [loop],
        [
            _tensor("yes", np.array(True)),
            _tensor("start", np.zeros((1, 300, 6), np.float32)),
        ],
    )
    if only_on_pictures:
        # The blank picture of the trial run is 114 / 255 everywhere.
        nodes = [
            _node("ReduceMax", ["images"], ["brightest"], _int("keepdims", 0)),
            _node("Greater", ["brightest", "limit"], ["is_bright"]),
            _node("Cast", ["is_bright"], ["bright"], _int("to", KINDS["int64"])),
            _node("Mul", ["bright", "for_ever"], ["turns"]),
            loop,
        ]
        kept += [
            _tensor("limit", np.array(0.5, np.float32)),
            _tensor("for_ever", np.array(FOR_EVER, np.int64)),
        ]
    else:
        kept.append(_tensor("turns", np.array(FOR_EVER, np.int64)))
    given: dict[str, tuple[str, Shape]] = {"output0": ("float32", (1, 300, 6))}
    taken: dict[str, tuple[str, Shape]] = {"images": ("float32", (1, 3, 64, 64))}
    if pair:
        taken = VIT_INPUTS
        for name in ("output1", "output2"):
            nodes.append(_node("Identity", ["start"], [name]))
            given[name] = given["output0"]
    return _write(path, nodes, kept, taken, given, None)


def hungry(path: Path) -> Path:
    """A model that asks for a terabyte."""
    nodes = [
        _node("ConstantOfShape", ["wide"], ["huge"]),
        _node("ReduceMax", ["huge"], ["output0"]),
    ]
    kept = [_tensor("wide", np.array([256, 1024, 1024, 1024], np.int64))]
    given = {"output0": ("float32", (1, 1, 1, 1))}
    return _write(
        path, nodes, kept, {"images": ("float32", (1, 3, 64, 64))}, given, None
    )


def without_its_weights(path: Path) -> Path:
    """A model whose weights lie in another file, which is not there."""
    place = _bytes(1, b"location") + _bytes(2, f"{path.name}.data".encode())
    elsewhere = (
        b"".join(_varint(1, side) for side in (1, 300, 6))
        + _varint(2, KINDS["float32"])
        + _bytes(8, b"output0_kept")
        + _bytes(13, place)
        + _varint(14, 1)
    )
    nodes = [_node("Identity", ["output0_kept"], ["output0"])]
    given = {"output0": ("float32", (1, 300, 6))}
    return _write(
        path, nodes, [elsewhere], {"images": ("float32", (1, 3, 64, 64))}, given, None
    )


def with_unknown_operation(path: Path) -> Path:
    """A model with an operation that only its author's own library knows."""
    nodes = [_node("FindThingsQuickly", ["images"], ["output0"])]
    given = {"output0": ("float32", (1, 300, 6))}
    return _write(path, nodes, [], {"images": ("float32", (1, 3, 64, 64))}, given, None)


def nms_rows(*rows: Sequence[float], count: int = 300) -> Array:
    """The answer of a model with suppression inside: corners, score, class."""
    table = np.zeros((1, count, 6), np.float32)
    for place, row in enumerate(rows):
        table[0, place] = row
    return table


def _write(
    path: Path,
    nodes: Sequence[bytes],
    kept: Sequence[bytes],
    taken: Mapping[str, tuple[str, Shape]],
    given: Mapping[str, tuple[str, Shape]],
    notes: Mapping[str, str] | None,
) -> Path:
    opset = _bytes(1, b"") + _varint(2, OPSET)
    model = _varint(1, IR_VERSION) + _bytes(7, _graph(nodes, kept, taken, given))
    model += _bytes(8, opset)
    for key, value in (notes or {}).items():
        model += _bytes(14, _bytes(1, key.encode()) + _bytes(2, value.encode()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model)
    return path


def _graph(
    nodes: Sequence[bytes],
    kept: Sequence[bytes],
    taken: Mapping[str, tuple[str, Shape]],
    given: Mapping[str, tuple[str, Shape]],
) -> bytes:
    return (
        b"".join(_bytes(1, node) for node in nodes)
        + _bytes(2, b"graph")
        + b"".join(_bytes(5, tensor) for tensor in kept)
        + b"".join(_bytes(11, _value(n, *what)) for n, what in taken.items())
        + b"".join(_bytes(12, _value(n, *what)) for n, what in given.items())
    )


def _told(outputs: Mapping[str, Array]) -> dict[str, tuple[str, Shape]]:
    return {name: (array.dtype.name, array.shape) for name, array in outputs.items()}


def _node(
    operation: str, taken: Sequence[str], given: Sequence[str], *attributes: bytes
) -> bytes:
    return (
        b"".join(_bytes(1, name.encode()) for name in taken)
        + b"".join(_bytes(2, name.encode()) for name in given)
        + _bytes(4, operation.encode())
        + b"".join(_bytes(5, attribute) for attribute in attributes)
    )


def _int(name: str, value: int) -> bytes:
    return _bytes(1, name.encode()) + _varint(3, value) + _varint(20, 2)


def _ints(name: str, values: Sequence[int]) -> bytes:
    numbers = b"".join(_varint(8, value) for value in values)
    return _bytes(1, name.encode()) + numbers + _varint(20, 7)


def _graph_of(name: str, graph: bytes) -> bytes:
    return _bytes(1, name.encode()) + _bytes(6, graph) + _varint(20, 5)


def _tensor(name: str, array: Array) -> bytes:
    return (
        b"".join(_varint(1, side) for side in array.shape)
        + _varint(2, KINDS[array.dtype.name])
        + _bytes(8, name.encode())
        + _bytes(9, np.ascontiguousarray(array).tobytes())
    )


def _value(name: str, kind: str, shape: Shape) -> bytes:
    sides = b"".join(
        _bytes(1, _varint(1, s) if isinstance(s, int) else _bytes(2, s.encode()))
        for s in shape
    )
    tensor = _varint(1, KINDS[kind]) + _bytes(2, sides)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, tensor))


def _varint(field: int, value: int) -> bytes:
    return _number(field << 3) + _number(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _number(field << 3 | 2) + _number(len(content)) + content


def _number(value: int) -> bytes:
    found = b""
    while value > 0x7F:
        found += struct.pack("B", value & 0x7F | 0x80)
        value >>= 7
    return found + struct.pack("B", value)


def told_the_size(
    path: Path, shares: Array, labels: Array, scores: Array, *, notes: Mapping[str, str]
) -> Path:
    """RT-DETR's own export: boxes in pixels of a size that is a second input."""
    nodes = [
        _node("Cast", ["orig_target_sizes"], ["side"], _int("to", KINDS["float32"])),
        _node("Concat", ["side", "side"], ["sides"], _int("axis", 1)),
        _node("Mul", ["shares", "sides"], ["boxes"]),
        _node("Identity", ["labels_kept"], ["labels"]),
        _node("Identity", ["scores_kept"], ["scores"]),
    ]
    kept = [
        _tensor("shares", shares),
        _tensor("labels_kept", labels),
        _tensor("scores_kept", scores),
    ]
    taken: dict[str, tuple[str, Shape]] = {
        "images": ("float32", ("N", 3, 64, 64)),
        "orig_target_sizes": ("int64", ("N", 2)),
    }
    given = _told({"labels": labels, "boxes": shares, "scores": scores})
    return _write(path, nodes, kept, taken, given, notes)
