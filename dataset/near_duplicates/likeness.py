"""How alike two looked-at pictures are: the last word on a pair of candidates.

`residuals` asks whether two thumbnails are the same picture. One is fitted to the
other by a curve of brightness (a cubic, which takes up gain, contrast and gamma), cells
that are blown out or black in either are left out, and what is left is told by its
third largest cell: a single car that moved stays in it, the noise of JPEG does not.
Copies leave at most 0.5 of a standard deviation on the photographs that we have, two
moments of a fixed camera 0.75 and more.

`aligned` asks whether one picture is a part of the other, or overlaps it: the places
that look alike must agree on where the one lies in the other, and the thumbnails must
agree where they overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .look import THUMB_SIDE, Fingerprint, Points

Floats = NDArray[np.float32]

_DARK, _BRIGHT = 3.0, 247.0
_LEAST_CELLS: Final = 200
_LEAST_SPREAD: Final = 4.0
_RANK: Final = 3
_CHUNK: Final = 1024

_POINT_BITS: Final = 12
_LEAST_PLACES: Final = 3
_NEAR: Final = 0.02
_LEAST_BASE: Final = 0.08
_SCALES: Final = (0.55, 1.8)
# Places of a fixed camera's background move less than this, in parts of a side, and
# those of a picture that was cut by 2 % of a side move more, but for some.
_STILL: Final = 0.006
_STILL_SHARE: Final = 0.5
# Where much moves, places are carried along, but not far, no two alike (they are not
# firm), and most cells of the thumbnails stay as they are.
_FIRM_SHARE: Final = 0.85
_CARRIED: Final = 0.02
_CALM: Final = 0.15
_BACKGROUND: Final = 0.7
_OVERLAP_GRID: Final = 24
_FURTHEST: Final = 0.06
_WELL_ALIGNED: Final = 0.3
_CELL_BLUR: Final = 0.7
_ENOUGH: Final = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 15, 1e-4)

_Pair = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Where the second picture lies in the first, and how well they agree there.

    Positions are parts of width and height, 0 to 1: second = scale * first + shift,
    for x and y. `places` agree on it. `covered` are the parts of the first's and of
    the second's area that both show. `correlation` and `residual` compare the
    thumbnails there. `is_same_view` says that most places lie where they lay, as in
    all pictures of a fixed camera: then what is between them is no crop.
    """

    scale: tuple[float, float]
    shift: tuple[float, float]
    places: int
    covered: tuple[float, float]
    correlation: float
    residual: float
    is_same_view: bool


def thumb_array(fingerprint: Fingerprint) -> Floats:
    """The thumbnail's cells as floats, shape (1024,); zeros where there is none."""
    if not fingerprint.thumb:
        return np.zeros(THUMB_SIDE * THUMB_SIDE, np.float32)
    return np.frombuffer(fingerprint.thumb, np.uint8).astype(np.float32)


def residuals(first: Floats, second: Floats) -> Floats:
    """How much of each pair of thumbnails no curve of brightness explains.

    Args:
        first: (n, cells), 0 to 255.
        second: the partners, of the same shape.

    Returns:
        (n,) in standard deviations of the explained thumbnail; the same for (a, b)
        and (b, a).
    """
    found = np.zeros(len(first), np.float32)
    for start in range(0, len(first), _CHUNK):
        a, b = first[start : start + _CHUNK], second[start : start + _CHUNK]
        ranked = [
            np.partition(_unexplained(one, other), -_RANK, axis=1)[:, -_RANK]
            for one, other in ((a, b), (b, a))
        ]
        found[start : start + _CHUNK] = np.minimum(*ranked)
    return found


