"""The ledger of sealed test sets: what was sealed, drawn, exported and retired.

Append-only, and each line holds the digest of the one before it:

    digest  =  H("fst1"  JSON of all fields but the digest itself)

with H for SHA-256, JSON as an array without spaces, non-ASCII escaped. The first line
follows the `origin`, which is made from the project's id, so that lines of another
project do not fit. A chain alone does not show that its end was cut off; the head is
therefore noted beside it, and every published seal is a witness of the line it names.

Everything here is a pure function of lines.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from .errors import UsageError
from .findings import Finding, Severity

_LINE = b"fst1"
_ORIGIN = b"fieldset test ledger "
_ALGORITHM = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*:")
_HEX = re.compile(r"[0-9a-f]{6,256}")
DEFAULT_BUDGET: Final = 5


class LedgerEvent(StrEnum):
    """What a line of the test ledger tells."""

    SEALED = "sealed"
    DRAWN = "drawn"
    EXPORTED = "exported"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One line of the test ledger.

    `n` counts from 1. `root` is the Merkle root of the set, `model` the digest of the
    model that was tested, `version` the id of the version it was trained on (for an
    export of the version that was exported, for the seal of a stress set of the version
    that holds its copies). What does not apply is "".
    """

    n: int
    event: LedgerEvent
    split: str
    root: str = ""
    model: str = ""
    version: str = ""
    operator: str = ""
    station: str = ""
    reason: str = ""
    at_us: int = 0
    previous: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A line's number and digest as something beside the ledger remembers them."""

    n: int
    digest: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the ledger says of one test set that was ever sealed.

    `version` is the id of the version that holds a stress set's copies, else "".
    """

    root: str
    sealed_us: int
    version: str = ""
    draws: tuple[LedgerLine, ...] = ()
    retired_us: int | None = None

    @property
    def is_closed(self) -> bool:
        """Whether its boxes are closed: sealed, and not retired yet."""
        return self.retired_us is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What of a test set a training version held in train or val.

    `members` and `relatives` count samples; `first` is the id of one of them.
    """

    members: int = 0
    relatives: int = 0
    first: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why something is not done: a sentence, and the next step."""

    what: str
    hint: str


def origin(project_id: str) -> str:
    """What the first line of a project's ledger follows."""
    return hashlib.sha256(_ORIGIN + project_id.encode()).hexdigest()


