"""Backups: a catalog by SQLite's own backup, images by hash, versions as they are.

A backup folder is a project in itself. Backing up to the same folder again copies
only what is new; the manifest `backup.json`, written last, says that it is whole.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import durable
from .catalog import Catalog
from .errors import BadFile, NotAProject, ProjectError
from .image_store import ImageStore
from .project import CATALOG_NAME, IMAGES_NAME, VERSIONS_NAME, Project
from .progress import SILENT, Progress
from .settings import FILE_NAME

MARKER = "backup.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSummary:
    """What a backup or restore did."""

    path: Path
    samples: int
    copied: int
    size_bytes: int


def back_up(
    project: Project, target: Path, *, progress: Progress = SILENT
) -> BackupSummary:
    """Copy a project to a folder, new or of an earlier backup, and prove it.

    Raises:
        ProjectError: the folder holds something else, or lies in the project.
        StorageFull: no room; an earlier backup's images stay.
    """
    target = target.absolute()
    _refuse_foreign(project.root, target)
    durable.make_folder(target / IMAGES_NAME)
    durable.make_folder(target / VERSIONS_NAME)
    (target / MARKER).unlink(missing_ok=True)
    # The catalog first: every sample it lists has its image in the store already.
    fresh = durable.temporary_beside(target / CATALOG_NAME)
    with durable.translated(target):
        project.catalog.back_up(fresh)
        durable.sync_file(fresh)
        fresh.replace(target / CATALOG_NAME)
    copied, size = _copy_images(project, target, progress)
    _copy_versions(project.root, target)
    durable.replace(target / FILE_NAME, (project.root / FILE_NAME).read_bytes())
    samples = project.catalog.samples.count()
    marker = json.dumps({"samples": samples}, sort_keys=True)
    durable.replace(target / MARKER, marker.encode())
    return BackupSummary(path=target, samples=samples, copied=copied, size_bytes=size)


def restore(
    source: Path, target: Path, *, progress: Progress = SILENT
) -> BackupSummary:
    """Make a project from a backup in a folder that holds nothing yet.

    Raises:
        NotAProject: the source is no whole backup.
        ProjectError: the target holds something.
        BadFile: an image of the backup is damaged.
    """
    source, target = source.absolute(), target.absolute()
    if not (source / MARKER).is_file():
        raise NotAProject(
            f"This is not a whole backup: {source}",
            hint="name a folder that `fieldset backup` finished",
        )
    if target.exists() and any(target.iterdir()):
        raise ProjectError(
            f"The folder to restore to holds something: {target}",
            hint="name a new or empty folder",
        )
    with Project.open(source, read_only=True) as backup:
        _prove(backup, progress)
        summary = back_up(backup, target, progress=progress)
    (target / MARKER).unlink()
    durable.sync_folder(target)
    return summary


def _refuse_foreign(root: Path, target: Path) -> None:
    if target.is_relative_to(root):
        raise ProjectError(
            f"A backup inside the project helps nobody: {target}",
            hint="name a folder on another disk",
        )
    known = {MARKER, CATALOG_NAME, IMAGES_NAME, VERSIONS_NAME, FILE_NAME}
    if not target.exists():
        return
    names = {path.name for path in target.iterdir()}
    is_ours = CATALOG_NAME in names and (MARKER in names or FILE_NAME not in names)
    if names and not (names <= known and is_ours) and not names <= {IMAGES_NAME}:
        raise ProjectError(
            f"The folder holds something that is no backup: {target}",
            hint="name a new or empty folder",
        )


def _copy_images(
    project: Project, target: Path, progress: Progress
) -> tuple[int, int]:
    store = ImageStore(target / IMAGES_NAME)
    total, copied, size = project.catalog.samples.count(), 0, 0
    with Catalog.open(target / CATALOG_NAME, read_only=True) as backed_up:
        for done, sample in enumerate(backed_up.samples.each(), start=1):
            progress.step(done, total, "images")
            try:
                there = store.path(sample.id, sample.suffix).stat().st_size
            except OSError:
                there = -1
            if there == sample.size_bytes:
                continue
            project.images.verify(sample.id, sample.suffix)
            store.put(project.images.read(sample.id, sample.suffix), sample.suffix)
            copied, size = copied + 1, size + sample.size_bytes
    return copied, size


def _copy_versions(root: Path, target: Path) -> None:
    for folder in sorted((root / VERSIONS_NAME).glob("v[0-9]*")):
        place = target / VERSIONS_NAME / folder.name
        if place.exists():
            continue
        with durable.translated(place):
            fresh = durable.temporary_beside(place)
            shutil.copytree(folder, fresh)
            for path in fresh.rglob("*"):
                if path.is_file():
                    durable.sync_file(path)
            durable.sync_folder(fresh)
            fresh.rename(place)
            durable.sync_folder(place.parent)


def _prove(backup: Project, progress: Progress) -> None:
    total = backup.catalog.samples.count()
    for done, sample in enumerate(backup.catalog.samples.each(), start=1):
        progress.step(done, total, "proving")
        try:
            backup.images.verify(sample.id, sample.suffix)
        except ProjectError as error:
            raise BadFile(
                f"The backup is damaged: {backup.image_path(sample)}",
                hint="use another backup",
            ) from error
