"""Boxes by class and split of two versions side by side, from their counts alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..records import LabelClass
from ..versions.frozen_version import FrozenVersion

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRow:
    """Counts (old, new) in each split, and in total; `item` is None for samples."""

    name: str
    item: LabelClass | None
    cells: tuple[Pair, ...]

    @property
    def total(self) -> Pair:
        """The sum over the splits."""
        return sum(cell[0] for cell in self.cells), sum(cell[1] for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTable:
    """One row a class, by id, with its boxes, and one for samples.

    `splits` are those that hold a sample in one of the versions; "" is no split.
    """

    splits: tuple[str, ...]
    rows: tuple[CountRow, ...]
    samples: CountRow


def class_table(old: FrozenVersion, new: FrozenVersion) -> ClassTable:
    """The counts of both versions; names and colours are those of the new one."""
    sides = (old.record, new.record)
    boxes = [
        Counter({(c.class_id, c.split): c.boxes for c in side.class_counts})
        for side in sides
    ]
    samples = [
        Counter({c.split: c.samples for c in side.split_counts}) for side in sides
    ]
    known = dict.fromkeys(s.name for frozen in (old, new) for s in frozen.splits)
    splits = tuple(n for n in (*known, "") if any(side[n] for side in samples))
    classes = {item.id: item for frozen in (old, new) for item in frozen.classes}
    return ClassTable(
        splits=splits,
        rows=tuple(
            CountRow(
                name=item.name,
                item=item,
                cells=tuple(
                    (boxes[0][class_id, n], boxes[1][class_id, n]) for n in splits
                ),
            )
            for class_id, item in sorted(classes.items())
        ),
        samples=CountRow(
            name="samples",
            item=None,
            cells=tuple((samples[0][n], samples[1][n]) for n in splits),
        ),
    )
