"""Turns chosen frames into samples of one session, or says why not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import cv2

from dataset.errors import BadImage, PolicyRefusal
from dataset.project import Project, now_us
from dataset.provenance.record import CaptureFacts
from dataset.records import Sample, Session

from .camera.address import redact
from .camera.privacy_mask import masked
from .camera.source import CameraSource, Frame, Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionForm:
    """What a person says of a session before it begins; "" where nothing was said."""

    name: str = ""
    station: str = ""
    operator: str = ""
    place: str = ""
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A picture is durable as a sample; `known` means that its bytes were here."""

    sample: Sample
    known: bool
    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A picture was not stored; `frame` is None where the camera refused it."""

    reason: str
    at_us: int
    frame: Frame | None = None


class Recording:
    """Stores the frames of one capture run; a folder's sub-folders are sessions.

    Not for several threads at once.

    Attributes:
        source: the address of the source, as sessions keep it.
        camera: the open source, whose controls as read back go into the records.
    """

    def __init__(self, project: Project, form: SessionForm, source: str) -> None:
        self._project = project
        self._form = form
        self.source = redact(source)
        self.camera: CameraSource | None = None
        self._session: Session | None = None
        self._part = ""
        self._newest_us = 0
        self.sessions: list[Session] = []
        self.kept = 0
        self.known = 0
        self.refused: Counter[str] = Counter()

    def check_name(self) -> None:
        """Pass where the session's name is free, before any picture is taken.

        Raises:
            UsageError: a session has it.
        """
        self._project.require_free_session_name(self._form.name)

    def begin(self, part: str = "", started_us: int | None = None) -> Session:
        """The running session; a new one where `part` (a sub-folder) is another.

        It began with its first picture, which for a clip may be long ago.
        """
        if self._session is None or part != self._part:
            self.end()
            form = self._form
            self._session = self._project.begin_session(
                name=self._name(part),
                station=form.station,
                source=self.source,
                place=form.place,
                operator=form.operator,
                conditions=form.conditions,
                started_us=started_us,
            )
            self._part = part
            self._newest_us = 0
            self.sessions.append(self._session)
        return self._session

    def keep(self, frame: Frame) -> Kept | Refused:
        """Store a frame; durable when this returns `Kept`.

        Raises:
            StorageFull: no room; nothing is left behind.
        """
        frame = self.masked(frame)
        session = self.begin(frame.session, frame.captured_us)
        try:
            taken = self._project.take_in(
                self._bytes(frame),
                session,
                captured_us=frame.captured_us,
                source_name=frame.name,
                capture=self._facts(frame),
            )
        except (BadImage, PolicyRefusal) as error:
            return self.refuse(_short_reason(error), frame=frame)
        self._newest_us = max(self._newest_us, frame.captured_us)
        if taken.known:
            self.known += 1
        else:
            self.kept += 1
        return Kept(sample=taken.sample, known=taken.known, frame=frame)

    def masked(self, frame: Frame) -> Frame:
        """The frame as the project's privacy lets it be seen."""
        return masked(frame, self._project.settings.privacy.zones_of(self.source))

    def refuse(
        self, reason: str, *, frame: Frame | None = None, at_us: int | None = None
    ) -> Refused:
        """Count a picture that was not stored, with the reason."""
        session = self.begin(self._part)
        self.refused[reason] += 1
        self._project.catalog.sessions.refuse(session.id, reason)
        when = now_us() if at_us is None else at_us
        return Refused(reason=reason, at_us=when, frame=frame)

    def note_gap(self, gap: Gap) -> None:
        """Keep when the camera was away."""
        session = self.begin(self._part)
        self._project.catalog.sessions.add_gap(
            session.id, gap.lost_us, gap.back_us, gap.reason
        )

    def end(self) -> None:
        """End the running session."""
        if self._session is not None:
            ended_us = max(self._newest_us, self._session.started_us)
            self._project.catalog.sessions.end(self._session.id, ended_us)
            self._session = None

    def _name(self, part: str) -> str:
        if not part:
            return self._form.name
        # The same folder may be captured again: its pictures are known then.
        return self._project.free_session_name(f"{self._form.name} {part}".strip())

    def _facts(self, frame: Frame) -> CaptureFacts:
        """What goes into the sample's record beside what the session says."""
        info = None if self.camera is None else self.camera.info
        rate = f" {info.fps:g} fps" if info is not None and info.fps else ""
        return CaptureFacts(
            camera=self.source,
            address=self.source,
            mode=f"{frame.width}x{frame.height}{rate} {frame.suffix or 'raw'}",
            controls={} if info is None else dict(info.controls),
            masks=frame.masks,
            is_encoded_here=frame.encoded is None,
            elapsed_us=round(frame.elapsed_s * 1e6),
        )

    def _bytes(self, frame: Frame) -> bytes:
        if frame.encoded is not None:
            return frame.encoded
        settings = self._project.settings.capture
        if settings.image_format == "png":
            done, coded = cv2.imencode(".png", frame.pixels)
        else:
            quality = [cv2.IMWRITE_JPEG_QUALITY, settings.jpeg_quality]
            done, coded = cv2.imencode(".jpg", frame.pixels, quality)
        if not done:
            raise BadImage(f"The picture cannot be encoded: {frame.pixels.shape}")
        return coded.tobytes()


def _short_reason(error: BadImage | PolicyRefusal) -> str:
    """The sentence without its value, so that equal reasons are counted together."""
    return error.message.split(":", 1)[0]
