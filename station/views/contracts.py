"""What the pages ask of the rooms below, and the frozen values they show.

A page takes one desk in its constructor. Desk methods are plain calls that may touch
the disk: the page has them run on the catalog lane of `station.jobs` and gets the
value back on the main thread. The real desks are in `station/desks/`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dataset.progress import Progress
from dataset.records import Box, LabelClass, Proposal, Sample, SampleState
from labeling.carry_request import CleanStart

Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One class with its accepted boxes and, where one is set, its target."""

    label_class: LabelClass
    boxes: int
    target: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmFrame:
    """One small picture of a strip."""

    sample_id: str
    path: Path
    state: SampleState
    width: int
    height: int
    reviewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScene:
    """What the Label page shows of one sample.

    `position` counts from 1; `history` is newest first; `touched` is the id of the
    box that the last edit made or changed. `note` says why nothing is carried here, or
    who else has the sample; `notice` is the sentence on what was just done; `queue` is
    another number when the queue was made anew; `hint` the class the sample was
    captured for.
    """

    sample: Sample
    path: Path
    boxes: tuple[Box, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    position: int = 1
    total: int = 1
    left: int = 0
    seconds_per_image: float | None = None
    keys_per_image: float | None = None
    pace_text: str = ""
    note: str = ""
    notice: tuple[str, str] = ("", "")
    queue: int = 0
    history: tuple[str, ...] = ()
    can_undo: bool = False
    can_redo: bool = False
    touched: str = ""
    hint: int | None = None
    session_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChoice:
    """Which samples the Label page goes through, and in which order.

    `picked` is the name of a kept selection.
    """

    order: str = "session"
    state: str = "todo"
    class_id: int | None = None
    session_id: str | None = None
    split: str | None = None
    condition: str | None = None
    picked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilters:
    """What a queue can be narrowed to, and what it is narrowed to now.

    `sessions` holds (id, name), newest first; `splits` names them, "" for none yet;
    `conditions` are written `key=value`.
    """

    choice: QueueChoice = QueueChoice()
    sessions: tuple[tuple[str, str], ...] = ()
    splits: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalsMade:
    """What a run of a model, or of motion, proposed.

    `held` are proposals for samples that were on the screen meanwhile.
    """

    looked: int
    proposed: int
    boxes: int
    held: Mapping[str, tuple[Proposal, ...]]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptiesOffered:
    """What looking for empty pictures found: looked at now, and offered in all."""

    looked: int
    quiet: int
    remarks: tuple[str, ...] = ()


class CarryRequest(Protocol):
    """Carry-over waiting to be worked out for one sample."""

    @property
    def sample_id(self) -> str:
        """Whose proposals they will be."""

    def run(self) -> tuple[Proposal, ...]:
        """Work out the proposals; touches no catalog, runs on any thread."""

    def prepare(self) -> object:
        """Work out ahead what takes long, so that `known` tells it."""

    def known(self) -> tuple[Proposal, ...] | None:
        """Give the proposals that were worked out ahead; None for none."""


class LabelDesk(Protocol):
    """Labels samples; each verb is saved when it returns and gives the new state."""

    def classes(self) -> tuple[ClassRow, ...]:
        """Give the classes in the order of their keys."""

    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Give the possible `order` and `state` of a `QueueChoice`."""

    def filters(self) -> QueueFilters:
        """Give what a queue can be narrowed to, and the choice of now."""

    def choose(self, choice: QueueChoice) -> LabelScene | None:
        """Make another queue and give its first sample; None when it is empty."""

    def current(self) -> LabelScene | None:
        """Give the sample at hand; None when the queue is empty."""

    def renew(self) -> LabelScene | None:
        """Make the same queue again, with what is new, and stay at the sample."""

    def film(self, before: int, after: int) -> tuple[FilmFrame, ...]:
        """Give the samples round the current one, in queue order."""

    def frames(self, first: int, count: int) -> tuple[FilmFrame, ...]:
        """Give samples from a place of the queue on, counted from 0."""

    def jump(self, words: str) -> LabelScene | None:
        """Go to a number in the queue, or to the id that begins so."""

    def held_elsewhere(self) -> int:
        """Give how many samples of the queue wait in other windows."""

    def beat(self) -> None:
        """Keep the place and the samples ahead for this window."""

    def pause(self) -> None:
        """Keep the place, and leave the samples to other windows."""

    def go_to(self, sample_id: str) -> LabelScene | None:
        """Go to one sample without writing anything."""

    def step(self, by: int) -> LabelScene | None:
        """Go `by` samples on (or back) without writing anything."""

    def draw(self, corners: Corners, class_id: int) -> LabelScene | None:
        """Add a box."""

    def move(self, box_id: str, corners: Corners) -> LabelScene | None:
        """Give a box other corners; a proposal is accepted with them."""

    def relabel(self, box_id: str, class_id: int) -> LabelScene | None:
        """Give a box another class; a proposal is accepted with it."""

    def delete(self, box_id: str) -> LabelScene | None:
        """Delete a box or drop a proposal."""

    def adopt(self, box_id: str) -> LabelScene | None:
        """Accept one proposal as it is."""

    def draw_boxes(self, drawn: Sequence[tuple[Corners, int]]) -> LabelScene | None:
        """Add several boxes, corners and class id each, as one step."""

    def move_boxes(self, moves: Mapping[str, Corners]) -> LabelScene | None:
        """Give several boxes other corners, as one step."""

    def relabel_boxes(
        self, box_ids: Collection[str], class_id: int
    ) -> LabelScene | None:
        """Give several boxes another class, as one step."""

    def delete_boxes(self, box_ids: Collection[str]) -> LabelScene | None:
        """Delete several boxes and proposals, as one step."""

    def adopt_boxes(self, box_ids: Collection[str]) -> LabelScene | None:
        """Accept several proposals, as one step."""

    def accept(self, keys: int, drags: int, seen: Collection[str]) -> LabelScene | None:
        """Accept everything shown and go on; `keys` were pressed meanwhile.

        `seen` are the ids of the proposals on the screen: no other is accepted.
        """

    def mark_empty(self, keys: int, drags: int) -> LabelScene | None:
        """Say that nothing is here and go on."""

    def skip(self, reason: str) -> LabelScene | None:
        """Leave the sample out, with a reason, and go on."""

    def drop_proposals(self) -> LabelScene | None:
        """Drop all proposals of the sample."""

    def undo(self) -> LabelScene | None:
        """Take the newest edit back."""

    def redo(self) -> LabelScene | None:
        """Do again what was taken back."""

    def prepare(self, progress: Progress) -> None:
        """Make ready what helps carry-over; long work, on a thread of its own."""

    def carry(self) -> CarryRequest | None:
        """Give what carry-over needs for the current sample; None for nothing."""

    def carry_ahead(self) -> CarryRequest | None:
        """Give what carry-over will need once all that is shown is accepted."""

    def clean_start(self) -> CleanStart | None:
        """Give why nothing is carried onto the current sample."""

    def offer(
        self, sample_id: str, proposals: tuple[Proposal, ...]
    ) -> LabelScene | None:
        """Show proposals, where `sample_id` is still the current sample."""

    def propose(self, progress: Progress) -> ProposalsMade:
        """Propose boxes as the project chose; long work, on a thread of its own."""

    def place(self, found: Mapping[str, tuple[Proposal, ...]]) -> LabelScene | None:
        """Keep proposals for samples that nobody has begun with."""

    def find_empties(self, progress: Progress) -> EmptiesOffered:
        """Look for pictures on which nothing is; long work, on a thread of its own."""

    def dismiss(self) -> int:
        """Say of the whole queue of probably empty samples that they are; one step."""


Commands = Mapping[str, Callable[[], Any]]
