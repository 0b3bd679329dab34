"""What the Versions page asks of its desk, and what it shows.

See `contracts` for what a desk is. Versions are files: the desk reads them without
the catalog and opens the project a second time for long work.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dataset.progress import Progress
from dataset.records import Version

from ..contracts import Corners
from ..dataset.dataset_contract import FindingRow, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version of the list; `fault` says what is wrong with its files, or "".

    `detail` says it in full, `hint` is the next step. `derived_ns` is the time of the
    newest of the files that were made of the version later: drift and report.

    `splits` are those that hold samples, `sealed` those of them that were sealed.
    `semver` is the semantic number, "" where it is not known.
    """

    version: Version
    semver: str = ""
    when: str = ""
    splits: tuple[str, ...] = ()
    sealed: tuple[str, ...] = ()
    fault: str = ""
    detail: str = ""
    hint: str = ""
    derived_ns: int = 0

    @property
    def alias(self) -> str:
        """The short name of the version."""
        return self.version.alias


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffTile:
    """One figure of a comparison of two versions."""

    figure: str
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """One metric: effect in reference sd with its interval and the limit."""

    metric: str
    effect: float | None
    low: float | None
    high: float | None
    limit: float
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedBox:
    """One box before and after, on the sample where it changed."""

    path: Path
    before: Corners | None
    after: Corners | None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeNode:
    """One line of the tree of changes.

    `key` finds its children and its picture again; `tone` is `bad` for what should
    never be. `has_picture` is False for what is only counted.
    """

    key: tuple[object, ...]
    text: str
    detail: str = ""
    count: int | None = None
    tone: str = "text"
    children: int = 0
    has_picture: bool = False


class ChangeTree(Protocol):
    """The changes between two versions, by kind, sample and box; held in memory.

    Attributes:
        roots: the kinds of changes.
    """

    roots: tuple[ChangeNode, ...]

    def children(self, node: ChangeNode, start: int, stop: int) -> list[ChangeNode]:
        """Some of the lines below one, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRequest:
    """Where the picture of a change lies, and what is to be drawn on it."""

    path: Path
    before: tuple[Corners, ...] = ()
    after: tuple[Corners, ...] = ()
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionState:
    """What the Versions page shows of one version against another.

    `health` are sentences on the version's cameras, the first one on all of them;
    `health_tone` is `bad` where a camera has a fault.
    """

    version: Version
    against: str = ""
    has_report: bool = False
    tiles: tuple[DiffTile, ...] = ()
    step: str = ""
    tree: ChangeTree | None = None
    drift_head: str = ""
    drift_note: str = ""
    drift: tuple[DriftRow, ...] = ()
    health: tuple[str, ...] = ()
    health_tone: str = ""
    moved: tuple[MovedBox, ...] = ()
    relabelled: tuple[MovedBox, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeOutlook:
    """What freezing would do now: allowed or why not, and what the policy does."""

    alias: str
    verdict: str
    level: Level
    lines: tuple[str, ...] = ()
    findings: tuple[FindingRow, ...] = ()
    may_freeze: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeResult:
    """What freezing did."""

    alias: str
    sentence: str
    lines: tuple[str, ...] = ()
    findings: tuple[FindingRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a proof of a version found; nothing is wrong where `findings` is empty."""

    alias: str
    sentence: str
    level: Level
    findings: tuple[FindingRow, ...] = ()


class VersionsDesk(Protocol):
    """Freezes, compares, proves and reports versions."""

    def versions(self, progress: Progress) -> tuple[VersionRow, ...]:
        """Give all versions, newest first, damaged ones marked."""

    def state(self, alias: str, against: str, progress: Progress) -> VersionState:
        """Compare a version with another, "" for its parent; touches no catalog."""

    def picture(self, tree: ChangeTree, node: ChangeNode) -> PictureRequest | None:
        """Find the picture of a change; None where there is none to show."""

    def outlook(self, progress: Progress) -> FreezeOutlook:
        """Work out what freezing would do; nothing is written."""

    def freeze(self, message: str, progress: Progress) -> FreezeResult:
        """Freeze a version."""

    def report(self, alias: str, progress: Progress) -> Path:
        """Make the report page where it is missing and give its path."""

    def verify(self, alias: str, progress: Progress) -> Proof:
        """Prove that a version is what was frozen."""
