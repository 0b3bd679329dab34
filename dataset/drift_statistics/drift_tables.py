"""The measured samples that drift compares: one row a sample, one column a metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..policies.lineage import lineage_of
from ..records import VersionSample


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
    Equality is identity of the columns; compare reports, not tables.

    Raises:
        ValueError: the columns do not have the same length, or a sample is double.
    """

    sample_ids: tuple[str, ...]
    sessions: tuple[str, ...]
    strata: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]]

    def __post_init__(self) -> None:
        rows = len(self.sample_ids)
        if len(self.sessions) != rows or len(self.strata) != rows:
            raise ValueError(
                "a table has one session and one stratum a sample: "
                f"{rows}, {len(self.sessions)}, {len(self.strata)}"
            )
        for name, column in self.values.items():
            if column.shape != (rows,):
                raise ValueError(
                    f"a column has one value a sample: `{name}` {column.shape}"
                )
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
    """
    chosen = [
        row
        for row in version.samples
        if (split is None or row.split == split) and _counts(row, split)
    ]
    groups: dict[str, set[str]] = {}
    for row in version.samples:
        groups.setdefault(row.session, set()).add(row.group)
    return table_from_rows(
        (row.id, _session_of(row, groups), row.camera, measures.get(row.id, {}))
        for row in chosen
    )


def table_from_rows(
    rows: Iterable[tuple[str, str, str, Mapping[str, float]]],
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
    )


def _counts(row: VersionSample, split: str | None) -> bool:
    lineage = lineage_of(row)
    return lineage is None or (split is not None and lineage.kind == "stress")


def _session_of(row: VersionSample, groups: Mapping[str, set[str]]) -> str:
    if row.session and len(groups[row.session]) == 1:
        return row.session
    return row.group or row.session or row.id
