"""What the pages Dataset, Versions and Review ask of their desks, and what they show.

See `contracts` for what a desk is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dataset.progress import Progress
from dataset.records import Box, LabelClass, Split, Version

from .contracts import ClassRow, Corners


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCell:
    """Boxes of one class in one split, and the target where one is set."""

    boxes: int
    target: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitColumn:
    """One split as the class table shows it."""

    split: Split
    samples: int = 0
    groups: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One group, the split it is in and why; `level` is `ok` or `bad`."""

    id: str
    sessions: str
    samples: int
    split: str
    why: str
    level: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRow:
    """One test set: how large it is, what it takes in, whether it is sealed."""

    name: str
    samples: int
    rule: str
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetState:
    """What the Dataset page shows; `level` is `ok`, `warn` or `bad`."""

    classes: tuple[LabelClass, ...] = ()
    columns: tuple[SplitColumn, ...] = ()
    cells: Mapping[tuple[int, str], SplitCell] = field(default_factory=dict)
    verdict: str = ""
    level: str = "ok"
    reasons: tuple[str, ...] = ()
    groups: tuple[GroupRow, ...] = ()
    groups_text: str = ""
    unassigned: int = 0
    tests: tuple[TestRow, ...] = ()
    samples: int = 0


class DatasetDesk(Protocol):
    """Counts the dataset and assigns new groups to splits."""

    def state(self) -> DatasetState:
        """Count everything; on the catalog lane."""

    def split_now(self, progress: Progress) -> str:
        """Assign new groups and give one sentence on what was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffTile:
    """One figure of a comparison of two versions."""

    figure: str
    text: str


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
class VersionState:
    """What the Versions page shows of one version against its parent."""

    version: Version
    against: str = ""
    has_report: bool = False
    tiles: tuple[DiffTile, ...] = ()
    drift_head: str = ""
    drift_note: str = ""
    drift: tuple[DriftRow, ...] = ()
    moved: tuple[MovedBox, ...] = ()
    relabelled: tuple[MovedBox, ...] = ()


class VersionsDesk(Protocol):
    """Freezes, compares, reports and exports versions."""

    def versions(self) -> tuple[Version, ...]:
        """Give all versions, newest first; on the catalog lane."""

    def state(self, alias: str, progress: Progress) -> VersionState:
        """Compare a version with its parent; touches no catalog."""

    def freeze(self, message: str, progress: Progress) -> str:
        """Freeze a version and give one sentence on it."""

    def report(self, alias: str, progress: Progress) -> Path:
        """Make the report page where it is missing and give its path."""

    def formats(self) -> tuple[str, ...]:
        """Give the names of the export formats."""

    def export(self, alias: str, name: str, target: Path, progress: Progress) -> str:
        """Export a version and give one sentence on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """One accepted box as the Review page shows it."""

    sample_id: str
    path: Path
    box: Box
    reviewed: bool = False


class ReviewDesk(Protocol):
    """Looks over accepted boxes; on the catalog lane."""

    def classes(self) -> tuple[ClassRow, ...]:
        """Give the classes in the order of their keys."""

    def items(self, class_id: int | None) -> tuple[ReviewItem, ...]:
        """Give the accepted boxes of one class, or of all."""

    def mark_reviewed(self, sample_ids: tuple[str, ...]) -> None:
        """Say that these samples were looked over."""

    def relabel(self, items: tuple[ReviewItem, ...], class_id: int) -> None:
        """Give these boxes another class."""

    def delete(self, items: tuple[ReviewItem, ...]) -> None:
        """Delete these boxes."""
