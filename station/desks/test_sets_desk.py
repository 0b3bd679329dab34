"""The desk of the test sets: their ledger is proven; sealing, drawing, retiring.

It opens the project a second time for each piece of work, see `dataset_desk`.
"""

from __future__ import annotations

from pathlib import Path

from dataset.errors import FieldsetError
from dataset.findings import Severity
from dataset.model_file import digest_file
from dataset.policies.recipes import is_stress
from dataset.progress import Progress
from dataset.project import Project
from dataset.sealed.seal_check import ledger_findings
from dataset.sealed.sealing import Draw, Person, draw, retire, seal
from dataset.sealed.test_sets import SetLine, SetState, set_lines
from dataset.splitting.split_rule import parse_rule
from dataset.test_ledger import LedgerEvent, LedgerLine
from export.evaluation import draw_bundle

from ..language import tr
from ..moments import moment_words
from ..views.dataset.dataset_contract import (
    DrawRequest,
    LedgerEntry,
    TestSetRow,
    TestsState,
)
from .dataset_desk import finding_rows

ID_SHOWN = 8


class ProjectTestSetsDesk:
    """The test sets of the project in one folder, for one person at one station."""

    def __init__(self, root: Path, by: Person) -> None:
        self._root = root
        self._by = by

    def state(self) -> TestsState:
        """Read sets and ledger, and prove the chain."""
        with Project.open(self._root, read_only=True) as mine:
            catalog = mine.catalog
            with catalog.reading():
                findings = tuple(ledger_findings(mine))
                lines = _lines(mine)
                sets = set_lines(mine, lines)
            aliases = {version.id: version.alias for version in mine.versions()}
        is_broken = any(found.severity is Severity.ERROR for found in findings)
        return TestsState(
            sets=tuple(_set_row(line, is_broken=is_broken) for line in sets),
            lines=tuple(_entry(line, aliases) for line in lines),
            chain=_chain_words(lines, is_broken=is_broken),
            level="bad" if is_broken else "warn" if findings else "ok",
            findings=finding_rows(findings),
            versions=tuple(reversed(aliases.values())),
            operator=self._by.operator,
        )

    def seal(self, name: str, operator: str) -> str:
        """Seal a test set."""
        with Project.open(self._root) as mine:
            line = seal(mine, name, by=self._person(operator))
        words = tr("{name} is sealed: {size}. Its root is published: {root}…")
        return words.format(name=name, size=line.reason, root=line.root[:ID_SHOWN])

    def draw(self, request: DrawRequest, progress: Progress) -> str:
        """Record a test of a model, with its evaluation bundle where one is wanted."""
        by = self._person(request.operator)
        with Project.open(self._root) as mine:
            if request.target is None:
                drawn = draw(
                    mine,
                    request.name,
                    model=request.model,
                    trained_on=request.trained_on,
                    by=by,
                    progress=progress,
                )
                return _draw_words(drawn)
            bundle = draw_bundle(
                mine,
                request.name,
                request.target.absolute(),
                model=request.model,
                trained_on=request.trained_on,
                by=by,
                progress=progress,
            )
        words = tr("{sentence} The bundle is here: {path}")
        return words.format(sentence=_draw_words(bundle.draw), path=bundle.path)

    def retire(self, name: str, reason: str, operator: str) -> str:
        """Move a used-up set to validation."""
        with Project.open(self._root) as mine:
            done = retire(mine, name, reason=reason, by=self._person(operator))
        words = tr("{name} is retired: {count} groups went to val.")
        told = words.format(name=name, count=f"{done.groups:,}")
        if done.opened:
            opened = tr("The vault set {name} took over, sealed and ready to be drawn.")
            return f"{told} {opened.format(name=done.opened)}"
        if done.not_opened:
            return f"{told} {'. '.join(done.not_opened)}"
        return f"{told} {tr('No vault set took over: none is defined.')}"

    def digest(self, model: Path, progress: Progress) -> str:
        """Give the digest of a model's file."""
        return digest_file(model, progress=progress)

    def _person(self, operator: str) -> Person:
        return Person(operator=operator.strip(), station=self._by.station)


