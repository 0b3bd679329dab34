"""Sessions of samples that come in: known again by name and facts, else made."""

from __future__ import annotations

from dataset.project import Project
from dataset.records import Session, VersionSample


def session_of(project: Project, ours: VersionSample) -> Session:
    """The session that a sample of our own export belongs to, made where it is new.

    Two stations can give one name to two sessions: one of the same name but of another
    camera, place or conditions is another session, and gets a number behind its name.
    """
    sessions = project.catalog.sessions
    name, number = ours.session, 2
    while sessions.has_name(name):
        known = sessions.by_name(name)
        if _is_same(known, ours):
            return known
        name, number = f"{ours.session} ({number})", number + 1
    return project.begin_session(
        name=name,
        source=ours.camera,
        place=ours.place,
        conditions=ours.conditions,
        started_us=ours.captured_us,
    )


def _is_same(session: Session, ours: VersionSample) -> bool:
    return (session.source, session.place, tuple(sorted(session.conditions))) == (
        ours.camera,
        ours.place,
        tuple(sorted(ours.conditions)),
    )
