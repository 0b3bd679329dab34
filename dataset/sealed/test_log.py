"""The test ledger of a project: read proven, and written line by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from ..errors import NotFound, PolicyRefusal, ProjectError, UsageError
from ..project import Project, now_us
from ..records import Split, SplitKind
from ..test_ledger import (
    LedgerEvent,
    LedgerLine,
    follow,
    origin,
    standings,
    verify_chain,
)
from .published_seals import read_seals


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who acts, and at which station; the ledger names both."""

    operator: str = ""
    station: str = ""


NOBODY: Final = Person()


def ledger(project: Project) -> tuple[LedgerLine, ...]:
    """Every line of the test ledger, proven.

    Raises:
        ProjectError: a line was edited, deleted, reordered or slipped in.
    """
    lines = project.catalog.test_runs.lines()
    witnesses = [seal.line for seal in read_seals(project.root)]
    findings = verify_chain(
        lines,
        start=_start(project),
        head=project.catalog.test_runs.head(),
        witnesses=witnesses,
    )
    if findings:
        raise ProjectError(findings[0].what, hint=findings[0].next_step)
    return lines


def append_line(project: Project, line: LedgerLine, by: Person) -> LedgerLine:
    """Add a line at the end of the proven ledger; call it inside `writing`."""
    told = replace(line, operator=by.operator, station=by.station, at_us=now_us())
    placed = follow(ledger(project), told, _start(project))
    project.catalog.test_runs.append(placed)
    return placed


def test_set(project: Project, name: str) -> Split:
    """The test set of that name.

    Raises:
        NotFound: there is none.
        UsageError: it is train or val.
    """
    for split in project.splits:
        if split.name == name:
            if split.kind is not SplitKind.TEST:
                raise UsageError(f"This is no test set: {name}")
            return split
    raise NotFound(
        f"There is no such test set: {name}",
        hint="`fieldset testset list` shows those there are",
    )


def record_export(
    project: Project,
    version_id: str,
    names: Iterable[str],
    *,
    reason: str,
    by: Person = NOBODY,
) -> tuple[LedgerLine, ...]:
    """Record that the boxes of sealed sets leave the house with an export.

    Raises:
        PolicyRefusal: no reason is given.
        ProjectError: the ledger was tampered with.
    """
    require_reason(reason)
    written = []
    with project.catalog.writing():
        known = standings(ledger(project))
        for name in names:
            line = LedgerLine(
                n=0,
                event=LedgerEvent.EXPORTED,
                split=name,
                root=known[name].root if name in known else "",
                version=version_id,
                reason=reason.strip(),
            )
            written.append(append_line(project, line, by))
    return tuple(written)


def require_reason(reason: str) -> None:
    """Pass where a reason is given.

    Raises:
        PolicyRefusal: it is empty.
    """
    if not reason.strip():
        raise PolicyRefusal(
            f"Sealed test sets are not exported without a reason: {reason!r}",
            hint="add `--reason TEXT`; it is recorded, see `fieldset testset list`",
        )


def _start(project: Project) -> str:
    return origin(project.catalog.fact("project_id") or "")
