"""How evenly the classes of a frozen version are filled, from its counts alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..records import SplitKind
from .version_file import VersionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionBalance:
    """The balance of a version; retired classes are left out.

    `ratio` is the most frequent class over the rarest, in boxes, and `train_ratio`
    that of train alone, where policies act; None where a class has no box there.
    `missing` names the classes without a box in the version. `policy` is the balance
    policy at the freeze, "" if it is not on record.
    """

    policy: str
    ratio: float | None
    train_ratio: float | None
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """One side of `balance` in `diff --json`."""
        return {
            "policy": self.policy,
            "ratio": _rounded(self.ratio),
            "train_ratio": _rounded(self.train_ratio),
            "missing": list(self.missing),
        }


def version_balance(record: VersionRecord) -> VersionBalance:
    """The balance of what `version.json` counts."""
    trains = {s.name for s in record.splits if s.kind is SplitKind.TRAIN}
    everywhere: Counter[int] = Counter()
    train: Counter[int] = Counter()
    for row in record.class_counts:
        everywhere[row.class_id] += row.boxes
        if row.split in trains:
            train[row.class_id] += row.boxes
    classes = [item for item in record.classes if not item.retired]
    policy = record.policy.get("balance", "")
    return VersionBalance(
        policy=policy if isinstance(policy, str) else "",
        ratio=_ratio(everywhere[item.id] for item in classes),
        train_ratio=_ratio(train[item.id] for item in classes),
        missing=tuple(item.name for item in classes if not everywhere[item.id]),
    )


def _ratio(boxes: Iterable[int]) -> float | None:
    counts = list(boxes)
    return max(counts) / min(counts) if counts and min(counts) > 0 else None


def _rounded(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 3)
