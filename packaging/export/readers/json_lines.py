"""Lines of JSON of strangers, read one by one so that memory stays small."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ..intakes.set_draft import SetDraft

_LINE_LIMIT: Final = 16 << 20


def strange_lines(file: Path, draft: SetDraft) -> Iterator[Mapping[str, Any]]:
    """The objects of the file's lines; what is none is counted and named.

    A line longer than 16 MiB ends the reading, and that is named, too.
    """
    bad = 0
    try:
        with file.open("rb") as stream:
            while line := stream.readline(_LINE_LIMIT + 1):
                if len(line) > _LINE_LIMIT:
                    draft.problem(file, "the rest is skipped, a line is too long")
                    break
                row = _object(line)
                if row is not None:
                    yield row
                elif line.strip():
                    bad += 1
    except OSError as error:
        draft.problem(file, f"the file cannot be read: {error.strerror}")
    if bad:
        draft.problem(file, f"lines that are no JSON objects, skipped: {bad}")


def _object(line: bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
