"""Carry-over beside its rivals on the shared tracks.

Run `python -m tests.benchmarks.carry_over_bench [--method NAME] [--limit PAIRS]` from
the root; its name keeps it out of the test run. The shared tracks are only read, never
shipped; without them the table is empty. KCF and CSRT are asked in an environment with
OpenCV's contrib build, see `carry_over_rivals`; without it the run says so.

Protocol: consecutive images are `stride` frames apart; a method gets the image before
with its TRUE boxes ("pair") or all earlier ones ("history"). At most 120 evenly spread
pairs a track; an object counts when both images show it; a dropped box counts as
IoU 0. The table gives the share of boxes with IoU >= 0.7 and the mean IoU, pooled over
all boxes. Then, for carry-over: how often a score holds, which objects that left were
dropped, and the actions a person needs (see `actions_an_image`).
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dataset.records import Box, Verdict
from labeling.carry_over import AcceptedImage, propose
from labeling.geometry import area, iou

from . import carry_over_rivals as rivals
from .carry_over_rivals import Corners, Method, Pixels, Placed, from_size

SHARED_DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
STRIDES = (1, 5, 15, 30)
PAIRS_A_TRACK = 120
HISTORY_LIMIT = 8

OURS = "carry-over"
CONTRIB = ("KCF", "CSRT")


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


def _otb_track(folder: Path) -> Track:
    """One object; `x y w h` a frame, 1-based."""
    rows = (folder / "groundtruth_rect.txt").read_text().split("\n")
    values = [[float(v) for v in row.replace(",", " ").split()] for row in rows if row]
    frames = sorted((folder / "img").glob("*.jpg"))
    truth = tuple({"1": from_size(x - 1, y - 1, w, h)} for x, y, w, h in values)
    return Track(name=folder.name, frames=tuple(frames), truth=truth)


def _mot_track(folder: Path) -> Track:
    """Several objects; `frame,id,x,y,w,h,flag`, 1-based."""
    frames = sorted((folder / "img1").glob("*.jpg"))
    truth: list[Placed] = [{} for _ in frames]
    for row in (folder / "gt" / "gt.txt").read_text().split():
        frame, name, x, y, w, h = row.split(",")[:6]
        placed = from_size(float(x) - 1, float(y) - 1, float(w), float(h))
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


def carry_over(history: Sequence[AcceptedImage], image: Pixels) -> Placed:
    """Our own; a box that left is a dropped box."""
    return {
        p.box.id: (p.box.x0, p.box.y0, p.box.x1, p.box.y1)
        for p in propose(history, image)
        if p.verdict is not Verdict.LEFT
    }


METHODS: dict[str, Method] = {
    "copy": rivals.copy,
    "box-centre flow": rivals.centre_flow,
    "median flow": rivals.median_flow,
    "CamShift": rivals.camshift,
    "TrackerMIL": rivals.tracker_mil,
    OURS: carry_over,
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


def mean_overlap(outcomes: Sequence[Outcome]) -> float:
    """Mean IoU, a dropped box counted as 0."""
    overlaps = [value for outcome in outcomes for value in outcome.overlaps]
    return sum(overlaps) / max(len(overlaps), 1)


def milliseconds_a_box(outcomes: Sequence[Outcome]) -> float:
    """Time of the whole call over the boxes it carried."""
    boxes = sum(len(outcome.overlaps) for outcome in outcomes)
    return 1000 * sum(outcome.seconds for outcome in outcomes) / max(boxes, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One proposal: its score, whether it was dropped, and its IoU; None: it left."""

    score: float
    is_dropped: bool
    overlap: float | None


def judged(stride: int, limit: int, tracks: Sequence[Track]) -> Iterator[Judged]:
    """Every proposal of carry-over with history beside what became of the object."""
    for track in tracks:
        for first in pairs(track, stride, limit):
            frames = range(first % stride, first + 1, stride)[-HISTORY_LIMIT:]
            history = [accepted(track, frame) for frame in frames]
            truth = {b.id: b for b in accepted(track, first + stride).boxes}
            for p in propose(history, _pixels(track.frames[first + stride])):
                there = truth.get(p.box.id)
                yield Judged(
                    score=p.box.score or 0.0,
                    is_dropped=p.verdict is Verdict.LEFT,
                    overlap=None if there is None else iou(p.box, there),
                )


