"""What `fieldset.toml` says of labeling: when boxes stop being carried, and by whom.

[label]
carry_gap_s = 120             boxes are not carried over a longer pause
tracker = "models/vit.onnx"   a tracker of the user's beside the built-in one, relative
                              to the project's folder; a list names a network's two
                              parts, backbone and head
tracker_seconds = 10          the time one image may take it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from .policies.recipes import RecipeFault

_PARTS_MOST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSettings:
    """When boxes stop being carried, and the files of the tracker that helps.

    `tracker` is empty where there is none but the built-in way.
    """

    carry_gap_s: float = 120.0
    tracker: tuple[str, ...] = ()
    tracker_seconds: float = 10.0


def read_label(table: Mapping[str, Any]) -> LabelSettings:
    """The settings that the table `[label]` stands for.

    Raises:
        RecipeFault: a key does not exist, or has a value it cannot have.
    """
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _READERS:
            near = get_close_matches(key, sorted(_READERS), n=1)
            fits = f"did you mean {near[0]}?" if near else ", ".join(sorted(_READERS))
            raise RecipeFault(key, f"there is no such setting ({fits})", key)
        values[key] = _READERS[key](key, value)
    return LabelSettings(**values)


def _gap(key: str, value: object) -> float:
    gap = _number(key, value)
    if not 0 < gap < 1e9:
        raise RecipeFault(key, "a pause is above 0 s", gap)
    return gap


def _seconds(key: str, value: object) -> float:
    seconds = _number(key, value)
    if not 0.1 <= seconds <= 600:
        raise RecipeFault(key, f"`{key}` lies in 0.1 to 600", seconds)
    return seconds


def _number(key: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise RecipeFault(key, f"`{key}` has another type", value)
    return float(value)


def _files(key: str, value: object) -> tuple[str, ...]:
    """One file, or two of a network in parts; "" stands for none."""
    found: Any = [value] if isinstance(value, str) else value
    is_list = isinstance(found, list) and len(found) <= _PARTS_MOST
    if not is_list or not all(isinstance(one, str) for one in found):
        raise RecipeFault(key, f"`{key}` is a file, or a list of two", value)
    names = tuple(str(one) for one in found if one)
    if any(not name.lower().endswith(".onnx") for name in names):
        raise RecipeFault(key, f"`{key}` is an ONNX file", value)
    return names


_READERS: Final[Mapping[str, Callable[[str, object], object]]] = {
    "carry_gap_s": _gap,
    "tracker": _files,
    "tracker_seconds": _seconds,
}
