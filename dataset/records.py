"""The vocabulary: frozen values that every room passes around.

Coordinates are float pixels of the UPRIGHT image (EXIF orientation applied),
0-based, continuous and half-open: a box on the first pixel only is 0, 0, 1, 1.
Times are integer microseconds since the Unix epoch, UTC. Two records are equal
when all their fields are.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum

SAMPLE_ID = re.compile(r"[0-9a-f]{64}")
CLASS_NAME_LIMIT = 64
SPLIT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
# Okabe-Ito: distinguishable with every common kind of colour blindness.
CLASS_COLOURS = (
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#D55E00",
    "#CC79A7",
    "#0072B2",
)


class SampleState(StrEnum):
    """What is known of a sample's boxes."""

    NEW = "new"
    PROPOSED = "proposed"
    LABELED = "labeled"
    EMPTY = "empty"
    SKIPPED = "skipped"


class BoxOrigin(StrEnum):
    """Where a box came from before a person accepted it."""

    DRAWN = "drawn"
    CARRIED = "carried"
    MODEL = "model"
    MOTION = "motion"
    IMPORTED = "imported"


class Verdict(StrEnum):
    """What carry-over thinks became of a box."""

    STILL = "still"
    MOVED = "moved"
    WEAK = "weak"
    LEFT = "left"


class SplitKind(StrEnum):
    """What a split is for."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


class LedgerAction(StrEnum):
    """What a row of the split ledger did to a group."""

    ASSIGNED = "assigned"
    QUARANTINED = "quarantined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A labelled rectangle of one sample.

    The id is a UUID that stands for the OBJECT: a box carried to the next image
    keeps it, so that one object can be followed through a session. Within one
    sample ids are unique.
    """

    id: str
    class_id: int
    x0: float
    y0: float
    x1: float
    y1: float
    origin: BoxOrigin = BoxOrigin.DRAWN
    score: float | None = None

    def __post_init__(self) -> None:
        corners = (self.x0, self.y0, self.x1, self.y1)
        if not all(math.isfinite(value) for value in corners):
            raise ValueError(f"a box needs finite corners: {corners}")
        if self.x1 <= self.x0 or self.y1 <= self.y0:
            raise ValueError(f"a box needs a width and a height: {corners}")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise ValueError(f"a score lies between 0 and 1: {self.score}")

    @property
    def width(self) -> float:
        """Width in pixels, above 0."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height in pixels, above 0."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Area in square pixels, above 0."""
        return self.width * self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A box nobody accepted yet; never exported, never counted.

    `box.origin` says who proposes and `box.score` how sure it is. For a proposal
    of carry-over `box.id` is the id of the box it follows; LEFT means that the
    object is gone and `box` is only where it was last seen.
    """

    box: Box
    verdict: Verdict = Verdict.MOVED


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelClass:
    """A category; its id is permanent and never reused."""

    id: int
    name: str
    colour: str
    key: int | None = None
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run of capture: one camera, place, operator and set of conditions."""

    id: str
    name: str
    station: str = ""
    source: str = ""
    place: str = ""
    operator: str = ""
    conditions: tuple[tuple[str, str], ...] = ()
    started_us: int = 0
    ended_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One stored image with its record; the id is the SHA-256 of the file's bytes."""

    id: str
    session_id: str
    sequence: int
    suffix: str
    width: int
    height: int
    orientation: int = 1
    size_bytes: int = 0
    captured_us: int = 0
    source_name: str = ""
    state: SampleState = SampleState.NEW
    skip_reason: str = ""
    reviewed: bool = False
    group_id: str = ""

    def __post_init__(self) -> None:
        if not SAMPLE_ID.fullmatch(self.id):
            raise ValueError(f"a sample id is 64 hexadecimal digits: {self.id!r}")
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a sample has a size: {self.width}x{self.height}")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright image, in pixels."""
        return self.width, self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelState:
    """All that a label edit can change of one sample."""

    state: SampleState = SampleState.NEW
    skip_reason: str = ""
    reviewed: bool = False
    boxes: tuple[Box, ...] = ()
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelEdit:
    """A change of one sample's labels, from the state it was made on.

    `keys` counts the keys and drags that the person spent on the sample since it
    was shown, `drags` the drags among them; both are 0 for every edit but the one that
    goes on.
    """

    sample_id: str
    title: str
    before: LabelState
    after: LabelState
    at_us: int
    keys: int = 0
    drags: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Train, val or one named test set; `rule` says what a test set takes in.

    Rules: "" (by shortfall), "random", "vault" (in reserve), "after:2026-11-01"
    (captured on or after that day), "place:NAME", "camera:NAME",
    "condition:KEY=VALUE", "hand", "stress:NAME of SPLIT" (corrupted copies).
    """

    name: str
    kind: SplitKind
    rule: str = ""
    share: float = 0.0
    sealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One line of the append-only split ledger."""

    group_id: str
    split: str
    action: LedgerAction
    reason: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRoots:
    """The three hash-tree roots of a version, as hexadecimal SHA-256."""

    images: str
    labels: str
    splits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An immutable, content-addressed state of the dataset.

    `id` depends on content and taxonomy alone; alias, parent, message, author and
    time stand beside it.
    """

    id: str
    number: int
    parent: str | None
    created_us: int
    message: str
    author: str
    samples: int
    boxes: int
    roots: VersionRoots

    @property
    def alias(self) -> str:
        """The short name, `v3` for number 3."""
        return f"v{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSample:
    """One sample as a version froze it; boxes sorted by id.

    `path` is where the image lies, relative to the project's folder.
    `split` is "" for a sample whose group is quarantined or not assigned.
    """

    id: str
    width: int
    height: int
    suffix: str
    state: SampleState
    group: str
    split: str
    boxes: tuple[Box, ...] = ()
    session: str = ""
    place: str = ""
    camera: str = ""
    conditions: tuple[tuple[str, str], ...] = ()
    captured_us: int = 0
    source_name: str = ""
    size_bytes: int = 0
    reviewed: bool = False
    orientation: int = field(default=1)

    @property
    def path(self) -> str:
        """The image's place under the project's folder, with forward slashes."""
        return f"images/{self.id[:2]}/{self.id}.{self.suffix}"
