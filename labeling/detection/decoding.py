"""Arrays of a detector as detections: boxes in pixels of the image, with scores.

Whatever a model gives out, what comes back is finite, inside of the image, at most
`MOST` boxes, each class free of doubles. Sources: the exporters' own code for YOLOv5
and YOLOv8 (Ultralytics), the TensorFlow object detection API for SSD, Carion et al.
2020 for DETR; YOLOv2's grid (Redmon and Farhadi 2017) with the five anchors that
Custom Vision's sample code publishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from dataset.errors import BadFile

from ..geometry import iou_matrix
from .detector import Detection
from .layouts import Layout, Parts
from .letterbox import Letterbox

FLOOR: Final = 0.05
"""Less sure boxes are not even kept for the model's uncertainty."""
MOST: Final = 300
_BEFORE_OVERLAPS: Final = 1000
# Sides in pixels are larger than this on any canvas; sides as shares are smaller.
_LARGEST_SHARE: Final = 2.0
_LEAST_SIDE: Final = 1.0
_ANCHORS: Final = np.array(
    [[0.573, 0.677], [1.87, 2.06], [3.34, 5.47], [7.88, 3.53], [9.77, 9.17]]
)

_AnyFloat = TypeVar("_AnyFloat", np.float32, np.float64)
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Arrays = Sequence[NDArray[np.generic]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Boxes (N, 4) as corners on the canvas, their scores and classes (N,)."""

    boxes: Floats
    scores: Floats
    classes: Whole


def decode(
    arrays: Arrays, parts: Parts, letterbox: Letterbox, *, overlap: float = 0.5
) -> tuple[Detection, ...]:
    """What the arrays say is on the image, the surest first.

    `overlap` is the IoU over which two boxes of one class are one thing.

    Raises:
        BadFile: the arrays have not the shapes of the layout, or hold no number.
    """
    try:
        rows = _rows(arrays, parts, letterbox)
    except (ValueError, IndexError) as error:
        shapes = ", ".join(str(list(each.shape)) for each in arrays)
        raise BadFile(
            f"The model's outputs changed their shape: {shapes}",
            hint="name its `layout` under [assist] in fieldset.toml",
        ) from error
    found = _kept(rows, letterbox)
    chosen = without_doubles(found, overlap)[:MOST]
    return tuple(
        Detection(
            class_index=int(found.classes[i]),
            score=float(found.scores[i]),
            corners=_corners(found.boxes[i]),
        )
        for i in chosen
    )


def without_doubles(rows: Rows, overlap: float) -> list[int]:
    """Places of the rows that stay, the surest first (greedy suppression by class).

    Ties are broken by place.
    """
    left = np.lexsort((np.arange(len(rows.scores)), -rows.scores))
    kept: list[int] = []
    while len(left) and len(kept) < MOST:
        best, rest = int(left[0]), left[1:]
        kept.append(best)
        same = rest[rows.classes[rest] == rows.classes[best]]
        shared = iou_matrix(rows.boxes[best][None], rows.boxes[same])[0]
        doubles = same[shared > overlap]
        left = rest[~np.isin(rest, doubles)]
    return kept


def _rows(arrays: Arrays, parts: Parts, letterbox: Letterbox) -> Rows:
    canvas = (letterbox.canvas_width, letterbox.canvas_height)
    if parts.layout in (Layout.YOLOV5, Layout.YOLOV8):
        return _yolo(arrays[parts.boxes], parts.layout, canvas)
    first = _floats(arrays[parts.boxes])
    if parts.layout is Layout.CUSTOM_VISION:
        return _yolov2(first, canvas)
    if parts.layout is Layout.YOLO_NMS:
        return _finished(_two_axes(first), canvas)
    if parts.layout in (Layout.DETR, Layout.DETR_SIGMOID):
        return _detr(arrays, parts, canvas)
    return _ssd(arrays, parts, canvas)


def _yolo(array: NDArray[np.generic], layout: Layout, canvas: tuple[int, int]) -> Rows:
    """Rows of either YOLO; only sure ones leave single precision, of 25,200."""
    table = _two_axes(np.asarray(array, np.float32))
    if layout is Layout.YOLOV8:
        table = table.T
        # NaN never wins against a number.
        sure = np.fmax.reduce(table[:, 4:], axis=1)
        chosen = np.flatnonzero(sure >= FLOOR)
        scores = _floats(table[chosen, 4:])
    else:
        chosen = np.flatnonzero(table[:, 4] >= FLOOR)
        scores = _floats(table[chosen, 5:]) * _floats(table[chosen, 4:5])
    boxes = _on_canvas(_from_middle(_floats(table[chosen, :4])), canvas)
    best = _best(scores)
    return _checked(boxes, scores[np.arange(len(best)), best], best, table)


def _finished(table: Floats, canvas: tuple[int, int]) -> Rows:
    if table.shape[1] == 7:
        # Batch, corners, class, score: how YOLOv7 exports its own suppression.
        boxes, classes, scores = table[:, 1:5], table[:, 5], table[:, 6]
    else:
        boxes, scores, classes = table[:, :4], table[:, 4], table[:, 5]
    return _checked(_on_canvas(boxes, canvas), scores, _whole(classes), table)


def _ssd(arrays: Arrays, parts: Parts, canvas: tuple[int, int]) -> Rows:
    assert parts.scores is not None
    assert parts.classes is not None
    boxes = _floats(arrays[parts.boxes]).reshape(-1, 4)
    scores = _floats(arrays[parts.scores]).reshape(-1)
    classes = _floats(arrays[parts.classes]).reshape(-1)
    if _are_classes(scores) and not _are_classes(classes):
        scores, classes = classes, scores
    count = len(boxes)
    if parts.count is not None:
        said = _floats(arrays[parts.count]).reshape(-1)
        if len(said) and np.isfinite(said[0]):
            count = min(max(int(said[0]), 0), count)
    boxes, scores, classes = boxes[:count], scores[:count], classes[:count]
    if parts.layout is Layout.SSD:
        boxes = boxes[:, [1, 0, 3, 2]]
    return _checked(_on_canvas(boxes, canvas), scores, _whole(classes), scores)


def _detr(arrays: Arrays, parts: Parts, canvas: tuple[int, int]) -> Rows:
    if parts.scores is None:
        table = _two_axes(_floats(arrays[parts.boxes]))
        boxes, logits = table[:, :4], table[:, 4:]
    else:
        boxes = _two_axes(_floats(arrays[parts.boxes]))
        logits = _two_axes(_floats(arrays[parts.scores]))
    scores = _probabilities(logits, has_nothing=parts.layout is Layout.DETR)
    best = _best(scores)
    sure = scores[np.arange(len(scores)), best]
    return _checked(_on_canvas(_from_middle(boxes), canvas), sure, best, logits)


def _probabilities(logits: Floats, *, has_nothing: bool) -> Floats:
    known = logits[np.isfinite(logits)]
    is_done = known.size > 0 and known.min() >= 0.0 and known.max() <= 1.0
    with np.errstate(all="ignore"):
        if has_nothing:
            shares = logits if is_done else _softmax(logits)
            return shares[:, :-1]
        return logits if is_done else _logistic(logits)


def _yolov2(array: Floats, canvas: tuple[int, int]) -> Rows:
    grid = array[0] if array.ndim == 4 else array
    rows, columns = canvas[1] // 32, canvas[0] // 32
    if grid.shape[1:] == (rows, columns):
        grid = grid.transpose(1, 2, 0)
    height, width = grid.shape[:2]
    cells = grid.reshape(height, width, len(_ANCHORS), -1)
    with np.errstate(all="ignore"):
        x = (_logistic(cells[..., 0]) + np.arange(width)[None, :, None]) / width
        y = (_logistic(cells[..., 1]) + np.arange(height)[:, None, None]) / height
        w = np.exp(cells[..., 2]) * _ANCHORS[:, 0] / width
        h = np.exp(cells[..., 3]) * _ANCHORS[:, 1] / height
        shares = _softmax(cells[..., 5:]) * _logistic(cells[..., 4:5])
    middles = np.stack([x, y, w, h], axis=-1).reshape(-1, 4)
    scores = shares.reshape(len(middles), -1)
    best = _best(scores)
    sure = scores[np.arange(len(scores)), best]
    boxes = _from_middle(middles) * _sides(canvas)
    return _checked(boxes, sure, best, array)


def _checked(
    boxes: Floats, scores: Floats, classes: Whole, given: NDArray[np.floating[Any]]
) -> Rows:
    """The rows; an answer without a single number is a fault of the model."""
    is_empty = not np.isfinite(scores).any()
    if is_empty and given.size and not np.isfinite(given).any():
        raise BadFile(
            "The model gives no numbers, only NaN or infinity",
            hint="a model in half precision may have overflowed: export it in full",
        )
    return Rows(boxes=boxes, scores=scores, classes=classes)


def _kept(rows: Rows, letterbox: Letterbox) -> Rows:
    """The surest rows that are finite and lie on the image, in its pixels."""
    is_sound = (
        np.isfinite(rows.boxes).all(axis=1)
        & np.isfinite(rows.scores)
        & (rows.scores >= FLOOR)
        & (rows.classes >= 0)
    )
    chosen = np.flatnonzero(is_sound)
    order = np.lexsort((chosen, -rows.scores[chosen]))[:_BEFORE_OVERLAPS]
    chosen = chosen[order]
    boxes = letterbox.to_image(rows.boxes[chosen])
    is_there = ((boxes[:, 2:] - boxes[:, :2]) >= _LEAST_SIDE).all(axis=1)
    return Rows(
        boxes=boxes[is_there],
        scores=np.minimum(rows.scores[chosen][is_there], 1.0),
        classes=rows.classes[chosen][is_there],
    )


def _corners(box: Floats) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (round(float(side), 3) for side in box)
    return x0, y0, x1, y1


def _floats(array: NDArray[np.generic]) -> Floats:
    return np.asarray(array, np.float64)


def _two_axes(array: NDArray[_AnyFloat]) -> NDArray[_AnyFloat]:
    """The table without the batch."""
    table = array[0] if array.ndim == 3 else array
    if table.ndim != 2:
        raise ValueError(f"a table of rows was expected: {array.shape}")
    return table


def _best(scores: Floats) -> Whole:
    """The class of the greatest score in each row; NaN never wins."""
    known = np.where(np.isfinite(scores), scores, -np.inf)
    return np.asarray(known.argmax(axis=1), np.int64)


def _whole(classes: Floats) -> Whole:
    """Class numbers; what is no number becomes -1, which is no class."""
    sound = np.isfinite(classes) & (np.abs(classes) < 1e6)
    return np.where(sound, np.rint(np.where(sound, classes, -1)), -1).astype(np.int64)


def _are_classes(values: Floats) -> bool:
    """Whether these look like class numbers: whole, and not all 0 or 1."""
    known = values[np.isfinite(values)]
    return bool(known.size and (known == np.rint(known)).all() and known.max() > 0)


def _from_middle(boxes: Floats) -> Floats:
    half = boxes[:, 2:4] / 2
    return np.hstack([boxes[:, :2] - half, boxes[:, :2] + half])


def _on_canvas(boxes: Floats, canvas: tuple[int, int]) -> Floats:
    """Corners in pixels of the canvas, also where they came as shares of it."""
    known = boxes[np.isfinite(boxes)]
    is_share = known.size > 0 and float(np.abs(known).max()) <= _LARGEST_SHARE
    return boxes * _sides(canvas) if is_share else boxes


def _sides(canvas: tuple[int, int]) -> Floats:
    return np.array([*canvas, *canvas], np.float64)


def _logistic(values: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -500, 500))), np.float64)


def _softmax(values: Floats) -> Floats:
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float64)
