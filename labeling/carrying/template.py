"""What one object looks like against what is around it: a small linear template.

An image region is turned into cells of CELL_PX pixels with eight gradient
orientations and four colour channels (after Dalal and Triggs 2005, Dollar et al. 2014),
at a scale where the object covers about SIDE_CELLS cells either way. A ridge
regression separates the object's window from many others of the same image; its
weights, slid over the next image, answer how much each place looks like the object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..geometry import Corners, iou_matrix

CELL_PX = 4
SIDE_CELLS = 9.0
RIDGE = 0.02
NEGATIVES = 140
LEAST_HALF_CELLS = 8
SMOOTH_BELOW = 0.6
COLOUR_WEIGHT = 2.0

Maps = tuple[NDArray[np.float32], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How a region of an image maps to half cells: `cell = (pixel - origin) * zoom`.

    `zoom` is in half cells a pixel.
    """

    x: float
    y: float
    zoom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Feature maps of one part of an image, three groups of four channels.

    Each map is (rows, columns, 4) float32 on half cells (CELL_PX / 2 pixels of the
    zoomed image), so that resampling to a scale loses little.
    """

    frame: Frame
    maps: Maps


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Ridge weights of one object: three groups (rows, columns, 4) and a bias.

    A window that looks like the object answers about 1, background about 0.
    """

    weights: Maps
    bias: float
    rows: int
    columns: int


def cells_of(width: float, height: float) -> tuple[int, int]:
    """Rows and columns of cells for a box, about SIDE_CELLS ** 2 cells in all."""
    aspect = float(np.clip(height / width, 1 / 4, 4))
    rows = max(round(SIDE_CELLS * aspect**0.5), 3)
    return rows, max(round(SIDE_CELLS / aspect**0.5), 3)


def half_cells_a_pixel(width: float, height: float) -> float:
    """The zoom at which a box of that size covers about SIDE_CELLS ** 2 cells."""
    return 2 * SIDE_CELLS / float(np.sqrt(width * height))


def look(
    image: NDArray[np.uint8], around: Corners, zoom: float, beyond: float = 0.0
) -> Region | None:
    """The features of the part of a BGR image inside `around`; None if too small.

    Where `around` reaches over the border, up to `beyond` pixels are made up by
    repeating the border, so that things half outside can be found, too.
    """
    height, width = image.shape[:2]
    x0, y0 = max(int(around[0]), 0), max(int(around[1]), 0)
    x1, y1 = min(int(np.ceil(around[2])), width), min(int(np.ceil(around[3])), height)
    if x1 <= x0 or y1 <= y0:
        return None
    part = image[y0:y1, x0:x1]
    over = (-around[1], around[3] - height, -around[0], around[2] - width)
    top, bottom, left, right = (int(min(max(v, 0.0), beyond)) for v in over)
    if top or bottom or left or right:
        part = np.asarray(
            cv2.copyMakeBorder(part, top, bottom, left, right, cv2.BORDER_REPLICATE),
            np.uint8,
        )
    columns, rows = int(part.shape[1] * zoom), int(part.shape[0] * zoom)
    if columns < LEAST_HALF_CELLS or rows < LEAST_HALF_CELLS:
        return None
    part = part[: round(rows / zoom), : round(columns / zoom)]
    half = CELL_PX // 2
    way = cv2.INTER_AREA if zoom * half < SMOOTH_BELOW else cv2.INTER_LINEAR
    zoomed = cv2.resize(part, (columns * half, rows * half), interpolation=way)
    frame = Frame(x=x0 - left, y=y0 - top, zoom=columns / part.shape[1])
    return Region(frame=frame, maps=_features(zoomed, columns, rows))


