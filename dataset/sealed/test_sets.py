"""The test sets of a project as a person sees them: counts alone, never boxes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..catalog import SplitCount
from ..project import Project
from ..records import Split, SplitKind
from ..splitting.split_rule import parse_rule
from ..test_ledger import LedgerEvent, LedgerLine, Standing, standings
from ..versions.version_file import SplitCount as FrozenCount
from .set_address import set_id
from .stress_set import stress_counts


class SetState(StrEnum):
    """Where a test set is in its life."""

    OPEN = "open"
    VAULT = "vault"
    SEALED = "sealed"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLine:
    """One test set: what it holds, and how much of its budget is used."""

    split: Split
    state: SetState
    samples: int
    groups: int
    boxes: int
    budget: int
    used: int = 0
    root: str = ""
    sealed_us: int | None = None
    retired_us: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The set with the keys of `testset list --json`."""
        return {
            "name": self.split.name,
            "state": self.state.value,
            "rule": self.split.rule,
            "sealed": self.split.sealed,
            "id": set_id(self.root) if self.root else None,
            "root": self.root or None,
            "samples": self.samples,
            "groups": self.groups,
            "boxes": self.boxes,
            "budget": self.budget,
            "used": self.used,
            "left": max(0, self.budget - self.used),
            "sealed_us": self.sealed_us,
            "retired_us": self.retired_us,
        }


def set_lines(project: Project, lines: tuple[LedgerLine, ...]) -> tuple[SetLine, ...]:
    """Every test set of the project, in the order of its splits.

    Args:
        project: an open project.
        lines: its test ledger.
    """
    known = standings(lines)
    counts = {count.split: count for count in project.catalog.tables.by_split()}
    copies = stress_counts(project)
    found = []
    for split in project.splits:
        if split.kind is not SplitKind.TEST:
            continue
        count: SplitCount | FrozenCount | None = counts.get(split.name)
        if split.name in copies:
            count = copies[split.name].count
        standing = known.get(split.name)
        found.append(
            SetLine(
                split=split,
                state=_state(split, standing),
                samples=count.samples if count else 0,
                groups=count.groups if count else 0,
                boxes=count.boxes if count else 0,
                budget=project.settings.budget_of(split.name),
                used=len(standing.draws) if standing else 0,
                root=standing.root if standing else "",
                sealed_us=standing.sealed_us if standing else None,
                retired_us=standing.retired_us if standing else None,
            )
        )
    return tuple(found)


def line_json(line: LedgerLine) -> dict[str, Any]:
    """A line of the test ledger as `--json` prints it."""
    is_draw = line.event is LedgerEvent.DRAWN
    return {
        "n": line.n,
        "event": line.event.value,
        "set": line.split,
        "root": line.root or None,
        "model": line.model or None,
        "trained_on" if is_draw else "version": line.version or None,
        "operator": line.operator,
        "station": line.station,
        "reason": line.reason,
        "at_us": line.at_us,
        "digest": line.digest,
    }


def _state(split: Split, standing: Standing | None) -> SetState:
    if standing is not None:
        return SetState.SEALED if standing.is_closed else SetState.RETIRED
    return SetState.VAULT if parse_rule(split.rule).is_vault else SetState.OPEN
