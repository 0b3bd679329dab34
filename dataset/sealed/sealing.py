"""Sealed test sets: sealed, drawn once a model, retired; each act a line of the ledger.

A test set is open until it is sealed. From then on its boxes are closed, it takes no
new groups, stays out of exports, and is drawn: once a model, never for a model that
has seen a part of it, and not more often than its budget says. A used-up set is
retired into validation, and a vault set, which was filled and kept closed all the
while, is opened in its place under its own name: nothing is renamed, so that a name in
an old report keeps its meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..errors import PolicyRefusal, ProjectError, UsageError
from ..policies.recipes import is_stress, parse_stress
from ..progress import SILENT, Progress
from ..project import Project, now_us
from ..records import LedgerAction, LedgerRow, Split, VersionSample
from ..split import current_split
from ..splitting.split_rule import parse_rule
from ..test_ledger import (
    LedgerEvent,
    LedgerLine,
    Refusal,
    Standing,
    model_digest,
    refuse_draw,
    refuse_leak,
    standings,
)
from .published_seals import publish_seals
from .sealed_set import SealedSet, measure_set, read_set
from .stress_set import newest_copies, sealed_copies
from .test_log import (
    NOBODY,
    Person,
    append_line,
    ledger,
    record_export,
    require_reason,
    test_set,
)
from .training import examine

__all__ = [
    "Draw",
    "Person",
    "Prepare",
    "Retirement",
    "draw",
    "ledger",
    "record_export",
    "recorded_draw",
    "require_reason",
    "retire",
    "seal",
]

_VALIDATION = "val"
_TRIES = 5

Prepare = Callable[[SealedSet], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A draw that was recorded: the line, and how much of the budget is used now.

    `trained_on` is the alias of the training version, "" for none.
    """

    line: LedgerLine
    used: int
    budget: int
    trained_on: str
    samples: int
    boxes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """A set that was retired: how many groups went to val, and what was opened.

    `opened` is the name of the vault set, "" where none could be; `not_opened` says
    of each vault set that was passed over why. `copies` are the stress sets that
    were made of the set and ended with it.
    """

    line: LedgerLine
    groups: int
    opened: str
    not_opened: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()


def seal(project: Project, name: str, *, by: Person = NOBODY) -> LedgerLine:
    """Seal a test set: its boxes close, its Merkle root is published.

    Raises:
        NotFound: there is no such test set.
        UsageError: it is no test set, holds nothing, or was sealed before.
        PolicyRefusal: some of its samples wait to be labeled, or it is a vault set
            whose time has not come.
        ProjectError: the ledger was tampered with, or somebody keeps labeling.
    """
    split = test_set(project, name)
    line = _sealed(project, split, by)
    publish_seals(project.root, ledger(project))
    return line


def draw(
    project: Project,
    name: str,
    *,
    model: str,
    trained_on: str = "",
    by: Person = NOBODY,
    prepare: Prepare | None = None,
    progress: Progress = SILENT,
) -> Draw:
    """Record that a model is tested on a sealed set, once and for all.

    Args:
        project: an open project.
        name: of the test set.
        model: the digest of the model's file, hexadecimal.
        trained_on: alias or id of the version that the model was trained on; "" means
            the latest there is, "none" that it never saw this project.
        by: who draws.
        prepare: makes the evaluation bundle ready before the draw is recorded; when
            it fails nothing is recorded.
        progress: told of the training version's samples.

    Raises:
        NotFound: there is no such test set, or no such version.
        UsageError: the digest is none.
        PolicyRefusal: the set is not sealed, retired or spent, the model was tested
            on it before, or has seen a part of it.
        ProjectError: the ledger, the set or the training version was tampered with.
    """
    request = _Request(name=name, model=model_digest(model), by=by)
    split = test_set(project, name)
    standing = _drawable(project, request)
    found, seen = _members(project, split, standing)
    if found.merkle_root != standing.root:
        raise ProjectError(
            f"The test set is not what was sealed: {name}",
            hint="restore the newest backup with `fieldset restore`",
        )
    training = examine(project, seen, trained_on, progress=progress)
    _raise(refuse_leak(name, training.leak, training.alias))
    if prepare is not None:
        prepare(found)
    line, used = _drawn(project, request, training.version)
    publish_seals(project.root, ledger(project))
    return Draw(
        line=line,
        used=used,
        budget=project.settings.budget_of(name),
        trained_on=training.alias,
        samples=len(found.samples),
        boxes=found.version.boxes,
    )