def _lines(project: Project) -> tuple[LedgerLine, ...]:
    """The ledger as it lies there; () where it is damaged too far to be read.

    That it is damaged is a finding already.
    """
    try:
        return project.catalog.test_runs.lines()
    except FieldsetError:
        return ()


def _set_row(line: SetLine, *, is_broken: bool) -> TestSetRow:
    state, used = line.state, line.used
    is_sealed = state is SetState.SEALED
    when = line.retired_us or line.sealed_us
    return TestSetRow(
        name=line.split.name,
        kind=kind_words(line.split.rule),
        rule=rule_words(line.split.rule),
        state={
            SetState.OPEN: tr("open"),
            SetState.VAULT: tr("in reserve"),
            SetState.SEALED: tr("sealed"),
            SetState.RETIRED: tr("retired"),
        }[state],
        samples=line.samples,
        groups=line.groups,
        boxes=line.boxes,
        budget=line.budget,
        used=used,
        root=line.root,
        when=moment_words(when) if when else "",
        may_seal=state in (SetState.OPEN, SetState.VAULT) and not is_broken,
        may_draw=is_sealed and not is_broken,
        may_retire=is_sealed and not is_broken,
    )


def _entry(line: LedgerLine, aliases: dict[str, str]) -> LedgerEntry:
    version = aliases.get(line.version, line.version[:ID_SHOWN])
    if line.event is LedgerEvent.DRAWN and not line.version:
        version = tr("none")
    at = tr("{operator} at {station}")
    return LedgerEntry(
        n=line.n,
        when=moment_words(line.at_us),
        event={
            LedgerEvent.SEALED: tr("sealed"),
            LedgerEvent.DRAWN: tr("drawn"),
            LedgerEvent.EXPORTED: tr("exported"),
            LedgerEvent.RETIRED: tr("retired"),
        }.get(line.event, str(line.event)),
        set_name=line.split,
        model=line.model[:ID_SHOWN],
        version=version,
        who=at.format(operator=line.operator or tr("nobody"), station=line.station),
        note=line.reason,
    )


def _chain_words(lines: tuple[LedgerLine, ...], *, is_broken: bool) -> str:
    if is_broken:
        return tr("the chain is broken")
    if not lines:
        return tr("nothing is recorded yet")
    return tr("{count} lines, the chain is whole").format(count=f"{len(lines):,}")


def _draw_words(drawn: Draw) -> str:
    words = tr(
        "Line {n} of the ledger: {name} is drawn for {model}…, trained on {version}. "
        "{samples} samples; draws left: {left}."
    )
    return words.format(
        n=drawn.line.n,
        name=drawn.line.split,
        model=drawn.line.model[:ID_SHOWN],
        version=drawn.trained_on or tr("no version of this project"),
        samples=f"{drawn.samples:,}",
        left=drawn.budget - drawn.used,
    )


def rule_words(rule: str) -> str:
    """Give a split's rule in words."""
    name, _, value = rule.partition(":")
    words = {
        "": tr("by shortfall"),
        "random": tr("random groups"),
        "hand": tr("picked by hand"),
        "vault": tr("random groups, in reserve"),
        "after": _after_words(value),
        "place": tr("place {value}").format(value=value),
        "camera": tr("camera {value}").format(value=value),
        "condition": _condition_words(value),
        "stress": value,
    }
    return words.get(name, rule)


def kind_words(rule: str) -> str:
    """Say in one word what a test set tests: time, site, condition and so on."""
    if is_stress(rule):
        return tr("stress")
    return {
        "shortfall": tr("main"),
        "vault": tr("vault"),
        "hand": tr("by hand"),
        "after": tr("time"),
        "place": tr("site"),
        "camera": tr("camera"),
        "condition": tr("condition"),
    }.get(parse_rule(rule).kind, rule)


def _after_words(value: str) -> str:
    day, _, embargo = value.partition("/")
    if not embargo:
        return tr("from {value}").format(value=day)
    days = embargo.removesuffix("d")
    return tr("from {value}, {days} days before it left out").format(
        value=day, days=days
    )


def _condition_words(value: str) -> str:
    condition, _, every = value.partition("/")
    if not every:
        return condition
    return tr("{condition}, one group in {every}").format(
        condition=condition, every=every
    )
