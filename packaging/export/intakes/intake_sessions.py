"""The sessions of an import: those the files tell of, else one for all of it."""

from __future__ import annotations

from dataset.project import Project, group_of_session, now_us
from dataset.records import Sample, Session, VersionSample

from ..contract import ImportedImage, ImportedSession
from .known_session import session_of


class IntakeSessions:
    """Makes each session when its first new sample comes, and finds it again later."""

    def __init__(self, project: Project, set_name: str) -> None:
        self._project = project
        self._set_name = set_name
        self._made: dict[str | ImportedSession, Session] = {}
        self._known: dict[ImportedSession, set[str]] = {}

    @property
    def count(self) -> int:
        """How many sessions new samples came into."""
        return len(self._made)

    def of(self, image: ImportedImage, ours: VersionSample | None) -> Session:
        """The session of an image: of one of our own samples, of a card, or the set's.

        No source for the set's: a format is no camera, and two sets are no one place.
        """
        key: str | ImportedSession = "" if image.session is None else image.session
        if ours is not None:
            key = ours.session
        if key not in self._made:
            self._made[key] = self._begun(key, ours)
        return self._made[key]

    def note_known(self, image: ImportedImage, sample: Sample) -> None:
        """Remember a sample that was here: its group and the session's will join."""
        if image.session is not None:
            self._known.setdefault(image.session, set()).add(sample.group_id)

    def finish(self) -> None:
        """End the sessions of cards, and join the groups of bytes that came twice."""
        catalog = self._project.catalog
        with catalog.writing():
            for told, session in self._made.items():
                if not isinstance(told, ImportedSession):
                    continue
                catalog.sessions.end(session.id, told.ended_us)
                for group_id in sorted(self._known.get(told, ())):
                    self._join(group_id, group_of_session(session.id))

    def _join(self, one: str, other: str) -> None:
        groups = self._project.catalog.groups
        first, second = groups.living(one), groups.living(other)
        if first != second:
            groups.join(first, second, reason="the same bytes", at_us=now_us())

    def _begun(self, key: str | ImportedSession, ours: VersionSample | None) -> Session:
        if isinstance(key, ImportedSession):
            return self._of_card(key)
        if ours is None:
            name = self._project.free_session_name(f"import {self._set_name}")
            return self._project.begin_session(name=name)
        return session_of(self._project, ours)

    def _of_card(self, told: ImportedSession) -> Session:
        """The session of an earlier import of the same card, else a new one."""
        sessions = self._project.catalog.sessions
        name, number = told.name, 2
        while sessions.has_name(name):
            session = sessions.by_name(name)
            if (session.source, session.started_us) == (told.source, told.started_us):
                return session
            name, number = f"{told.name} ({number})", number + 1
        return self._project.begin_session(
            name=name, source=told.source, started_us=told.started_us
        )
