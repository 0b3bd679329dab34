"""Takes several pictures in with one commit: a flush of the disk is shared by them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from .errors import BadImage, PolicyRefusal, StorageFull
from .images.image_format import inspect, without_gps
from .project import Project, TakenIn
from .records import Session

_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPicture:
    """A picture to be taken in; `data` are the bytes of an image file."""

    data: bytes
    captured_us: int
    source_name: str = ""


Outcome = TakenIn | BadImage | PolicyRefusal


def take_in_together(
    project: Project, session: Session, pictures: Sequence[NewPicture]
) -> tuple[Outcome, ...]:
    """What became of each picture, in order; all are durable when this returns.

    The files are written first, several at a time and outside of the transaction, so
    that nobody waits for the catalog meanwhile. A picture that cannot be taken in is
    answered with the error; the others are.

    Raises:
        StorageFull: no room; none was taken in and nothing is left behind.
    """
    if len(pictures) < 2:
        return tuple(_outcome(project, session, one) for one in pictures)
    try:
        stored = _write_files(project, pictures)
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
            is_stored=is_stored,
        )
    except (BadImage, PolicyRefusal) as error:
        return error


def _write_files(project: Project, pictures: Sequence[NewPicture]) -> list[bool]:
    with ThreadPoolExecutor(_AT_ONCE, "image-write") as pool:
        return list(pool.map(lambda one: _write_file(project, one), pictures))


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
