"""How detectors lay out what they found, told by names and shapes of their outputs.

=============== ===================================== ===============================
layout          outputs                               known from
=============== ===================================== ===============================
yolov5          (1, N, 5+C) x y w h, object, classes  N is the grid's size times three
yolov8          (1, 4+C, N) x y w h, classes          N is the grid's size
yolo-nms        (1, N, 6) corners, score, class       six columns, few rows
ssd             boxes y0 x0 y1 x1, classes, scores    TensorFlow's names; 0 to 1
ssd-xy          boxes x0 y0 x1 y1, classes, scores    Custom Vision's, torchvision's
custom-vision   (1, 5*(5+C), H, W) YOLOv2's grid      a channel count, 32 px a cell
detr            logits (1, Q, C+1), boxes (1, Q, 4)   the last class is "nothing"
detr-sigmoid    logits (1, Q, C), boxes (1, Q, 4)     columns as names, or 300 queries
=============== ===================================== ===============================

Shapes alone can mislead (a vision transformer's tokens look like boxes), so a model is
a detector only where grid, names or metadata confirm it; else the project says so.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dataset.errors import BadFile

from .detector import Tensor

STRIDES: Final = ((8, 16, 32), (8, 16, 32, 64))
ANCHORS: Final = 3
_FEW: Final = 1000
_YOLOV2_ANCHORS: Final = 5
_YOLOV2_CELL: Final = 32
# Deformable DETR and RT-DETR ask 300, DINO asks 900; DETR and YOLOS ask 100.
_SIGMOID_QUERIES: Final = (300, 900)
_OTHER_TASKS: Final = ("segment", "classify", "pose", "obb")


class Layout(StrEnum):
    """How outputs are read; the values are those of the setting."""

    YOLOV5 = "yolov5"
    YOLOV8 = "yolov8"
    YOLO_NMS = "yolo-nms"
    SSD = "ssd"
    SSD_XY = "ssd-xy"
    CUSTOM_VISION = "custom-vision"
    DETR = "detr"
    DETR_SIGMOID = "detr-sigmoid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Which outputs a layout reads, by their place; `count` None where there is none.

    Layouts of one output have it as `boxes`.
    """

    layout: Layout
    boxes: int
    scores: int | None = None
    classes: int | None = None
    count: int | None = None


def names_in(notes: Mapping[str, str]) -> dict[int, str]:
    """The class names in a model's metadata, as Ultralytics writes them; or nothing."""
    try:
        found = ast.literal_eval(notes.get("names", ""))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return {}
    if isinstance(found, list | tuple):
        found = dict(enumerate(found))
    if not isinstance(found, dict):
        return {}
    return {
        key: str(name) for key, name in found.items() if type(key) is int and key >= 0
    }


def recognise(
    outputs: Sequence[Tensor],
    *,
    width: int,
    height: int,
    names: int = 0,
    notes: Mapping[str, str] | None = None,
    wanted: str = "auto",
) -> Parts:
    """Which outputs hold boxes, classes and scores, and how.

    Args:
        outputs: with the shapes of a real run.
        width, height: of the model's canvas.
        names: how many classes are known by name; 0 where none is.
        notes: the model's metadata.
        wanted: the layout that the project names, or "auto".

    Raises:
        BadFile: the outputs are those of no detector that is known here, or not those
            of the layout that is wanted.
    """
    task = (notes or {}).get("task", "")
    if task in _OTHER_TASKS:
        raise BadFile(
            f"The model is no detector of boxes, its task is: {task}",
            hint="export a model that was trained to detect",
        )
    if wanted != "auto":
        return _parts_for(Layout(wanted), outputs)
    found = _by_shape(outputs, width, height, names)
    if found is None:
        raise BadFile(
            f"The model's outputs are those of no known detector: {_shown(outputs)}",
            hint="if it is one, name its `layout` under [assist] in fieldset.toml",
        )
    return found


def _by_shape(
    outputs: Sequence[Tensor], width: int, height: int, names: int
) -> Parts | None:
    if several := _detr(outputs, names) or _ssd(outputs):
        return several
    # Older exports hand the three raw grids over beside the finished rows.
    flat = [i for i, one in enumerate(outputs) if len(_sides(one)) != 4]
    if len(flat) != 1 or len(_sides(outputs[flat[0]])) not in (2, 3):
        return None
    sides = _sides(outputs[flat[0]])
    layout = _yolo(sides, len(outputs[flat[0]].shape), width, height, names)
    return None if layout is None else Parts(layout=layout, boxes=flat[0])