def recorded_draw(project: Project, name: str, model: str) -> Draw | None:
    """The draw of that set for that model as the ledger has it; None for none.

    For who has to finish what an interruption left after the draw was recorded.

    Raises:
        NotFound: there is no such test set.
        UsageError: the digest is none.
        ProjectError: the ledger or the set was tampered with.
    """
    split, digest = test_set(project, name), model_digest(model)
    standing = standings(ledger(project)).get(name)
    draws = standing.draws if standing else ()
    for used, line in enumerate(draws, start=1):
        if standing is not None and line.model == digest:
            found, _ = _members(project, split, standing)
            return Draw(
                line=line,
                used=used,
                budget=project.settings.budget_of(name),
                trained_on=next(
                    (v.alias for v in project.versions() if v.id == line.version), ""
                ),
                samples=len(found.samples),
                boxes=found.version.boxes,
            )
    return None


def retire(
    project: Project,
    name: str,
    *,
    reason: str = "",
    by: Person = NOBODY,
) -> Retirement:
    """Move a sealed test set to validation, and open a vault set in its place.

    Raises:
        NotFound: there is no such test set.
        PolicyRefusal: it is not sealed, or was retired before.
        ProjectError: the ledger was tampered with.
    """
    split = test_set(project, name)
    why = reason or "the test set was retired"
    catalog = project.catalog
    with catalog.writing():
        known = standings(ledger(project))
        standing = known.get(split.name)
        if standing is None or not standing.is_closed:
            what = "not sealed" if standing is None else "retired already"
            raise PolicyRefusal(
                f"Only a sealed test set is retired, this one is {what}: {name}",
                hint="`fieldset testset list` shows the sets",
            )
        current = current_split(catalog.splits.ledger())
        groups = sorted(group for group, held in current.items() if held == name)
        catalog.splits.append(_moves(groups, name, why))
        line = append_line(project, _end_of(name, standing, reason), by)
        copies = _closed_copies(project, name, known)
        for copy in copies:
            because = f"{name} was retired, which it is made of"
            append_line(project, _end_of(copy, known[copy], because), by)
    opened, not_opened = ("", ()) if standing.version else _open_vault(project, by)
    publish_seals(project.root, ledger(project))
    return Retirement(
        line=line,
        groups=len(groups),
        opened=opened,
        not_opened=not_opened,
        copies=copies,
    )


def _sealed(project: Project, split: Split, by: Person) -> LedgerLine:
    """Measure the set, then seal it if nobody changed it meanwhile.

    Measuring takes a while and must not hold the write lock.
    """
    if is_stress(split.rule):
        return _sealed_copies(project, split, by)
    catalog = project.catalog
    for _ in range(_TRIES):
        _refuse_seal(project, split)
        with catalog.reading():
            stamp = catalog.test_runs.stamp(split.name)
            size = measure_set(project, split.name)
        if not size.samples:
            raise UsageError(
                f"The test set holds no labeled sample: {split.name}",
                hint="run `fieldset split`, then `fieldset status`",
            )
        with catalog.writing():
            _refuse_seal(project, split)
            if catalog.test_runs.stamp(split.name) != stamp:
                continue
            catalog.splits.define(replace(split, sealed=True))
            line = LedgerLine(
                n=0,
                event=LedgerEvent.SEALED,
                split=split.name,
                root=size.merkle_root,
                reason=f"{size.samples} samples, {size.boxes} boxes",
            )
            return append_line(project, line, by)
    raise ProjectError(
        f"The test set was edited while it was sealed: {split.name}",
        hint="wait until nobody labels, then try again",
    )


def _sealed_copies(project: Project, split: Split, by: Person) -> LedgerLine:
    """Seal a stress set as the newest version of its sealed source holds it."""
    source = parse_stress(split.rule).source
    known = standings(ledger(project))
    _refuse_known(split.name, known)
    standing = known.get(source)
    if standing is None or not standing.is_closed:
        raise PolicyRefusal(
            f"Only copies of a sealed test set are sealed, {split.name} is made of: "
            f"{source}",
            hint=f"seal that first with `fieldset testset seal {source}`",
        )
    found = newest_copies(project, split, source, standing.root)
    if found is None:
        raise PolicyRefusal(
            f"No version holds copies of the sealed {source} yet: {split.name}",
            hint="freeze one with `fieldset version create`, then seal the set",
        )
    copies, version = found
    with project.catalog.writing():
        now = standings(ledger(project))
        _refuse_known(split.name, now)
        if now[source] != standing:
            raise ProjectError(
                f"The test ledger changed while the set was sealed: {split.name}",
                hint="try again",
            )
        project.catalog.splits.define(replace(split, sealed=True))
        line = LedgerLine(
            n=0,
            event=LedgerEvent.SEALED,
            split=split.name,
            root=copies.merkle_root,
            version=version,
            reason=f"{len(copies.samples)} samples, {copies.version.boxes} boxes",
        )
        return append_line(project, line, by)


