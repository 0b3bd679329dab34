"""How well empty pictures of a card are found: precision and recall.

Cards are made of real pictures of fixed cameras whose moving things are known: windows
cut from tracked clips (nothing is painted in), so that each window sees people come and
go, and a quiet part of a road camera with things of other pictures put in at known
places, small to large. Something is on a picture from a
quarter of a known box on; pictures with less of one, but some, are in the card and not
in the count. Precision: of what is offered as empty, how much is; recall: of what is
empty, how much is offered.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.project import Project
from labeling.choice import PROBABLY_EMPTY
from labeling.empties import look_for_empties
from labeling.geometry import Corners, overlap
from labeling.geometry import area as size_of

Pixels = NDArray[np.uint8]
# So much of a box is something; less, but some, counts as neither.
LEAST_SHARE = 0.25
BEGAN_US = 1_790_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Pictures of one fixed camera, and on which of them something is."""

    name: str
    pictures: tuple[Pixels, ...]
    is_something: tuple[bool | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts over a card; `offered` are those found, `right` of them are empty."""

    empty: int
    offered: int
    right: int
    pictures: int


def windows(
    name: str,
    pictures: Sequence[Pixels],
    boxes: Sequence[Sequence[Corners]],
    size: tuple[int, int],
) -> Iterator[Card]:
    """Every half-overlapping window in which something is at times, and at times not.

    Those that are hardly ever free are left out: their background cannot be known.
    """
    height, width = pictures[0].shape[:2]
    for top in range(0, height - size[1] + 1, size[1] // 2):
        for left in range(0, width - size[0] + 1, size[0] // 2):
            area = (left, top, left + size[0], top + size[1])
            present = tuple(_judged(row, area) for row in boxes)
            known = [one for one in present if one is not None]
            if 0.05 < sum(known) / max(len(known), 1) < 0.4:
                yield Card(
                    name=f"{name} {left},{top}",
                    pictures=tuple(
                        p[top : area[3], left : area[2]].copy() for p in pictures
                    ),
                    is_something=present,
                )


def _judged(boxes: Sequence[Corners], area: Corners) -> bool | None:
    """Whether something is there; None where only a corner of a box is."""
    shares = [overlap(box, area) / size_of(box) for box in boxes]
    if max(shares, default=0.0) >= LEAST_SHARE:
        return True
    return None if any(shares) else False


def campus(folder: Path) -> tuple[list[Pixels], list[list[Corners]]]:
    """The tracked pedestrians of TUD-Campus."""
    files = sorted((folder / "img1").glob("*.jpg"))
    boxes: list[list[Corners]] = [[] for _ in files]
    for line in (folder / "gt" / "gt.txt").read_text().splitlines():
        frame, _, x, y, w, h = (float(part) for part in line.split(",")[:6])
        boxes[int(frame) - 1].append((x - 1, y - 1, x - 1 + w, y - 1 + h))
    return [_read(path) for path in files], boxes


def crossing(folder: Path) -> tuple[list[Pixels], list[list[Corners]]]:
    """The one tracked walker of OTB's Crossing."""
    boxes: list[list[Corners]] = []
    for line in (folder / "groundtruth_rect.txt").read_text().splitlines():
        x, y, w, h = (float(part) for part in line.replace(",", " ").split())
        boxes.append([(x - 1, y - 1, x - 1 + w, y - 1 + h)])
    return [_read(path) for path in sorted((folder / "img").glob("*.jpg"))], boxes


def road(path: Path, things: Sequence[Pixels], count: int, seed: int) -> Card:
    """A quiet part of a road camera; on a fourth of its pictures a thing is put in."""
    rng = np.random.default_rng(seed)
    capture = cv2.VideoCapture(str(path))
    pictures, present = [], []
    for number in range(count):
        done, frame = capture.read()
        assert done
        part = np.asarray(frame[60:300, 40:440], np.uint8).copy()
        # The lamp and the exposure of a camera that adjusts itself.
        part = cv2.convertScaleAbs(part, alpha=float(rng.uniform(0.93, 1.07)))
        is_something = bool(rng.random() < 0.25)
        if is_something:
            _put_in(part, things[number % len(things)], rng)
        pictures.append(np.asarray(part, np.uint8))
        present.append(is_something)
    capture.release()
    return Card(name="road", pictures=tuple(pictures), is_something=tuple(present))


def _put_in(picture: Pixels, thing: Pixels, rng: np.random.Generator) -> None:
    height = int(rng.integers(12, 90))
    width = max(round(thing.shape[1] * height / thing.shape[0]), 8)
    small = cv2.resize(thing, (width, height), interpolation=cv2.INTER_AREA)
    y = int(rng.integers(0, picture.shape[0] - height))
    x = int(rng.integers(0, picture.shape[1] - width))
    picture[y : y + height, x : x + width] = small


def score(card: Card, root: Path) -> Score:
    """Take the card in, look for empties, and count."""
    with Project.create(root, ["thing"]) as project:
        session = project.begin_session(name=card.name, source="cam")
        truth = {}
        for number, picture in enumerate(card.pictures):
            data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
            taken = project.take_in(
                data.tobytes(), session, captured_us=BEGAN_US + number * 60_000_000
            )
            truth[taken.sample.id] = card.is_something[number]
        look_for_empties(project)
        found = project.catalog.measures.emptiness(truth)
    known = {i: value for i, value in truth.items() if value is not None}
    offered = [i for i in known if found.get(i, 0.0) >= PROBABLY_EMPTY]
    return Score(
        empty=sum(not value for value in known.values()),
        offered=len(offered),
        right=sum(not known[i] for i in offered),
        pictures=len(known),
    )


def _read(path: Path) -> Pixels:
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return np.asarray(pixels, np.uint8)


def _tell(name: str, scores: Sequence[Score], spent_s: float) -> None:
    offered, right, empty, pictures = (
        sum(getattr(one, field) for one in scores)
        for field in ("offered", "right", "empty", "pictures")
    )
    sys.stdout.write(
        f"\n{name}: {pictures} pictures on {len(scores)} cards, {empty} empty; "
        f"{offered} offered, precision {right / max(offered, 1):.3f}, recall "
        f"{right / max(empty, 1):.3f}; {1000 * spent_s / max(pictures, 1):.1f} ms of "
        "processor a picture, import included\n"
    )


def test_windows_of_a_tracked_clip(shared_data: Path, tmp_path: Path) -> None:
    pictures, boxes = campus(shared_data / "track-mot-tud-campus")
    cards = [
        card
        for size in ((160, 120), (120, 90))
        for card in windows("campus", pictures, boxes, size)
    ]
    began = time.process_time()

    scores = [score(card, tmp_path / f"p{i}") for i, card in enumerate(cards)]

    _tell("campus", scores, time.process_time() - began)
    assert scores


def test_windows_of_a_clip_with_one_walker(shared_data: Path, tmp_path: Path) -> None:
    pictures, boxes = crossing(shared_data / "track-otb-crossing")
    cards = list(windows("crossing", pictures, boxes, (120, 90)))
    began = time.process_time()

    scores = [score(card, tmp_path / f"p{i}") for i, card in enumerate(cards)]

    # Cars and others are on it that nobody boxed: recall says nothing here.
    _tell("crossing", scores, time.process_time() - began)
    assert scores


def test_things_put_into_a_quiet_road(shared_data: Path, tmp_path: Path) -> None:
    pictures, boxes = campus(shared_data / "track-mot-tud-campus")
    things = [
        pictures[i][int(y0) : int(y1), int(x0) : int(x1)]
        for i in range(0, 70, 7)
        for x0, y0, x1, y1 in boxes[i][:2]
        if x0 >= 0 and y0 >= 0
    ]
    clip = shared_data / "video-traffic-camera" / "traffic_camera.mp4"
    began = time.process_time()

    scores = [
        score(road(clip, things, 200, seed), tmp_path / f"p{seed}") for seed in (1, 2)
    ]

    _tell("road", scores, time.process_time() - began)
    assert scores
