"""How a picture is handed to a model: size, order and scale of its numbers.

What the project says goes first, then what the model's file says (its input, the
`Image.*` metadata of ONNX, the `imgsz` of Ultralytics), then what is usual for the
layout of its outputs.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.assist_settings import AssistSettings
from dataset.errors import BadFile

from .detector import ModelFacts, Tensor
from .layouts import Layout
from .letterbox import Letterbox

USUAL_SIDE: Final = 640
_LARGEST_SIDE: Final = 8192
_KINDS: Final = ("float32", "float16", "float64", "uint8")
_SHAPES: Final = "1 x 3 x height x width or 1 x height x width x 3"
# What ImageNet's pictures have on average: Carion et al. hand DETR pictures so.
_IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION: Final = (0.229, 0.224, 0.225)
_PIXEL_FORMATS: Final = {"bgr8": "bgr", "bgra8": "bgr", "rgb8": "rgb", "gray8": "grey"}
_RANGES: Final = {
    "nominalrange_0_255": (1.0, ()),
    "normalized_0_1": (1 / 255, ()),
    "normalized_1_1": (1 / 127.5, (1.0,)),
}
_YOLO: Final = (Layout.YOLOV5, Layout.YOLOV8, Layout.YOLO_NMS)
_DETR: Final = (Layout.DETR, Layout.DETR_SIGMOID)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInput:
    """What a model takes: (value * scale - mean) / deviation, channels in an order.

    `width` and `height` are those of its canvas; `rank` 3 stands for no batch.
    `size_name` is a second input that is told the size of the picture, as RT-DETR's own
    export has it, of the kind `size_kind`; "" where there is none.
    """

    name: str
    width: int
    height: int
    rank: int
    is_channels_last: bool
    is_fixed: bool
    kind: str
    channels: str
    scale: float = 1 / 255
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    stretch: bool = False
    size_name: str = ""
    size_kind: str = ""

    def feeds(self, values: NDArray[np.generic]) -> dict[str, NDArray[np.generic]]:
        """All inputs by their names; boxes come out in pixels of the canvas then."""
        given = {self.name: values}
        if self.size_name:
            sides = np.array([[self.width, self.height]])
            given[self.size_name] = sides.astype(self.size_kind)
        return given

    def letterbox(self, width: int, height: int) -> Letterbox:
        """Where an image of that size lies on the canvas."""
        return Letterbox.of(
            width, height, self.width, self.height, stretch=self.stretch
        )

    def tensor(
        self, image: NDArray[np.uint8], letterbox: Letterbox
    ) -> NDArray[np.generic]:
        """The numbers for the model; `image` is (H, W, 3) uint8 BGR, upright."""
        canvas = letterbox.paint(image)
        if self.channels == "grey":
            canvas = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2GRAY), np.uint8)
            canvas = canvas[..., None]
        elif self.channels == "rgb":
            canvas = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB), np.uint8)
        values = self._numbers(canvas)
        if not self.is_channels_last:
            values = values.transpose(2, 0, 1)
        if self.rank == 4:
            values = values[None]
        return np.ascontiguousarray(values)

    def _numbers(self, canvas: NDArray[np.uint8]) -> NDArray[np.generic]:
        if self.kind == "uint8":
            return canvas
        values = canvas.astype(np.float32)
        values *= np.float32(self.scale)
        if self.mean:
            values -= np.array(self.mean, np.float32)
        if self.deviation:
            values /= np.array(self.deviation, np.float32)
        return values.astype(self.kind, copy=False)


def blank(taken: ModelInput) -> NDArray[np.generic]:
    """A grey picture for the model, to see what it gives out."""
    canvas = np.full((taken.height, taken.width, 3), 114, np.uint8)
    return taken.tensor(canvas, taken.letterbox(taken.width, taken.height))


def input_of(facts: ModelFacts, settings: AssistSettings) -> ModelInput:
    """What the model takes, before the layout of its outputs is known.

    Raises:
        BadFile: it takes something else than one picture.
    """
    sizes = [one for one in facts.inputs if _is_size(one)]
    pictures = [one for one in facts.inputs if one not in sizes]
    if len(pictures) != 1 or len(sizes) > 1:
        names = ", ".join(one.name for one in facts.inputs) or "none"
        raise BadFile(
            f"The model takes {len(facts.inputs)} inputs and not one picture: {names}",
            hint="export it with the picture as its only input",
        )
    (tensor,) = pictures
    if tensor.kind not in _KINDS:
        raise BadFile(
            f"The model takes no pictures of bytes or floats, but: {tensor.kind}",
            hint="export it with a picture of floats as its only input",
        )
    channels, height, width, is_last = _axes(tensor)
    wanted = settings.size or _noted_size(facts.notes)
    given = _size((width, height), wanted, is_set=bool(settings.size))
    return ModelInput(
        name=tensor.name,
        width=given[0],
        height=given[1],
        rank=len(tensor.shape),
        is_channels_last=is_last,
        is_fixed=width is not None and height is not None,
        kind=tensor.kind,
        channels="grey" if channels == 1 else "rgb",
        size_name=sizes[0].name if sizes else "",
        size_kind=sizes[0].kind if sizes else "",
    )


def finished(
    taken: ModelInput, layout: Layout, facts: ModelFacts, settings: AssistSettings
) -> ModelInput:
    """The input with order, scale and fit as project, file or layout have them."""
    order = _PIXEL_FORMATS.get(_note(facts.notes, "Image.BitmapPixelFormat"), "")
    usual = "bgr" if layout is Layout.CUSTOM_VISION else "rgb"
    if taken.channels == "grey":
        order = "grey"
    elif settings.channels != "auto":
        order = settings.channels
    if (order == "grey") != (taken.channels == "grey"):
        raise BadFile(
            "The model takes three channels, and `channels` says: grey",
            hint="mend `channels` under [assist] in fieldset.toml",
        )
    scale, mean, deviation = _numbers(taken, layout, facts)
    fit = settings.fit
    if fit == "auto":
        is_whole = layout in _YOLO or not taken.is_fixed
        fit = "letterbox" if is_whole else "stretch"
    return replace(
        taken,
        channels=order or usual,
        scale=settings.scale or scale,
        mean=_fitting(settings.mean or mean, taken),
        deviation=_fitting(settings.deviation or deviation, taken),
        stretch=fit == "stretch",
    )


def _numbers(
    taken: ModelInput, layout: Layout, facts: ModelFacts
) -> tuple[float, tuple[float, ...], tuple[float, ...]]:
    """Scale, mean and deviation as the file notes them, or as the layout has them."""
    noted = _RANGES.get(_note(facts.notes, "Image.NominalPixelRange"))
    if noted is not None:
        return (*noted, ())
    is_raw = layout is Layout.CUSTOM_VISION or taken.kind == "uint8"
    if is_raw:
        return 1.0, (), ()
    if layout is Layout.DETR and taken.channels != "grey":
        return 1 / 255, _IMAGENET_MEAN, _IMAGENET_DEVIATION
    return 1 / 255, (), ()


def _is_size(tensor: Tensor) -> bool:
    """Whether an input is told the width and height of one picture."""
    has_two = len(tensor.shape) == 2 and tensor.shape[1] == 2 and "size" in tensor.name
    is_known = tensor.kind in ("int64", "int32", "float32")
    return has_two and tensor.shape[0] in (None, 1) and is_known


def _fitting(values: tuple[float, ...], taken: ModelInput) -> tuple[float, ...]:
    return values[:1] if taken.channels == "grey" else values


def _axes(tensor: Tensor) -> tuple[int, int | None, int | None, bool]:
    """Channels, height, width, and whether the channels come last."""
    shape = tensor.shape
    sides = shape[1:] if len(shape) == 4 else shape
    if len(sides) != 3 or (len(shape) == 4 and shape[0] not in (None, 1)):
        what = "one picture at a time" if len(sides) == 3 else _SHAPES
        raise BadFile(
            f"The model does not take {what}: {_shown(tensor)}",
            hint="export it with a batch of 1",
        )
    first, last = sides[0], sides[2]
    if first in (1, 3):
        return int(first or 3), sides[1], sides[2], False
    if last in (1, 3):
        return int(last or 3), sides[0], sides[1], True
    if first is None and last is None:
        return 3, sides[1], sides[2], False
    raise BadFile(
        f"The model does not take {_SHAPES}: {_shown(tensor)}",
        hint="a detector takes a picture of three channels, or of one",
    )


def _size(
    fixed: tuple[int | None, int | None], wanted: tuple[int, ...], *, is_set: bool
) -> tuple[int, int]:
    usual = wanted or (USUAL_SIDE, USUAL_SIDE)
    width, height = fixed[0] or usual[0], fixed[1] or usual[1]
    if is_set and (width, height) != tuple(wanted):
        raise BadFile(
            f"The model takes {width} x {height} pixels, and `size` says: "
            f"{wanted[0]} x {wanted[1]}",
            hint="take `size` out of [assist] in fieldset.toml",
        )
    if not all(8 <= side <= _LARGEST_SIDE for side in (width, height)):
        raise BadFile(
            f"The model takes pictures of an impossible size: {width} x {height}",
            hint=f"a side lies in 8 to {_LARGEST_SIDE} pixels",
        )
    return width, height


def _noted_size(notes: Mapping[str, str]) -> tuple[int, ...]:
    """Width and height that Ultralytics notes as `imgsz`, height first; or nothing."""
    try:
        found = ast.literal_eval(notes.get("imgsz", ""))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ()
    sides = [found, found] if isinstance(found, int) else found
    is_size = isinstance(sides, list | tuple) and len(sides) == 2
    if not is_size or not all(type(s) is int and 8 <= s <= 8192 for s in sides):
        return ()
    return sides[1], sides[0]


def _note(notes: Mapping[str, str], key: str) -> str:
    """A note by its key; keys and values of ONNX's image metadata know no case."""
    for name, value in notes.items():
        if name.casefold() == key.casefold():
            return value.casefold()
    return ""


def _shown(tensor: Tensor) -> str:
    sides = " x ".join("?" if s is None else str(s) for s in tensor.shape)
    return sides or "one number"
