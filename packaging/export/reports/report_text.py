"""Numbers, names and colours as the page prints them."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup, escape

GRAY = "#8A949E"
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
_SIDES = ("old", "new")


def amount(value: object) -> int:
    """A count: a number as it is, a list by its length, a mapping by its sum."""
    if isinstance(value, bool) or value is None:
        return int(bool(value))
    if isinstance(value, int | float):
        return int(value)
    if isinstance(value, Mapping):
        return sum(amount(part) for part in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return len(value)
    return 0


def signed(value: float | None, digits: int = 2) -> str:
    """A number with its sign, a true minus, and a dash for None."""
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{value:+.{digits}f}"
    if float(text) == 0:
        text = f"{0:.{digits}f}"
    return text.replace("-", MINUS)


def plain(value: float | None) -> str:
    """A number to three digits, with a dash for None."""
    if value is None or not math.isfinite(value):
        return DASH
    size = abs(value)
    if size >= 1000:
        text = f"{value:,.0f}"
    elif 0 < size < 0.0095:
        text = np.format_float_positional(value, 2, fractional=False, trim="-")
    else:
        digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
        text = f"{value:.{digits}f}"
    return text.replace("-", MINUS)


def safe_colour(colour: str) -> str:
    """A colour as #RRGGBB; gray for anything else, which may not reach the page."""
    return colour if _COLOUR.fullmatch(colour) else GRAY


def code_names(text: str) -> Markup:
    """Text with what stands in backticks set as code; everything is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def change_text(value: object) -> str:
    """A change as a person reads it: "3 → 5", a list of them, "" for none.

    A mapping with `old` and `new` is one change, and its `splits` hold changes by
    name; any other mapping gives its parts by name.
    """
    if isinstance(value, Mapping):
        return _change(value) if "old" in value and "new" in value else _parts(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return ", ".join(filter(None, map(change_text, value)))
    return json.dumps(value, ensure_ascii=False, default=str)


def _change(value: Mapping[str, object]) -> str:
    old, new = (str(value[side] if value[side] is not None else "") for side in _SIDES)
    inner = value.get("splits")
    splits = _parts(inner) if isinstance(inner, Mapping) else ""
    if old == new:
        return splits
    text = f"{old} → {new}" if old and new else old or new
    return f"{text} ({splits})" if splits else text


def _parts(value: Mapping[str, object]) -> str:
    texts = {name: change_text(part) for name, part in value.items()}
    return ", ".join(f"{name}: {text}" for name, text in texts.items() if text)


def data_uri(kind: str, data: bytes) -> str:
    """Bytes as an address that needs no network."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