def _features(zoomed: MatLike, columns: int, rows: int) -> Maps:
    grey = cv2.cvtColor(zoomed, cv2.COLOR_BGR2GRAY)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    strength, angle = cv2.cartToPolar(across, down)
    place = angle * np.float32(8 / np.pi)
    place -= 8 * (place >= 8)
    bins: list[MatLike] = []
    for k in range(8):
        away = np.abs(place - np.float32(k))
        # Only the first bin has neighbours on both ends of the circle.
        share = np.float32(1) - (
            cv2.min(away, np.float32(8) - away) if k == 0 else away
        )
        weighed = cv2.multiply(np.maximum(share, 0, out=share), strength)
        bins.append(cv2.resize(weighed, (columns, rows), interpolation=cv2.INTER_AREA))
    # The bins share out the strength, so that it is their sum.
    mean = cv2.resize(strength, (columns, rows), interpolation=cv2.INTER_AREA)
    energy = np.asarray(cv2.blur(mean, (5, 5)), np.float32)
    share = 1 / (energy + np.float32(8))
    bins = [cv2.sqrt(cv2.multiply(each, share)) for each in bins]
    colour = _colour(zoomed, energy)
    return tuple(
        np.asarray(cv2.merge(g), np.float32) for g in (bins[:4], bins[4:], colour)
    )


def _colour(zoomed: MatLike, energy: NDArray[np.float32]) -> list[MatLike]:
    rows, columns = energy.shape
    lab = cv2.cvtColor(zoomed, cv2.COLOR_BGR2LAB)
    lab = cv2.resize(lab, (columns, rows), interpolation=cv2.INTER_AREA)
    planes = [
        (plane.astype(np.float32) - np.float32(128)) * np.float32(COLOUR_WEIGHT / span)
        for plane, span in zip(cv2.split(lab), (128, 40, 40), strict=True)
    ]
    return [*planes, np.log1p(energy) * np.float32(0.15)]


def at_scale(maps: Maps, scale: float) -> Maps:
    """Half-cell maps resampled to whole cells for an object `scale` times its size."""
    rows, columns = maps[0].shape[:2]
    size = (max(round(columns / (2 * scale)), 1), max(round(rows / (2 * scale)), 1))
    return tuple(
        np.asarray(cv2.resize(group, size, interpolation=cv2.INTER_LINEAR), np.float32)
        for group in maps
    )


