"""What a policy did: told to the person, and recorded in the version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..settings import BalanceSettings
from .balancing import ratio_of
from .made_samples import MadeCopies


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOutcome:
    """What a policy did, for a person; `classes` is (id, name, boxes before, after).

    Counts of boxes are those of train, a repeated sample's as often as it counts.
    """

    balance: str
    classes: tuple[tuple[int, str, int, int], ...] = ()
    left_out: tuple[str, ...] = ()
    repeats: tuple[tuple[str, int], ...] = ()
    copies: MadeCopies = field(default_factory=MadeCopies)
    stress: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was done, one sentence each, then what could not be done."""
        done = []
        if self.left_out:
            done.append(f"Left out of train in this version: {len(self.left_out)}")
        if self.repeats:
            further = sum(times for _, times in self.repeats)
            done.append(
                f"Repeated in train: {len(self.repeats)} samples, further "
                f"occurrences: {further}"
            )
        made = self.copies
        if made.samples or made.emptied or made.alike:
            done.append(
                f"Augmented copies in train: {len(made.samples)}, of these new: "
                f"{made.new}"
            )
        if made.emptied:
            done.append(f"Copies dropped, no box stayed visible: {made.emptied}")
        if made.alike:
            done.append(f"Copies dropped, they equal another sample: {made.alike}")
        done += [f"Corrupted copies in {name}: {count}" for name, count in self.stress]
        done += [
            f"{name} in train, boxes: {before} became {after}"
            for _, name, before, after in self.classes
            if before != after
        ]
        return (*done, *self.notes)

    def to_json(self) -> dict[str, Any]:
        """The outcome as `version create --json` prints it."""
        return {
            "balance": self.balance,
            "classes": [
                {"id": c, "name": name, "before": before, "after": after}
                for c, name, before, after in self.classes
            ],
            "ratio": {
                "before": ratio_of(row[2] for row in self.classes),
                "after": ratio_of(row[3] for row in self.classes),
            },
            "left_out": list(self.left_out),
            "repeated": {sample_id: 1 + times for sample_id, times in self.repeats},
            "copies": {
                "samples": len(self.copies.samples),
                "new": self.copies.new,
                "emptied": self.copies.emptied,
                "alike": self.copies.alike,
            },
            "stress": dict(self.stress),
            "notes": list(self.notes),
        }


def levels_json(
    settings: BalanceSettings, ids: Mapping[str, int], share: float
) -> dict[str, Any]:
    """The levels as the policy keeps them: by class id, for names can change."""
    if not settings.targets:
        return {"ratio": settings.ratio}
    return {
        "train_share": round(share, 9),
        "targets": {
            str(ids[name]): {
                "boxes": target.boxes,
                "conditions": dict(target.conditions),
            }
            for name, target in settings.targets
            if name in ids
        },
    }


def record_of(outcome: PolicyOutcome, made: Sequence[MadeCopies]) -> dict[str, Any]:
    """What happened at this freeze; the ids left out are proven by their digest."""
    ids = "\n".join(outcome.left_out)
    libraries = sorted({text for copies in made for text in copies.libraries})
    return {
        "libraries": [json.loads(text) for text in libraries],
        "left_out": {
            "samples": len(outcome.left_out),
            "sha256": hashlib.sha256(ids.encode()).hexdigest(),
        },
        "emptied": sum(copies.emptied for copies in made),
        "alike": sum(copies.alike for copies in made),
        "train_boxes": {
            str(class_id): [before, after]
            for class_id, _, before, after in outcome.classes
        },
        "notes": list(outcome.notes),
    }
