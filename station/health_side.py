"""One side of an examination of a camera, from what a person typed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dataset.camera_health import (
    CameraHealth,
    Portrait,
    PortraitMaker,
    examine,
    spread_out,
)
from dataset.errors import NotFound, UsageError
from dataset.health.health_trend import LIMITS, HealthTrend, trend
from dataset.health.portrait import FRAMES
from dataset.images.image_file import decode
from dataset.measuring import StoredImage, measured
from dataset.progress import SILENT, Progress
from dataset.project import Project
from dataset.records import Sample, Session

from .camera.source import open_source, sessions_of
from .camera.triggers import IntervalTrigger
from .drift_side import SESSION_PREFIX, folder_picture, named_version

_EVERY_S = 1.0
_READ_S = 10.0
_LONGEST_S = 60.0
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """A portrait, and since when the camera looked so (0: not known)."""

    portrait: Portrait
    began_us: int = 0

    @property
    def since(self) -> str:
        """The end of a sentence on what changed since then."""
        if self.began_us <= 0:
            return "since the reference"
        moment = datetime.fromtimestamp(self.began_us / 1e6, UTC).astimezone()
        return f"since {moment.day} {moment:%B %Y}"


def first_session_like(project: Project, text: str) -> str:
    """The oldest session of the same camera, as `session:NAME`: its commissioning.

    Raises:
        UsageError: `text` is no session, or is that one itself.
        NotFound: there is no such session.
    """
    hint = "name a good session or version with `--reference`"
    if not text.startswith(SESSION_PREFIX):
        raise UsageError(f"There is no reference to compare with: {text}", hint=hint)
    session = project.catalog.sessions.by_name(text.removeprefix(SESSION_PREFIX))
    first = _sessions_like(project, session)[0]
    if first.id == session.id:
        raise UsageError(f"This session is the camera's first one: {text}", hint=hint)
    return SESSION_PREFIX + first.name


def health_of(
    project: Project, current: str, reference: str, *, progress: Progress = SILENT
) -> CameraHealth:
    """The camera of `current` against `reference`.

    Each is `session:NAME`, a version, a folder, or a source (a minute of it at most).

    Raises:
        NotFound: there is no such session or version.
        UsageError: it holds no picture, or a version of several cameras.
        CameraError: it is no folder and no source either.
        BadImage, ProjectError: a picture cannot be used or is missing.
    """
    old = sitting(project, reference, progress=progress)
    new = sitting(project, current, progress=progress)
    return examine(old.portrait, new.portrait, since=old.since)


def sitting(project: Project, text: str, *, progress: Progress = SILENT) -> Sitting:
    """The portrait of what `text` names; see `health_of`."""
    found = _sitting(project, text, progress)
    if not found.portrait.frames:
        raise UsageError(
            f"There is no picture to look at: {text}",
            hint="name a session, a version or a folder that holds some",
        )
    return found


def trends(
    project: Project, text: str, *, progress: Progress = SILENT
) -> tuple[HealthTrend, ...]:
    """How the measures of that session's camera went up to it; none for no session.

    Raises:
        NotFound: there is no such session.
        BadImage, ProjectError: a picture cannot be used or is missing.
    """
    if not text.startswith(SESSION_PREFIX):
        return ()
    session = project.catalog.sessions.by_name(text.removeprefix(SESSION_PREFIX))
    sessions = [
        one
        for one in _sessions_like(project, session)
        if one.started_us <= session.started_us
    ]
    means = {one.name: _means(project, one, progress) for one in sessions}
    return tuple(
        trend(name, {one: mean[name] for one, mean in means.items()}, limit)
        for name, limit in LIMITS.items()
    )


def _sessions_like(project: Project, session: Session) -> list[Session]:
    """The sessions of the same station, camera and place, oldest first."""
    seat = (session.station, session.source, session.place)
    return [
        one
        for one in project.catalog.sessions.all()
        if (one.station, one.source, one.place) == seat
    ]


def _means(project: Project, session: Session, progress: Progress) -> dict[str, float]:
    samples = spread_out(project.catalog.samples.of_session(session.id))
    stored = [
        StoredImage(id=s.id, path=f"images/{s.id[:2]}/{s.id}.{s.suffix}")
        for s in samples
    ]
    rows = list(measured(project, stored, progress=progress).values())
    return {name: _mean([row.get(name, np.nan) for row in rows]) for name in LIMITS}


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return sum(known) / len(known) if known else float("nan")


def _sitting(project: Project, text: str, progress: Progress) -> Sitting:
    if text.startswith(SESSION_PREFIX):
        name = text.removeprefix(SESSION_PREFIX)
        session = project.catalog.sessions.by_name(name)
        return _stored(
            project, project.catalog.samples.of_session(session.id), progress
        )
    if os.path.isdir(text):  # noqa: PTH112  (never raises)
        paths = [path for one in sessions_of(Path(text)) for path in one.images]
        return Sitting(portrait=_drawn(paths, folder_picture, progress))
    frozen = named_version(project, text)
    if frozen is None:
        return _source(text, progress)
    cameras = sorted({sample.camera for sample in frozen.samples})
    if len(cameras) > 1:
        raise UsageError(
            f"A reference is of one camera, this version has {len(cameras)}: {text}",
            hint="name a session of the camera, as `session:NAME`",
        )
    ids = [sample.id for sample in frozen.samples]
    samples = project.catalog.samples.many(ids)
    if len(samples) < len(ids):
        raise NotFound(
            f"Samples of this version are not in the catalog any more: {text}",
            hint="name a session of the camera, as `session:NAME`",
        )
    return _stored(project, samples, progress)


def _stored(project: Project, samples: Iterable[Sample], progress: Progress) -> Sitting:
    ordered = sorted(samples, key=lambda sample: (sample.captured_us, sample.id))

    def pixels(sample: Sample) -> NDArray[np.uint8]:
        return decode(project.images.read(sample.id, sample.suffix))

    times = [sample.captured_us / 1e6 for sample in ordered]
    return Sitting(
        portrait=_drawn(ordered, pixels, progress, times),
        began_us=ordered[0].captured_us if ordered else 0,
    )


def _drawn(
    items: Sequence[Item],
    pixels: Callable[[Item], NDArray[np.uint8]],
    progress: Progress,
    times_s: Sequence[float] = (),
) -> Portrait:
    maker = PortraitMaker()
    chosen = spread_out(items)
    for done, item in enumerate(chosen, start=1):
        maker.add(pixels(item))
        progress.step(done, len(chosen), "examining")
    return maker.portrait(times_s)


def _source(address: str, progress: Progress) -> Sitting:
    """A picture a second of a clip or camera, and the moment of every one."""
    maker, trigger = PortraitMaker(), IntervalTrigger(_EVERY_S)
    times: list[float] = []
    looked_at = 0
    with open_source(address) as source:
        while looked_at < FRAMES:
            frame = source.read(_READ_S)
            if frame is None:
                break
            times.append(frame.elapsed_s)
            for chosen in trigger.offer(frame):
                maker.add(chosen.pixels)
                looked_at += 1
                progress.step(looked_at, FRAMES, "examining")
            if times[-1] - times[0] > _LONGEST_S:
                break
    return Sitting(portrait=maker.portrait(times))