def _unexplained(source: Floats, target: Floats) -> Floats:
    """What of each cell of the targets the sources do not explain, (n, cells)."""
    usable = np.minimum(source, target) > _DARK
    usable &= np.maximum(source, target) < _BRIGHT
    usable[usable.sum(axis=1) < min(_LEAST_CELLS, source.shape[1] // 4)] = True
    weight = usable.astype(np.float32)
    count = weight.sum(axis=1, keepdims=True)
    z = _standardised(source, weight, count)
    centred = target - (target * weight).sum(axis=1, keepdims=True) / count
    powers = np.stack([np.ones_like(z), z, z * z, z * z * z], axis=2)
    weighted = powers * weight[:, :, None]
    matrix = np.matmul(weighted.transpose(0, 2, 1), powers)
    matrix += 1e-3 * np.eye(4, dtype=np.float32)
    right = np.matmul(weighted.transpose(0, 2, 1), centred[:, :, None])
    curve = np.matmul(powers, np.linalg.solve(matrix, right))[:, :, 0]
    left = np.abs(curve - centred) * weight
    spread = np.sqrt((centred * centred * weight).sum(axis=1) / count[:, 0])
    return np.asarray(left / np.maximum(spread, _LEAST_SPREAD)[:, None], np.float32)


def is_same_scene(first: Fingerprint, second: Fingerprint) -> bool:
    """Whether most cells stayed as they are, be the others changed ever so much."""
    a, b = thumb_array(first)[None], thumb_array(second)[None]
    changed = min(
        float(np.quantile(_unexplained(one, other), _BACKGROUND))
        for one, other in ((a, b), (b, a))
    )
    return changed < _CALM


def _standardised(values: Floats, weight: Floats, count: Floats) -> Floats:
    mean = (values * weight).sum(axis=1, keepdims=True) / count
    centred = (values - mean) * weight
    spread = np.sqrt((centred * centred).sum(axis=1, keepdims=True) / count)
    return np.asarray(centred / np.maximum(spread, 1.0), np.float32)


def aligned(first: Fingerprint, second: Fingerprint) -> Alignment | None:
    """Where the second picture lies in the first; None where nothing agrees on it."""
    a, b = first.places, second.places
    rows, columns = _alike_places(a, b)
    if len(rows) < _LEAST_PLACES:
        return None
    here = np.stack([a["x"], a["y"]], axis=1)[rows] / 65_535.0
    there = np.stack([b["x"], b["y"]], axis=1)[columns] / 65_535.0
    inliers = _agreeing(here, there)
    if len(np.unique(rows[inliers])) < _LEAST_PLACES:
        return None
    (sx, tx), (sy, ty) = (_line(here[inliers, k], there[inliers, k]) for k in (0, 1))
    if min(sx, sy) <= 0:
        return None
    places = int(inliers.sum())
    found = _compared(first, second, (sx, sy), (tx, ty), places)
    fitted = here[inliers] * (sx, sy) + (tx, ty)
    error = np.abs(fitted - there[inliers]).max(axis=1)
    is_firm = bool((error < _STILL).mean() >= _FIRM_SHARE)
    still = int((np.abs(here - there).max(axis=1) < _STILL).sum())
    carried = float(np.median(np.abs(here - there)[inliers].max(axis=1)))
    is_same_view = still >= _STILL_SHARE * places or (
        not is_firm and carried < _CARRIED and is_same_scene(first, second)
    )
    if found is None or is_same_view:
        # Laid over each other any further they would take what moved for a shift.
        return found and replace(found, is_same_view=True)
    if found.residual < _WELL_ALIGNED:
        return found
    scale, shift = _refined(first, second, (sx, sy), (tx, ty))
    better = _compared(first, second, scale, shift, places)
    return min((one for one in (found, better) if one), key=lambda one: one.residual)


def _refined(
    first: Fingerprint, second: Fingerprint, scale: _Pair, shift: _Pair
) -> tuple[_Pair, _Pair]:
    """Scale and shift after the thumbnails themselves were laid over each other.

    Enhanced correlation (Evangelidis and Psarakis, 2008), which brightness does not
    touch; where it finds nothing better, or walks away, what came in stands.
    """
    (sx, sy), (tx, ty) = scale, shift
    side = THUMB_SIDE
    warp = np.array(
        [
            [sx, 0.0, sx * 0.5 + tx * side - 0.5],
            [0.0, sy, sy * 0.5 + ty * side - 0.5],
        ],
        np.float32,
    )
    thumbs = [thumb_array(one).reshape(side, side) for one in (first, second)]
    try:
        _, found = cv2.findTransformECC(
            thumbs[0], thumbs[1], warp, cv2.MOTION_AFFINE, _ENOUGH
        )
    except cv2.error:
        return scale, shift
    warp = np.asarray(found, np.float32)
    new_scale = (float(warp[0, 0]), float(warp[1, 1]))
    # The middle of the picture says best what a slight turn would put into the shift.
    middle = warp @ np.array([side / 2 - 0.5, side / 2 - 0.5, 1.0], np.float32)
    new_shift = tuple(
        (float(at) + 0.5) / side - 0.5 * by
        for at, by in zip(middle, new_scale, strict=True)
    )
    moved = max(
        abs(a - b)
        for a, b in zip((*new_scale, *new_shift), (*scale, *shift), strict=True)
    )
    if moved > _FURTHEST:
        return scale, shift
    return new_scale, (new_shift[0], new_shift[1])


def _alike_places(a: Points, b: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    differing = np.bitwise_count(
        a["bits"].astype(np.uint64)[:, None] ^ b["bits"].astype(np.uint64)
    )
    is_alike = (differing <= _POINT_BITS) & (a["kind"][:, None] == b["kind"])
    rows, columns = np.nonzero(is_alike)
    return rows, columns


def _agreeing(
    here: NDArray[np.float64], there: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """The matches that agree with the best pair of them on scale and shift."""
    i, j = np.triu_indices(len(here), 1)
    base, image = here[j] - here[i], there[j] - there[i]
    is_long = np.abs(base) >= _LEAST_BASE
    scale = np.where(is_long, image / np.where(is_long, base, 1.0), 1.0)
    scale = np.where(is_long, scale, np.where(is_long[:, ::-1], scale[:, ::-1], 1.0))
    good = ((scale > _SCALES[0]) & (scale < _SCALES[1])).all(axis=1)
    good &= is_long.any(axis=1)
    i, scale = i[good], scale[good]
    if not len(i):
        return np.zeros(len(here), bool)
    shift = there[i] - scale * here[i]
    error = np.abs(here * scale[:, None, :] + shift[:, None, :] - there).max(axis=2)
    best = int(np.argmax(np.maximum(0.0, _NEAR - error).sum(axis=1)))
    is_near = error[best] < _NEAR
    # What the first pair was off by is put right by all that agree with it.
    (sx, tx), (sy, ty) = (_line(here[is_near, k], there[is_near, k]) for k in (0, 1))
    refined = np.abs(here * (sx, sy) + (tx, ty) - there).max(axis=1) < _NEAR
    return np.asarray(refined if refined.sum() >= is_near.sum() else is_near, np.bool_)


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Scale and shift of y over x by least squares; scale 1 where x hardly varies."""
    spread = float(((x - x.mean()) ** 2).mean())
    scale = 1.0
    if spread > (_LEAST_BASE / 2) ** 2:
        scale = float(((x - x.mean()) * (y - y.mean())).mean()) / spread
    return scale, float(y.mean() - scale * x.mean())


def _compared(
    first: Fingerprint,
    second: Fingerprint,
    scale: _Pair,
    shift: _Pair,
    places: int,
) -> Alignment | None:
    low, high = [], []
    for s, t in zip(scale, shift, strict=True):
        low.append(max(0.0, -t / s))
        high.append(min(1.0, (1.0 - t) / s))
    sides = [b - a for a, b in zip(low, high, strict=True)]
    if min(sides) <= 0.1:
        return None
    area = sides[0] * sides[1]
    steps = (np.arange(_OVERLAP_GRID) + 0.5) / _OVERLAP_GRID
    xs, ys = np.meshgrid(low[0] + steps * sides[0], low[1] + steps * sides[1])
    one = _sampled(first, xs, ys)
    other = _sampled(second, xs * scale[0] + shift[0], ys * scale[1] + shift[1])
    deviations = np.array([one.std(), other.std()])
    correlation = 0.0
    if deviations.min() > 1.0:
        product = ((one - one.mean()) * (other - other.mean())).mean()
        correlation = float(product / deviations.prod())
    return Alignment(
        scale=scale,
        shift=shift,
        places=places,
        covered=(area, min(1.0, area * scale[0] * scale[1])),
        correlation=correlation,
        residual=float(residuals(one.reshape(1, -1), other.reshape(1, -1))[0]),
        is_same_view=False,
    )


def _sampled(
    fingerprint: Fingerprint, xs: NDArray[np.float64], ys: NDArray[np.float64]
) -> Floats:
    thumb = thumb_array(fingerprint).reshape(THUMB_SIDE, THUMB_SIDE)
    # Cells of two thumbnails do not meet: what is finer than a cell is no difference.
    thumb = np.asarray(cv2.GaussianBlur(thumb, (0, 0), _CELL_BLUR), np.float32)
    return np.asarray(
        cv2.remap(
            thumb,
            (xs * THUMB_SIDE - 0.5).astype(np.float32),
            (ys * THUMB_SIDE - 0.5).astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.float32,
    )
