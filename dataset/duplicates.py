"""Near-duplicates across sessions: which samples show the same thing again.

Within one camera whole pictures are alike whatever stands before it, and scenery is
labelled day after day. So two samples of ONE camera with known times are linked only
when they follow each other closely (a session that was cut in two) and look alike.
Between cameras, or where the camera is unknown (imported pictures), looks decide:

    both have box crops    at least half of the smaller side's crops find an alike
                           one, and the whole pictures are alike or two crops agree
    one or none has        the whole pictures are alike

Pairs come from tables of 21-bit bands of the 128-bit hashes: six bands find every pair
at a Hamming distance of five or less (pigeonhole) and most of those a little above. A
band value that very many sessions share says nothing and is left out. Only bands that
a new sample has are looked at, so that work grows with the new samples, not with
their number times that of the old ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .fingerprint import HASH_SIZE, Fingerprint
from .groups import GroupLink

_BAND_BITS: Final = 21
_SHIFTS: Final = (0, 21, 42)

Words = NDArray[np.uint64]
Pairs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A sample with what it takes to compare it.

    `camera` names one camera at one place, or is "" where that is unknown;
    `captured_us` is 0 where that is.
    """

    sample_id: str
    session: str
    camera: str
    captured_us: int
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateLimits:
    """How alike is alike: Hamming distances of 128 bits, a gap, and a crowd.

    The distances lie between those of copies and those of different pictures. On the
    photographs that we have, copies that were re-encoded, halved, darkened by 40 % or
    given noise are within 8; brightened by 30 %, which clips, 95 % are within 11, and
    then the crops tell.
    """

    whole_bits: int = 8
    crop_bits: int = 10
    gap_us: int = 10_000_000
    crowd_sessions: int = 48


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SampleLink:
    """Two samples of different sessions that look alike, the smaller id first."""

    first: str
    second: str
    reason: str


def find_links(
    new: Sequence[Sighting],
    known: Sequence[Sighting] = (),
    limits: DuplicateLimits | None = None,
) -> tuple[SampleLink, ...]:
    """The links between new samples, and from new to known ones; sorted.

    Samples of one session are never linked: they are a group anyway.
    """
    limits = limits or DuplicateLimits()
    sightings = [*new, *known]
    table = _Table(sightings, len(new), limits)
    pairs = table.alike_wholes() | table.alike_crops()
    found = []
    for i, j in pairs:
        a, b = sightings[i], sightings[j]
        reason = _reason(a, b, limits)
        if reason and a.sample_id != b.sample_id:
            first, second = sorted((a.sample_id, b.sample_id))
            found.append(SampleLink(first=first, second=second, reason=reason))
    return tuple(sorted(set(found)))


def group_links(
    links: Iterable[SampleLink], group_of: Mapping[str, str]
) -> tuple[GroupLink, ...]:
    """What links between samples mean for their groups; sorted, each pair once."""
    found: dict[tuple[str, str], str] = {}
    for link in sorted(links):
        first, second = sorted((group_of[link.first], group_of[link.second]))
        if first != second:
            found.setdefault((first, second), link.reason)
    return tuple(
        GroupLink(first=first, second=second, reason=reason)
        for (first, second), reason in sorted(found.items())
    )


def distance(first: bytes, second: bytes) -> int:
    """The Hamming distance of two hashes, 0 to 128."""
    return (int.from_bytes(first, "big") ^ int.from_bytes(second, "big")).bit_count()


def _reason(a: Sighting, b: Sighting, limits: DuplicateLimits) -> str:
    """Why two samples are near-duplicates, or "" when they are not."""
    if a.session == b.session:
        return ""
    one, other = a.fingerprint, b.fingerprint
    is_whole_alike = bool(one.whole and other.whole) and (
        distance(one.whole, other.whole) <= limits.whole_bits
    )
    smaller, larger = sorted((one.crops, other.crops), key=len)
    agreeing = sum(
        any(distance(crop, partner) <= limits.crop_bits for partner in larger)
        for crop in smaller
    )
    is_crop_alike = bool(smaller) and 2 * agreeing >= len(smaller)
    if a.camera and a.camera == b.camera and a.captured_us and b.captured_us:
        gap = abs(a.captured_us - b.captured_us)
        if gap <= limits.gap_us and (is_whole_alike or is_crop_alike):
            return "the same camera, moments apart"
        return ""
    if smaller:
        if is_crop_alike and (is_whole_alike or agreeing >= 2):
            return "the same objects"
        return ""
    return "the same picture" if is_whole_alike else ""


