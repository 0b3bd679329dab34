"""What a report counts in one pass over the samples of a version."""

from __future__ import annotations

from collections import Counter
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
    counts: Counter[str] = Counter()
    boxes: Counter[tuple[int, str]] = Counter()
    holders: Counter[int] = Counter()
    states: Counter[str] = Counter()
    shapes: Counter[tuple[int, int]] = Counter()
    sessions: dict[str, set[str]] = {}
    corners: dict[int, list[tuple[float, float, float, float]]] = {}
    points: list[MapPoint] = []
    for sample in samples:
        counts[sample.split] += 1
        states[str(sample.state)] += 1
        shapes[sample.width, sample.height] += 1
        session = sample.session or sample.group
        sessions.setdefault(sample.split, set()).add(session)
        inside = Counter(box.class_id for box in sample.boxes)
        for class_id, count in inside.items():
            boxes[class_id, sample.split] += count
            holders[class_id] += 1
        for box in sample.boxes:
            corners.setdefault(box.class_id, []).append(
                (
                    box.x0 / sample.width,
                    box.y0 / sample.height,
                    box.x1 / sample.width,
                    box.y1 / sample.height,
                )
            )
        if sample.id in wanted:
            main = min(inside, key=lambda k: (-inside[k], k)) if inside else None
            points.append(
                MapPoint(
                    sample_id=sample.id,
                    class_id=main,
                    split=sample.split,
                    session=session,
                )
            )
    width, height = min(shapes, key=lambda k: (-shapes[k], k)) if shapes else (16, 9)
    return SampleSummary(
        samples=counts,
        sessions={split: len(names) for split, names in sessions.items()},
        boxes=boxes,
        class_samples=holders,
        states=states,
        heat={class_id: _heat(rows) for class_id, rows in sorted(corners.items())},
        points=tuple(sorted(points, key=lambda point: point.sample_id)),
        aspect=width / height,
    )


def _heat(rows: Sequence[tuple[float, float, float, float]]) -> NDArray[np.float64]:
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
