"""Where a setting stands in a TOML file: the line and column that a fault is told with.

`tomllib` gives values without places. They are found again by reading the text line by
line: headers of tables, and keys at the beginning of a line. A key inside of an inline
table is looked for on its table's line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_HEADER: Final = re.compile(r"(\s*\[+\s*)([^\[\]]+?)\s*\]+\s*(?:#.*)?$")
_PART: Final = r"(?:\"[^\"]*\"|'[^']*'|[\w-]+)"
_KEY: Final = re.compile(rf"(\s*)({_PART}(?:\s*\.\s*{_PART})*)\s*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line and a column of a text, both from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


def find_place(lines: Sequence[str], where: str, key: str) -> Place:
    """Where a key stands; the table around it where it has no place of its own.

    Args:
        lines: of the whole text.
        where: the dotted path of the table, "" for the outermost.
        key: in that table; "" for the table itself.
    """
    wanted = f"{where}.{key}".strip(".")
    found, length, header = Place(line=1, column=1), 0, ""
    for number, line in enumerate(lines, start=1):
        if match := _HEADER.match(line):
            path = header = _bare(match[2])
        elif match := _KEY.match(line):
            path = f"{header}.{_bare(match[2])}".strip(".")
        else:
            continue
        is_around = wanted == path or wanted.startswith(f"{path}.")
        if is_around and len(path) > length:
            length = len(path)
            column = 1 + len(match[1])
            if wanted != path:
                column = _inline(line, key, match.end()) or column
            found = Place(line=number, column=column)
    return found


def _inline(line: str, key: str, start: int) -> int:
    """The column of a key inside of an inline table; 0 where it is not on the line."""
    pattern = rf"(?<![\w-])[\"']?{re.escape(key)}[\"']?\s*="
    match = re.compile(pattern).search(line, start) if key else None
    return 1 + match.start() if match else 0


def _bare(path: str) -> str:
    """A dotted key without its quotes and spaces."""
    return ".".join(part.strip().strip("\"'") for part in path.split("."))
