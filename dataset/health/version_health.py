"""The health of the cameras behind a version, in bounded work.

What is looked at are the version's own samples, so that the same version gives the
same answer anywhere; copies that were made of samples and samples that were erased
since are left out. Samples of a version were chosen by triggers and people: they have
no beat, and the timing of the camera is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..camera_health import CameraHealth, examine
from ..durable import read_bytes
from ..images.image_file import decode
from ..policies.lineage import lineage_of
from ..progress import SILENT, Progress
from ..project import Project
from ..records import Session, VersionSample
from .health_finding import HealthVerdict
from .health_trend import LIMITS, HealthTrend, trend
from .kept_health import KeptHealth, key_of
from .portrait import Portrait, spread_out
from .seats import Pairing, pairings
from .sitting import draw_portrait, since_words

# Two portraits of 24 pictures each: some 2 s at 1280x720 the first time.
MOST_CAMERAS = 24
# Pictures are looked at in full: so many pixels of them, about a minute of work.
MOST_PIXELS = 1_500_000_000


class _Seen(NamedTuple):
    captured_us: int
    id: str
    path: str
    pixels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatHealth:
    """One camera at its place, its last sessions against its commissioning.

    `reference` and `current` are names of sessions, oldest first: one each where it
    holds enough pictures. `sessions` counts those of the trends, which are the ones
    under the same conditions where there are several.
    """

    station: str
    camera: str
    place: str
    conditions: tuple[tuple[str, str], ...]
    reference: tuple[str, ...]
    current: tuple[str, ...]
    sessions: int
    health: CameraHealth
    trends: tuple[HealthTrend, ...]

    @property
    def name(self) -> str:
        """The camera as a person names it, its conditions last."""
        parts = (
            self.station,
            self.camera,
            self.place,
            *(v for _, v in self.conditions),
        )
        return " · ".join(part for part in parts if part)

    @property
    def verdict(self) -> HealthVerdict:
        """Fault where a finding or a trend is one, else what the findings say."""
        if any(one.verdict is HealthVerdict.FAULT for one in self.trends):
            return HealthVerdict.FAULT
        return self.health.verdict

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is wrong with the camera, a sentence a fault."""
        wandering = [t for t in self.trends if t.verdict is HealthVerdict.FAULT]
        return tuple(
            [one.sentence for one in self.health.faults]
            + [one.sentence for one in wandering]
        )

    def to_json(self) -> dict[str, Any]:
        """The camera as `drift.json` holds it."""
        return {
            "station": self.station,
            "camera": self.camera,
            "place": self.place,
            "conditions": dict(self.conditions),
            "reference": list(self.reference),
            "current": list(self.current),
            "sessions": self.sessions,
            **self.health.to_json(),
            "verdict": self.verdict.value,
            "trends": [one.to_json() for one in self.trends],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionHealth:
    """The cameras of a version, the last used one first.

    `alone` counts cameras with a single session, which nothing can be compared with;
    `left_out` those beyond the bound of work.
    """

    cameras: tuple[SeatHealth, ...] = ()
    alone: int = 0
    left_out: int = 0

    @property
    def faults(self) -> tuple[SeatHealth, ...]:
        """The cameras that have a fault."""
        return tuple(one for one in self.cameras if one.verdict is HealthVerdict.FAULT)

    @property
    def verdict(self) -> HealthVerdict:
        """Fault where any camera has one, fine where all are, else not enough data."""
        verdicts = {one.verdict for one in self.cameras}
        if HealthVerdict.FAULT in verdicts:
            return HealthVerdict.FAULT
        if verdicts == {HealthVerdict.FINE}:
            return HealthVerdict.FINE
        return HealthVerdict.NOT_ENOUGH_DATA

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        if not self.cameras:
            return "No camera has two sessions to compare."
        if self.faults:
            names = ", ".join(one.name for one in self.faults)
            count = f"{len(self.faults)} of {len(self.cameras)}"
            return f"A fault in {count} cameras: {names}."
        fine = sum(one.verdict is HealthVerdict.FINE for one in self.cameras)
        return (
            f"No camera shows a fault; fine in every respect: {fine} of "
            f"{len(self.cameras)}."
        )

    def to_json(self) -> dict[str, Any]:
        """The cameras as `drift.json` holds them."""
        return {
            "verdict": self.verdict.value,
            "summary": self.summary,
            "cameras": [one.to_json() for one in self.cameras],
            "alone": self.alone,
            "left_out": self.left_out,
        }


def version_health(
    project: Project,
    samples: Iterable[VersionSample],
    numbers: Mapping[str, Mapping[str, float]],
    *,
    progress: Progress = SILENT,
) -> VersionHealth:
    """The health of every camera whose sessions are among a version's samples.

    Each camera is kept in `versions/health.json` as soon as it was examined: a run
    that was interrupted goes on behind it, and the next version asks again only for
    sessions that are new.

    Args:
        project: whose images are looked at, and whose catalog knows the stations.
        samples: of the version, in any order, each with its image in its place.
        numbers: by sample id, the image measures; samples without any are passed over.
        progress: told of every picture.

    Raises:
        BadImage, ProjectError: a picture cannot be used or is missing.
    """
    seen, sessions = _by_session(project, samples, numbers)
    pairs, alone = pairings(sessions, {name: len(rows) for name, rows in seen.items()})
    chosen = _affordable(pairs, seen)
    kept = KeptHealth(project.root, is_kept=not project.catalog.read_only)
    return VersionHealth(
        cameras=tuple(
            _seat_health(project.root, pair, seen, numbers, kept, progress)
            for pair in chosen
        ),
        alone=alone,
        left_out=len(pairs) - len(chosen),
    )


def session_trends(
    course: Mapping[str, Sequence[Mapping[str, float]]],
) -> tuple[HealthTrend, ...]:
    """The trend of each measure; `course` has the samples' numbers by session.

    Sessions oldest first.
    """
    return tuple(
        trend(
            name,
            {
                session: _mean([row.get(name, np.nan) for row in rows])
                for session, rows in course.items()
            },
            limit,
        )
        for name, limit in LIMITS.items()
    )


def _by_session(
    project: Project,
    samples: Iterable[VersionSample],
    numbers: Mapping[str, Mapping[str, float]],
) -> tuple[dict[str, list[_Seen]], list[Session]]:
    """The samples of each session in their order, and the sessions."""
    stations = {one.name: one.station for one in project.catalog.sessions.all()}
    seen: dict[str, list[_Seen]] = {}
    first: dict[str, VersionSample] = {}
    for row in samples:
        if not row.session or row.id not in numbers or lineage_of(row) is not None:
            continue
        one = _Seen(row.captured_us, row.id, row.path, row.width * row.height)
        seen.setdefault(row.session, []).append(one)
        first.setdefault(row.session, row)
    for rows in seen.values():
        rows.sort()
    return seen, [
        Session(
            id=name,
            name=name,
            station=stations.get(name, ""),
            source=row.camera,
            place=row.place,
            conditions=row.conditions,
            started_us=seen[name][0].captured_us,
        )
        for name, row in first.items()
    ]


def _affordable(
    pairs: Sequence[Pairing], seen: Mapping[str, Sequence[_Seen]]
) -> list[Pairing]:
    """The first pairings that fit into the bound of work, kept or not."""
    found: list[Pairing] = []
    pixels = 0
    for pair in pairs[:MOST_CAMERAS]:
        for side in (pair.reference, pair.current):
            pixels += sum(one.pixels for one in spread_out(_rows_of(side, seen)))
        if found and pixels > MOST_PIXELS:
            break
        found.append(pair)
    return found


def _seat_health(
    root: Path,
    pair: Pairing,
    seen: Mapping[str, Sequence[_Seen]],
    numbers: Mapping[str, Mapping[str, float]],
    kept: KeptHealth,
    progress: Progress,
) -> SeatHealth:
    old, new = (_rows_of(side, seen) for side in (pair.reference, pair.current))
    since = since_words(old[0].captured_us, UTC)
    key = key_of(_ids(old), _ids(new), since)
    health = kept.get(key)
    if health is None:
        portraits = [_portrait(root, rows, progress) for rows in (old, new)]
        health = kept.put(key, examine(*portraits, since=since, has_beat=False))
    course = {
        one.name: [numbers[row.id] for row in spread_out(seen[one.name])]
        for one in pair.course
    }
    last = pair.current[-1]
    return SeatHealth(
        station=last.station,
        camera=last.source,
        place=last.place,
        conditions=last.conditions,
        reference=tuple(one.name for one in pair.reference),
        current=tuple(one.name for one in pair.current),
        sessions=len(pair.course),
        health=health,
        trends=session_trends(course),
    )


def _ids(rows: Sequence[_Seen]) -> list[str]:
    """The samples that a portrait looks at."""
    return [one.id for one in spread_out(rows)]


def _rows_of(
    sessions: Sequence[Session], seen: Mapping[str, Sequence[_Seen]]
) -> list[_Seen]:
    return [row for session in sessions for row in seen[session.name]]


def _portrait(root: Path, rows: Sequence[_Seen], progress: Progress) -> Portrait:
    def pixels(one: _Seen) -> NDArray[np.uint8]:
        return decode(read_bytes(root / one.path))

    return draw_portrait(rows, pixels, progress=progress)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return sum(known) / len(known) if known else float("nan")
