"""The measured samples that drift compares: one row a sample, one column a metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..policies.lineage import lineage_of
from ..records import LabelClass, VersionSample


class HasSamples(Protocol):
    """Anything that holds frozen samples; a `FrozenVersion` does."""

    @property
    def samples(self) -> Sequence[VersionSample]:
        """The samples, in any order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTable:
    """One side of a comparison.

    Row i is sample `sample_ids[i]` of session `sessions[i]`, taken by camera
    `strata[i]`. `values` has one float64 column of the same length a metric; NaN
    (or an infinity) means not measured. Columns are not copied: do not change them.
    `classes` has one column a class, by name: the boxes of it, NaN where nobody
    looked. `vectors` is (rows, D) float32, an embedding each, NaN for none.
    Equality is identity of the columns; compare reports, not tables.

    Raises:
        ValueError: the columns do not have the same length, or a sample is double.
    """

    sample_ids: tuple[str, ...]
    sessions: tuple[str, ...]
    strata: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]]
    classes: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    vectors: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        rows = len(self.sample_ids)
        if len(self.sessions) != rows or len(self.strata) != rows:
            raise ValueError(
                "a table has one session and one stratum a sample: "
                f"{rows}, {len(self.sessions)}, {len(self.strata)}"
            )
        for name, column in [*self.values.items(), *self.classes.items()]:
            if column.shape != (rows,):
                raise ValueError(
                    f"a column has one value a sample: `{name}` {column.shape}"
                )
        if self.vectors is not None and self.vectors.shape[:1] != (rows,):
            raise ValueError(f"there is one vector a sample: {self.vectors.shape}")
        if len(set(self.sample_ids)) != rows:
            raise ValueError("a sample stands in a table once")

    def __len__(self) -> int:
        """How many samples the table has."""
        return len(self.sample_ids)


def table_from_version(
    version: HasSamples,
    measures: Mapping[str, Mapping[str, float]],
    *,
    split: str | None = None,
    embeddings: Mapping[str, NDArray[np.float32]] | None = None,
    classes: Sequence[LabelClass] = (),
) -> SampleTable:
    """The samples of a frozen version with their measures, for `drift.compare`.

    What counts as a session is the sample's session; where one session holds several
    groups (an import of unrelated images) or is not known, its group; else the
    sample itself. The stratum is the camera. Samples that `measures` does not know
    keep their row, all NaN, so that the counts stay honest. Drift is between what was
    captured: augmented copies never count, corrupted ones only in their own set.

    Args:
        version: what to read the samples from.
        measures: by sample id, each metric's value; image and box measures merged.
        split: only the samples of this split; None for all.
        embeddings: by sample id, vectors of one length.
        classes: whose boxes are counted, by name; boxes of others count for none.
    """
    chosen = [
        row
        for row in version.samples
        if (split is None or row.split == split) and _counts(row, split)
    ]
    groups: dict[str, set[str]] = {}
    for row in version.samples:
        groups.setdefault(row.session, set()).add(row.group)
    table = table_from_rows(
        (
            (row.id, _session_of(row, groups), row.camera, measures.get(row.id, {}))
            for row in chosen
        ),
        embeddings,
    )
    return replace(table, classes=_class_columns(chosen, classes))


def table_from_rows(
    rows: Iterable[tuple[str, str, str, Mapping[str, float]]],
    embeddings: Mapping[str, NDArray[np.float32]] | None = None,
) -> SampleTable:
    """A table of (sample id, session, stratum, measures) rows, for any source."""
    listed = list(rows)
    names = sorted({name for row in listed for name in row[3]})
    columns = {
        name: np.array([row[3].get(name, np.nan) for row in listed], dtype=np.float64)
        for name in names
    }
    return SampleTable(
        sample_ids=tuple(row[0] for row in listed),
        sessions=tuple(row[1] for row in listed),
        strata=tuple(row[2] for row in listed),
        values=columns,
        vectors=stacked([row[0] for row in listed], embeddings or {}),
    )


def stacked(
    sample_ids: Sequence[str], embeddings: Mapping[str, NDArray[np.float32]]
) -> NDArray[np.float32] | None:
    """The embedding of each sample, a row each, NaN where there is none of that length.

    None where no sample has one. The length is that of the first in order of id.
    """
    known = sorted(key for key in sample_ids if key in embeddings)
    if not known:
        return None
    length = len(embeddings[known[0]])
    blank = np.full(length, np.nan, dtype=np.float32)
    rows = [embeddings.get(key, blank) for key in sample_ids]
    return np.stack([row if len(row) == length else blank for row in rows])


def _class_columns(
    rows: Sequence[VersionSample], classes: Sequence[LabelClass]
) -> dict[str, NDArray[np.float64]]:
    names = {label.id: label.name for label in classes}
    columns = {label.name: np.zeros(len(rows)) for label in classes}
    for number, row in enumerate(rows):
        for box in row.boxes:
            if box.class_id in names:
                columns[names[box.class_id]][number] += 1
    return columns


def _counts(row: VersionSample, split: str | None) -> bool:
    lineage = lineage_of(row)
    return lineage is None or (split is not None and lineage.kind == "stress")


def _session_of(row: VersionSample, groups: Mapping[str, set[str]]) -> str:
    if row.session and len(groups[row.session]) == 1:
        return row.session
    return row.group or row.session or row.id
