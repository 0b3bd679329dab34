"""What of a version leaves the house: which splits, which samples, which classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset.errors import ProjectError
from dataset.records import (
    SPLIT_NAME,
    LabelClass,
    SampleState,
    Split,
    SplitKind,
)

from ..contract import FrozenSamples
from .outgoing import IMAGE_COLUMNS, OutgoingBatch, OutgoingSample

_STATES: Final = (SampleState.LABELED, SampleState.EMPTY)
_KIND_ORDER = {SplitKind.TRAIN: 0, SplitKind.VAL: 1, SplitKind.TEST: 2}
_SUFFIX_LIMIT = 5
BATCH_ROWS: Final = 2048
_PLAN_COLUMNS: Final = (
    *("id", "suffix", "split", "state", "size_bytes"),
    "boxes.list.element.class_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One export of one version.

    `classes` are in the order of their index (0, 1, ...) in formats that count them:
    the classes in use by id, then retired ones that still have boxes, by id. `splits`
    are those that hold a sample here, train and val first, tests by name. `bytes` are
    those of the images, by split; `boxes` counts those of the version, also those that
    no file can hold.
    """

    frozen: FrozenSamples
    splits: tuple[Split, ...]
    classes: tuple[LabelClass, ...]
    samples: int
    boxes: int
    bytes: Mapping[str, int]
    left_out: tuple[tuple[str, int], ...]
    drop_empty: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every sample of the version is in the export."""
        return not self.left_out

    def tables(
        self, columns: Sequence[str], most_rows: int = BATCH_ROWS
    ) -> Iterator[pa.Table]:
        """The rows of the samples of the export, by id, some at a time.

        `columns` are those of `outgoing`, which always hold split and state. Nothing
        is kept: each call walks through the version.
        """
        names = [split.name for split in self.splits]
        if self.drop_empty and not any(name.startswith("boxes") for name in columns):
            columns = (*columns, "boxes.list.element.class_id")
        for whole in self.frozen.batches(columns):
            for at in range(0, whole.num_rows, most_rows):
                rows = whole.slice(at, most_rows)
                is_wanted = _are_in(rows, "split", names)
                is_wanted &= _are_in(rows, "state", _STATES)
                if self.drop_empty:
                    is_wanted &= box_counts(rows) > 0
                if is_wanted.all():
                    yield rows
                elif is_wanted.any():
                    yield rows.filter(pa.array(is_wanted))

    def images(self) -> Iterator[OutgoingSample]:
        """The samples of the export, by id, without their boxes; a new walk a call."""
        for rows in self.tables(IMAGE_COLUMNS):
            yield from OutgoingBatch(rows, {}).samples()

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
    survey = _Survey(known, include_sealed=include_sealed, drop_empty=drop_empty)
    for rows in frozen.batches(_PLAN_COLUMNS):
        survey.add(rows)
    if not survey.samples:
        raise ProjectError(
            f"The version has no sample to export: {frozen.version.id}",
            hint="run `fieldset split`, then `fieldset version create`",
        )
    return Plan(
        frozen=frozen,
        splits=tuple(
            sorted(
                (known[name] for name in survey.samples),
                key=lambda split: (_KIND_ORDER[split.kind], split.name),
            )
        ),
        classes=_classes(frozen.classes, survey.classes),
        samples=survey.samples.total(),
        boxes=survey.boxes,
        bytes=survey.bytes,
        left_out=tuple(sorted(survey.left.items())),
        drop_empty=drop_empty,
    )


@dataclass(slots=True)
class _Survey:
    """Counts what goes and what stays while the rows of a version pass by."""

    known: Mapping[str, Split]
    include_sealed: bool = field(kw_only=True)
    drop_empty: bool = field(kw_only=True)
    samples: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    classes: set[int] = field(default_factory=set)
    boxes: int = 0

    def add(self, rows: pa.Table) -> None:
        """Count some rows.

        Raises:
            ProjectError: a name of one that goes cannot be that of a file.
        """
        states, splits, suffixes = (
            rows.column(name).to_pylist() for name in ("state", "split", "suffix")
        )
        counts = box_counts(rows)
        kinds = list(zip(states, splits, (counts > 0).tolist(), strict=True))
        reasons = {kind: self._reason(*kind) for kind in set(kinds)}
        for kind, count in Counter(kinds).items():
            if reasons[kind]:
                self.left[reasons[kind]] += count
            else:
                self.samples[kind[1]] += count
        goes = np.array([not reasons[kind] for kind in kinds], bool)
        self._check(rows, list(zip(splits, suffixes, goes.tolist(), strict=True)))
        sizes = rows.column("size_bytes").to_numpy()
        for split in set(splits):
            is_here = goes & _are_in(rows, "split", [split])
            if is_here.any():
                self.bytes[split] += int(sizes[is_here].sum())
        used = class_ids(rows)[np.repeat(goes, counts)]
        self.boxes += len(used)
        self.classes.update(np.unique(used).tolist())

    def _reason(self, state: str, split_name: str, has_boxes: bool) -> str:
        if state not in _STATES:
            return "nobody labeled it"
        split = self.known.get(split_name)
        if split is None:
            return "in no split"
        if split.sealed and not self.include_sealed:
            return f"sealed in {split.name}"
        return "nothing is in it" if self.drop_empty and not has_boxes else ""

    def _check(self, rows: pa.Table, named: list[tuple[str, str, bool]]) -> None:
        """Names of files are made of these two; versions can come from elsewhere."""
        for split, suffix, goes in set(named):
            if goes and not (suffix.isalnum() and len(suffix) <= _SUFFIX_LIMIT):
                row = rows.column("id")[named.index((split, suffix, goes))]
                name = f"{row.as_py().hex()}.{suffix}"
                raise ProjectError(f"A sample's file name is not ours: {name}")
            if goes and not SPLIT_NAME.fullmatch(split):
                raise ProjectError(f"A split's name cannot name a folder: {split!r}")


def box_counts(rows: pa.Table) -> NDArray[np.int64]:
    """How many boxes the version has in each row, shape (rows,)."""
    column = rows.column("boxes").combine_chunks()
    return np.asarray(np.diff(column.offsets.to_numpy()), np.int64)


def class_ids(rows: pa.Table) -> NDArray[np.int64]:
    """The class of each box of the rows, one row after the other."""
    column = rows.column("boxes").combine_chunks()
    return np.asarray(column.flatten().field("class_id").to_numpy(), np.int64)


def _are_in(rows: pa.Table, name: str, words: Sequence[str]) -> NDArray[np.bool_]:
    """Whether each row of a column of text is one of the words."""
    wanted = frozenset(words)
    return np.array([word in wanted for word in rows.column(name).to_pylist()], bool)


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
