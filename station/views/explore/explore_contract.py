"""What the Explore view asks of its desk, and what it shows.

As those of the Dataset page, this desk opens the project a second time; its methods
run on the lanes READING and WORK, `send` on CATALOG.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dataset.progress import Progress
from dataset.sample_map import SampleMap

from ..contracts import QueueChoice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExploreState:
    """The map as it stands; `sets` are the test sets that are filled by hand."""

    map: SampleMap = field(default_factory=SampleMap)
    root: Path = Path()
    sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A queue of picked samples, and the sentence to say with it."""

    choice: QueueChoice
    sentence: str
    tone: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPlan:
    """What putting the picked samples into a test set would do, in sentences.

    `may_go` is False where nothing would go in.
    """

    name: str
    goes: str
    stays: str = ""
    may_go: bool = True


class ExploreDesk(Protocol):
    """Maps the samples, and acts on those that were picked."""

    def state(self, progress: Progress) -> ExploreState:
        """Read the map; embeddings are read again only where there are new ones."""

    def measure(self, progress: Progress) -> tuple[str, str]:
        """Measure what the map lacks; a sentence and its tone."""

    def send(self, sample_ids: Sequence[str]) -> Sent:
        """Keep a selection as a queue."""

    def plan_set(
        self, name: str, sample_ids: Sequence[str], progress: Progress
    ) -> SetPlan:
        """Say what `fill_set` would do; nothing is written."""

    def fill_set(self, name: str, sample_ids: Sequence[str], progress: Progress) -> str:
        """Put the groups of these samples into a test set; one sentence."""
