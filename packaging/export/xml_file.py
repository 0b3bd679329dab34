"""XML from elsewhere: no document type, no entities, nothing fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse

from .set_draft import SetDraft
from .source_folder import SourceFolder

_SMALL_LIMIT = 16 << 20
_LARGE_LIMIT = 1 << 30
_HEAD_BYTES = 4096
_DEPTH_LIMIT = 64
_SAFE: dict[str, Any] = {
    "forbid_dtd": True,
    "forbid_entities": True,
    "forbid_external": True,
}
_BROKEN = (ParseError, ValueError, LookupError, RecursionError)


def xml_files(folder: SourceFolder) -> list[Path]:
    """Every file with that suffix."""
    return [file for file in folder.files() if file.suffix.lower() == ".xml"]


def head_of(file: Path) -> bytes:
    """The beginning of a file, for a cheap look."""
    with file.open("rb") as stream:
        return stream.read(_HEAD_BYTES)


def begins_with(file: Path, tag: bytes) -> bool:
    """Whether an element of that name stands at the beginning of the file."""
    return re.search(rb"<" + tag + rb"[\s>]", head_of(file)) is not None


def parsed(folder: SourceFolder, file: Path, draft: SetDraft) -> Element | None:
    """The root of a small file; None, and a problem, for what is no good XML.

    Raises:
        BadFile: too large, or unreadable.
    """
    data = folder.bytes(file, _SMALL_LIMIT)
    try:
        root: Element = fromstring(data, **_SAFE)
    except DefusedXmlException:
        draft.problem(file, "the file declares entities or a document type, skipped")
    except _BROKEN as error:
        draft.problem(file, f"the file is no XML ({error}), skipped")
    else:
        return root
    return None


def streamed(file: Path, draft: SetDraft, tags: frozenset[str]) -> Iterator[Element]:
    """The elements of those names in a large file, each forgotten after its turn.

    What is broken or nested beyond reason ends the walk and becomes a problem.
    """
    if file.stat().st_size > _LARGE_LIMIT:
        draft.problem(file, f"the file is larger than {_LARGE_LIMIT} bytes, skipped")
        return
    path: list[Element] = []
    try:
        for event, element in iterparse(str(file), events=("start", "end"), **_SAFE):
            if event == "start":
                path.append(element)
                if len(path) > _DEPTH_LIMIT:
                    draft.problem(file, "the file is nested beyond reason, cut there")
                    return
                continue
            path.pop()
            if element.tag in tags:
                yield element
                if path:
                    path[-1].remove(element)
    except DefusedXmlException:
        draft.problem(file, "the file declares entities or a document type, skipped")
    except _BROKEN as error:
        draft.problem(file, f"the file is no XML from there on ({error})")
