"""Canonical JSON: the one byte string that a record is hashed and signed as.

UTF-8, keys sorted by code point, no white space, and of numbers whole ones alone: what
a float looks like is a matter of the language that prints it. Whoever has a fraction to
record gives its shortest decimal text (`decimal_text`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def canonical(value: Mapping[str, Any]) -> bytes:
    """The bytes of a mapping of texts, whole numbers, truths, None, lists, mappings.

    Raises:
        TypeError: it holds a float or another kind of value, or a key that is no text.
    """
    _require_plain(value)
    return json.dumps(
        value,
        sort_keys=True,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    ).encode()


def decimal_text(number: float) -> str:
    """The shortest decimal text that gives the same double again; `2`, not `2.0`."""
    whole = number == number and abs(number) < 1e15 and number == int(number)
    return str(int(number)) if whole else repr(float(number))


def valid_text(text: str) -> str:
    """The text with a question mark for what is no valid Unicode."""
    return text.encode("utf-8", "replace").decode()


def _require_plain(value: object) -> None:
    if value is None or isinstance(value, str | bool | int):
        return
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a key of a record is a text")
        for item in value.values():
            _require_plain(item)
        return
    if not isinstance(value, list | tuple):
        raise TypeError(f"a record holds no such value: {value!r}")
    for item in value:
        _require_plain(item)
