"""How values stand in the files of exports: the same characters on every machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

# One encoder for all: making it takes as long as a row.
_JSON = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
)
_ROWS_AT_ONCE = 256
# `xml.sax.saxutils` would say the same, and import the network for it.
_IN_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_IN_ATTRIBUTE = {**_IN_TEXT, "\n": "&#10;", "\t": "&#9;"}
_TEXT_SIGNS = str.maketrans(_IN_TEXT)
_ATTRIBUTE_SIGNS = str.maketrans(_IN_ATTRIBUTE)


def json_text(value: object) -> str:
    """JSON on one line, keys sorted, not escaped beyond need."""
    return _JSON.encode(value)


def number_text(value: float) -> str:
    """A number as short as it can be read back: whole ones without a point."""
    whole = int(value)
    return str(whole) if whole == value else repr(value)


def xml_text(text: str) -> str:
    """Text between two tags."""
    return text.translate(_TEXT_SIGNS)


def xml_attribute(text: str) -> str:
    """An attribute's value, quotes included."""
    said = text.translate(_ATTRIBUTE_SIGNS)
    if '"' not in said:
        return f'"{said}"'
    return f"'{said}'" if "'" not in said else f'"{said.replace(chr(34), "&quot;")}"'


def json_lines(path: Path) -> Iterator[Any]:
    """The values of a file of ours that holds one a line.

    Raises:
        ValueError: a line is no JSON.
    """
    with path.open("rb") as stream:
        for line in stream:
            yield json.loads(line)


def framed_rows(
    lines: Iterator[bytes], end: bytes, *, brackets: bytes = b"[]"
) -> Iterator[Any]:
    """The values of a JSON list of ours, one a line, up to the line that ends it.

    `lines` begin with the first value, and are read no further than `end`. With the
    brackets of an object its pairs are given instead.

    Raises:
        ValueError: a line is no JSON, or the end does not come.
    """
    opening, closing = brackets[:1], brackets[1:]
    is_ended = False
    while not is_ended:
        part: list[bytes] = []
        for line in islice(lines, _ROWS_AT_ONCE):
            is_ended = line.endswith(end)
            part.append(line.removesuffix(end) if is_ended else line)
            if is_ended:
                break
        if not part:
            raise ValueError("a file ends too early")
        values = json.loads(opening + b"".join(part).removesuffix(b",\n") + closing)
        yield from values.items() if brackets == b"{}" else values


def xml_root(path: Path) -> Element:
    """The root of a file of ours, entities and document types refused.

    Raises:
        SyntaxError, ValueError: it is no XML, or none of ours.
    """
    root: Element = fromstring(
        path.read_bytes(), forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    return root
