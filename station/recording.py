"""Turns chosen frames into samples of one session, or says why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import cv2

from dataset.errors import BadImage, PolicyRefusal, StorageFull
from dataset.joint_intake import (
    GivesUp,
    NewPicture,
    Outcome,
    is_familiar,
    take_in_together,
)
from dataset.project import Project, TakenIn, now_us
from dataset.provenance.record import CaptureFacts
from dataset.records import Sample, Session

from .camera.address import redact
from .camera.privacy_mask import masked
from .camera.source import CameraSource, Frame, Gap
from .shutter.frame_queue import Chosen
from .shutter.gate_reading import Gate, GateReading
from .shutter.gatekeeper import Gatekeeper, Judged


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
    """A picture is durable as a sample; `known` means that its bytes were here.

    `session` is the name of the session that took it. `warnings` are the gates that it
    did not pass and that do not refuse what is taken by hand.
    """

    sample: Sample
    known: bool
    frame: Frame
    session: str = ""
    warnings: tuple[GateReading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Pictures were not stored; `frame` is None where the camera refused them.

    `name` is the picture's file under the folder that is captured, "" where it has
    none. `readings` are those of all gates, where one of them refused the picture.
    """

    reason: str
    at_us: int
    frame: Frame | None = None
    name: str = ""
    count: int = 1
    readings: tuple[GateReading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ready:
    """A judged frame; `picture` is None where it is refused."""

    judged: Judged
    picture: NewPicture | None = None


class Recording:
    """Stores the frames of one capture run; a folder's sub-folders are sessions.

    Not for several threads at once.

    Attributes:
        source: the address of the source, as sessions keep it.
        camera: the open source, whose controls as read back go into the records.
        gives_up: asked while a slow disk writes; see `take_in_together`.
    """

    def __init__(self, project: Project, form: SessionForm, source: str) -> None:
        self._project = project
        self._form = form
        self.source = redact(source)
        self.camera: CameraSource | None = None
        self.gives_up: GivesUp | None = None
        self._gatekeeper = Gatekeeper(project.settings.capture.gates)
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
            self._gatekeeper.forget()
            self.sessions.append(self._session)
        return self._session

    def keep(self, frame: Frame, *, by_hand: bool = False) -> Kept | Refused:
        """Store a frame; durable when this returns `Kept`.

        Raises:
            StorageFull: no room; nothing is left behind.
        """
        (answer,) = self.keep_all((Chosen(frame=frame, by_hand=by_hand),))
        return answer

    def readings(self, chosen: Chosen) -> tuple[GateReading, ...]:
        """What the gates say of a frame that is not to be kept; from any thread."""
        return self._gatekeeper.readings(chosen)

    def keep_all(self, chosen: Sequence[Chosen]) -> Iterator[Kept | Refused]:
        """Store frames with few flushes of the disk; each is durable when it is given.

        Refused are those that do not pass the gates, and what is no usable image.

        Raises:
            StorageFull: no room; what was given before is stored, the rest is not.
            Cancelled: `gives_up` said so; likewise.
        """
        seen = [replace(one, frame=self.masked(one.frame)) for one in chosen]
        for part, frames in groupby(seen, key=lambda one: one.frame.session):
            first, *others = frames
            session = self.begin(part, first.frame.captured_us)
            ready = self._ready((first, *others))
            yield from self._keep_ready(session, ready)

    def masked(self, frame: Frame) -> Frame:
        """The frame as the project's privacy lets it be seen."""
        return masked(frame, self._project.settings.privacy.zones_of(self.source))

    def _ready(self, chosen: Sequence[Chosen]) -> list[_Ready]:
        """The frames judged, those that passed with the bytes to be stored."""
        ready: list[_Ready] = []
        for one in chosen:
            judged = self._gatekeeper.judge(one)
            is_alike = judged.fault is not None and judged.fault.gate is Gate.ALIKE
            if judged.fault is not None and not is_alike:
                ready.append(_Ready(judged=judged))
                continue
            picture = self._picture(one)
            if is_alike and not self._is_familiar(picture, ready):
                ready.append(_Ready(judged=judged))
            else:
                ready.append(_Ready(judged=judged, picture=picture))
        return ready

    def _is_familiar(self, picture: NewPicture, ready: Sequence[_Ready]) -> bool:
        """Whether those bytes are here: then they are known, not just alike."""
        is_among = any(
            one.picture is not None and one.picture.data == picture.data
            for one in ready
        )
        return is_among or is_familiar(self._project, picture)

    def _keep_ready(
        self, session: Session, ready: Sequence[_Ready]
    ) -> Iterator[Kept | Refused]:
        pictures = [one.picture for one in ready if one.picture is not None]
        try:
            outcomes = take_in_together(
                self._project, session, pictures, gives_up=self.gives_up
            )
        except StorageFull:
            if len(ready) < 2:
                raise
            # There may be room for some of them.
            for one in ready:
                yield from self._keep_ready(session, (one,))
            return
        found = iter(outcomes)
        for one in ready:
            outcome = None if one.picture is None else next(found)
            yield self._answer(session, one.judged, outcome)

    def _answer(
        self, session: Session, judged: Judged, outcome: Outcome | None
    ) -> Kept | Refused:
        frame = judged.chosen.frame
        if outcome is None:
            assert judged.fault is not None
            reason = judged.fault.reason
            return self.refuse(reason, frame=frame, readings=judged.readings)
        if not isinstance(outcome, TakenIn):
            return self.refuse(_short_reason(outcome), frame=frame)
        self._newest_us = max(self._newest_us, frame.captured_us)
        if outcome.known:
            self.known += 1
        else:
            self.kept += 1
        return Kept(
            sample=outcome.sample,
            known=outcome.known,
            frame=frame,
            session=session.name,
            warnings=tuple(one for one in judged.readings if not one.passed),
        )

    def refuse(
        self,
        reason: str,
        *,
        frame: Frame | None = None,
        name: str = "",
        at_us: int | None = None,
        count: int = 1,
        readings: tuple[GateReading, ...] = (),
    ) -> Refused:
        """Count pictures that were not stored, with the reason."""
        session = self.begin(self._part)
        self.refused[reason] += count
        self._project.catalog.sessions.refuse(session.id, reason, count)
        when = now_us() if at_us is None else at_us
        return Refused(
            reason=reason,
            at_us=when,
            frame=frame,
            name=name if frame is None else frame.name,
            count=count,
            readings=readings,
        )

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

    def _picture(self, chosen: Chosen) -> NewPicture:
        frame = chosen.frame
        return NewPicture(
            data=self._bytes(frame),
            captured_us=frame.captured_us,
            source_name=frame.name,
            capture=self._facts(frame),
        )

    def _facts(self, frame: Frame) -> CaptureFacts:
        """What goes into the sample's record beside what the session says."""
        info = None if self.camera is None else self.camera.info
        rate = f" {info.fps:g} fps" if info is not None and info.fps else ""
        return CaptureFacts(
            camera=frame.readback.serial or self.source,
            address=self.source,
            mode=f"{frame.width}x{frame.height}{rate} {frame.suffix or 'raw'}",
            controls=frame.readback.values,
            lock=", ".join(frame.readback.locked),
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
