"""Erasure: a sample leaves the project to the last byte, and a tombstone keeps it out.

What goes: the row with its boxes, proposals, looks (thumbnails), measures, journal and
second looks; the image, what was made of it, and what an interrupted write or a
quarantine left of its bytes; the same rows in catalogs kept before a migration; what
an interrupted freeze left; pages of the catalog that SQLite has freed and its
write-ahead log. What stays: the tombstone
(id, when, by whom, why), digest and signature of the sample's record, so that the chain
stays whole, and the manifests of frozen versions, which are named.

Exports that lie in the project's folder are named, not touched. Backups, exports and
hand-overs elsewhere are not reached, nor are blocks that a flash disk keeps of files
that were deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from . import durable
from .catalog.old_copies import forget_in_copy
from .drift_statistics.kept_drift import REPORT_NAME
from .errors import FieldsetError, NotFound
from .project import VERSIONS_NAME, Project, now_us
from .project_folder import QUARANTINE, catalog_copies
from .provenance.record import Tombstone
from .provenance.signing import sign_erasure
from .records import Sample
from .version import list_versions, read_version, sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was erased.

    Attributes:
        sample_id: the sample.
        versions: aliases of the versions whose manifests still list it.
        size_bytes: of its image.
        remains: sentences on what could not be reached; () when nothing is left.
    """

    sample_id: str
    versions: tuple[str, ...]
    size_bytes: int
    remains: tuple[str, ...] = ()


def erase(
    project: Project, sample_id: str, *, reason: str = "", person: str = ""
) -> Erased:
    """Erase a sample, given by its id or a beginning that only one id has.

    The row goes first: a crash in between leaves an image without a row, which the
    tombstone keeps from being adopted and `check --repair` removes. Signed where the
    project has a signer.

    Raises:
        NotFound: there is no such sample.
        PolicyRefusal: a sealed test set holds it.
    """
    erased = take_out(project, sample_id, reason=reason, person=person)
    return replace(erased, remains=clear_remnants(project, [erased]))


def take_out(
    project: Project, sample_id: str, *, reason: str = "", person: str = ""
) -> Erased:
    """`erase` but for its last step, `clear_remnants`, which does for many at once.

    Raises:
        NotFound: there is no such sample.
        PolicyRefusal: a sealed test set holds it.
    """
    sample = project.catalog.samples.get(sample_id)
    holding = tuple(
        version.alias
        for version in list_versions(project.root)
        if _holds(project, version.alias, sample.id)
    )
    stone = Tombstone(
        sample_id=sample.id, erased_us=now_us(), person=person, reason=reason
    )
    with project.catalog.writing():
        project.catalog.samples.erase(
            sample.id, at_us=stone.erased_us, reason=reason, person=person
        )
        if project.signer is not None:
            sign_erasure(project.catalog, project.signer, stone)
    _remove_files(project, sample)
    _remove_made(project, sample.id)
    for alias in holding:
        # A report may show it in small; `fieldset version report` makes one anew.
        remove_file(project.root / VERSIONS_NAME / alias / REPORT_NAME)
    return Erased(sample_id=sample.id, versions=holding, size_bytes=sample.size_bytes)


def clear_remnants(project: Project, erased: Sequence[Erased]) -> tuple[str, ...]:
    """Overwrite what the disk still holds of erased samples; what could not be done."""
    sample_ids = [one.sample_id for one in erased]
    remains = [
        f"An export in the project's folder still holds the picture: {path}"
        for path in _exported_copies(project, erased)
    ]
    sweep(project.root, now_us=now_us())
    remains += [
        f"A version that is being frozen, or was interrupted, may list it: {path}"
        for path in sorted(
            (project.root / VERSIONS_NAME).glob(f"{durable.TEMPORARY_PREFIX}*")
        )
    ]
    remains += [
        sentence
        for path in catalog_copies(project.root)
        if (sentence := _forgotten_in(path, sample_ids))
    ]
    try:
        if not project.catalog.clear_remnants():
            remains.append(
                "Another program is reading the catalog, whose log still holds labels "
                "or a thumbnail; close it and run `fieldset check --repair`"
            )
    except FieldsetError as error:
        remains.append(error.message)
    return tuple(remains)


def remove_file(path: Path) -> None:
    """Remove a file durably; one that is gone already is no obstacle.

    Raises:
        ProjectError: the folder cannot be written.
    """
    with durable.translated(path):
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            durable.sync_folder(path.parent)


def _exported_copies(project: Project, erased: Sequence[Erased]) -> Iterator[Path]:
    """Files in the project's folder, beyond its own, with the bytes of a sample."""
    wanted = {one.sample_id for one in erased}
    sizes = {one.size_bytes for one in erased}
    own = {project.images.root.name, VERSIONS_NAME, QUARANTINE}
    for top in sorted(project.root.iterdir()):
        if top.name in own or top.is_symlink() or not top.is_dir():
            continue
        for path in sorted(top.rglob("*")):
            if _has_digest(path, sizes, wanted):
                yield path


def _has_digest(path: Path, sizes: set[int], wanted: set[str]) -> bool:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size not in sizes:
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() in wanted
    except OSError:
        return False


def _forgotten_in(path: Path, sample_ids: list[str]) -> str:
    try:
        forget_in_copy(path, sample_ids)
    except FieldsetError as error:
        return f"A kept catalog still holds labels of it ({error.message})"
    return ""


def _remove_files(project: Project, sample: Sample) -> None:
    """Remove the image, and other files that hold its bytes or begin as it does."""
    path = project.image_path(sample)
    try:
        data = path.read_bytes()
    except OSError:
        data = b""
    for other in _stray_files(project):
        if _is_of(other, data, sample.id):
            remove_file(other)
    remove_file(path)


def _stray_files(project: Project) -> Iterator[Path]:
    """What an interrupted write left, and what was put aside."""
    yield from list(project.images.leftovers())
    folder = project.root / QUARANTINE
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.is_file())


def _is_of(path: Path, data: bytes, sample_id: str) -> bool:
    try:
        found = path.read_bytes()
    except OSError:
        return False
    if not found:
        return False
    return data.startswith(found) or hashlib.sha256(found).hexdigest() == sample_id


def _remove_made(project: Project, parent_id: str) -> None:
    """Erase what was made of a sample: the files first, for rows promise no file."""
    for made in project.catalog.made.of_parent(parent_id):
        if not project.catalog.samples.has(made.id):
            remove_file(project.images.path(made.id, made.suffix))
    project.catalog.made.forget(parent_id)


def _holds(project: Project, alias: str, sample_id: str) -> bool:
    with read_version(project.root, alias) as frozen:
        try:
            frozen.row_of(sample_id)
        except NotFound:
            return False
    return True
