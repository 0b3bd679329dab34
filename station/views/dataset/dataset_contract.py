"""What the Dataset page asks of its desks, and what they show.

See `contracts` for what a desk is. Unlike others, the desks of the Dataset page open
the project a second time: counting and splitting never keep an edit waiting, and
their methods are called on the lanes READING and WORK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from dataset.progress import Progress
from dataset.records import LabelClass, Split

Level = str
"""`ok`, `warn` or `bad`: the tone of a sentence."""


class ClassView(StrEnum):
    """What the table of classes shows."""

    BOXES = "boxes"
    GROUPS = "groups"
    TARGETS = "targets"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountCell:
    """How many boxes or groups there are, and the target where one is set."""

    count: int
    target: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitColumn:
    """One split as the class table shows it."""

    split: Split
    samples: int = 0
    groups: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCounts:
    """One way to count classes: a head for each column, a cell by class and key."""

    heads: tuple[tuple[str, str], ...] = ()
    cells: Mapping[tuple[int, str], CountCell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetState:
    """What the Dataset page shows of classes and balance.

    `wanted` says what to capture next, `full` names what needs no more, `reasons`
    tell what else speaks against the balance; each the most pressing first.
    """

    classes: tuple[LabelClass, ...] = ()
    columns: tuple[SplitColumn, ...] = ()
    counts: Mapping[ClassView, ClassCounts] = field(default_factory=dict)
    verdict: str = ""
    level: Level = "ok"
    policy: str = ""
    wanted: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    unassigned: int = 0
    samples: int = 0
    queue: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One group, the split it is in and why; `level` is `ok`, `warn` or `bad`.

    `keys` are those of the filters that show it, `words` what a search looks in.
    """

    id: str
    sessions: tuple[str, ...]
    samples: int
    split: str
    why: str
    level: Level = "ok"
    keys: frozenset[str] = frozenset()
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFilter:
    """A choice of groups, in words with their number; the key "" means all."""

    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsState:
    """Every group in the order of capture."""

    rows: tuple[GroupRow, ...] = ()
    filters: tuple[GroupFilter, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One thing that a check found, and the next step or ""."""

    level: Level
    what: str
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPlan:
    """What a split would do: the groups it would assign, and what would be weak."""

    sentence: str
    groups: tuple[GroupRow, ...] = ()
    findings: tuple[FindingRow, ...] = ()


class DatasetDesk(Protocol):
    """Counts the dataset and assigns new groups to splits."""

    def state(self) -> DatasetState:
        """Count classes and balance."""

    def groups(self) -> GroupsState:
        """Read every group; the same value again where nothing changed."""

    def story(self, group_id: str) -> tuple[str, ...]:
        """Tell in sentences all that the ledger holds of a group, oldest first."""

    def split_plan(self, progress: Progress) -> SplitPlan:
        """Work out what a split would do; nothing is written."""

    def split_now(self, progress: Progress) -> str:
        """Assign new groups and give one sentence on what was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSetRow:
    """One test set, and what may be done with it."""

    name: str
    kind: str
    rule: str
    state: str
    samples: int
    groups: int
    boxes: int
    budget: int
    used: int
    root: str = ""
    when: str = ""
    may_seal: bool = False
    may_draw: bool = False
    may_retire: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One line of the test ledger, in words."""

    n: int
    when: str
    event: str
    set_name: str
    model: str
    version: str
    who: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsState:
    """The test sets and their ledger; `chain` says whether it is whole."""

    sets: tuple[TestSetRow, ...] = ()
    lines: tuple[LedgerEntry, ...] = ()
    chain: str = ""
    level: Level = "ok"
    findings: tuple[FindingRow, ...] = ()
    versions: tuple[str, ...] = ()
    operator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawRequest:
    """Which set is to be drawn for which model; `target` None writes no bundle."""

    name: str
    model: str
    trained_on: str
    operator: str
    target: Path | None = None


class TestSetsDesk(Protocol):
    """Reads the test ledger and adds to it; every act gives one sentence."""

    def state(self) -> TestsState:
        """Read sets and ledger, and prove the chain."""

    def seal(self, name: str, operator: str) -> str:
        """Seal a test set."""

    def draw(self, request: DrawRequest, progress: Progress) -> str:
        """Record a test of a model, with its evaluation bundle where one is wanted."""

    def retire(self, name: str, reason: str, operator: str) -> str:
        """Move a used-up set to validation."""

    def digest(self, model: Path, progress: Progress) -> str:
        """Give the digest of a model's file."""
