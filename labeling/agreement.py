"""How far two people (or one person on two days) drew the same boxes.

Pure: boxes in, figures out. Boxes are paired by place alone, whatever their class
and id, so that a class confusion is seen as one; see `dataset.differences.matching` for
the way. Nothing depends on which side comes first but what is named so, nor on the
order of boxes or samples.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dataset.differences.matching import iou, match_boxes
from dataset.records import Box

PAIRED_IOU: Final = 0.5
STRICT_IOU: Final = 0.7
KAPPA_PAIRS: Final = 20
"""Fewer pairs than this say too little about agreement beyond chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two boxes of one object."""

    first: Box
    second: Box
    iou: float

    @property
    def same_class(self) -> bool:
        """Whether both gave it one class."""
        return self.first.class_id == self.second.class_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One sample labeled twice: pairs, and what only one side has; each by box id."""

    pairs: tuple[Pair, ...] = ()
    only_first: tuple[Box, ...] = ()
    only_second: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAgreement:
    """Agreement on one class; `matched` counts the pairs in which both say it.

    `f1` takes such pairs as agreed; None where neither side has a box of the class.
    """

    class_id: int
    first: int
    second: int
    matched: int
    mean_iou: float | None
    f1: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement over samples labeled twice.

    Attributes:
        samples: how many were labeled twice.
        first, second: boxes of each side; `matched` of them are in pairs of an IoU
            of at least 0.5, whatever their class.
        mean_iou: of those pairs; None without any.
        f1, f1_strict: pairs of one class and an IoU of at least 0.5, or 0.7, over
            the mean number of boxes; None where both sides are empty.
        confusion: pairs by (class of the first, class of the second).
        only_first, only_second: boxes without a partner, by class.
        kappa: Cohen's, of the classes of the pairs; None where it means nothing,
            and `kappa_note` says why.
    """

    samples: int
    first: int
    second: int
    matched: int
    mean_iou: float | None
    f1: float | None
    f1_strict: float | None
    classes: tuple[ClassAgreement, ...]
    confusion: Mapping[tuple[int, int], int]
    only_first: Mapping[int, int]
    only_second: Mapping[int, int]
    kappa: float | None
    kappa_note: str = ""

    @property
    def matched_share(self) -> float | None:
        """The share of all boxes that are in pairs; None without boxes."""
        total = self.first + self.second
        return 2 * self.matched / total if total else None

    def to_json(self, names: Mapping[int, str]) -> dict[str, Any]:
        """The figures under plain keys; classes by name."""
        return {
            "samples": self.samples,
            "boxes": {"first": self.first, "second": self.second},
            "matched": self.matched,
            "mean_iou": self.mean_iou,
            "f1": self.f1,
            "f1_strict": self.f1_strict,
            "kappa": self.kappa,
            "kappa_note": self.kappa_note,
            "classes": [
                {
                    "name": names.get(row.class_id, str(row.class_id)),
                    "first": row.first,
                    "second": row.second,
                    "matched": row.matched,
                    "mean_iou": row.mean_iou,
                    "f1": row.f1,
                    "only_first": self.only_first.get(row.class_id, 0),
                    "only_second": self.only_second.get(row.class_id, 0),
                }
                for row in self.classes
            ],
            "confusion": [
                {
                    "first": names.get(a, str(a)),
                    "second": names.get(b, str(b)),
                    "boxes": count,
                }
                for (a, b), count in sorted(self.confusion.items())
            ],
        }


def compare(
    first: Sequence[Box], second: Sequence[Box], *, min_iou: float = PAIRED_IOU
) -> Comparison:
    """Pair the boxes of one sample by place, at least `min_iou` (0 to 1) apart.

    IoU as in the PASCAL VOC challenge (Everingham et al., 2010, IJCV 88:303-338),
    whose limit of 0.5 is ours; the pairs are those with the greatest sum of IoU.
    """
    # A second pass that was not blind began with the first one's ids: a box that was
    # dragged to another object must not count as that object all the same.
    apart = [replace(box, id=f"second {box.id}") for box in second]
    found = match_boxes(first, apart, min_iou=min_iou)
    own = dict(zip((box.id for box in apart), second, strict=True))
    return Comparison(
        pairs=tuple(
            Pair(first=a, second=own[b.id], iou=iou(a, b)) for a, b in found.pairs
        ),
        only_first=found.removed,
        only_second=tuple(own[box.id] for box in found.added),
    )


def agreement(comparisons: Iterable[Comparison]) -> Agreement:
    """Give the agreement over samples that were compared.

    F1 between two annotators is Dice's coefficient, 2 x agreed / (boxes of one +
    boxes of the other): without a count of true negatives it is what chance-corrected
    agreement tends to (Hripcsak and Rothschild, 2005, JAMIA 12:296-298). It pairs at
    0.5 first; the strict figure asks of those pairs 0.7.
    """
    every = list(comparisons)
    pairs = [pair for one in every for pair in one.pairs]
    only_first = Counter(box.class_id for one in every for box in one.only_first)
    only_second = Counter(box.class_id for one in every for box in one.only_second)
    confusion = Counter((p.first.class_id, p.second.class_id) for p in pairs)
    boxes = len(pairs) + only_first.total(), len(pairs) + only_second.total()
    kappa, note = cohens_kappa(confusion)
    return Agreement(
        samples=len(every),
        first=boxes[0],
        second=boxes[1],
        matched=len(pairs),
        mean_iou=_mean([pair.iou for pair in pairs]),
        f1=_dice(sum(p.same_class for p in pairs), *boxes),
        f1_strict=_dice(
            sum(p.same_class and p.iou >= STRICT_IOU for p in pairs), *boxes
        ),
        classes=_by_class(pairs, only_first, only_second),
        confusion=dict(sorted(confusion.items())),
        only_first=dict(sorted(only_first.items())),
        only_second=dict(sorted(only_second.items())),
        kappa=kappa,
        kappa_note=note,
    )


def cohens_kappa(
    confusion: Mapping[tuple[int, int], int],
) -> tuple[float | None, str]:
    """Cohen's kappa of the classes of paired boxes, or None and why there is none.

    (observed - expected) / (1 - expected) agreement, expected from each side's own
    shares (Cohen, 1960, Educational and Psychological Measurement 20:37-46). Boxes
    without a partner have no second class and are outside: kappa says how well the
    classes are told apart, never how well objects are found.
    """
    total = sum(confusion.values())
    if total < KAPPA_PAIRS:
        return None, f"fewer than {KAPPA_PAIRS} pairs"
    rows: Counter[int] = Counter()
    columns: Counter[int] = Counter()
    for (a, b), count in confusion.items():
        rows[a] += count
        columns[b] += count
    if len(rows | columns) < 2:
        return None, "one class only"
    observed = sum(n for (a, b), n in confusion.items() if a == b) / total
    expected = sum(rows[k] * columns[k] for k in sorted(rows)) / total**2
    return (observed - expected) / (1 - expected), ""


def _by_class(
    pairs: Sequence[Pair], only_first: Counter[int], only_second: Counter[int]
) -> tuple[ClassAgreement, ...]:
    first = Counter(pair.first.class_id for pair in pairs) + only_first
    second = Counter(pair.second.class_id for pair in pairs) + only_second
    return tuple(
        _of_class(
            class_id,
            [p.iou for p in pairs if p.same_class and p.first.class_id == class_id],
            first[class_id],
            second[class_id],
        )
        for class_id in sorted(first | second)
    )


def _of_class(
    class_id: int, overlaps: Sequence[float], first: int, second: int
) -> ClassAgreement:
    return ClassAgreement(
        class_id=class_id,
        first=first,
        second=second,
        matched=len(overlaps),
        mean_iou=_mean(overlaps),
        f1=_dice(len(overlaps), first, second),
    )


def _mean(values: Sequence[float]) -> float | None:
    # fsum, so that the order of the samples leaves no trace in the last digit.
    return math.fsum(values) / len(values) if values else None


def _dice(agreed: int, first: int, second: int) -> float | None:
    return 2 * agreed / (first + second) if first + second else None
