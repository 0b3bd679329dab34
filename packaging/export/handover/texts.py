"""How values stand in the files of exports: the same characters on every machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from defusedxml.ElementTree import fromstring

# One encoder for all: making it takes as long as a row.
_JSON = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
)
_IN_TEXT = {"\r": "&#13;"}
_IN_ATTRIBUTE = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


def json_text(value: object) -> str:
    """JSON on one line, keys sorted, not escaped beyond need."""
    return _JSON.encode(value)


def number_text(value: float) -> str:
    """A number as short as it can be read back: whole ones without a point."""
    whole = int(value)
    return str(whole) if whole == value else repr(value)


def xml_text(text: str) -> str:
    """Text between two tags."""
    return escape(text, _IN_TEXT)


def xml_attribute(text: str) -> str:
    """An attribute's value, quotes included."""
    return quoteattr(text, _IN_ATTRIBUTE)


def json_lines(path: Path) -> Iterator[Any]:
    """The values of a file of ours that holds one a line.

    Raises:
        ValueError: a line is no JSON.
    """
    with path.open("rb") as stream:
        for line in stream:
            yield json.loads(line)


def xml_root(path: Path) -> Element:
    """The root of a file of ours, entities and document types refused.

    Raises:
        SyntaxError, ValueError: it is no XML, or none of ours.
    """
    root: Element = fromstring(
        path.read_bytes(), forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    return root
