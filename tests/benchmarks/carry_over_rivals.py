"""What carry-over is measured against: copying, flow, CamShift and OpenCV's trackers.

KCF and CSRT live in OpenCV's contrib build, which runs in an environment of its own:
`FIELDSET_CONTRIB_PYTHON` names its interpreter. Without it they are left out.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.records import Box
from labeling.carry_over import AcceptedImage

CONTRIB_VARIABLE = "FIELDSET_CONTRIB_PYTHON"

Corners = tuple[float, float, float, float]
Pixels = NDArray[np.uint8]
Placed = dict[str, Corners]
Method = Callable[[Sequence[AcceptedImage], Pixels], Placed]


def from_size(x: float, y: float, width: float, height: float) -> Corners:
    """Corners of a rectangle given by its top left and its size."""
    return x, y, x + width, y + height


def copy(history: Sequence[AcceptedImage], image: Pixels) -> Placed:
    """The boxes where they were."""
    del image
    return {b.id: (b.x0, b.y0, b.x1, b.y1) for b in history[-1].boxes}


def centre_flow(history: Sequence[AcceptedImage], image: Pixels) -> Placed:
    """The box shifted by Lucas-Kanade flow at its centre; kept where flow fails."""
    before = cv2.cvtColor(history[-1].pixels, cv2.COLOR_BGR2GRAY)
    after = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    placed: Placed = {}
    for box in history[-1].boxes:
        centre = np.array([[[box.x0 + box.x1, box.y0 + box.y1]]], np.float32) / 2
        there, seen, _ = cv2.calcOpticalFlowPyrLK(
            before, after, centre, None, winSize=(31, 31), maxLevel=4
        )
        dx, dy = (there - centre)[0, 0].tolist() if seen[0, 0] else (0.0, 0.0)
        placed[box.id] = (box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy)
    return placed


def median_flow(history: Sequence[AcceptedImage], image: Pixels) -> Placed:
    """Median shift and scale of forward-backward flow (Kalal et al. 2010)."""
    before = cv2.cvtColor(history[-1].pixels, cv2.COLOR_BGR2GRAY)
    after = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    placed: Placed = {}
    for box in history[-1].boxes:
        xs = np.linspace(box.x0, box.x1, 12)[1:-1]
        ys = np.linspace(box.y0, box.y1, 12)[1:-1]
        grid = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 1, 2).astype(np.float32)
        there, seen, _ = cv2.calcOpticalFlowPyrLK(before, after, grid, None)
        back, back_seen, _ = cv2.calcOpticalFlowPyrLK(after, before, there, None)
        error = np.linalg.norm(back - grid, axis=2).ravel()
        good = (seen.ravel() > 0) & (back_seen.ravel() > 0)
        good &= error <= np.median(error)
        if good.sum() >= 4:
            old, new = grid[good, 0], there[good, 0]
            placed[box.id] = _scaled_by_flow(box, old, new)
    return placed


def _scaled_by_flow(
    box: Box, old: NDArray[np.float32], new: NDArray[np.float32]
) -> Corners:
    shift = np.median(new - old, axis=0)
    first, second = np.triu_indices(len(old), 1)
    before = np.linalg.norm(old[first] - old[second], axis=1)
    after = np.linalg.norm(new[first] - new[second], axis=1)
    scale = float(np.median(after / np.maximum(before, 1e-6)))
    centre_x = (box.x0 + box.x1) / 2 + float(shift[0])
    centre_y = (box.y0 + box.y1) / 2 + float(shift[1])
    half_w, half_h = box.width * scale / 2, box.height * scale / 2
    return (centre_x - half_w, centre_y - half_h, centre_x + half_w, centre_y + half_h)


def camshift(history: Sequence[AcceptedImage], image: Pixels) -> Placed:
    """CamShift on the hue histogram of each box (Bradski 1998)."""
    before = cv2.cvtColor(history[-1].pixels, cv2.COLOR_BGR2HSV)
    after = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 1)
    low, high = np.array([0, 40, 30]), np.array([180, 255, 255])
    placed: Placed = {}
    for box in history[-1].boxes:
        x, y, w, h = _whole(box)
        part = before[y : y + h, x : x + w]
        counts = cv2.calcHist([part], [0], cv2.inRange(part, low, high), [32], [0, 180])
        cv2.normalize(counts, counts, 0, 255, cv2.NORM_MINMAX)
        likely = cv2.calcBackProject([after], [0], counts, [0, 180], 1)
        likely &= cv2.inRange(after, low, high)
        _, (x, y, w, h) = cv2.CamShift(likely, (x, y, w, h), stop)
        if w > 0 and h > 0:
            placed[box.id] = from_size(x, y, w, h)
    return placed


def _whole(box: Box) -> tuple[int, int, int, int]:
    x, y = int(box.x0), int(box.y0)
    return x, y, max(int(box.width), 2), max(int(box.height), 2)


def tracker_mil(history: Sequence[AcceptedImage], image: Pixels) -> Placed:
    """OpenCV's TrackerMIL, one a box; the only tracker without a model file here."""
    placed: Placed = {}
    for box in history[-1].boxes:
        cv2.setRNGSeed(0)
        tracker = cv2.TrackerMIL_create()
        tracker.init(history[-1].pixels, _whole(box))
        found, (x, y, w, h) = tracker.update(image)
        if found:
            placed[box.id] = from_size(x, y, w, h)
    return placed


class ContribTracker:
    """One of the contrib build's trackers, asked in a process of its own."""

    def __init__(self, name: str, interpreter: Path) -> None:
        self._name = name
        script = Path(__file__).with_name("contrib_trackers.py")
        self._process = subprocess.Popen(
            [str(interpreter), str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __call__(self, history: Sequence[AcceptedImage], image: Pixels) -> Placed:
        """Where the tracker puts each box; its time includes the pipe."""
        requests, answers = self._pipes()
        boxes = {b.id: [b.x0, b.y0, b.width, b.height] for b in history[-1].boxes}
        line = json.dumps({"tracker": self._name, "shape": image.shape, "boxes": boxes})
        requests.write(line.encode() + b"\n")
        for pixels in (history[-1].pixels, image):
            requests.write(np.ascontiguousarray(pixels).tobytes())
        requests.flush()
        placed = json.loads(answers.readline())
        return {name: from_size(*where) for name, where in placed.items()}

    def close(self) -> None:
        """End the process."""
        self._pipes()[0].close()
        self._process.wait(timeout=10)

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout


def contrib_interpreter() -> Path | None:
    """The interpreter with OpenCV's contrib build, None where none is named."""
    named = os.environ.get(CONTRIB_VARIABLE, "")
    return Path(named) if named and Path(named).is_file() else None
