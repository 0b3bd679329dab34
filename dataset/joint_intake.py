"""Takes several pictures in with one commit: a flush of the disk is shared by them."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import Thread
from typing import Final

from .errors import BadImage, PolicyRefusal, StorageFull
from .images.image_format import inspect, without_gps
from .progress import Cancelled
from .project import Project, TakenIn
from .provenance.record import CaptureFacts
from .records import Session

_AT_ONCE: Final = 4
_LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPicture:
    """A picture to be taken in; `data` are the bytes of an image file.

    `capture` goes into its signed record, where a station captured it.
    """

    data: bytes
    captured_us: int
    source_name: str = ""
    capture: CaptureFacts | None = None


Outcome = TakenIn | BadImage | PolicyRefusal
GivesUp = Callable[[], bool]


def take_in_together(
    project: Project,
    session: Session,
    pictures: Sequence[NewPicture],
    *,
    gives_up: GivesUp | None = None,
) -> tuple[Outcome, ...]:
    """What became of each picture, in order; all are durable when this returns.

    The files are written first, several at a time and outside of the transaction, so
    that nobody waits for the catalog meanwhile. A picture that cannot be taken in is
    answered with the error; the others are. `gives_up` is asked again and again while
    the files are written: a disk may take seconds for each, or never answer.

    Raises:
        StorageFull: no room; none was taken in and nothing is left behind.
        Cancelled: `gives_up` said so; none was taken in. A file that was just being
            written is left to the sweep at the next start.
    """
    if not pictures:
        return ()
    if len(pictures) < 2 and gives_up is None:
        return tuple(_outcome(project, session, one) for one in pictures)
    try:
        stored = _write_files(project, pictures, gives_up)
        with project.catalog.writing():
            outcomes = tuple(
                _outcome(project, session, one, is_stored=is_stored)
                for one, is_stored in zip(pictures, stored, strict=True)
            )
    except StorageFull:
        _remove_files(project, pictures)
        raise
    pairs = zip(pictures, outcomes, strict=True)
    _remove_files(project, [p for p, o in pairs if not isinstance(o, TakenIn)])
    return outcomes


def is_familiar(project: Project, picture: NewPicture) -> bool:
    """Whether the picture's very bytes are here already, or were erased."""
    try:
        _, _, sample_id = _as_kept(project, picture)
    except BadImage:
        return False
    samples = project.catalog.samples
    return samples.has(sample_id) or samples.is_erased(sample_id)


def _outcome(
    project: Project, session: Session, picture: NewPicture, *, is_stored: bool = False
) -> Outcome:
    try:
        return project.take_in(
            picture.data,
            session,
            captured_us=picture.captured_us,
            source_name=picture.source_name,
            capture=picture.capture,
            is_stored=is_stored,
        )
    except (BadImage, PolicyRefusal) as error:
        return error


def _write_files(
    project: Project, pictures: Sequence[NewPicture], gives_up: GivesUp | None
) -> list[bool]:
    """Whether each file was written; see `_write_file`."""
    writing: list[Future[bool]] = [Future() for _ in pictures]
    waiting = deque(zip(writing, pictures, strict=True))
    for _ in range(min(_AT_ONCE, len(pictures))):
        # Not of a pool, whose threads the end of the process waits for: a disk may
        # never answer.
        Thread(
            target=_write_all, args=(project, waiting), name="image-write", daemon=True
        ).start()
    while wait(writing, _LOOK_S).not_done:
        if gives_up is not None and gives_up():
            waiting.clear()
            raise Cancelled
    return [one.result() for one in writing]


def _write_all(
    project: Project, waiting: deque[tuple[Future[bool], NewPicture]]
) -> None:
    while waiting:
        try:
            future, picture = waiting.popleft()
        except IndexError:  # another thread was faster
            return
        try:
            future.set_result(_write_file(project, picture))
        except Exception as error:  # noqa: BLE001  (raised again by `result`)
            future.set_exception(error)


def _write_file(project: Project, picture: NewPicture) -> bool:
    """Whether the file was written; what `take_in` will refuse is left to that."""
    try:
        kept, suffix, sample_id = _as_kept(project, picture)
    except BadImage:
        return False
    if project.catalog.samples.is_erased(sample_id):
        return False
    project.images.put(kept, suffix)
    return True


def _remove_files(project: Project, pictures: Sequence[NewPicture]) -> None:
    for picture in pictures:
        try:
            _, suffix, sample_id = _as_kept(project, picture)
        except BadImage:
            continue
        with project.catalog.writing():
            if not project.catalog.samples.has(sample_id):
                project.images.path(sample_id, suffix).unlink(missing_ok=True)


def _as_kept(project: Project, picture: NewPicture) -> tuple[bytes, str, str]:
    """The bytes that are stored, their format, and their id."""
    is_kept = project.settings.capture.keep_gps
    kept = picture.data if is_kept else without_gps(picture.data)
    return kept, inspect(kept).suffix, hashlib.sha256(kept).hexdigest()
