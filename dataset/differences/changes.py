"""The typed changes between two versions: what a diff speaks of.

Each is a frozen value about one sample. `subject` names the thing that changed and
`outcome` what became of it, so that a three-way diff can tell agreement from conflict.

In JSON (`diff --list --json`, `changes`) each is an object with `kind` and `sample`,
the sample's id, and by kind:

    sample_added, sample_removed   split ("" for none), boxes (how many)
    size_changed                   old, new: [width, height] in pixels
    state_changed                  old, new: labeled, empty, ...
    box_added, box_removed         box (UUID), class (id), corners
    box_relabelled                 box, old_class, new_class
    box_moved                      box, class, old, new (corners), iou (0 to 1),
                                   shift ([x, y] of the centre), area_ratio (new / old)
    box_reidentified               old_box, box: matched by place, with another UUID
    split_changed                  old, new ("" for none), touches_test
    split_retired                  old, new: a recorded retirement, see `SplitRetired`
    group_changed                  old, new

Corners are [x0, y0, x1, y1] in pixels of the upright image, to 1/1024. `box` is the
UUID in the new version, for `box_removed` that in the old one. A box that was both
relabelled and moved is told twice, once of each kind. Changes stand by sample, then
kind in the order above (samples first, splits and groups last), then box. Boxes of
sealed test sets are not listed; `sealed_changes` says how many were left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from ..records import Box, SampleState
from .matching import corners


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that differs about one sample."""

    kind: ClassVar[str] = ""
    order: ClassVar[int] = 0
    sample_id: str

    @property
    def subject(self) -> str:
        """What of the sample changed: "" the sample, `#...` a property, or a box id."""
        return ""

    @property
    def outcome(self) -> object:
        """What it became; None where it is gone."""
        return None

    def to_json(self) -> dict[str, Any]:
        """The change as `diff --list --json` prints it."""
        return {"kind": self.kind, "sample": self.sample_id, **self._details()}

    def _details(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAdded(Change):
    """A sample that only the new version holds; its boxes are counted, not listed.

    `content` is the digest of its leaves: two stations that added the same picture
    agree where it is equal.
    """

    kind: ClassVar[str] = "sample_added"
    split: str
    boxes: int
    content: str = ""

    @property
    def outcome(self) -> object:
        """The split, the number of boxes and the digest of everything."""
        return self.split, self.boxes, self.content

    def _details(self) -> dict[str, Any]:
        return {"split": self.split, "boxes": self.boxes}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRemoved(Change):
    """A sample that only the old version holds; its boxes are counted, not listed.

    `content` is the digest of its leaves, as that of `SampleAdded`.
    """

    kind: ClassVar[str] = "sample_removed"
    split: str
    boxes: int
    content: str = ""

    def _details(self) -> dict[str, Any]:
        return {"split": self.split, "boxes": self.boxes}


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeChanged(Change):
    """The upright size (width, height) of a sample differs, in pixels."""

    kind: ClassVar[str] = "size_changed"
    order: ClassVar[int] = 1
    old: tuple[int, int]
    new: tuple[int, int]

    @property
    def subject(self) -> str:
        """`#size`."""
        return "#size"

    @property
    def outcome(self) -> object:
        """The new size."""
        return self.new

    def _details(self) -> dict[str, Any]:
        return {"old": list(self.old), "new": list(self.new)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged(Change):
    """The state of a sample differs, as labeled to empty."""

    kind: ClassVar[str] = "state_changed"
    order: ClassVar[int] = 2
    old: SampleState
    new: SampleState

    @property
    def subject(self) -> str:
        """`#state`."""
        return "#state"

    @property
    def outcome(self) -> object:
        """The new state."""
        return self.new

    def _details(self) -> dict[str, Any]:
        return {"old": self.old.value, "new": self.new.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxAdded(Change):
    """A box that only the new version holds."""

    kind: ClassVar[str] = "box_added"
    order: ClassVar[int] = 3
    box: Box

    @property
    def subject(self) -> str:
        """The box's id."""
        return self.box.id

    @property
    def outcome(self) -> object:
        """Class and corners."""
        return self.box.class_id, corners(self.box)

    def _details(self) -> dict[str, Any]:
        return _box_details(self.box)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRemoved(Change):
    """A box that only the old version holds."""

    kind: ClassVar[str] = "box_removed"
    order: ClassVar[int] = 4
    box: Box

    @property
    def subject(self) -> str:
        """The box's id."""
        return self.box.id

    def _details(self) -> dict[str, Any]:
        return _box_details(self.box)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRelabelled(Change):
    """A box that has another class than before."""

    kind: ClassVar[str] = "box_relabelled"
    order: ClassVar[int] = 5
    old: Box
    new: Box

    @property
    def subject(self) -> str:
        """The box's id in the old version."""
        return self.old.id

    @property
    def outcome(self) -> object:
        """The new class."""
        return "class", self.new.class_id

    def _details(self) -> dict[str, Any]:
        return {
            "box": self.new.id,
            "old_class": self.old.class_id,
            "new_class": self.new.class_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxMoved(Change):
    """A box whose corners differ.

    `shift` is the way of the centre (x, y) in pixels, `area_ratio` new over old.
    """

    kind: ClassVar[str] = "box_moved"
    order: ClassVar[int] = 6
    old: Box
    new: Box
    iou: float
    shift: tuple[float, float]
    area_ratio: float

    @property
    def subject(self) -> str:
        """The box's id in the old version."""
        return self.old.id

    @property
    def outcome(self) -> object:
        """The new corners."""
        return "corners", corners(self.new)

    def _details(self) -> dict[str, Any]:
        return {
            "box": self.new.id,
            "class": self.new.class_id,
            "old": list(corners(self.old)),
            "new": list(corners(self.new)),
            "iou": round(self.iou, 6),
            "shift": [round(value, 3) for value in self.shift],
            "area_ratio": round(self.area_ratio, 6),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxReidentified(Change):
    """A box that was matched by its place and has another UUID than before."""

    kind: ClassVar[str] = "box_reidentified"
    order: ClassVar[int] = 7
    old: Box
    new: Box

    @property
    def subject(self) -> str:
        """The box's id in the old version."""
        return self.old.id

    @property
    def outcome(self) -> object:
        """The new id."""
        return "id", self.new.id

    def _details(self) -> dict[str, Any]:
        return {"old_box": self.old.id, "box": self.new.id}


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitChanged(Change):
    """The split of a sample differs; "" is no split.

    `touches_test` says that a test set held it before, or holds it after it was in
    train or val: the numbers of models that were tested are in doubt.
    """

    kind: ClassVar[str] = "split_changed"
    order: ClassVar[int] = 8
    old: str
    new: str
    touches_test: bool

    @property
    def is_moved(self) -> bool:
        """Whether it left one split for another, rather than none."""
        return bool(self.old and self.new)

    @property
    def subject(self) -> str:
        """`#split`."""
        return "#split"

    @property
    def outcome(self) -> object:
        """The new split."""
        return self.new

    def _details(self) -> dict[str, Any]:
        return {"old": self.old, "new": self.new, "touches_test": self.touches_test}


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRetired(SplitChanged):
    """A sample between a test set and validation, by a retirement on record.

    One version says that the set was retired, the other does not know of it yet; the
    sample is in validation where it is said. No test is in doubt: `touches_test` is
    False. Any other way out of a test set is a `SplitChanged` that touches it.
    """

    kind: ClassVar[str] = "split_retired"
    touches_test: bool = False

    def _details(self) -> dict[str, Any]:
        return {"old": self.old, "new": self.new}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChanged(Change):
    """The group of a sample differs: groups were joined."""

    kind: ClassVar[str] = "group_changed"
    order: ClassVar[int] = 9
    old: str
    new: str

    @property
    def subject(self) -> str:
        """`#group`."""
        return "#group"

    @property
    def outcome(self) -> object:
        """The new group."""
        return self.new

    def _details(self) -> dict[str, Any]:
        return {"old": self.old, "new": self.new}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassChange:
    """How the taxonomy differs: added, removed, renamed, retired or restored."""

    kind: str
    class_id: int
    old: str
    new: str

    def to_json(self) -> dict[str, Any]:
        """The change as `diff --json` prints it."""
        return {"id": self.class_id, "old": self.old, "new": self.new}


# What tells of boxes, and is not shown of sealed test sets.
LABEL_CHANGES: Final = (
    StateChanged,
    BoxAdded,
    BoxRemoved,
    BoxRelabelled,
    BoxMoved,
    BoxReidentified,
)


def sort_key(change: Change) -> tuple[str, int, str]:
    """Changes stand by sample, then kind, then box."""
    return change.sample_id, change.order, change.subject


def _box_details(box: Box) -> dict[str, Any]:
    return {"box": box.id, "class": box.class_id, "corners": list(corners(box))}
