"""Disputes in words: what two passes do not agree on, named for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from dataset.records import LabelClass
from labeling.second_opinion.disputes import Dispute, DisputeKind

from ...language import tr
from ...moments import moment_words
from ..label.label_words import class_name
from .review_contract import DisputeRow

Classes = Mapping[int, LabelClass]


def dispute_name(dispute: Dispute, classes: Classes) -> str:
    """Give the name of a dispute; disputes of one name are counted together."""
    first, second = dispute.first, dispute.second
    if dispute.kind is DisputeKind.CLASS and first is not None and second is not None:
        names = sorted(class_name(classes, b.class_id) for b in (first, second))
        return tr("{one} or {other}").format(one=names[0], other=names[1])
    return {
        DisputeKind.ONLY_FIRST: tr("missed in the second pass"),
        DisputeKind.ONLY_SECOND: tr("missed in the first pass"),
        DisputeKind.PLACE: tr("box in another place"),
    }[dispute.kind]


def dispute_counts(
    rows: Sequence[DisputeRow], classes: Classes
) -> tuple[tuple[str, int], ...]:
    """Give how many disputes of each name there are, most first."""
    counts = Counter(dispute_name(row.found.dispute, classes) for row in rows)
    return tuple(sorted(counts.items(), key=lambda line: (-line[1], line[0])))


def dispute_sentence(row: DisputeRow) -> str:
    """Give how far the two overlap, and who made the second pass when."""
    found = row.found
    who = found.by or tr("somebody")
    words = tr("second pass by {who}, {when}")
    parts = [words.format(who=who, when=moment_words(found.at_us))]
    if found.dispute.first is not None and found.dispute.second is not None:
        parts.insert(0, tr("IoU {iou}").format(iou=f"{found.dispute.iou:.2f}"))
    return " · ".join(parts)
