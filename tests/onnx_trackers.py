"""Tiny ONNX trackers, written on the spot: they follow the colour in the middle."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .onnx_models import VIT_INPUTS, _int, _ints, _node, _tensor, _write


def following_colours(path: Path) -> Path:
    """A real little tracker, laid out as VitTrack: it follows the colour in the middle.

    Each of 16 x 16 cells of the search window is compared with the template's middle;
    4 x 4 cells together are one object, for that is what a box covers of the window.
    """
    nodes = [
        *_middle("template"),
        _node(
            "AveragePool",
            ["search"],
            ["cells"],
            _ints("kernel_shape", [16, 16]),
            _ints("strides", [16, 16]),
        ),
        *_likeness("cells"),
        _node(
            "AveragePool",
            ["likeness"],
            ["output1"],
            _ints("kernel_shape", [4, 4]),
            _ints("pads", [1, 1, 2, 2]),
        ),
        _node("Identity", ["size_kept"], ["output2"]),
        _node("Identity", ["offset_kept"], ["output3"]),
    ]
    kept = [
        *_middle_kept("template", 44, 84),
        _tensor("width", np.array([1.0], np.float32)),
        _tensor("size_kept", np.full((1, 2, 16, 16), 0.25, np.float32)),
        _tensor("offset_kept", np.full((1, 2, 16, 16), 1.0, np.float32)),
    ]
    two = ("float32", (1, 2, 16, 16))
    given = {"output1": ("float32", (1, 1, 16, 16)), "output2": two, "output3": two}
    return _write(path, nodes, kept, VIT_INPUTS, given, None)


def nano_backbone(path: Path) -> Path:
    """The first part of a NanoTrack: colours of cells, for windows of either size."""
    nodes = [
        _node(
            "AveragePool",
            ["input"],
            ["output"],
            _ints("kernel_shape", [16, 16]),
            _ints("strides", [16, 16]),
            _ints("pads", [8, 8, 8, 8]),
        )
    ]
    taken = {"input": ("float32", (1, 3, 255, 255))}
    return _write(path, nodes, [], taken, {"output": ("float32", (1, 3, 16, 16))}, None)


def nano_head(path: Path) -> Path:
    """The second part: where the cells have the colour of the template's middle."""
    side = np.full((1, 4, 16, 16), 255 / 8, np.float32)
    nodes = [
        *_middle("input1"),
        *_likeness("input2"),
        _node(
            "AveragePool",
            ["likeness"],
            ["smooth"],
            _ints("kernel_shape", [3, 3]),
            _ints("pads", [1, 1, 1, 1]),
        ),
        _node("Sub", ["smooth", "half"], ["above"]),
        _node("Mul", ["above", "steep"], ["object"]),
        _node("Neg", ["object"], ["background"]),
        _node("Concat", ["background", "object"], ["output1"], _int("axis", 1)),
        _node("Identity", ["sides_kept"], ["output2"]),
    ]
    kept = [
        *_middle_kept("input1", 3, 5),
        _tensor("half", np.array([0.8], np.float32)),
        _tensor("steep", np.array([10.0], np.float32)),
        _tensor("width", np.array([1 / 4000], np.float32)),
        _tensor("sides_kept", side),
    ]
    taken = {
        "input1": ("float32", (1, 3, 8, 8)),
        "input2": ("float32", (1, 3, 16, 16)),
    }
    given = {
        "output1": ("float32", (1, 2, 16, 16)),
        "output2": ("float32", (1, 4, 16, 16)),
    }
    return _write(path, nodes, kept, taken, given, None)


def _middle(name: str) -> list[bytes]:
    """The mean colour of the rows and columns of `_middle_kept`, as `colour`."""
    slots = [f"{name}_{what}" for what in ("from", "to", "axes")]
    return [
        _node("Slice", [name, *slots], ["middle"]),
        _node("ReduceMean", ["middle"], ["colour"], _ints("axes", [2, 3])),
    ]


def _middle_kept(name: str, low: int, high: int) -> list[bytes]:
    return [
        _tensor(f"{name}_from", np.array([low, low], np.int64)),
        _tensor(f"{name}_to", np.array([high, high], np.int64)),
        _tensor(f"{name}_axes", np.array([2, 3], np.int64)),
    ]


def _likeness(cells: str) -> list[bytes]:
    """How near each cell is to `colour`, 1 for the same; `width` says what is far."""
    return [
        _node("Sub", [cells, "colour"], ["apart"]),
        _node("Mul", ["apart", "apart"], ["squared"]),
        _node("ReduceMean", ["squared"], ["distance"], _ints("axes", [1])),
        _node("Mul", ["distance", "width"], ["scaled"]),
        _node("Neg", ["scaled"], ["nearness"]),
        _node("Exp", ["nearness"], ["likeness"]),
    ]