def chain_digest(line: LedgerLine) -> str:
    """The digest of a line, over all of its fields but `digest`."""
    fields = [
        line.n, line.event.value, line.split, line.root, line.model, line.version,
        line.operator, line.station, line.reason, line.at_us, line.previous,
    ]  # fmt: skip
    text = json.dumps(fields, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(_LINE + text.encode()).hexdigest()


def follow(lines: Sequence[LedgerLine], line: LedgerLine, start: str) -> LedgerLine:
    """The line as the next one of the chain: with number, link and digest.

    Args:
        lines: the chain so far, oldest first.
        line: what is to be told; its `n`, `previous` and `digest` are set here.
        start: the project's `origin`.
    """
    last = lines[-1] if lines else None
    placed = replace(
        line,
        n=last.n + 1 if last else 1,
        previous=last.digest if last else start,
    )
    return replace(placed, digest=chain_digest(placed))


def verify_chain(
    lines: Sequence[LedgerLine],
    *,
    start: str,
    head: Witness | None,
    witnesses: Iterable[Witness] = (),
) -> tuple[Finding, ...]:
    """What was edited, deleted, reordered or slipped in; () when the chain is whole.

    Args:
        lines: every line, in the order in which they are kept.
        start: the project's `origin`.
        head: the last line as it was noted; None where none was ever written.
        witnesses: lines that published seals name.
    """
    found = _broken_links(lines, start)
    if not found:
        found = _wrong_end(lines, head)
    by_number = {line.n: line for line in lines}
    for witness in witnesses:
        line = by_number.get(witness.n)
        if line is None or line.digest != witness.digest:
            found.append(
                f"Line {witness.n} of the test ledger is not the one that was "
                f"published: {witness.where}"
            )
    return tuple(
        Finding(
            severity=Severity.ERROR,
            what=what,
            path="test ledger",
            next_step="restore the newest backup with `fieldset restore`",
        )
        for what in found
    )


def standings(lines: Iterable[LedgerLine]) -> dict[str, Standing]:
    """What the ledger says of each set, by name, in the order of their seals."""
    found: dict[str, Standing] = {}
    for line in lines:
        known = found.get(line.split)
        if line.event is LedgerEvent.SEALED:
            found[line.split] = Standing(
                root=line.root, sealed_us=line.at_us, version=line.version
            )
        elif known is None:
            continue
        elif line.event is LedgerEvent.DRAWN:
            found[line.split] = replace(known, draws=(*known.draws, line))
        elif line.event is LedgerEvent.RETIRED:
            found[line.split] = replace(known, retired_us=line.at_us)
    return found


def model_digest(text: str) -> str:
    """A model's digest in its one spelling: hexadecimal digits in small letters.

    `sha256:` or another algorithm's name in front is taken off.

    Raises:
        UsageError: it is no digest.
    """
    lowered = text.strip().lower()
    bare = _ALGORITHM.sub("", lowered, count=1)
    if not _HEX.fullmatch(bare):
        raise UsageError(
            f"A model's digest is written in hexadecimal digits: {text!r}",
            hint="give the one that `sha256sum MODEL` prints",
        )
    return bare


def refuse_draw(
    name: str,
    standing: Standing | None,
    *,
    model: str,
    budget: int,
) -> tuple[Refusal, ...]:
    """Why the set may not be drawn for a model, gravest first; () lets it be drawn.

    Args:
        name: of the test set.
        standing: what the ledger says of it; None where it was never sealed.
        model: the digest as `model_digest` gives it. A digest that another one
            begins with counts as the same model.
        budget: how often the set may be drawn.
    """
    if standing is None:
        return (
            Refusal(
                what=f"The test set is not sealed: {name}",
                hint=f"seal it first with `fieldset testset seal {name}`",
            ),
        )
    if not standing.is_closed:
        return (
            Refusal(
                what=f"The test set was retired into validation: {name}",
                hint="`fieldset testset list` shows the sets that can be drawn",
            ),
        )
    return (
        *_drawn_before(name, standing.draws, model),
        *_spent(name, len(standing.draws), budget),
    )


def refuse_leak(name: str, leak: Leak, trained_on: str) -> tuple[Refusal, ...]:
    """Why a set may not be drawn for a model trained on the version called so.

    () where the version held nothing of the set in train or val.
    """
    found = []
    if leak.members:
        found.append(
            Refusal(
                what=f"{trained_on} held {leak.members} samples of {name} in train or "
                f"val, one of them: {leak.first}",
                hint="train on a version without them",
            )
        )
    if leak.relatives:
        found.append(
            Refusal(
                what=f"{trained_on} held {leak.relatives} samples in train or val that "
                f"were quarantined since for their likeness to {name}, one of them: "
                f"{leak.first}",
                hint="freeze a new version, train on that, and draw for the new model",
            )
        )
    return tuple(found)


def find_leak(
    rows: Iterable[tuple[str, str]],
    members: Collection[str],
    relatives: Collection[str],
) -> Leak:
    """What a training version held of a set.

    Args:
        rows: sample id and group id of everything in its train and val.
        members: the sample ids of the set.
        relatives: the ids of groups that are too like the set.
    """
    inside = beside = 0
    first = ""
    for sample_id, group in rows:
        is_member = sample_id in members
        is_relative = not is_member and group in relatives
        inside += is_member
        beside += is_relative
        if (is_member or is_relative) and not first:
            first = sample_id
    return Leak(members=inside, relatives=beside, first=first)


def _broken_links(lines: Sequence[LedgerLine], start: str) -> list[str]:
    found = []
    numbers = {line.n for line in lines}
    previous, number = start, 1
    for line in lines:
        between = sum(number <= n < line.n for n in numbers)
        if line.n - number > between:
            found.append(f"The test ledger lost lines: {_span(number, line.n - 1)}")
        elif line.n != number:
            found.append(_reordered(line.n, number))
        if chain_digest(line) != line.digest:
            found.append(_altered(line, numbers))
        elif line.n == number and line.previous != previous:
            found.append(
                "A line of the test ledger was replaced, it is followed by another "
                f"one's successor: {number - 1}"
                if number > 1
                else "The test ledger began with another line: 1"
            )
        previous, number = line.digest, max(number, line.n + 1)
    return found


def _altered(line: LedgerLine, numbers: Iterable[int]) -> str:
    for n in numbers:
        if n != line.n and _is_moved(line, n):
            return _reordered(n, line.n)
    return f"A line of the test ledger was edited: {line.n}"


def _reordered(n: int, place: int) -> str:
    return (
        f"The lines of the test ledger were reordered, line {n} stands at place: "
        f"{place}"
    )


def _is_moved(line: LedgerLine, n: int) -> bool:
    return chain_digest(replace(line, n=n)) == line.digest


def _wrong_end(lines: Sequence[LedgerLine], head: Witness | None) -> list[str]:
    last = lines[-1].n if lines else 0
    noted = head.n if head else 0
    if last < noted:
        return [f"The test ledger lost lines: {_span(last + 1, noted)}"]
    if last > noted:
        strange = _span(noted + 1, last)
        return [f"Lines of the test ledger were not written by fieldset: {strange}"]
    if head is not None and lines[-1].digest != head.digest:
        return [f"A line of the test ledger was edited: {last}"]
    return []


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _drawn_before(
    name: str, draws: Iterable[LedgerLine], model: str
) -> Iterable[Refusal]:
    for line in draws:
        if line.model.startswith(model) or model.startswith(line.model):
            yield Refusal(
                what=f"{name} was drawn for this model before, line {line.n} of the "
                f"ledger: {line.model}",
                hint="a test set is drawn once a model; where that was interrupted, "
                "the same command with the same `--to` finishes the bundle",
            )
            return


def _spent(name: str, used: int, budget: int) -> Iterable[Refusal]:
    if used >= budget:
        yield Refusal(
            what=f"The budget of {name} is spent, draws: {used} of {budget}",
            hint=f"retire it with `fieldset testset retire {name}`, which opens a "
            "vault set",
        )
