"""Samples gathered into sessions: the unit that drift compares."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .drift_tables import SampleTable

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SessionMeans:
    """The sessions of both sets, sorted by stratum and name.

    `current` is (N,) bool and `strata` (N,) int64, ascending. `means`, `variances`
    and `counts` are (N, M): the mean of the session's measured samples, their
    variance around it (0 for one) and their number; NaN, NaN and 0 where none is.
    """

    sessions: tuple[str, ...]
    current: NDArray[np.bool_]
    strata: NDArray[np.int64]
    samples: NDArray[np.int64]
    means: Floats
    variances: Floats
    counts: NDArray[np.int64]

    def sample_count(self, *, current: bool) -> int:
        """How many samples the sessions of one side hold, measured or not."""
        return int(self.samples[self.current == current].sum())

    def usable(self, column: int) -> NDArray[np.bool_]:
        """(N,) sessions that measured a metric, in strata where both sides did."""
        known = self.counts[:, column] > 0
        size = int(self.strata.max(initial=-1)) + 1
        base = np.bincount(self.strata[known & ~self.current], minlength=size)
        now = np.bincount(self.strata[known & self.current], minlength=size)
        both = (base > 0) & (now > 0)
        shared: NDArray[np.bool_] = known & both[self.strata]
        return shared

    def mean_and_sd(
        self, column: int, rows: NDArray[np.bool_]
    ) -> tuple[float | None, float | None]:
        """Mean and standard deviation over samples, each session weighing the same.

        None where `rows`, (N,) bool, names no session.
        """
        if not rows.any():
            return None, None
        centres = self.means[rows, column]
        mean = float(centres.mean())
        spread = self.variances[rows, column] + (centres - mean) ** 2
        sd = math.sqrt(float(spread.mean()))
        return mean, sd if sd > 1e-12 * abs(mean) else 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Side:
    """One table's sessions in order of name, before the two are put together."""

    names: tuple[str, ...]
    strata: tuple[str, ...]
    samples: NDArray[np.int64]
    means: Floats
    variances: Floats
    counts: NDArray[np.int64]

    def taken(self, keep: Sequence[bool]) -> _Side:
        """Only the sessions to keep."""
        mask = np.array(keep, dtype=np.bool_)
        return _Side(
            names=tuple(n for n, k in zip(self.names, keep, strict=True) if k),
            strata=tuple(s for s, k in zip(self.strata, keep, strict=True) if k),
            samples=self.samples[mask],
            means=self.means[mask],
            variances=self.variances[mask],
            counts=self.counts[mask],
        )


def session_means(
    base: SampleTable, current: SampleTable, names: Sequence[str], *, shown: int
) -> tuple[SessionMeans, tuple[str, ...]]:
    """Both sets' sessions, and sentences on what had to be left out.

    Sessions in both sets stay with the base; sharing one sample is enough, so that
    a session that goes by another name is known too. Cameras in one set only are
    left out, but where no camera is in both, cameras are not told apart.

    Args:
        base: the set to compare with.
        current: the set in question.
        names: the metrics, in the order of the columns.
        shown: how many names a sentence lists at most.
    """
    notes: list[str] = []
    old = _side(base, names)
    new = _side(current, names)
    both = _sessions_of_both(base, current)
    double = [name for name in new.names if name in both]
    if double:
        stand = "sessions stand" if len(double) > 1 else "session stands"
        count = "count" if len(double) > 1 else "counts"
        notes.append(
            f"{len(double)} {stand} in both sets and {count} for the base: "
            f"{_some(double, shown)}."
        )
        new = new.taken([name not in both for name in new.names])
    shared = set(old.strata) & set(new.strata)
    if not shared:
        if old.names and new.names:
            notes.append("No camera is in both sets: cameras are not told apart.")
        return _joined(old, new, ignore_strata=True), tuple(notes)
    for side, place in ((old, "base"), (new, "current")):
        alone = sorted(set(side.strata) - shared)
        if alone:
            notes.append(
                f"Cameras that are in the {place} set only are left out: "
                f"{_some(alone, shown)}."
            )
    old = old.taken([stratum in shared for stratum in old.strata])
    new = new.taken([stratum in shared for stratum in new.strata])
    return _joined(old, new, ignore_strata=False), tuple(notes)


