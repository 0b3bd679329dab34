"""Which changed boxes a diff page shows, in which order, and in which words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dataset.differences.changes import (
    BoxAdded,
    BoxMoved,
    BoxRelabelled,
    BoxRemoved,
    Change,
)
from dataset.records import Box

from .report_text import MINUS

CARDS_SHOWN: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCard:
    """One changed box: how it was, how it is, and what is said of it.

    `old` is None for an added box, `new` for a removed one. `label` is its class, or
    "car → truck"; `iou` and `shift` (pixels of the centre) are those of a moved box.
    """

    sample_id: str
    label: str
    old: Box | None
    new: Box | None
    iou: float | None = None
    shift: tuple[float, float] | None = None

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """What holds both boxes: x0, y0, x1, y1."""
        held = [box for box in (self.old, self.new) if box is not None]
        return (
            min(box.x0 for box in held),
            min(box.y0 for box in held),
            max(box.x1 for box in held),
            max(box.y1 for box in held),
        )

    @property
    def facts(self) -> tuple[str, ...]:
        """IoU and shift in words, for a moved box."""
        if self.iou is None or self.shift is None:
            return ()
        x, y = (_signed(value) for value in self.shift)
        return (f"IoU {self.iou:.2f}", f"shift {x}, {y} px")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardGroup:
    """The boxes that changed alike: the first of them, and how many there are."""

    heading: str
    order: str
    cards: tuple[BoxCard, ...]
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.cards)


def card_groups(
    changes: Sequence[Change],
    old_names: Mapping[int, str],
    new_names: Mapping[int, str],
    *,
    limit: int = CARDS_SHOWN,
) -> tuple[CardGroup, ...]:
    """Relabelled, moved, added and removed boxes, at most `limit` of each.

    A box that was relabelled and moved is shown once, among the relabelled.
    """
    relabelled, moved = _pairs(changes, old_names, new_names)
    added = [
        BoxCard(
            sample_id=c.sample_id, label=_name(new_names, c.box), old=None, new=c.box
        )
        for c in changes
        if isinstance(c, BoxAdded)
    ]
    removed = [
        BoxCard(
            sample_id=c.sample_id, label=_name(old_names, c.box), old=c.box, new=None
        )
        for c in changes
        if isinstance(c, BoxRemoved)
    ]
    found = (
        ("Relabelled boxes", "the most frequent change of class first", relabelled),
        ("Moved boxes", "the least overlap first", moved),
        ("Added boxes", "in samples that both versions hold", added),
        ("Removed boxes", "from samples that both versions hold", removed),
    )
    return tuple(
        CardGroup(
            heading=heading, order=order, cards=tuple(cards[:limit]), total=len(cards)
        )
        for heading, order, cards in found
        if cards
    )


def _pairs(
    changes: Sequence[Change],
    old_names: Mapping[int, str],
    new_names: Mapping[int, str],
) -> tuple[list[BoxCard], list[BoxCard]]:
    """The cards of relabelled boxes, and of those that were only moved."""
    relabelled = [c for c in changes if isinstance(c, BoxRelabelled)]
    moved = {(c.sample_id, c.old.id): c for c in changes if isinstance(c, BoxMoved)}
    counts = Counter((c.old.class_id, c.new.class_id) for c in relabelled)

    def order(change: BoxRelabelled) -> tuple[int, int, int]:
        pair = (change.old.class_id, change.new.class_id)
        return -counts[pair], *pair

    first = [
        _pair_card(c, moved.pop((c.sample_id, c.old.id), None), old_names, new_names)
        for c in sorted(relabelled, key=order)
    ]
    rest = sorted(moved.values(), key=lambda c: c.iou)
    return first, [_pair_card(c, c, old_names, new_names) for c in rest]


def _pair_card(
    change: BoxRelabelled | BoxMoved,
    move: BoxMoved | None,
    old_names: Mapping[int, str],
    new_names: Mapping[int, str],
) -> BoxCard:
    before, after = _name(old_names, change.old), _name(new_names, change.new)
    is_same = change.old.class_id == change.new.class_id
    return BoxCard(
        sample_id=change.sample_id,
        label=after if is_same else f"{before} → {after}",
        old=change.old,
        new=change.new,
        iou=move.iou if move else None,
        shift=move.shift if move else None,
    )


def _name(names: Mapping[int, str], box: Box) -> str:
    return names.get(box.class_id, f"class {box.class_id}")


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", MINUS)
