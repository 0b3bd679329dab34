"""What a report counts in one pass over the samples of a version."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataset.records import LabelClass, Split, VersionSample

HEAT_COLUMNS = 64
HEAT_ROWS = 36
# A map of more points than this shows no more; ids are digests, so that the first
# ones in order are a random draw that is the same everywhere.
MAP_POINTS = 3000

_Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoint:
    """What a point of the map can be coloured by, besides its place."""

    sample_id: str
    class_id: int | None
    split: str
    session: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleSummary:
    """Counts of a version's samples.

    `boxes` counts by (class id, split), `samples` and `sessions` by split; `heat` is,
    by class id, (HEAT_ROWS, HEAT_COLUMNS) float64: how many boxes cover each cell of
    the image, whatever its size.
    """

    samples: Mapping[str, int]
    sessions: Mapping[str, int]
    boxes: Mapping[tuple[int, str], int]
    class_samples: Mapping[int, int]
    states: Mapping[str, int]
    heat: Mapping[int, NDArray[np.float64]]
    points: tuple[MapPoint, ...]
    aspect: float


def summarise(
    samples: Iterable[VersionSample], mapped: Mapping[str, NDArray[np.float32]]
) -> SampleSummary:
    """Count the samples; points are kept for the ids that `mapped` holds."""
    wanted = set(sorted(mapped)[:MAP_POINTS])
    tally = _Tally()
    points: list[MapPoint] = []
    for sample in samples:
        tally.add(sample)
        if sample.id in wanted:
            points.append(_point(sample))
    shapes = tally.shapes
    width, height = min(shapes, key=lambda k: (-shapes[k], k)) if shapes else (16, 9)
    return SampleSummary(
        samples=tally.samples,
        sessions={split: len(names) for split, names in tally.sessions.items()},
        boxes=tally.boxes,
        class_samples=tally.holders,
        states=tally.states,
        heat={label: _heat(rows) for label, rows in sorted(tally.corners.items())},
        points=tuple(sorted(points, key=lambda point: point.sample_id)),
        aspect=width / height,
    )


class _Tally:
    """Counts that grow sample by sample."""

    def __init__(self) -> None:
        self.samples: Counter[str] = Counter()
        self.boxes: Counter[tuple[int, str]] = Counter()
        self.holders: Counter[int] = Counter()
        self.states: Counter[str] = Counter()
        self.shapes: Counter[tuple[int, int]] = Counter()
        self.sessions: defaultdict[str, set[str]] = defaultdict(set)
        self.corners: defaultdict[int, list[_Corners]] = defaultdict(list)

    def add(self, sample: VersionSample) -> None:
        self.samples[sample.split] += 1
        self.states[str(sample.state)] += 1
        self.shapes[sample.width, sample.height] += 1
        self.sessions[sample.split].add(sample.session or sample.group)
        for box in sample.boxes:
            self.boxes[box.class_id, sample.split] += 1
            self.corners[box.class_id].append(
                (
                    box.x0 / sample.width,
                    box.y0 / sample.height,
                    box.x1 / sample.width,
                    box.y1 / sample.height,
                )
            )
        self.holders.update({box.class_id for box in sample.boxes})


def _point(sample: VersionSample) -> MapPoint:
    """A sample on the map, of the class that it holds most boxes of."""
    inside = Counter(box.class_id for box in sample.boxes)
    return MapPoint(
        sample_id=sample.id,
        class_id=min(inside, key=lambda k: (-inside[k], k)) if inside else None,
        split=sample.split,
        session=sample.session or sample.group,
    )


def _heat(rows: Sequence[_Corners]) -> NDArray[np.float64]:
    """How many boxes cover each cell: corners summed, then integrated twice."""
    share = np.clip(np.array(rows, dtype=np.float64), 0.0, 1.0)
    scale = np.array([HEAT_COLUMNS, HEAT_ROWS] * 2, dtype=np.float64)
    start = np.floor(share[:, :2] * scale[:2]).astype(np.int64)
    end = np.maximum(np.ceil(share[:, 2:] * scale[2:]).astype(np.int64), start + 1)
    end = np.minimum(end, [HEAT_COLUMNS, HEAT_ROWS])
    grid = np.zeros((HEAT_ROWS + 1, HEAT_COLUMNS + 1))
    np.add.at(grid, (start[:, 1], start[:, 0]), 1)
    np.add.at(grid, (end[:, 1], end[:, 0]), 1)
    np.add.at(grid, (start[:, 1], end[:, 0]), -1)
    np.add.at(grid, (end[:, 1], start[:, 0]), -1)
    summed: NDArray[np.float64] = grid.cumsum(axis=0).cumsum(axis=1)
    return summed[:HEAT_ROWS, :HEAT_COLUMNS]


def split_names(splits: Sequence[Split], summary: SampleSummary) -> tuple[str, ...]:
    """The splits in their own order, then others that samples name, "" last."""
    named = [split.name for split in splits]
    others = sorted(name for name in summary.samples if name and name not in named)
    last = [""] if "" in summary.samples else []
    return (*named, *others, *last)


def shown_classes(
    classes: Sequence[LabelClass], summary: SampleSummary
) -> tuple[LabelClass, ...]:
    """The classes in use: all that are not retired, and those that still have boxes."""
    counted = set(summary.heat)
    return tuple(label for label in classes if not label.retired or label.id in counted)
