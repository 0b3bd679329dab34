"""Carry-over beside copy, median flow and OpenCV's own tracker, on the shared tracks.

Run `python -m tests.benchmarks.carry_over_bench [--method NAME] [--limit PAIRS]` from
the root; its name keeps it out of the test run. The shared tracks are only read, never
shipped; without them the table is empty.

Protocol: consecutive images are `stride` frames apart; a method gets the image before
with its TRUE boxes ("pair") or all earlier ones ("history"). At most 120 evenly spread
pairs a track; an object counts when both images show it; a dropped box counts as
IoU 0. The table gives the share of boxes with IoU >= 0.7, pooled over all boxes.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.records import Box, Verdict
from labeling.carry_over import AcceptedImage, propose
from labeling.geometry import iou

SHARED_DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
STRIDES = (1, 5, 15, 30)
PAIRS_A_TRACK = 120
HISTORY_LIMIT = 8

Corners = tuple[float, float, float, float]
Pixels = NDArray[np.uint8]
Placed = dict[str, Corners]
Method = Callable[[Sequence[AcceptedImage], Pixels], Placed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Frames of one clip in order, and the true corners by object id."""

    name: str
    frames: tuple[Path, ...]
    truth: tuple[Placed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one method did with one pair: IoU by object, boxes carried, seconds."""

    track: str
    overlaps: tuple[float, ...]
    seconds: float


def _corners(x: float, y: float, width: float, height: float) -> Corners:
    return x, y, x + width, y + height


def _otb_track(folder: Path) -> Track:
    """One object; `x y w h` a frame, 1-based."""
    rows = (folder / "groundtruth_rect.txt").read_text().split("\n")
    values = [[float(v) for v in row.replace(",", " ").split()] for row in rows if row]
    frames = sorted((folder / "img").glob("*.jpg"))
    truth = tuple({"1": _corners(x - 1, y - 1, w, h)} for x, y, w, h in values)
    return Track(name=folder.name, frames=tuple(frames), truth=truth)


def _mot_track(folder: Path) -> Track:
    """Several objects; `frame,id,x,y,w,h,flag`, 1-based."""
    frames = sorted((folder / "img1").glob("*.jpg"))
    truth: list[Placed] = [{} for _ in frames]
    for row in (folder / "gt" / "gt.txt").read_text().split():
        frame, name, x, y, w, h = row.split(",")[:6]
        placed = _corners(float(x) - 1, float(y) - 1, float(w), float(h))
        truth[int(frame) - 1][name] = placed
    return Track(name=folder.name, frames=tuple(frames), truth=tuple(truth))


@functools.cache
def shared_tracks(root: Path = SHARED_DATA) -> tuple[Track, ...]:
    """The three tracks with true boxes; empty where the shared folder is missing."""
    found = []
    for folder in sorted(root.glob("track-*")):
        reader = _mot_track if (folder / "gt").is_dir() else _otb_track
        found.append(reader(folder))
    return tuple(found)


@functools.lru_cache(maxsize=400)
def _pixels(path: Path) -> Pixels:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise FileNotFoundError(path)
    return np.asarray(pixels, np.uint8)


def accepted(track: Track, frame: int) -> AcceptedImage:
    """The frame with its true boxes, clipped as a person would have drawn them."""
    pixels = _pixels(track.frames[frame])
    height, width = pixels.shape[:2]
    boxes = []
    for name, (x0, y0, x1, y1) in sorted(track.truth[frame].items()):
        seen = (max(x0, 0), max(y0, 0), min(x1, width), min(y1, height))
        if seen[2] > seen[0] and seen[3] > seen[1]:
            boxes.append(_box(name, seen))
    return AcceptedImage(pixels=pixels, boxes=tuple(boxes), captured_us=frame * 40_000)


def _box(name: str, seen: Corners) -> Box:
    x0, y0, x1, y1 = seen
    return Box(id=name, class_id=1, x0=x0, y0=y0, x1=x1, y1=y1)


def pairs(track: Track, stride: int, limit: int = PAIRS_A_TRACK) -> Iterator[int]:
    """Indexes of the first frame of each pair, evenly spread."""
    count = len(track.frames) - stride
    if count > 0:
        picked = np.linspace(0, count - 1, min(count, limit))
        yield from sorted({round(float(value)) for value in picked})


def copy(history: Sequence[AcceptedImage], image: Pixels) -> Placed:
    """The boxes where they were."""
    del image
    return {b.id: (b.x0, b.y0, b.x1, b.y1) for b in history[-1].boxes}


def carry_over(history: Sequence[AcceptedImage], image: Pixels) -> Placed:
    """Our own; a box that left is a dropped box."""
    return {
        p.box.id: (p.box.x0, p.box.y0, p.box.x1, p.box.y1)
        for p in propose(history, image)
        if p.verdict is not Verdict.LEFT
    }


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


def tracker_mil(history: Sequence[AcceptedImage], image: Pixels) -> Placed:
    """OpenCV's TrackerMIL, one a box; the only tracker without a model file here."""
    placed: Placed = {}
    for box in history[-1].boxes:
        cv2.setRNGSeed(0)
        tracker = cv2.TrackerMIL_create()
        x, y, w, h = (int(v) for v in (box.x0, box.y0, box.width, box.height))
        tracker.init(history[-1].pixels, (x, y, max(w, 2), max(h, 2)))
        found, (x, y, w, h) = tracker.update(image)
        if found:
            placed[box.id] = _corners(x, y, w, h)
    return placed


METHODS: dict[str, Method] = {
    "copy": copy,
    "median flow": median_flow,
    "TrackerMIL": tracker_mil,
    "carry-over": carry_over,
}


def evaluate(
    method: Method,
    stride: int,
    *,
    with_history: bool = False,
    limit: int = PAIRS_A_TRACK,
    tracks: Sequence[Track] | None = None,
) -> list[Outcome]:
    """Runs one method over all pairs of a stride."""
    outcomes = []
    for track in shared_tracks() if tracks is None else tracks:
        for first in pairs(track, stride, limit):
            start = first % stride if with_history else first
            frames = list(range(start, first + 1, stride))[-HISTORY_LIMIT:]
            history = [accepted(track, frame) for frame in frames]
            image = _pixels(track.frames[first + stride])
            began = time.perf_counter()
            placed = method(history, image)
            seconds = time.perf_counter() - began
            truth = accepted(track, first + stride).boxes
            known = {box.id for box in history[-1].boxes}
            overlaps = tuple(
                iou(placed[b.id], b) if b.id in placed else 0.0
                for b in truth
                if b.id in known
            )
            outcome = Outcome(track=track.name, overlaps=overlaps, seconds=seconds)
            outcomes.append(outcome)
    return outcomes


def share_good(outcomes: Sequence[Outcome]) -> float:
    """Share of boxes with IoU >= 0.7."""
    overlaps = [value for outcome in outcomes for value in outcome.overlaps]
    return sum(value >= 0.7 for value in overlaps) / max(len(overlaps), 1)


def milliseconds_a_box(outcomes: Sequence[Outcome]) -> float:
    """Time of the whole call over the boxes it carried."""
    boxes = sum(len(outcome.overlaps) for outcome in outcomes)
    return 1000 * sum(outcome.seconds for outcome in outcomes) / max(boxes, 1)


def _row(name: str, results: Sequence[Sequence[Outcome]]) -> str:
    shares = " ".join(f"{share_good(outcomes):6.3f}" for outcomes in results)
    cost = milliseconds_a_box([o for outcomes in results for o in outcomes])
    return f"{name:<24} {shares} {cost:9.1f}"


def _track_rows(name: str, results: Sequence[Sequence[Outcome]]) -> Iterator[str]:
    for track in shared_tracks():
        own = [[o for o in outcomes if o.track == track.name] for outcomes in results]
        yield _row(f"  {track.name[-22:]}", own)


def print_table(methods: Sequence[str], limit: int = PAIRS_A_TRACK) -> None:
    """One row a method, one column a stride, then milliseconds a box."""
    out = sys.stdout.write
    heads = " ".join(f"{f's={stride}':>6}" for stride in STRIDES)
    out(f"{'IoU >= 0.7':<24} {heads} {'ms a box':>9}\n")
    for name in methods:
        for with_history in (False, True) if name == "carry-over" else (False,):
            results = [
                evaluate(METHODS[name], stride, with_history=with_history, limit=limit)
                for stride in STRIDES
            ]
            title = name + (", history" if with_history else "")
            out(_row(title, results) + "\n")
            out("".join(f"{row}\n" for row in _track_rows(name, results)))


def main() -> None:
    """Prints the table for the chosen methods."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", action="append", choices=sorted(METHODS))
    parser.add_argument("--limit", type=int, default=PAIRS_A_TRACK)
    arguments = parser.parse_args()
    print_table(arguments.method or list(METHODS), arguments.limit)


if __name__ == "__main__":
    main()
