"""Ways to deal sessions out to base and current, and what current then sums up to.

Whole sessions are dealt, each within its stratum (camera), so that every arrangement
keeps the number of current sessions a stratum has. All arrangements are taken where
there are few, else random ones.

From `TURNED_FROM` sessions on, the random arrangements are turned rather than dealt one
by one. The sessions of a stratum stand in a circle in random order; the labels are
turned against them, by a random step in each stratum, and the sums over all steps are
one cyclic correlation, which a Fourier transform gives at once. A few circles are used:
the observed arrangement stands in the first, each other one starts from an arrangement
dealt at random. Turns form a group, and an arrangement dealt at random lies anywhere,
so that under the null hypothesis the observed one is in no way set apart from the
others: p is as exact as with arrangements dealt one by one (Hemerik and Goeman, TEST 27
(2018); Ramdas, Barber, Candes and Tibshirani, Sankhya A 85 (2023)).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.uint8]

# Cells of the matrix of arrangements, or of a Fourier transform, held at once.
CHUNK_CELLS = 4_000_000
# More arrangements than anybody draws.
MANY = 10**12
# Fewer sessions than these are dealt as fast as they are turned.
TURNED_FROM = 1_000
# Arrangements of one circle to each session: neighbours share hardly anything.
_TURNS_A_SESSION = 0.25
# Keeps our random numbers apart from those of a caller who uses the same seed.
_STREAM = 0x64726966


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """Which sessions there are: stratum (0, 1, ... in order) and side of each.

    `strata` is (N,) int64, ascending; `current` is (N,) bool. Every stratum holds
    sessions of both sides.
    """

    strata: NDArray[np.int64]
    current: NDArray[np.bool_]

    @property
    def blocks(self) -> tuple[tuple[int, int, int], ...]:
        """Start, end and number of current sessions of each stratum."""
        edges = [0, *(np.flatnonzero(np.diff(self.strata)) + 1), len(self.strata)]
        return tuple(
            (int(start), int(end), int(self.current[start:end].sum()))
            for start, end in itertools.pairwise(edges)
            if end > start
        )

    @property
    def arrangements(self) -> int:
        """How many different ways there are to deal the sessions out, up to `MANY`."""
        count = 1
        for start, end, current in self.blocks:
            count *= _choices(end - start, current)
            if count >= MANY:
                return MANY
        return count


def _choices(size: int, chosen: int) -> int:
    """Ways to choose so many of a size, up to `MANY`: the whole number has pages."""
    count = 1
    for step in range(1, min(chosen, size - chosen) + 1):
        count = count * (size - step + 1) // step
        if count >= MANY:
            return MANY
    return count


def arrangements(layout: Layout, *, permutations: int, seed: int) -> Iterator[Labels]:
    """Ways to deal the sessions out, (rows, N) uint8 with 1 for current.

    The first row is the observed one. All arrangements come once where there are at
    most `permutations` others, else as many random ones as asked for.
    """
    observed = layout.current.astype(np.uint8)
    if layout.arrangements <= permutations + 1:
        yield from _every_arrangement(layout, observed)
        return
    yield observed[None, :]
    rng = np.random.default_rng((seed, _STREAM))
    chunk = max(1, CHUNK_CELLS // len(observed))
    for first in range(0, permutations, chunk):
        rows = min(chunk, permutations - first)
        labels = np.tile(observed, (rows, 1))
        for start, end, _ in layout.blocks:
            rng.permuted(labels[:, start:end], axis=1, out=labels[:, start:end])
        yield labels


def dealt_sums(
    values: Floats, layout: Layout, *, permutations: int, seed: int
) -> Floats:
    """What the current sessions of each arrangement sum up to.

    Args:
        values: (N, K) float64, finite: one row a session.
        layout: stratum and side of the N sessions.
        permutations: random arrangements beside the observed one, at least; where no
            more exist, all of them are taken.
        seed: of the random arrangements.

    Returns:
        (B, K) float64, column by column in memory; the first row is the observed
        arrangement.
    """
    is_large = len(values) >= TURNED_FROM and layout.arrangements > permutations + 1
    if is_large:
        return _turned_sums(values, layout, permutations=permutations, seed=seed)
    rows = [
        labels.astype(np.float64) @ values
        for labels in arrangements(layout, permutations=permutations, seed=seed)
    ]
    return np.asfortranarray(np.concatenate(rows))


def _every_arrangement(layout: Layout, observed: Labels) -> Iterator[Labels]:
    choices = [
        itertools.combinations(range(start, end), count)
        for start, end, count in layout.blocks
    ]
    rows: list[Labels] = [observed]
    for chosen in itertools.product(*choices):
        row = np.zeros_like(observed)
        row[list(itertools.chain.from_iterable(chosen))] = 1
        if not np.array_equal(row, observed):
            rows.append(row)
        if len(rows) * len(observed) >= CHUNK_CELLS:
            yield np.array(rows, dtype=np.uint8)
            rows = []
    if rows:
        yield np.array(rows, dtype=np.uint8)


def _turned_sums(
    values: Floats, layout: Layout, *, permutations: int, seed: int
) -> Floats:
    """`dealt_sums` by circles; every circle gives as many arrangements."""
    rng = np.random.default_rng((seed, _STREAM))
    sessions = len(values)
    circles = math.ceil((permutations + 1) / (_TURNS_A_SESSION * sessions))
    turns = math.ceil((permutations + 1) / circles)
    sums = np.zeros((values.shape[1], circles, turns))
    for start, end, _ in layout.blocks:
        size = end - start
        order = rng.permutation(size)
        starts = np.tile(layout.current[start:end].astype(np.uint8), (circles, 1))
        rng.permuted(starts[1:], axis=1, out=starts[1:])
        steps = rng.integers(0, size, (circles, turns))
        steps[0, 0] = 0
        labels = np.fft.rfft(starts[:, order].astype(np.float64))
        width = max(1, CHUNK_CELLS // size)
        for first in range(0, values.shape[1], width):
            columns = values[start:end, first : first + width][order].T
            turned = np.fft.rfft(np.ascontiguousarray(columns)).conj()
            for circle in range(circles):
                around = np.fft.irfft(turned * labels[circle], size)
                sums[first : first + width, circle] += around[:, steps[circle]]
    return sums.reshape(len(sums), -1).T
