"""What the actions of the Label page do to canvas and boxes, by the action's id."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from ...keys import CLASS_KEYS
from ..canvas.canvas import Canvas
from .label_boxes import LabelBoxes
from .label_foot import LabelFoot

Acts = dict[str, Callable[[], object]]

# Keys that are no work on the image.
NOT_COUNTED: Final = ("label.undo", "label.redo", "label.jump")
TONE_STEP: Final = 0.1
NUDGES: Final = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class Strokes:
    """Keys and drags that the sample at hand took so far, for the pace of labeling."""

    def __init__(self) -> None:
        self.keys = 0
        self.drags = 0

    def begin(self) -> None:
        """Another sample is at hand."""
        self.keys = self.drags = 0

    def note_drag(self, *_what: object) -> None:
        """Count a drag, which is a stroke like a key."""
        self.keys += 1
        self.drags += 1

    def counted(self, name: str, do: Callable[[], object]) -> Callable[[], None]:
        """Give the act with its key press counted, where it is work on the image."""

        def run() -> None:
            if name.startswith("label.") and name not in NOT_COUNTED:
                self.keys += 1
            do()

        return run


def box_commands(canvas: Canvas, boxes: LabelBoxes) -> Acts:
    """Give what changes boxes, or which of them are chosen."""
    made: Acts = {
        "label.next_box": partial(canvas.select_next, 1),
        "label.previous_box": partial(canvas.select_next, -1),
        "label.adopt": boxes.adopt,
        "label.drop": boxes.drop,
        "label.draw": canvas.arm_drawing,
        "label.delete": boxes.delete,
        "label.select_all": canvas.select_all,
        "label.copy": boxes.copy,
        "label.paste": boxes.paste,
        "label.lock": boxes.lock,
        "label.lock_all": canvas.toggle_all_locks,
        "label.cancel": canvas.cancel,
    }
    for key in CLASS_KEYS:
        made[f"label.class.{key}"] = partial(boxes.choose_key, key)
    for way, (dx, dy) in NUDGES.items():
        for family, step in (("", 1), ("10", 10)):
            x, y = dx * step, dy * step
            made[f"label.nudge{family}.{way}"] = partial(canvas.nudge, x, y)
            made[f"label.resize{family}.{way}"] = partial(canvas.stretch, x, y)
    return made


def view_commands(canvas: Canvas, foot: LabelFoot) -> Acts:
    """Give what changes only how the picture is seen."""
    tone = foot.change_tone
    return {
        "view.fit": canvas.fit,
        "view.actual": lambda: canvas.zoom_to(1.0 / canvas.devicePixelRatioF()),
        "view.zoom_in": partial(canvas.zoom_middle, 1.25),
        "view.zoom_out": partial(canvas.zoom_middle, 0.8),
        "view.hide_boxes": canvas.toggle_boxes,
        "view.hide_chosen": canvas.toggle_hidden,
        "view.tone": foot.toggle_tone,
        "view.brighter": partial(tone, TONE_STEP, 0.0),
        "view.darker": partial(tone, -TONE_STEP, 0.0),
        "view.more_contrast": partial(tone, 0.0, TONE_STEP),
        "view.less_contrast": partial(tone, 0.0, -TONE_STEP),
    }