def compared_rows(base: SampleTable, current: SampleTable) -> NDArray[np.bool_]:
    """(len(current),) bool: the rows of `current` that are compared with `base`.

    All but those of sessions in both sets; all where that would leave none.
    """
    both = _sessions_of_both(base, current)
    rows = np.array([session not in both for session in current.sessions], np.bool_)
    return rows if rows.any() else np.ones(len(current), dtype=np.bool_)


def _sessions_of_both(base: SampleTable, current: SampleTable) -> set[str]:
    """The current sessions that are in the base too, by name or by a sample."""
    names, samples = set(base.sessions), set(base.sample_ids)
    return {
        session
        for session, sample in zip(current.sessions, current.sample_ids, strict=True)
        if session in names or sample in samples
    }


def _side(table: SampleTable, names: Sequence[str]) -> _Side:
    """Means of each session; rows in order of sample id, so that sums are the same."""
    rows = sorted(range(len(table)), key=lambda row: table.sample_ids[row])
    sessions = tuple(sorted(set(table.sessions)))
    number = {name: index for index, name in enumerate(sessions)}
    index = np.array([number[table.sessions[row]] for row in rows], dtype=np.int64)
    strata: dict[str, str] = {}
    for session, stratum in sorted(zip(table.sessions, table.strata, strict=True)):
        strata.setdefault(session, stratum)
    shape = (len(sessions), len(names))
    means = np.full(shape, np.nan)
    variances = np.full(shape, np.nan)
    counts = np.zeros(shape, dtype=np.int64)
    order = np.array(rows, dtype=np.int64)
    for column, name in enumerate(names):
        values = table.values[name][order].astype(np.float64)
        known = np.isfinite(values)
        where, values = index[known], values[known]
        count = np.bincount(where, minlength=len(sessions))
        divisor = np.where(count > 0, count, 1)
        total = np.bincount(where, weights=values, minlength=len(sessions))
        mean = total / divisor
        off = (values - mean[where]) ** 2
        spread = np.bincount(where, weights=off, minlength=len(sessions)) / divisor
        means[:, column] = np.where(count > 0, mean, np.nan)
        variances[:, column] = np.where(count > 0, spread, np.nan)
        counts[:, column] = count
    return _Side(
        names=sessions,
        strata=tuple(strata[name] for name in sessions),
        samples=np.bincount(index, minlength=len(sessions)).astype(np.int64),
        means=means,
        variances=variances,
        counts=counts,
    )


def _joined(old: _Side, new: _Side, *, ignore_strata: bool) -> SessionMeans:
    names = old.names + new.names
    strata = ("",) * len(names) if ignore_strata else old.strata + new.strata
    number = {name: index for index, name in enumerate(sorted(set(strata)))}
    order = sorted(range(len(names)), key=lambda row: (strata[row], names[row]))
    rows = np.array(order, dtype=np.int64)
    is_current = np.arange(len(names)) >= len(old.names)
    return SessionMeans(
        sessions=tuple(names[row] for row in order),
        current=is_current[rows],
        strata=np.array([number[strata[row]] for row in order], dtype=np.int64),
        samples=np.concatenate([old.samples, new.samples])[rows],
        means=np.concatenate([old.means, new.means])[rows],
        variances=np.concatenate([old.variances, new.variances])[rows],
        counts=np.concatenate([old.counts, new.counts])[rows],
    )


def _some(names: Iterable[str], shown: int) -> str:
    """The first names, and how many more there are."""
    listed = [f"`{name}`" for name in names]
    more = f" and {len(listed) - shown} more" if len(listed) > shown else ""
    return ", ".join(listed[:shown]) + more
