"""Pairs of looks that are worth comparing, without looking at every pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .look import Fingerprint, is_crop_key, keys_of

Pairs = NDArray[np.int64]
# Of a key that a crowd shares each look meets so many of those next to it by id: copies
# of one picture are joined by that, and there is no telling for anything else.
_CROWD_STEPS = 6


class Seen(Protocol):
    """What `duplicates.Sighting` has of this."""

    @property
    def sample_id(self) -> str:
        """The sample's id."""

    @property
    def session(self) -> str:
        """Samples of one session are never paired."""

    @property
    def camera(self) -> str:
        """One camera at one place, or ""."""

    @property
    def captured_us(self) -> int:
        """When, or 0."""

    @property
    def fingerprint(self) -> Fingerprint:
        """The look."""


class Bounds(Protocol):
    """What `duplicates.DuplicateLimits` has of this."""

    @property
    def votes(self) -> int:
        """How many keys a pair shares at least."""

    @property
    def best(self) -> int:
        """How many partners of a new look are compared."""

    @property
    def crowd(self) -> int:
        """How many looks may share a key before it is a crowd's."""


def candidate_pairs(seen: Sequence[Seen], new: int, bounds: Bounds) -> Pairs:
    """Pairs (i, j), i < j, i new, that share enough keys; shape (n, 2).

    The first `new` are the new ones. Of one camera with known times only the keys of
    boxes' crops count: its whole pictures are all alike.
    """
    owner, key = keys_of([one.fingerprint for one in seen])
    if not len(key):
        return np.empty((0, 2), np.int64)
    by_id = np.argsort(np.argsort([one.sample_id for one in seen]))
    order = np.lexsort((by_id[owner], key))
    key, owner = key[order], owner[order]
    sessions = _codes([one.session for one in seen])
    cameras = _codes([one.camera if one.captured_us else "" for one in seen])
    _, where, counts = np.unique(key, return_inverse=True, return_counts=True)
    is_crowded = counts[where] > bounds.crowd
    found = []
    for step in range(1, bounds.crowd):
        same = np.flatnonzero(key[step:] == key[:-step])
        if step > _CROWD_STEPS:
            same = same[~is_crowded[same]]
        if not len(same):
            break
        i, j = owner[same], owner[same + step]
        is_pair = (np.minimum(i, j) < new) & (sessions[i] != sessions[j])
        is_apart = (cameras[i] != cameras[j]) | (cameras[i] == 0)
        is_pair &= is_apart | is_crop_key(key[same])
        found.append(_coded(i[is_pair], j[is_pair], len(seen)))
    return _best(
        np.concatenate(found) if found else np.empty(0, np.int64), seen, bounds
    )


def moment_pairs(seen: Sequence[Seen], new: int, gap_us: int) -> Pairs:
    """Pairs (i, j) as above of one camera that are at most `gap_us` apart."""
    cameras = _codes([one.camera if one.captured_us else "" for one in seen])
    sessions = _codes([one.session for one in seen])
    times = np.array([one.captured_us for one in seen], np.int64)
    order = np.lexsort((times, cameras))
    order = order[cameras[order] != 0]
    camera, time = cameras[order], times[order]
    found = [np.empty(0, np.int64)]
    for step in range(1, len(order)):
        near = (camera[step:] == camera[:-step]) & (
            time[step:] - time[:-step] <= gap_us
        )
        at = np.flatnonzero(near)
        if not len(at):
            break
        i, j = order[at], order[at + step]
        is_pair = (np.minimum(i, j) < new) & (sessions[i] != sessions[j])
        found.append(_coded(i[is_pair], j[is_pair], len(seen)))
    return _decoded(np.unique(np.concatenate(found)), len(seen))


def _best(codes: NDArray[np.int64], seen: Sequence[Seen], bounds: Bounds) -> Pairs:
    """The pairs with enough votes that are among the best of either side."""
    values, votes = np.unique(codes, return_counts=True)
    values, votes = values[votes >= bounds.votes], votes[votes >= bounds.votes]
    pairs = _decoded(values, len(seen))
    if not len(pairs):
        return pairs
    is_kept = np.zeros(len(pairs), bool)
    by_id = np.argsort(np.argsort([one.sample_id for one in seen]))
    for side, other in ((0, 1), (1, 0)):
        order = np.lexsort((by_id[pairs[:, other]], -votes, pairs[:, side]))
        owner = pairs[order, side]
        first = np.searchsorted(owner, owner)
        is_kept[order[np.arange(len(order)) - first < bounds.best]] = True
    return pairs[is_kept]


def _codes(names: Sequence[str]) -> NDArray[np.int64]:
    """A number for each name, 0 for ""."""
    known = {"": 0}
    return np.array([known.setdefault(name, len(known)) for name in names], np.int64)


def _coded(i: NDArray[np.int64], j: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return np.minimum(i, j) * count + np.maximum(i, j)


def _decoded(codes: NDArray[np.int64], count: int) -> Pairs:
    return np.stack([codes // max(count, 1), codes % max(count, 1)], axis=1)
