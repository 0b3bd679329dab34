"""What of a version leaves the house: which splits, which samples, which classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from dataset.errors import ProjectError
from dataset.records import (
    SAMPLE_ID,
    SPLIT_NAME,
    Box,
    LabelClass,
    SampleState,
    Split,
    SplitKind,
    VersionSample,
)

from ..contract import FrozenSamples, ImportedBox
from ..intakes.image_draft import clipped

UNITS_PER_PIXEL = 1024
_STATES = frozenset((SampleState.LABELED, SampleState.EMPTY))
_KIND_ORDER = {SplitKind.TRAIN: 0, SplitKind.VAL: 1, SplitKind.TEST: 2}
_SUFFIX_LIMIT = 5
_KEPT_LIMIT = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One export of one version.

    `classes` are in the order of their index (0, 1, ...) in formats that count them:
    the classes in use by id, then retired ones that still have boxes, by id. `splits`
    are those that hold a sample here, train and val first, tests by name. `kept` are
    the samples themselves where they are few enough to be held.
    """

    frozen: FrozenSamples
    splits: tuple[Split, ...]
    classes: tuple[LabelClass, ...]
    samples: int
    left_out: tuple[tuple[str, int], ...]
    kept: tuple[VersionSample, ...] | None
    drop_empty: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every sample of the version is in the export."""
        return not self.left_out

    def selection(self) -> Iterator[VersionSample]:
        """The samples of the export, by id; a new walk with each call."""
        if self.kept is not None:
            yield from self.kept
            return
        names = {split.name for split in self.splits}
        for sample in self.frozen.samples:
            is_wanted = sample.boxes or not self.drop_empty
            if sample.split in names and sample.state in _STATES and is_wanted:
                yield sample

    def class_names(self) -> dict[int, str]:
        """The name of each class by its permanent id."""
        return {item.id: item.name for item in self.classes}

    def class_index(self) -> dict[int, int]:
        """The position of each class by its permanent id."""
        return {item.id: index for index, item in enumerate(self.classes)}


def make_plan(
    frozen: FrozenSamples, *, include_sealed: bool, drop_empty: bool = False
) -> Plan:
    """The plan for a version.

    Left out are sealed test sets (unless asked for), samples in no split (quarantined
    or not assigned), samples that nobody labeled and, with `drop_empty`, those with
    nothing in them.

    Raises:
        ProjectError: nothing is left to export, or a name in the version cannot be
            that of a file.
    """
    known = {split.name: split for split in frozen.splits}
    found: Counter[str] = Counter()
    left: Counter[str] = Counter()
    used: set[int] = set()
    kept: list[VersionSample] = []
    for sample in frozen.samples:
        reason = _reason_against(sample, known, include_sealed)
        if not reason and drop_empty and not sample.boxes:
            reason = "nothing is in it"
        if reason:
            left[reason] += 1
            continue
        _check_names(sample)
        found[sample.split] += 1
        used.update(box.class_id for box in sample.boxes)
        if len(kept) <= _KEPT_LIMIT:
            kept.append(sample)
    if not found:
        raise ProjectError(
            f"The version has no sample to export: {frozen.version.id}",
            hint="run `fieldset split`, then `fieldset version create`",
        )
    return Plan(
        frozen=frozen,
        splits=tuple(
            sorted(
                (known[name] for name in found),
                key=lambda split: (_KIND_ORDER[split.kind], split.name),
            )
        ),
        classes=_classes(frozen.classes, used),
        samples=found.total(),
        left_out=tuple(sorted(left.items())),
        kept=tuple(kept) if len(kept) <= _KEPT_LIMIT else None,
        drop_empty=drop_empty,
    )


def units(box: Box) -> tuple[int, int, int, int]:
    """The corners as whole 1/1024 pixels, as `leaf.quantise` gives them.

    Said again in plain Python: for one box at a time it is ten times as fast. A test
    holds the two together.
    """
    x0, y0 = round(box.x0 * UNITS_PER_PIXEL), round(box.y0 * UNITS_PER_PIXEL)
    x1, y1 = round(box.x1 * UNITS_PER_PIXEL), round(box.y1 * UNITS_PER_PIXEL)
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


def clipped_boxes(
    sample: VersionSample, names: dict[int, str]
) -> list[tuple[Box, ImportedBox]]:
    """Each box with what a file holds of it: named, and cut at the image's edge.

    Corners are whole 1/1024 pixels, as in the version. A box outside the image has
    nothing to hold and is left out.
    """
    kept = []
    for box in sample.boxes:
        u0, v0, u1, v1 = units(box)
        corners = (
            u0 / UNITS_PER_PIXEL,
            v0 / UNITS_PER_PIXEL,
            u1 / UNITS_PER_PIXEL,
            v1 / UNITS_PER_PIXEL,
        )
        cut = clipped(corners, sample.width, sample.height)
        if cut is not None:
            x0, y0, x1, y1 = cut
            held = ImportedBox(
                class_name=names[box.class_id], x0=x0, y0=y0, x1=x1, y1=y1
            )
            kept.append((box, held))
    return kept


def _reason_against(
    sample: VersionSample, known: dict[str, Split], include_sealed: bool
) -> str:
    if sample.state not in _STATES:
        return "nobody labeled it"
    split = known.get(sample.split)
    if split is None:
        return "in no split"
    if split.sealed and not include_sealed:
        return f"sealed in {split.name}"
    return ""


def _check_names(sample: VersionSample) -> None:
    """Names of files are made of these two; versions can come from elsewhere."""
    is_suffix = sample.suffix.isalnum() and len(sample.suffix) <= _SUFFIX_LIMIT
    if not SAMPLE_ID.fullmatch(sample.id) or not is_suffix:
        raise ProjectError(f"A sample's file name is not ours: {sample.path}")
    if not SPLIT_NAME.fullmatch(sample.split):
        raise ProjectError(f"A split's name cannot name a folder: {sample.split!r}")


def _classes(classes: tuple[LabelClass, ...], used: set[int]) -> tuple[LabelClass, ...]:
    ordered = sorted(classes, key=lambda item: item.id)
    unknown = used - {item.id for item in ordered}
    if unknown:
        raise ProjectError(
            f"A box has a class the version does not know: {min(unknown)}"
        )
    current = [item for item in ordered if not item.retired]
    retired = [item for item in ordered if item.retired and item.id in used]
    return (*current, *retired)
