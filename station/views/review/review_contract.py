"""What the Review page asks of its desk, and the frozen values it shows.

See `contracts` for what a desk is. Edits and the second pass are asked for on the
catalog lane; `items` and `state` open the project a second time and are called on the
lane READING, `odd` reads images and is called on WORK: neither keeps an edit waiting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from dataset.progress import Progress
from dataset.records import Box, LabelClass
from labeling.agreement import Agreement
from labeling.second_opinion.disputes import Verdict
from labeling.second_opinion.odd_boxes import OddBoxes
from labeling.second_opinion.second_pass import PassChoice
from labeling.second_opinion.settling import OpenDispute

from ..contracts import ClassRow, Corners, LabelScene


class GridOrder(StrEnum):
    """In which order the grid shows boxes."""

    UNLIKE = "unlike"
    SMALLEST = "smallest"
    LARGEST = "largest"
    SCORE = "score"
    NEWEST = "newest"
    STORED = "stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridChoice:
    """Which boxes the grid shows; None and "" stand for any."""

    class_id: int | None = None
    session_id: str = ""
    split: str = ""
    reviewed: bool | None = None
    order: GridOrder = GridOrder.STORED


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """One accepted box as the grid shows it; `odd` is 0 to 1, None where unknown."""

    sample_id: str
    path: Path
    box: Box
    reviewed: bool = False
    odd: float | None = None
    longest_px: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPage:
    """The boxes of one choice, in order; of `total` at most 50,000."""

    items: tuple[ReviewItem, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRow:
    """One open dispute with all boxes of both sides and the way to its image."""

    found: OpenDispute
    path: Path
    first: tuple[Box, ...]
    second: tuple[Box, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewState:
    """What the side panel and the tabs tell.

    `waiting` samples of a second pass that is not finished are left; None where no
    pass is under way.
    """

    agreement: Agreement | None = None
    disputes: tuple[DisputeRow, ...] = ()
    waiting: int | None = None
    settled: int = 0
    classes: Mapping[int, LabelClass] = field(default_factory=dict)
    sessions: tuple[tuple[str, str], ...] = ()
    splits: tuple[str, ...] = ()
    can_undo: bool = False
    can_redo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondScene:
    """One sample of a second pass as the canvas shows it."""

    scene: LabelScene
    blind: bool
    is_done: bool
    left: int


class ReviewDesk(Protocol):
    """Looks over accepted boxes, goes through second passes, settles disputes."""

    def classes(self) -> tuple[ClassRow, ...]:
        """Give the classes in the order of their keys."""

    def state(self) -> ReviewState:
        """Give the agreement, the disputes and what can be filtered by."""

    def items(self, choice: GridChoice, odd: OddBoxes | None) -> GridPage:
        """Give the boxes of a choice."""

    def odd(self, progress: Progress) -> OddBoxes:
        """Give how unlike each box is to its class."""

    def mark_reviewed(self, items: tuple[ReviewItem, ...]) -> None:
        """Say a second yes to the samples of these boxes."""

    def relabel(self, items: tuple[ReviewItem, ...], class_id: int) -> None:
        """Give these boxes another class."""

    def delete(self, items: tuple[ReviewItem, ...]) -> None:
        """Delete these boxes."""

    def undo(self) -> str | None:
        """Take the newest edit back; gives what it was, None for nothing."""

    def redo(self) -> str | None:
        """Make the edit again that was undone last."""

    def settle(self, row: DisputeRow, verdict: Verdict) -> None:
        """Settle a dispute."""

    def begin_pass(self, choice: PassChoice) -> SecondScene | None:
        """Begin a second pass and give its first sample."""

    def give_up_pass(self) -> None:
        """End the pass under way; what is finished stays."""

    def second(self) -> SecondScene | None:
        """Give the sample at hand of the pass under way; None without one."""

    def second_step(self, by: int) -> SecondScene | None:
        """Go `by` samples on or back."""

    def second_draw(self, corners: Corners, class_id: int) -> SecondScene | None:
        """Add a box to the second boxes."""

    def second_move(self, box_id: str, corners: Corners) -> SecondScene | None:
        """Give a second box other corners."""

    def second_relabel(self, box_id: str, class_id: int) -> SecondScene | None:
        """Give a second box another class."""

    def second_delete(self, box_id: str) -> SecondScene | None:
        """Delete a second box."""

    def second_finish(self, *, empty: bool) -> SecondScene | None:
        """Keep what is drawn, or that nothing is there, and go on."""

    def second_undo(self) -> SecondScene | None:
        """Take the newest edit of the second boxes back."""

    def second_redo(self) -> SecondScene | None:
        """Make it again."""
