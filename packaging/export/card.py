"""`README.md` of an export: the dataset card, made from the version alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from dataset.records import VersionSample

from .contract import ImportedBox
from .plan import Plan

FILE_NAME = "README.md"


@dataclass(slots=True)
class Tally:
    """What an export holds, counted while it is written."""

    samples: Counter[str] = field(default_factory=Counter)
    boxes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, sample: VersionSample, boxes: tuple[ImportedBox, ...]) -> None:
        """Count a sample and what the format holds of its boxes."""
        self.samples[sample.split] += 1
        for box in boxes:
            self.boxes[sample.split, box.class_name] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatWords:
    """What the card says of the format itself."""

    name: str
    body: str
    front_matter: str


def card(
    plan: Plan, tally: Tally, words: FormatWords, others: Mapping[str, str]
) -> bytes:
    """The card as Markdown; `others` are further files and what they hold.

    Like all of an export it names no clock, host or user.
    """
    parts = [f"---\n{words.front_matter}---\n"] if words.front_matter else []
    parts += [
        f"# Data set {plan.frozen.version.id}\n",
        f"{plan.samples} images with {tally.boxes.total()} boxes, written by fieldset "
        f"in the format `{words.name}`. Boxes are those of the upright image: "
        "orientation marks of the files (EXIF) count.\n",
        f"## Format\n\n{words.body}\n" if words.body else "",
        _splits(plan, tally),
        _classes(plan, tally),
        _left_out(plan),
        "## Files beside it\n",
        "".join(f"- `{name}`: {what}\n" for name, what in others.items()),
        "## Licence\n",
        "The owner of the images decides; fieldset knows of none.\n",
    ]
    return "\n".join(part for part in parts if part).encode()


def _splits(plan: Plan, tally: Tally) -> str:
    rows = [
        f"| {split.name} | {split.kind.value} | {split.rule or '-'} "
        f"| {tally.samples[split.name]} "
        f"| {sum(n for (name, _), n in tally.boxes.items() if name == split.name)} |"
        for split in plan.splits
    ]
    head = "| split | kind | rule | images | boxes |\n|---|---|---|---:|---:|"
    return "\n".join(["## Splits\n", head, *map(_cellwise, rows), ""])


def _classes(plan: Plan, tally: Tally) -> str:
    names = [split.name for split in plan.splits]
    head = "| index | id | class | " + " | ".join(names) + " |"
    line = "|---:|---:|---|" + "---:|" * len(names)
    rows = []
    for index, item in enumerate(plan.classes):
        counts = " | ".join(str(tally.boxes[name, item.name]) for name in names)
        rows.append(f"| {index} | {item.id} | {_escaped(item.name)} | {counts} |")
    return "\n".join(
        [
            "## Classes, in their fixed order, with boxes a split\n",
            head,
            line,
            *rows,
            "",
        ]
    )


def _left_out(plan: Plan) -> str:
    if not plan.left_out:
        return ""
    rows = [f"- {count}: {reason}" for reason, count in plan.left_out]
    return "\n".join(["## Left out\n", *rows, ""])


def _cellwise(row: str) -> str:
    return row.replace("\n", " ")


def _escaped(text: str) -> str:
    """A class name that Markdown and HTML leave alone, in a cell of a table."""
    safe = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{sign}" if sign in "\\`*_[]|#" else sign for sign in safe)
