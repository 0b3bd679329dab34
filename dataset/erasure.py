"""Erasure: a sample leaves catalog and store, and a tombstone keeps it out."""

from __future__ import annotations

from dataclasses import dataclass

from . import durable
from .errors import NotFound
from .project import Project, now_us
from .version import list_versions, read_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was erased, and the versions whose manifests still list it."""

    sample_id: str
    versions: tuple[str, ...]


def erase(project: Project, sample_id: str, *, reason: str = "") -> Erased:
    """Erase a sample, given by its id or a beginning that only one id has.

    The row goes first: a crash in between leaves an image without a row, which the
    tombstone keeps from being adopted and `check --repair` puts aside.

    Raises:
        NotFound: there is no such sample.
    """
    sample = project.catalog.samples.get(sample_id)
    holding = tuple(
        version.alias
        for version in list_versions(project.root)
        if _holds(project, version.alias, sample.id)
    )
    _erase_made(project, sample.id)
    project.catalog.samples.erase(sample.id, at_us=now_us(), reason=reason)
    path = project.image_path(sample)
    with durable.translated(path):
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            durable.sync_folder(path.parent)
    return Erased(sample_id=sample.id, versions=holding)


def _erase_made(project: Project, parent_id: str) -> None:
    """Erase what was made of a sample: the files first, for rows promise no file."""
    for made in project.catalog.made.of_parent(parent_id):
        if project.catalog.samples.has(made.id):
            continue
        path = project.images.path(made.id, made.suffix)
        with durable.translated(path):
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                durable.sync_folder(path.parent)
    project.catalog.made.forget(parent_id)


def _holds(project: Project, alias: str, sample_id: str) -> bool:
    with read_version(project.root, alias) as frozen:
        try:
            frozen.row_of(sample_id)
        except NotFound:
            return False
    return True