def _yolo(
    sides: tuple[int, ...], rank: int, width: int, height: int, names: int
) -> Layout | None:
    if len(sides) == 3:
        return Layout.CUSTOM_VISION if _is_yolov2(sides, width, height) else None
    rows, columns = sides
    cells = {sum((width // s) * (height // s) for s in each) for each in STRIDES}
    if rows in {ANCHORS * count for count in cells} and columns >= 6:
        return Layout.YOLOV5
    if columns in cells and rows >= 5:
        return Layout.YOLOV8
    if rows <= _FEW and (columns == 6 or (columns == 7 and rank == 2)):
        return Layout.YOLO_NMS
    return _yolo_by_names(rows, columns, names) if names else None


def _yolo_by_names(rows: int, columns: int, names: int) -> Layout | None:
    """The layout that as many columns as names, and a few more, give away."""
    if columns == 5 + names:
        return Layout.YOLOV5
    if rows == 4 + names:
        return Layout.YOLOV8
    is_detr = rows <= _FEW and columns == 4 + names
    return Layout.DETR_SIGMOID if is_detr else None


def _is_yolov2(sides: tuple[int, ...], width: int, height: int) -> bool:
    grid = (height // _YOLOV2_CELL, width // _YOLOV2_CELL)
    if sides[1:] == grid:
        channels = sides[0]
    elif sides[:2] == grid:
        channels = sides[2]
    else:
        return False
    return channels % _YOLOV2_ANCHORS == 0 and channels // _YOLOV2_ANCHORS > 5


def _detr(outputs: Sequence[Tensor], names: int) -> Parts | None:
    """Boxes and logits of the same queries; further outputs are of no interest."""
    words = [one.name.casefold() for one in outputs]
    boxes = _first(outputs, words, ("box", "det"), lambda s: len(s) == 2 and s[1] == 4)
    scores = _first(
        outputs, words, ("logit", "label"), lambda s: len(s) == 2 and s[1] > 1
    )
    if scores == boxes:
        scores = None
    if boxes is not None and scores is None and len(outputs) == 2:
        scores = 1 - boxes
    if boxes is None or scores is None or "float" not in outputs[scores].kind:
        return None
    queries, columns = _sides(outputs[boxes])[0], _sides(outputs[scores])
    if len(columns) != 2 or columns[0] != queries or queries > _FEW:
        return None
    is_sigmoid = "logit" not in words[scores] or queries in _SIGMOID_QUERIES
    if names:
        is_sigmoid = columns[1] == names
    layout = Layout.DETR_SIGMOID if is_sigmoid else Layout.DETR
    return Parts(layout=layout, boxes=boxes, scores=scores)


def _ssd(outputs: Sequence[Tensor]) -> Parts | None:
    """Boxes, classes, scores and perhaps their count, in any order."""
    words = [_word(one.name) for one in outputs]
    boxes = _first(outputs, words, ("box",), lambda s: len(s) == 2 and s[1] == 4)
    if boxes is None:
        return None
    rows = _sides(outputs[boxes])[0]
    lists = [i for i, one in enumerate(outputs) if _sides(one) == (rows,)]
    scores = next((i for i in lists if "score" in words[i]), None)
    classes = next((i for i in lists if "class" in words[i] or "label" in words[i]), -1)
    if classes < 0 and scores is None:
        if len(lists) != 2:
            return None
        whole = [i for i in lists if "int" in outputs[i].kind]
        # Which is which then shows in the values: see `decoding`.
        classes = whole[0] if len(whole) == 1 else lists[0]
    if scores is None or classes < 0:
        rest = [i for i in lists if i not in (classes, scores)]
        if len(rest) != 1:
            return None
        scores, classes = (rest[0], classes) if scores is None else (scores, rest[0])
    count = next((i for i, one in enumerate(outputs) if _is_count(one, rows)), None)
    is_xy = words[boxes].startswith(("detected", "det_boxes", "boxes"))
    return Parts(
        layout=Layout.SSD_XY if is_xy else Layout.SSD,
        boxes=boxes,
        scores=scores,
        classes=classes,
        count=count,
    )


def _word(name: str) -> str:
    """A name as it is compared; `raw_` outputs of TensorFlow are not finished."""
    word = name.casefold()
    return "" if "raw" in word or "multiclass" in word or "anchor" in word else word


def _is_count(output: Tensor, rows: int) -> bool:
    return rows != 1 and all(side == 1 for side in output.shape)


def _first(
    outputs: Sequence[Tensor],
    words: Sequence[str],
    wanted: tuple[str, ...],
    fits: Callable[[tuple[int, ...]], bool],
) -> int | None:
    """The output of fitting sides: one that is named so, or the only one."""
    found = [i for i, one in enumerate(outputs) if fits(_sides(one)) and words[i]]
    named = [i for i in found if any(word in words[i] for word in wanted)]
    if named:
        return named[0]
    return found[0] if len(found) == 1 else None


def _parts_for(layout: Layout, outputs: Sequence[Tensor]) -> Parts:
    """The parts of a layout that the project named, which need not be confirmed."""
    found: Parts | None = None
    if layout in (Layout.SSD, Layout.SSD_XY):
        found = _ssd(outputs)
    elif layout in (Layout.DETR, Layout.DETR_SIGMOID):
        found = _detr(outputs, 0)
    if found is not None:
        return Parts(
            layout=layout,
            boxes=found.boxes,
            scores=found.scores,
            classes=found.classes,
            count=found.count,
        )
    ranks = {Layout.CUSTOM_VISION: 3}
    fits = [i for i, o in enumerate(outputs) if len(_sides(o)) == ranks.get(layout, 2)]
    is_single = layout not in (Layout.SSD, Layout.SSD_XY, Layout.DETR)
    if not fits or not is_single or not _has_columns(layout, _sides(outputs[fits[0]])):
        raise BadFile(
            f"The model's outputs do not have the layout {layout}: {_shown(outputs)}",
            hint="name another `layout` under [assist] in fieldset.toml, or none",
        )
    return Parts(layout=layout, boxes=fits[0])


def _has_columns(layout: Layout, sides: tuple[int, ...]) -> bool:
    if layout is Layout.CUSTOM_VISION:
        return any(n % _YOLOV2_ANCHORS == 0 and n > 25 for n in (sides[0], sides[-1]))
    if layout is Layout.YOLO_NMS:
        return sides[1] in (6, 7)
    least = {Layout.YOLOV5: sides[1] - 1, Layout.YOLOV8: sides[0]}
    return least.get(layout, sides[1]) >= 5


def _sides(output: Tensor) -> tuple[int, ...]:
    """The shape without the batch."""
    sides = tuple(side or 0 for side in output.shape)
    return sides[1:] if len(sides) > 1 and sides[0] == 1 else sides


def _shown(outputs: Sequence[Tensor]) -> str:
    shapes = [f"{one.name[:40]} {list(one.shape)}" for one in outputs[:6]]
    return ", ".join(shapes) or "none"
