"""What commands print: data to stdout, talk to stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from dataset.errors import FieldsetError
from dataset.findings import Finding
from dataset.progress import Progress

if TYPE_CHECKING:
    from dataset.findings import Finding

# Parts of emoji that show nothing themselves.
_HARMLESS = "\N{ZERO WIDTH JOINER}\N{NO-BREAK SPACE}"
_GAP = "  "
# A narrower last column is harder to read than a line that the terminal breaks.
_LEAST_FOLD = 16


def emit_json(data: Mapping[str, Any]) -> None:
    """Print one JSON object, readable, keys in the given order."""
    click.echo(_json(data, indent=2))


def emit_json_line(data: Mapping[str, Any]) -> None:
    """Print one JSON object on a line of its own, at once."""
    click.echo(_json(data))
    sys.stdout.flush()


def say(text: str) -> None:
    """Tell the person something that is no data, in one line."""
    # Whoever closed stderr does not want to hear it; the work goes on.
    with suppress(BrokenPipeError):
        click.echo(one_line(text), err=True)


def tell_finding(finding: Finding) -> None:
    """Print a finding as a sentence, and what to do about it on the next line."""
    say(f"{finding.severity.value}: {finding.what}")
    if finding.next_step:
        say(f"  {finding.next_step}")


def show_error(error: FieldsetError) -> None:
    """Print an error as one sentence, and its next step on a line of its own."""
    from station.logs import redact

    say(f"error: {redact(error.message)}")
    if error.hint:
        say(f"hint: {redact(error.hint)}")


def one_line(text: str) -> str:
    """The text without line breaks and control characters, which names may hold."""
    return "".join(
        c if c.isprintable() or c in _HARMLESS else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )


def _json(data: Mapping[str, Any], *, indent: int | None = None) -> str:
    """The data as JSON; escaped where stdout, or JSON itself, cannot hold it."""
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(data, indent=indent)
    return text


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a plain table; columns of numbers are right-aligned.

    On a terminal that is too narrow a last column of text is folded, and a table of
    numbers is printed in parts, one below the other, each with the first column.
    """
    cells = [[one_line(str(cell)) for cell in row] for row in rows]
    numeric = [
        bool(rows) and all(isinstance(row[i], int | float) for row in rows)
        for i in range(len(head))
    ]
    widths = [
        max([len(head[i]), *(len(row[i]) for row in cells)]) for i in range(len(head))
    ]
    parts = _parts(widths) if numeric[-1] else [list(range(len(head)))]
    for number, part in enumerate(parts):
        if number:
            click.echo()
        for line in [list(head), *cells]:
            _print_row(
                [line[i] for i in part],
                [widths[i] for i in part],
                [numeric[i] for i in part],
            )


def _parts(widths: Sequence[int]) -> list[list[int]]:
    """The columns of a table in parts that fit; each begins with the first one."""
    room = _columns()
    parts, used = [[0]], widths[0]
    for i, width in enumerate(widths[1:], start=1):
        used += len(_GAP) + width
        if used > room and len(parts[-1]) > 1:
            parts.append([0])
            used = widths[0] + len(_GAP) + width
        parts[-1].append(i)
    return parts


def _print_row(
    line: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]
) -> None:
    left = sum(widths[:-1]) + len(_GAP) * (len(widths) - 1)
    folded = [line[-1].rjust(widths[-1])]
    if not numeric[-1]:
        folded = wrap(line[-1], max(_LEAST_FOLD, _columns() - left)) or [""]
    fixed = zip(line[:-1], widths[:-1], numeric[:-1], strict=True)
    parts = [
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in fixed
    ]
    click.echo(_GAP.join([*parts, folded[0]]).rstrip())
    for more in folded[1:]:
        click.echo(" " * left + more)


def many(count: int, what: str) -> str:
    """A number with its noun, `1 group` or `2 groups`."""
    return f"{count} {what}" + ("" if count == 1 else "s")


def _columns() -> int:
    """How wide a line may be; without end where no terminal shows it."""
    return get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


@contextmanager
def progress(title: str) -> Iterator[Progress]:
    """Progress on stderr: a bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield _Quiet()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bar(bars.update, bars.add_task(title, total=None))


class _Quiet:
    def step(self, done: int, total: int | None, what: str) -> None:
        """Say nothing; a signal cancels by raising where the work is."""


class _Bar:
    """One bar, drawn at most ten times a second."""

    def __init__(self, update: Callable[..., object], task: Any) -> None:  # noqa: ANN401
        self._update = update
        self._task = task
        self._drawn_at = 0.0

    def step(self, done: int, total: int | None, what: str) -> None:
        """Move the bar."""
        now = time.monotonic()
        if now - self._drawn_at > 0.1 or done == total:
            self._drawn_at = now
            self._update(
                self._task, completed=done, total=total, description=one_line(what)
            )
