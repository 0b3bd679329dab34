"""`README.md` of an export: the dataset card, made from the version alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from dataset.policies.balancing import repeats_of

from .outgoing import OutgoingBatch
from .plan import Plan
from .policy_files import PREPROCESS_NAME, REPEATS_NAME

FILE_NAME: Final = "README.md"
_BESIDE: Final = (
    ("fieldset.json", "UUIDs of boxes, groups, splits, sessions and the taxonomy"),
    ("SHA256SUMS", "every file; `sha256sum -c SHA256SUMS` proves them"),
    ("croissant.json", "the same data set described in Croissant 1.1"),
    ("croissant-boxes.csv", "the boxes that this description speaks of"),
    (
        "drift.json, report.html",
        "drift statistics of the version, where they were made",
    ),
)
_NO_MEDIA: Final = (
    "## Images\n\nThese are the annotations alone: the images they name are not here.\n"
)


@dataclass(slots=True)
class Tally:
    """What an export holds, counted while it is written."""

    samples: Counter[str] = field(default_factory=Counter)
    boxes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, batch: OutgoingBatch, names: Mapping[int, str]) -> None:
        """Count samples and what the format holds of their boxes, by class name."""
        coded = batch.words("split").dictionary_encode()
        splits = coded.dictionary.to_pylist()
        codes = np.asarray(coded.indices.to_numpy(), np.int64)
        for code, count in enumerate(np.bincount(codes).tolist()):
            self.samples[splits[code]] += count
        pairs = np.stack([codes[batch.boxes.owners], batch.boxes.class_ids])
        kinds, counts = np.unique(pairs, axis=1, return_counts=True)
        for code, class_id, count in zip(*kinds.tolist(), counts.tolist(), strict=True):
            self.boxes[splits[code], names[class_id]] += count


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatWords:
    """What the card says of the format itself."""

    name: str
    body: str
    front_matter: str
    has_media: bool = True


def card(plan: Plan, tally: Tally, words: FormatWords) -> bytes:
    """The card as Markdown; like all of an export it names no clock, host or user."""
    parts = [f"---\n{words.front_matter}---\n"] if words.front_matter else []
    parts += [
        f"# Data set {plan.frozen.version.id}\n",
        f"{plan.samples} images with {tally.boxes.total()} boxes, written by fieldset "
        f"in the format `{words.name}`. Boxes are those of the upright image: "
        "orientation marks of the files (EXIF) count.\n",
        f"## Format\n\n{words.body}\n" if words.body else "",
        _splits(plan, tally),
        _classes(plan, tally),
        _training(plan),
        _left_out(plan),
        "" if words.has_media else _NO_MEDIA,
        "## Files beside it\n",
        "".join(f"- `{name}`: {what}\n" for name, what in _BESIDE),
        "## Licence\n",
        "The owner of the images decides; fieldset knows of none.\n",
    ]
    return "\n".join(part for part in parts if part).encode()


def _splits(plan: Plan, tally: Tally) -> str:
    rows = [
        [
            split.name,
            split.kind.value,
            _escaped(split.rule) or "-",
            str(tally.samples[split.name]),
            str(sum(n for (name, _), n in tally.boxes.items() if name == split.name)),
        ]
        for split in plan.splits
    ]
    head = ["split", "kind", "rule", "images", "boxes"]
    return _section("Splits", _table(head, rows, numbers=2))


def _classes(plan: Plan, tally: Tally) -> str:
    names = [split.name for split in plan.splits]
    rows = [
        [
            _escaped(item.name),
            str(index),
            str(item.id),
            *(str(tally.boxes[name, item.name]) for name in names),
        ]
        for index, item in enumerate(plan.classes)
    ]
    head = ["class", "index", "id", *names]
    title = "Classes in their fixed order, with boxes a split"
    return _section(title, _table(head, rows, numbers=len(head) - 1))


def _training(plan: Plan) -> str:
    """What whoever trains has to do, from the policies of the version."""
    lines = []
    if repeats_of(plan.frozen.policy):
        lines.append(
            f"- `{REPEATS_NAME}` says which images of train count more than once."
        )
    if "preprocess" in plan.frozen.policy:
        lines.append(
            f"- `{PREPROCESS_NAME}` is the recipe for every image, in training and in "
            "inference; the images here are not preprocessed."
        )
    return _section("Training", "\n".join(lines)) if lines else ""


def _left_out(plan: Plan) -> str:
    lines = [f"- {count}: {_escaped(reason)}" for reason, count in plan.left_out]
    return _section("Left out", "\n".join(lines)) if lines else ""


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: int) -> str:
    """A Markdown table whose last `numbers` columns are numbers."""
    rule = ["---"] * (len(head) - numbers) + ["---:"] * numbers
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def _escaped(text: str) -> str:
    """A text that Markdown and HTML leave alone, in a cell of a table."""
    safe = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{sign}" if sign in "\\`*_[]|#" else sign for sign in safe)
