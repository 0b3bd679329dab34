"""OpenCV's contrib trackers, one pair of pictures after the other, over a pipe.

Runs in an environment of its own (`opencv-contrib-python-headless` and NumPy only),
because two builds of OpenCV cannot share one. Each request on stdin is a line of JSON,
`{"tracker": NAME, "shape": [H, W, 3], "boxes": {id: [x, y, width, height]}}`, and the
bytes of two pictures; the answer is a line of JSON, `{id: [x, y, width, height]}`.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
from cv2.typing import MatLike

Rectangle = tuple[float, float, float, float]


class Tracker(Protocol):
    """What the contrib trackers have in common."""

    def init(self, image: MatLike, place: Sequence[int], /) -> None:
        """Learn the object."""

    def update(self, image: MatLike, /) -> tuple[bool, Sequence[int]]:
        """Find it again."""


def follow(
    tracker: Tracker, before: MatLike, after: MatLike, place: Rectangle
) -> list[float] | None:
    """Where one tracker sees the object; None where it lost it."""
    x, y, width, height = (round(value) for value in place)
    try:
        tracker.init(before, (x, y, max(width, 2), max(height, 2)))
        found, where = tracker.update(after)
    except cv2.error:
        return None
    return [float(value) for value in where] if found else None


def main() -> None:
    """Answer requests until stdin ends."""
    makers = {"KCF": cv2.TrackerKCF_create, "CSRT": cv2.TrackerCSRT_create}
    requests, answers = sys.stdin.buffer, sys.stdout
    while line := requests.readline():
        request = json.loads(line)
        shape = request["shape"]
        before, after = (
            np.frombuffer(requests.read(math.prod(shape)), np.uint8).reshape(shape)
            for _ in range(2)
        )
        make = makers[request["tracker"]]
        placed = {
            name: where
            for name, place in request["boxes"].items()
            if (where := follow(make(), before, after, place)) is not None
        }
        answers.write(json.dumps(placed) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
