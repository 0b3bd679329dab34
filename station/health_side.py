"""One side of an examination of a camera, from what a person typed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dataset.camera_health import CameraHealth, PortraitMaker, examine, spread_out
from dataset.errors import NotFound, UsageError
from dataset.health.health_trend import HealthTrend
from dataset.health.portrait import FRAMES
from dataset.health.seats import course_of, reference_for
from dataset.health.sitting import Sitting, draw_portrait, stored_sitting
from dataset.health.version_health import session_trends
from dataset.measuring import StoredImage, measured
from dataset.progress import SILENT, Progress
from dataset.project import Project
from dataset.records import Session

from .camera.source import open_source, sessions_of
from .camera.triggers import IntervalTrigger
from .drift_side import SESSION_PREFIX, folder_picture, named_version

_EVERY_S = 1.0
_READ_S = 10.0
_LONGEST_S = 60.0


def first_session_like(project: Project, text: str) -> str:
    """The session that commissioned the same camera, as `session:NAME`; see `seats`.

    Raises:
        UsageError: `text` is no session, or is that one itself.
        NotFound: there is no such session.
    """
    hint = "name a good session or version with `--reference`"
    if not text.startswith(SESSION_PREFIX):
        raise UsageError(f"There is no reference to compare with: {text}", hint=hint)
    session = project.catalog.sessions.by_name(text.removeprefix(SESSION_PREFIX))
    first = reference_for(project.catalog.sessions.of_source(session.source), session)
    if first is None:
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
    sessions = course_of(project.catalog.sessions.of_source(session.source), session)
    return session_trends(
        {one.name: _numbers(project, one, progress) for one in sessions}
    )


def _numbers(
    project: Project, session: Session, progress: Progress
) -> list[Mapping[str, float]]:
    samples = spread_out(project.catalog.samples.of_session(session.id))
    stored = [
        StoredImage(id=s.id, path=f"images/{s.id[:2]}/{s.id}.{s.suffix}")
        for s in samples
    ]
    return list(measured(project, stored, progress=progress).values())


def _sitting(project: Project, text: str, progress: Progress) -> Sitting:
    if text.startswith(SESSION_PREFIX):
        name = text.removeprefix(SESSION_PREFIX)
        session = project.catalog.sessions.by_name(name)
        samples = project.catalog.samples.of_session(session.id)
        return stored_sitting(project, samples, progress=progress)
    if os.path.isdir(text):  # noqa: PTH112  (never raises)
        paths = [path for one in sessions_of(Path(text)) for path in one.images]
        portrait = draw_portrait(paths, folder_picture, progress=progress)
        return Sitting(portrait=portrait)
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
    return stored_sitting(project, samples, progress=progress)


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