def _members(
    project: Project, split: Split, standing: Standing
) -> tuple[SealedSet, tuple[VersionSample, ...]]:
    """The set, and the samples that a model may not have seen to be tested on it."""
    if not standing.version:
        found = read_set(project, split)
        return found, found.samples
    copies = sealed_copies(project, split, standing.version)
    source = read_set(project, test_set(project, parse_stress(split.rule).source))
    return copies, (*copies.samples, *source.samples)


def _refuse_known(name: str, known: dict[str, Standing]) -> None:
    if name in known:
        what = "sealed" if known[name].is_closed else "retired"
        raise UsageError(
            f"The test set was {what} already: {name}",
            hint="`fieldset testset list` shows when",
        )


def _refuse_seal(project: Project, split: Split) -> None:
    known = standings(ledger(project))
    name = split.name
    _refuse_known(name, known)
    if parse_rule(split.rule).is_vault and not _may_open(project, known):
        raise PolicyRefusal(
            f"A vault set stays closed until another set is retired: {name}",
            hint="`fieldset testset retire NAME` opens one",
        )
    undecided = project.catalog.test_runs.undecided(name)
    if undecided:
        raise PolicyRefusal(
            f"Samples of {name} wait to be labeled, and could not be any more: "
            f"{undecided}",
            hint="label or skip them with `fieldset label`, then seal the set",
        )


def _may_open(project: Project, known: dict[str, Standing]) -> bool:
    """Whether more sets were retired than vault sets were opened for them."""
    vaults = {
        split.name
        for split in project.settings.splits
        if parse_rule(split.rule).is_vault
    }
    # A stress set has no groups of its own, so its end asks for no replacement.
    retired = sum(not s.is_closed and not s.version for s in known.values())
    return sum(name in vaults for name in known) < retired


def _open_vault(project: Project, by: Person) -> tuple[str, tuple[str, ...]]:
    """Seal the first vault set that can be; its name, and why others could not."""
    passed_over = []
    for split in project.splits:
        if not parse_rule(split.rule).is_vault:
            continue
        try:
            _sealed(project, split, by)
        except (PolicyRefusal, UsageError) as refusal:
            passed_over.append(refusal.message)
        else:
            return split.name, tuple(passed_over)
    return "", tuple(passed_over)


def _closed_copies(
    project: Project, source: str, known: dict[str, Standing]
) -> tuple[str, ...]:
    """The sealed stress sets that are made of a set, by name."""
    return tuple(
        split.name
        for split in project.splits
        if is_stress(split.rule)
        and parse_stress(split.rule).source == source
        and split.name in known
        and known[split.name].is_closed
    )


def _end_of(name: str, standing: Standing, reason: str) -> LedgerLine:
    return LedgerLine(
        n=0,
        event=LedgerEvent.RETIRED,
        split=name,
        root=standing.root,
        reason=reason,
    )


def _moves(groups: Sequence[str], name: str, reason: str) -> list[LedgerRow]:
    at_us = now_us()
    return [
        LedgerRow(
            group_id=group, split=split, action=action, reason=reason, at_us=at_us
        )
        for group in groups
        for split, action in (
            (name, LedgerAction.WITHDRAWN),
            (_VALIDATION, LedgerAction.ASSIGNED),
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """Which set is to be drawn for which model, and by whom."""

    name: str
    model: str
    by: Person


def _drawable(project: Project, request: _Request) -> Standing:
    """What the ledger says of a set that may be drawn."""
    name = request.name
    standing = standings(ledger(project)).get(name)
    budget = project.settings.budget_of(name)
    _raise(refuse_draw(name, standing, model=request.model, budget=budget))
    assert standing is not None  # refused above
    return standing


def _drawn(project: Project, request: _Request, version: str) -> tuple[LedgerLine, int]:
    """Record the draw, if nothing speaks against it meanwhile; how many there are."""
    with project.catalog.writing():
        standing = _drawable(project, request)
        used = 1 + len(standing.draws)
        line = LedgerLine(
            n=0,
            event=LedgerEvent.DRAWN,
            split=request.name,
            root=standing.root,
            model=request.model,
            version=version,
            reason=f"use {used} of {project.settings.budget_of(request.name)}",
        )
        return append_line(project, line, request.by), used


def _raise(refusals: Sequence[Refusal]) -> None:
    for refusal in refusals:
        raise PolicyRefusal(refusal.what, hint=refusal.hint)
