"""How the camera is right now, in one sentence, while it captures."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass

from ..camera_health import LEAST_FRAMES, CameraHealth, examine
from ..project import Project
from ..records import Sample, Session
from .health_finding import HealthFinding, HealthVerdict
from .portrait import Portrait, spread_out
from .seats import reference_for
from .sitting import since_words, stored_sitting

# What is looked at of a session: its newest part.
NEWEST_US = 3_600_000_000
# Four pictures a block: 1 s of processor at 1280x720.
LIVE_FRAMES = 16
# What to tell first where several things are wrong.
_URGENT = ("frozen", "view", "focus", "dirt", "pixels", "vignetting")


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthLine:
    """One sentence on a camera, with what to do about it or "".

    `session` is the one that was looked at, `reference` the one it was compared with
    or "". `faults` counts everything that is wrong; the sentence tells the first.
    """

    verdict: HealthVerdict
    sentence: str
    next_step: str = ""
    session: str = ""
    reference: str = ""
    faults: int = 0


def live_health(
    project: Project,
    source: str,
    *,
    kept: MutableMapping[str, Portrait] | None = None,
) -> HealthLine | None:
    """One sentence on the running or last session of a source; None without any.

    The session's last hour is held against the camera's commissioning: the first
    session of the same station, source and place, under the same conditions where
    there is one (`seats`). The beat of the pictures is not judged, for a trigger may
    have chosen them. At most 16 pictures are decoded, and 24 of the
    reference: call it in a worker with a project of its own, about once a minute.

    Args:
        project: may be open for reading only; nothing is written.
        source: the address, as sessions have it.
        kept: holds the reference's portrait for the next call, most of its work;
            give the same mapping each time. None keeps nothing.

    Raises:
        BadImage, ProjectError: a picture cannot be used or is missing.
    """
    sessions = project.catalog.sessions.of_source(source)
    if not sessions:
        return None
    session = sessions[-1]
    newest = _newest(project.catalog.samples.of_session(session.id))
    reference = reference_for(sessions, session)
    if reference is None:
        return _first_session(session)
    if len(newest) < LEAST_FRAMES:
        return _too_few(session, reference, len(newest))
    old = _reference_portrait(project, reference, kept)
    health = examine(
        old,
        stored_sitting(project, spread_out(newest, LIVE_FRAMES)).portrait,
        since=since_words(reference.started_us),
        has_beat=False,
    )
    return line_of(health, session=session.name, reference=reference.name)


def line_of(
    health: CameraHealth, *, session: str = "", reference: str = ""
) -> HealthLine:
    """The one sentence that an examination comes down to."""
    faults = sorted(health.faults, key=_urgency)
    is_known = any(one.verdict is HealthVerdict.FINE for one in health.findings)
    sentence, step = f"The camera is as it was in the session: {reference}", ""
    if faults:
        sentence, step = faults[0].sentence, faults[0].next_step
    elif health.verdict is not HealthVerdict.FINE:
        first = next(f for f in health.findings if f.verdict is not HealthVerdict.FINE)
        head = "No fault of the camera shows. " if is_known else ""
        sentence = head + first.sentence
    return HealthLine(
        verdict=health.verdict,
        sentence=sentence,
        next_step=step,
        session=session,
        reference=reference,
        faults=len(faults),
    )


def _newest(samples: Sequence[Sample]) -> list[Sample]:
    last_us = max((one.captured_us for one in samples), default=0)
    return [one for one in samples if one.captured_us >= last_us - NEWEST_US]


def _reference_portrait(
    project: Project, reference: Session, kept: MutableMapping[str, Portrait] | None
) -> Portrait:
    if kept is not None and reference.id in kept:
        return kept[reference.id]
    samples = project.catalog.samples.of_session(reference.id)
    portrait = stored_sitting(project, samples).portrait
    if kept is not None:
        kept.clear()
        kept[reference.id] = portrait
    return portrait


def _urgency(finding: HealthFinding) -> int:
    is_urgent = finding.name in _URGENT
    return _URGENT.index(finding.name) if is_urgent else len(_URGENT)


def _first_session(session: Session) -> HealthLine:
    return HealthLine(
        verdict=HealthVerdict.NOT_ENOUGH_DATA,
        sentence="This is the camera's first session here: later ones are compared "
        "with it.",
        session=session.name,
    )


def _too_few(session: Session, reference: Session, count: int) -> HealthLine:
    return HealthLine(
        verdict=HealthVerdict.NOT_ENOUGH_DATA,
        sentence=f"How the camera is shows from {LEAST_FRAMES} pictures on: {count}",
        session=session.name,
        reference=reference.name,
    )
