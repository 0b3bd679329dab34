"""Rows of CSV that a spreadsheet cannot mistake for formulas.

A cell that begins with one of = + - @, a tab, a line break or an apostrophe gets an
apostrophe in front, and loses it again when it is read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def csv_row(cells: Sequence[object]) -> str:
    """One row with its line feed; text is guarded, numbers are as Python says them."""
    buffer = io.StringIO()
    guarded = [guard(cell) if isinstance(cell, str) else cell for cell in cells]
    csv.writer(buffer, lineterminator="\n").writerow(guarded)
    return buffer.getvalue()


def guard(cell: str) -> str:
    """The cell as it is written."""
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def unguard(cell: str) -> str:
    """The cell as it was meant."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_RISKY) else cell
