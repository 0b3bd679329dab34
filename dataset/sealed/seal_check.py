"""The check of the test ledger: its chain, its published seals, its sealed sets."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import FieldsetError
from ..findings import Finding, Severity
from ..project import Project
from ..records import Split, SplitKind
from ..test_ledger import LedgerLine, Standing, Witness, origin, standings, verify_chain
from .published_seals import outdated_seals, publish_seals, read_seals
from .sealed_set import measure_set
from .stress_set import sealed_copies


def ledger_findings(
    project: Project, *, deep: bool = False, repair: bool = False
) -> Iterator[Finding]:
    """What is wrong with a project's test ledger; nothing where it is sound.

    A published seal that is missing or behind is written again by `repair`, but only
    beside a ledger that proved true: else it is evidence.

    Args:
        project: an open project; writable where `repair` is asked for.
        deep: also compute the Merkle root of every sealed set again.
        repair: write published seals again.
    """
    try:
        lines = project.catalog.test_runs.lines()
    except FieldsetError as error:
        yield _error(error.message)
        return
    witnesses, damaged = _witnesses(project)
    broken = verify_chain(
        lines,
        start=origin(project.catalog.fact("project_id") or ""),
        head=project.catalog.test_runs.head(),
        witnesses=witnesses,
    )
    if broken:
        yield from broken
        return
    yield from _publication(project, lines, damaged, repair=repair)
    if deep:
        yield from _opened_seals(project, lines)


def _witnesses(project: Project) -> tuple[tuple[Witness, ...], str]:
    """The lines that the published seals name; and what is wrong with the seals."""
    try:
        return tuple(seal.line for seal in read_seals(project.root)), ""
    except FieldsetError as error:
        return (), error.message


def _publication(
    project: Project, lines: tuple[LedgerLine, ...], damaged: str, *, repair: bool
) -> Iterator[Finding]:
    outdated = (publish_seals if repair else outdated_seals)(project.root, lines)
    if damaged and not outdated:
        yield _error(damaged)
    for path in outdated:
        yield Finding(
            severity=Severity.WARNING,
            what=damaged
            or "A published seal is not what the ledger says"
            + (", it was written again" if repair else ""),
            path=str(path),
            next_step="" if repair else "run `fieldset check --repair`",
        )


def _opened_seals(project: Project, lines: tuple[LedgerLine, ...]) -> Iterator[Finding]:
    for name, standing in standings(lines).items():
        if not standing.is_closed:
            continue
        try:
            root = _root_now(project, name, standing)
        except FieldsetError as error:
            yield _error(error.message)
            continue
        if root != standing.root:
            yield _error(f"A sealed test set is not what was sealed: {name}")


def _root_now(project: Project, name: str, standing: Standing) -> str:
    if not standing.version:
        return measure_set(project, name).merkle_root
    split = Split(name=name, kind=SplitKind.TEST)
    return sealed_copies(project, split, standing.version).merkle_root


def _error(what: str) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        what=what,
        path="test ledger",
        next_step="restore the newest backup with `fieldset restore`",
    )
