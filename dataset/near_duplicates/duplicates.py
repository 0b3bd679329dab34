"""Near-duplicates across sessions: which samples show the same thing again.

Within one camera whole pictures are alike whatever stands before it, and scenery is
labelled day after day. So two samples of ONE camera with known times are linked only

    moments apart    when they follow each other closely (a session that was cut in
                     two) and the whole pictures or the boxes' crops look alike
    again            when the same moments, several that differ among themselves, stand
                     in both sessions: `find_suspects` names the pairs, `is_repeat`
                     judges the two sessions

Between cameras, or where the camera is unknown (imported pictures), looks decide:

    the same picture     thumbnails are the same but for brightness: a single thing
                         that moved tells two frames of a fixed view apart
    a part of it         places in both agree on where one lies in the other (a crop, or
                         an overlap), and thumbnails agree there

Work does not grow with all pairs. Only looks that share two keys are compared (see
`look`), a key that very many share joins each of them with a few alone, and a new look
is compared with the `best` partners that share the most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..groups import GroupLink, UnionFind
from .candidates import candidate_pairs, moment_pairs
from .likeness import Alignment, Floats, aligned, is_same_scene, residuals, thumb_array
from .look import Fingerprint

_PAIRS_AT_ONCE: Final = 4096

Pairs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A sample with what it takes to compare it.

    `camera` names one camera at one place, or is "" where that is unknown;
    `captured_us` is 0 where that is. Samples of one `session` are a group anyway.
    """

    sample_id: str
    session: str
    camera: str
    captured_us: int
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateLimits:
    """How alike is alike; the figures behind it are in tests/benchmarks.

    `whole_bits` and `crop_bits` are Hamming distances of 128 bits. `same_residual` and
    `part_residual` are in standard deviations, see `likeness`. A key that more than
    `crowd` looks share says little.
    """

    whole_bits: int = 8
    crop_bits: int = 10
    gap_us: int = 10_000_000
    same_residual: float = 0.6
    part_residual: float = 0.8
    part_correlation: float = 0.93
    part_places: int = 4
    part_area: tuple[float, float] = (0.35, 0.6)
    votes: int = 2
    best: int = 12
    crowd: int = 24
    moments: int = 3


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SampleLink:
    """Two samples of different sessions that look alike, the smaller id first."""

    first: str
    second: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a comparison found: links, and pairs that only `is_repeat` can judge."""

    links: tuple[SampleLink, ...]
    suspects: tuple[SampleLink, ...]


AGAIN: Final = "the same moments again"
A_PART: Final = "a part of the same picture"


def find_links(
    new: Sequence[Sighting],
    known: Sequence[Sighting] = (),
    limits: DuplicateLimits | None = None,
) -> tuple[SampleLink, ...]:
    """The links between new samples, and from new to known ones; sorted.

    Sessions that are suspected to be a repeat are judged by what is given of them.
    """
    limits = limits or DuplicateLimits()
    found = compare(new, known, limits)
    everything = [*new, *known]
    session_of = {one.sample_id: one.session for one in everything}
    members: dict[str, list[Fingerprint]] = {}
    for one in sorted(everything, key=lambda one: (one.captured_us, one.sample_id)):
        members.setdefault(one.session, []).append(one.fingerprint)
    again = [
        suspect
        for suspect in found.suspects
        if is_repeat(
            members[session_of[suspect.first]],
            members[session_of[suspect.second]],
            limits,
        )
    ]
    return tuple(sorted({*found.links, *again}))


def compare(
    new: Sequence[Sighting], known: Sequence[Sighting], limits: DuplicateLimits
) -> Compared:
    """What looks alike among the new samples, and between them and known ones."""
    sightings = [*new, *known]
    pairs = np.concatenate(
        [
            candidate_pairs(sightings, len(new), limits),
            moment_pairs(sightings, len(new), limits.gap_us),
        ]
    )
    pairs = np.unique(pairs, axis=0) if len(pairs) else pairs
    thumbs = [thumb_array(one.fingerprint) for one in sightings] if len(pairs) else []
    links: set[SampleLink] = set()
    suspects: set[SampleLink] = set()
    parts: list[tuple[int, int]] = []
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        some = pairs[start : start + _PAIRS_AT_ONCE].tolist()
        left = residuals(
            np.stack([thumbs[i] for i, _ in some]),
            np.stack([thumbs[j] for _, j in some]),
        )
        for (i, j), residual in zip(some, left.tolist(), strict=True):
            a, b = sightings[i], sightings[j]
            is_same = residual <= limits.same_residual and _has_thumbs(a, b)
            if _is_one_camera(a, b):
                if reason := _moments_apart(a, b, limits):
                    links.add(_link(a, b, reason))
                elif is_same and _agreeing_crops(a, b, limits):
                    suspects.add(_link(a, b, AGAIN))
            elif is_same:
                links.add(_link(a, b, _same(a, b, limits)))
            else:
                parts.append((i, j))
    links |= _parts(sightings, parts, links, limits)
    return Compared(links=tuple(sorted(links)), suspects=tuple(sorted(suspects)))


def is_repeat(
    first: Sequence[Fingerprint],
    second: Sequence[Fingerprint],
    limits: DuplicateLimits | None = None,
) -> bool:
    """Whether two sessions of one camera hold the same moments.

    An empty road looks the same every day, so one alike pair says nothing: there must
    be several whose pictures differ among themselves, and they must be at least half
    of the shorter session.
    """
    limits = limits or DuplicateLimits()
    a, b = (_thumbs(side) for side in (first, second))
    if min(len(a), len(b)) < limits.moments:
        return False
    is_alike = _alike_matrix(a, b, limits)
    matched = min(int(is_alike.any(axis=1).sum()), int(is_alike.any(axis=0).sum()))
    if 2 * matched < min(len(a), len(b)):
        return False
    rows = np.flatnonzero(is_alike.any(axis=1))
    is_own = _alike_matrix(a[rows], a[rows], limits)
    distinct: list[int] = []
    for row in range(len(rows)):
        if not any(is_own[row, other] for other in distinct):
            distinct.append(row)
    return len(distinct) >= limits.moments


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


def _link(a: Sighting, b: Sighting, reason: str) -> SampleLink:
    first, second = sorted((a.sample_id, b.sample_id))
    return SampleLink(first=first, second=second, reason=reason)


def _is_one_camera(a: Sighting, b: Sighting) -> bool:
    is_one = bool(a.camera) and a.camera == b.camera
    return is_one and bool(a.captured_us and b.captured_us)


def _has_thumbs(a: Sighting, b: Sighting) -> bool:
    return bool(a.fingerprint.thumb and b.fingerprint.thumb)


def _moments_apart(a: Sighting, b: Sighting, limits: DuplicateLimits) -> str:
    if abs(a.captured_us - b.captured_us) > limits.gap_us:
        return ""
    one, other = a.fingerprint.whole, b.fingerprint.whole
    is_whole_alike = bool(one and other) and (
        distance(one, other) <= limits.whole_bits
        or is_same_scene(a.fingerprint, b.fingerprint)
    )
    if is_whole_alike or _agreeing_crops(a, b, limits):
        return "the same camera, moments apart"
    return ""


def _agreeing_crops(a: Sighting, b: Sighting, limits: DuplicateLimits) -> int:
    """How many crops of the side with fewer look alike; 0 when it is under half."""
    smaller, larger = sorted((a.fingerprint.crops, b.fingerprint.crops), key=len)
    agreeing = sum(
        any(distance(crop, partner) <= limits.crop_bits for partner in larger)
        for crop in smaller
    )
    return agreeing if 2 * agreeing >= len(smaller) else 0


def _same(a: Sighting, b: Sighting, limits: DuplicateLimits) -> str:
    is_same = bool(_agreeing_crops(a, b, limits))
    return "the same objects" if is_same else "the same picture"


def _parts(
    sightings: Sequence[Sighting],
    pairs: Sequence[tuple[int, int]],
    links: Iterable[SampleLink],
    limits: DuplicateLimits,
) -> set[SampleLink]:
    """The pairs of which one is a part of the other.

    The slow look, so pairs that are joined already, by whatever way, are left out:
    their groups would not change. A cropped still of a fixed camera resembles all that
    the camera ever saw; it is linked to the picture that it fits best, and no other.
    """
    session_of = {one.sample_id: one.session for one in sightings}
    sets = UnionFind()
    for link in links:
        sets.union(session_of[link.first], session_of[link.second])
    found = set()
    best: dict[tuple[str, str], tuple[float, SampleLink]] = {}
    for i, j in pairs:
        a, b = sorted((sightings[i], sightings[j]), key=lambda one: one.sample_id)
        if sets.find(a.session) == sets.find(b.session):
            continue
        place = _part(a, b, limits)
        if place is None:
            continue
        is_told = _agreeing_crops(a, b, limits) >= 2
        link = _link(a, b, "the same objects" if is_told else A_PART)
        stills = [(x.sample_id, y.camera) for x, y in ((a, b), (b, a)) if y.camera]
        for still in stills:
            fit = (-place.correlation, link)
            best[still] = min(fit, best.get(still, fit))
        if not stills:
            found.add(link)
            sets.union(a.session, b.session)
    return found | {link for _, link in best.values()}


def _part(a: Sighting, b: Sighting, limits: DuplicateLimits) -> Alignment | None:
    """Where the one lies in the other; None where neither is a part."""
    place = aligned(a.fingerprint, b.fingerprint)
    if place is None or place.is_same_view:
        return None
    least, most = limits.part_area
    is_part = (
        place.places >= limits.part_places
        and place.residual <= limits.part_residual
        and place.correlation >= limits.part_correlation
        and min(place.covered) >= least
        and max(place.covered) >= most
    )
    return place if is_part else None


def _thumbs(side: Sequence[Fingerprint]) -> Floats:
    found = [thumb_array(one) for one in side if one.thumb]
    return np.stack(found) if found else np.zeros((0, 1), np.float32)


def _alike_matrix(a: Floats, b: Floats, limits: DuplicateLimits) -> NDArray[np.bool_]:
    rows, columns = np.indices((len(a), len(b)))
    left = residuals(a[rows.ravel()], b[columns.ravel()])
    return np.asarray((left <= limits.same_residual).reshape(len(a), len(b)), np.bool_)