class _Table:
    """The hashes of all sightings, the new ones first."""

    def __init__(
        self, sightings: Sequence[Sighting], new: int, limits: DuplicateLimits
    ) -> None:
        self._sightings = sightings
        self._new = new
        self._limits = limits
        codes: dict[str, int] = {}
        self._sessions = np.array(
            [codes.setdefault(s.session, len(codes)) for s in sightings], np.int64
        )

    def alike_wholes(self) -> set[tuple[int, int]]:
        """Pairs of sightings whose whole pictures are alike."""
        hashes = [(i, s.fingerprint.whole) for i, s in enumerate(self._sightings)]
        return self._alike([h for h in hashes if h[1]], self._limits.whole_bits)

    def alike_crops(self) -> set[tuple[int, int]]:
        """Pairs of sightings of which two crops are alike."""
        hashes = [
            (i, crop)
            for i, sighting in enumerate(self._sightings)
            for crop in sighting.fingerprint.crops
        ]
        return self._alike(hashes, self._limits.crop_bits)

    def _alike(
        self, hashes: list[tuple[int, bytes]], bits: int
    ) -> set[tuple[int, int]]:
        if len(hashes) < 2:
            return set()
        owners = np.array([owner for owner, _ in hashes], np.int64)
        data = b"".join(value for _, value in hashes)
        words = np.frombuffer(data, ">u8").astype(np.uint64).reshape(-1, HASH_SIZE // 8)
        found: set[tuple[int, int]] = set()
        for word in range(words.shape[1]):
            for shift in _SHIFTS:
                keys = (words[:, word] >> np.uint64(shift)) & np.uint64(
                    2**_BAND_BITS - 1
                )
                pairs = self._band_pairs(keys.astype(np.int64), owners, words, bits)
                found.update(map(tuple, pairs.tolist()))
        return found

    def _band_pairs(
        self,
        keys: NDArray[np.int64],
        owners: NDArray[np.int64],
        words: Words,
        bits: int,
    ) -> Pairs:
        """Pairs of owners, smaller first, that share a key and are alike."""
        has_new = np.zeros(2**_BAND_BITS, bool)
        has_new[keys[owners < self._new]] = True
        rows = np.flatnonzero(has_new[keys])
        rows = rows[~self._crowded(keys[rows], self._sessions[owners[rows]])]
        rows = rows[np.argsort(keys[rows], kind="stable")]
        key, owner = keys[rows], owners[rows]
        found = []
        step = 1
        while step < len(rows):
            same = np.flatnonzero(key[step:] == key[:-step])
            if not len(same):
                break
            a, b = rows[same], rows[same + step]
            i, j = owner[same], owner[same + step]
            differing = np.bitwise_count(words[a] ^ words[b]).sum(axis=1)
            is_pair = (differing <= bits) & (self._sessions[i] != self._sessions[j])
            is_pair &= np.minimum(i, j) < self._new
            pair = np.stack([np.minimum(i, j), np.maximum(i, j)], axis=1)[is_pair]
            found.append(np.unique(pair, axis=0))
            step += 1
        return np.concatenate(found) if found else np.empty((0, 2), np.int64)

    def _crowded(
        self, keys: NDArray[np.int64], sessions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Rows whose key more sessions share than `crowd_sessions`."""
        both = np.unique(np.stack([keys, sessions]), axis=1)[0]
        values, counts = np.unique(both, return_counts=True)
        crowd = values[counts > self._limits.crowd_sessions]
        return np.isin(keys, crowd)
