"""What `fieldset.toml` says of proposals: a detector of the user's, or motion.

[assist]
by = "model"                  or "motion"; "model" where a model is named
model = "models/cars.onnx"    ONNX alone, relative to the project's folder
layout = "yolov8"             how its outputs are laid out, where that is not told
threshold = 0.25              less sure boxes are no proposals
sure = 0.5                    surer ones are accepted with one key
overlap = 0.5                 two boxes of a class with more IoU are one thing
seconds = 20                  the time one image may take
names = ["car", "person"]     the model's classes, where its file does not say
classes = { person = "" }     the project's class for one of the model's; "" for none
size = [640, 480]             width and height, where the model takes any
fit, channels, scale, mean, deviation      how pixels are handed over
moving = "car"                the class of what moves, for "motion"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Final

from .policies.recipes import RecipeFault

PROPOSERS: Final = ("model", "motion")
LAYOUTS: Final = (
    "auto",
    "yolov5",
    "yolov8",
    "yolo-nms",
    "ssd",
    "ssd-xy",
    "custom-vision",
    "detr",
    "detr-sigmoid",
)
FITS: Final = ("auto", "letterbox", "stretch")
CHANNELS: Final = ("auto", "rgb", "bgr", "grey")
_LONGEST_SIDE: Final = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistSettings:
    """Who proposes boxes, and how; `scale` 0 and empty tuples mean: as the model says.

    `classes` are pairs of a class of the model and one of the project, "" for none.
    """

    by: str = ""
    model: str = ""
    layout: str = "auto"
    threshold: float = 0.25
    sure: float = 0.5
    overlap: float = 0.5
    seconds: float = 20.0
    names: tuple[str, ...] = ()
    classes: tuple[tuple[str, str], ...] = ()
    size: tuple[int, ...] = ()
    fit: str = "auto"
    channels: str = "auto"
    scale: float = 0.0
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    moving: str = ""

    @property
    def proposer(self) -> str:
        """`model`, `motion`, or "" where the project chose none."""
        return self.by or ("model" if self.model else "")


def read_assist(table: Mapping[str, Any]) -> AssistSettings:
    """The settings that the table `[assist]` stands for.

    Raises:
        RecipeFault: a key does not exist, or has a value it cannot have; a key inside
            of `classes` is told as `classes.NAME`.
    """
    known = {field.name for field in fields(AssistSettings)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            near = get_close_matches(key, sorted(known), n=1)
            fits = f"did you mean {near[0]}?" if near else ", ".join(sorted(known))
            raise RecipeFault(key, f"there is no such setting ({fits})", key)
        values[key] = _READERS[key](key, value)
    if values.get("by") == "model" and not values.get("model"):
        raise RecipeFault("by", "no `model` is named", "model")
    return AssistSettings(**values)


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise RecipeFault(key, f"`{key}` is a text", value)
    return value


def _one_of(*allowed: str) -> Callable[[str, object], str]:
    def read(key: str, value: object) -> str:
        if value not in allowed:
            raise RecipeFault(key, f"`{key}` is one of {', '.join(allowed)}", value)
        return str(value)

    return read


def _number(low: float, high: float) -> Callable[[str, object], float]:
    def read(key: str, value: object) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= float(str(value)) <= high:
            raise RecipeFault(key, f"`{key}` lies in {low:g} to {high:g}", value)
        return float(str(value))

    return read


def _names(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise RecipeFault(key, f"`{key}` is a list of names", value)
    return tuple(value)


def _classes(key: str, value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise RecipeFault(key, f"`{key}` is a table", value)
    for name, target in value.items():
        if not isinstance(target, str):
            what = "a class of the project is a name"
            raise RecipeFault(f"{key}.{name}", what, target)
    return tuple(value.items())


def _size(key: str, value: object) -> tuple[int, ...]:
    sides = [value, value] if type(value) is int else value
    what = f"`{key}` is [width, height], each in 32 to {_LONGEST_SIDE}"
    if not isinstance(sides, list) or len(sides) != 2:
        raise RecipeFault(key, what, value)
    if not all(type(side) is int and 32 <= side <= _LONGEST_SIDE for side in sides):
        raise RecipeFault(key, what, value)
    return tuple(sides)


def _per_channel(low: float, high: float) -> Callable[[str, object], tuple[float, ...]]:
    one = _number(low, high)

    def read(key: str, value: object) -> tuple[float, ...]:
        if not isinstance(value, list) or len(value) not in (1, 3):
            raise RecipeFault(key, f"`{key}` is a list of one or three numbers", value)
        return tuple(one(key, number) for number in value)

    return read


_READERS: Final[Mapping[str, Callable[[str, object], object]]] = {
    "by": _one_of(*PROPOSERS),
    "model": _text,
    "layout": _one_of(*LAYOUTS),
    "threshold": _number(0.05, 1.0),
    "sure": _number(0.0, 1.0),
    "overlap": _number(0.05, 1.0),
    "seconds": _number(0.1, 3600.0),
    "names": _names,
    "classes": _classes,
    "size": _size,
    "fit": _one_of(*FITS),
    "channels": _one_of(*CHANNELS),
    "scale": _number(1e-6, 1e3),
    "mean": _per_channel(-1e3, 1e3),
    "deviation": _per_channel(1e-6, 1e6),
    "moving": _text,
}