def window_at(region: Region, corners: Corners, rows: int, columns: int) -> Maps:
    """The cells of one box, resampled to exactly `rows` x `columns`."""
    frame = region.frame
    x0, x1 = ((v - frame.x) * frame.zoom for v in (corners[0], corners[2]))
    y0, y1 = ((v - frame.y) * frame.zoom for v in (corners[1], corners[3]))
    step_x, step_y = (x1 - x0) / (2 * columns), (y1 - y0) / (2 * rows)
    matrix = np.array(
        [[step_x, 0, x0 + step_x / 2 - 0.5], [0, step_y, y0 + step_y / 2 - 0.5]]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = []
    for group in region.maps:
        halves = cv2.warpAffine(
            group,
            matrix,
            (2 * columns, 2 * rows),
            flags=flags,
            borderMode=cv2.BORDER_REPLICATE,
        )
        cells = cv2.resize(halves, (columns, rows), interpolation=cv2.INTER_AREA)
        out.append(np.asarray(cells, np.float32))
    return tuple(out)


def _flat(window: Maps) -> NDArray[np.float32]:
    return np.concatenate([group.transpose(2, 0, 1).ravel() for group in window])


def _windows(
    maps: Maps, rows: int, columns: int, ys: NDArray[np.intp], xs: NDArray[np.intp]
) -> NDArray[np.float32]:
    parts = []
    for group in maps:
        view = sliding_window_view(group, (rows, columns), axis=(0, 1))
        parts.append(view[ys, xs].reshape(len(ys), -1))
    return np.concatenate(parts, axis=1)


def learn(
    region: Region,
    corners: Corners,
    extra: Sequence[Maps],
    others: Sequence[Corners],
    care: NDArray[np.float32],
) -> Template | None:
    """Ridge weights that tell the box from the rest of its region.

    `extra` are windows of the same object from earlier images, `others` the boxes of
    other objects, which are among the negatives where the region shows them, and
    `care`, (rows, columns), how much each cell counts. None where the region holds no
    window beside the object.
    """
    rows, columns = cells_of(corners[2] - corners[0], corners[3] - corners[1])
    maps = at_scale(region.maps, 1.0)
    ys, xs = _negative_places(maps, region.frame, corners, rows, columns)
    if len(ys) < 4:
        return None
    negatives = [_windows(maps, rows, columns, ys, xs)]
    negatives += [
        _flat(window_at(region, other, rows, columns))[None]
        for other in others
        if _shows(region, other)
    ]
    positives = [_flat(window_at(region, corners, rows, columns))]
    positives += [_flat(window) for window in extra]
    return _ridge(np.stack(positives), np.concatenate(negatives), care)


def _shows(region: Region, corners: Corners) -> bool:
    """True where the box's centre lies in the region; beyond is its border repeated."""
    frame = region.frame
    rows, columns = region.maps[0].shape[:2]
    x, y = (corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2
    across, down = (x - frame.x) * frame.zoom, (y - frame.y) * frame.zoom
    return bool(0 <= across < columns and 0 <= down < rows)


def _negative_places(
    maps: Maps, frame: Frame, corners: Corners, rows: int, columns: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    high, wide = maps[0].shape[0] - rows + 1, maps[0].shape[1] - columns + 1
    if high < 1 or wide < 1:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    step = max(int(np.ceil(np.sqrt(high * wide / NEGATIVES))), 1)
    grid = np.meshgrid(
        np.arange(0, high, step), np.arange(0, wide, step), indexing="ij"
    )
    ys, xs = grid[0].ravel(), grid[1].ravel()
    cell = 2 / frame.zoom
    left, top = frame.x + xs * cell, frame.y + ys * cell
    boxes = np.stack([left, top, left + columns * cell, top + rows * cell], axis=1)
    apart = iou_matrix(boxes, [corners])[:, 0] < 0.35
    return ys[apart], xs[apart]


def _ridge(
    positives: NDArray[np.float32],
    negatives: NDArray[np.float32],
    care: NDArray[np.float32],
) -> Template:
    """Weighted ridge regression in its dual form: both sides weigh the same."""
    mean = negatives.mean(axis=0)
    samples = np.concatenate([positives, negatives]) - mean
    weight = np.ones(len(samples), np.float32)
    weight[: len(positives)] = len(negatives) / len(positives)
    target = np.zeros(len(samples), np.float32)
    target[: len(positives)] = 1.0
    root = np.sqrt(weight / weight.sum())[:, None]
    cells = np.tile(care.ravel(), 12)
    weighed = samples * root * cells
    # OpenCV's algebra, for NumPy's starts threads of its own for every small matrix.
    kernel = np.asarray(cv2.mulTransposed(weighed, aTa=False), np.float32)
    kernel[np.diag_indices_from(kernel)] += RIDGE * np.trace(kernel) / len(kernel) * 4
    _, dual = cv2.solve(kernel, target[:, None] * root, flags=cv2.DECOMP_CHOLESKY)
    flat = np.einsum("nk,n->k", weighed, np.asarray(dual, np.float32)[:, 0])
    flat = flat * cells
    rows, columns = care.shape
    shape = (3, 4, rows, columns)
    weights = tuple(
        np.ascontiguousarray(group.transpose(1, 2, 0)) for group in flat.reshape(shape)
    )
    return Template(
        weights=weights, bias=-float((mean * flat).sum()), rows=rows, columns=columns
    )


def answer(template: Template, window: Maps) -> float:
    """How much one window looks like the object; about 1 for the object itself."""
    total = sum(
        float(np.vdot(w, g)) for w, g in zip(template.weights, window, strict=True)
    )
    return total + template.bias


def answers(template: Template, maps: Maps) -> NDArray[np.float32] | None:
    """The answer at every cell of maps from `at_scale`; None where they are smaller."""
    if maps[0].shape[0] < template.rows or maps[0].shape[1] < template.columns:
        return None
    total: MatLike = np.array(template.bias, np.float32)
    for group, weight in zip(maps, template.weights, strict=True):
        total = cv2.matchTemplate(group, weight, cv2.TM_CCORR) + total
    return np.asarray(total, np.float32)
