"""Rows of CSV that a spreadsheet cannot mistake for formulas.

A cell of text that begins with one of = + - @, a tab, a line break or an apostrophe
gets an apostrophe in front, and loses it again when it is read. Numbers stay numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_QUOTED = frozenset(',"\r\n')
_CLASSES = 4096


def csv_row(cells: Sequence[str | int | float]) -> str:
    """One row with its line feed; text is guarded, numbers are as Python says them."""
    shown = (csv_cell(cell) if isinstance(cell, str) else repr(cell) for cell in cells)
    return ",".join(shown) + "\n"


@lru_cache(_CLASSES)
def csv_cell(text: str) -> str:
    """A text as it stands in a row: guarded, and quoted where it must be."""
    cell = guard(text)
    if _QUOTED.isdisjoint(cell):
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


def csv_rows(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """The rows of a file of ours, by the names in its first row, as they were meant.

    `lines` keep their line ends (open the file with `newline=""`).

    Raises:
        csv.Error: it is no CSV.
    """
    for row in csv.DictReader(lines, strict=True):
        yield {name: unguard(cell) for name, cell in row.items()}


def guard(cell: str) -> str:
    """The cell as it is written."""
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def unguard(cell: str) -> str:
    """The cell as it was meant."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_RISKY) else cell