def actions_an_image(track: Track, stride: int, method: Method) -> float:
    """Keys and drags an image that a person labeling the track needs.

    One key to accept. A box with IoU < 0.7 costs a drag, two when its area differs by
    more than 15 %; a box that has to be drawn anew a drag and a key, one that has to
    go a key. What is accepted is the truth, and is carried on. The first image, drawn
    by hand whatever the method, is not counted.
    """
    frames = range(0, len(track.frames), stride)
    actions = 0
    for k in range(1, len(frames)):
        history = [accepted(track, f) for f in frames[max(k - HISTORY_LIMIT, 0) : k]]
        image = accepted(track, frames[k])
        placed = method(history, image.pixels)
        actions += 1 + sum(_mending(placed.get(b.id), b) for b in image.boxes)
        actions += len(placed.keys() - {b.id for b in image.boxes})
    return actions / max(len(frames) - 1, 1)


def _mending(placed: Corners | None, truth: Box) -> int:
    if placed is None:
        return 2
    if iou(placed, truth) >= 0.7:
        return 0
    return 2 if abs(area(placed) / area(truth) - 1) > 0.15 else 1


def _row(name: str, results: Sequence[Sequence[Outcome]]) -> str:
    cells = " ".join(f"{share_good(o):.3f} {mean_overlap(o):.3f}" for o in results)
    cost = milliseconds_a_box([o for outcomes in results for o in outcomes])
    return f"{name:<24} {cells} {cost:9.1f}"


def _track_rows(results: Sequence[Sequence[Outcome]]) -> Iterator[str]:
    for track in shared_tracks():
        own = [[o for o in outcomes if o.track == track.name] for outcomes in results]
        yield _row(f"  {track.name[-22:]}", own)


def print_table(methods: Mapping[str, Method], limit: int = PAIRS_A_TRACK) -> None:
    """One row a method, share and mean IoU a stride, then milliseconds a box."""
    out = sys.stdout.write
    heads = " ".join(f"{f's={stride}':>5}  mean" for stride in STRIDES)
    out(f"{'IoU >= 0.7, mean IoU':<24} {heads} {'ms a box':>9}\n")
    for name, method in methods.items():
        for with_history in (False, True) if name == OURS else (False,):
            results = [
                evaluate(method, stride, with_history=with_history, limit=limit)
                for stride in STRIDES
            ]
            title = name + (", history" if with_history else "")
            out(_row(title, results) + "\n")
            out("".join(f"{row}\n" for row in _track_rows(results)))
            sys.stdout.flush()


def print_scores(limit: int) -> None:
    """How often proposals of a score hold, and what was dropped; with history."""
    out = sys.stdout.write
    several = [
        track for track in shared_tracks() if any(len(t) > 1 for t in track.truth)
    ]
    found = [one for s in STRIDES for one in judged(s, limit, shared_tracks())]
    out("\nscore, with history, all strides: proposals, share with IoU >= 0.7\n")
    for low in np.arange(0, 1, 0.1):
        own = [j for j in found if low <= min(j.score, 0.999) < low + 0.1]
        good = sum((j.overlap or 0.0) >= 0.7 for j in own)
        if own:
            out(f"  {low:.1f} to {low + 0.1:.1f} {len(own):5} {good / len(own):.3f}\n")
    out("\ntracks with several objects: left and dropped, present and dropped\n")
    for stride in (5, 15):
        own = list(judged(stride, limit, several))
        gone = [j.is_dropped for j in own if j.overlap is None]
        here = [j.is_dropped for j in own if j.overlap is not None]
        out(f"  s={stride}: {sum(gone)} of {len(gone)}, {sum(here)} of {len(here)}\n")


def print_actions(methods: Mapping[str, Method]) -> None:
    """Keys and drags an image, by method and track."""
    out = sys.stdout.write
    out("\nactions an image, strides 5 and 15\n")
    for name, method in methods.items():
        for track in shared_tracks():
            costs = [actions_an_image(track, stride, method) for stride in (5, 15)]
            figures = " ".join(f"{cost:6.2f}" for cost in costs)
            out(f"  {name:<18} {track.name[-18:]:<18} {figures}\n")


def main() -> None:
    """Prints the tables for the chosen methods."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", action="append", choices=[*METHODS, *CONTRIB])
    parser.add_argument("--limit", type=int, default=PAIRS_A_TRACK)
    arguments = parser.parse_args()
    methods = dict(METHODS)
    interpreter = rivals.contrib_interpreter()
    trackers = []
    if interpreter is None:
        sys.stdout.write(f"KCF, CSRT left out: set {rivals.CONTRIB_VARIABLE}\n")
    else:
        trackers = [rivals.ContribTracker(name, interpreter) for name in CONTRIB]
        methods.update(zip(CONTRIB, trackers, strict=True))
    if arguments.method:
        methods = {n: m for n, m in methods.items() if n in arguments.method}
    print_table(methods, arguments.limit)
    print_actions(methods)
    if OURS in methods:
        print_scores(arguments.limit)
    for tracker in trackers:
        tracker.close()


if __name__ == "__main__":
    main()
