"""Backups: a catalog by SQLite's own backup, images by hash, versions as they are.

A backup folder is a project in itself. Backing up to the same folder again copies
only what is new. The marker `backup.json` comes first and says "begun"; when it says
"whole", it is. So an interrupted backup or restore can simply be run again.
"""

from __future__ import annotations

import filecmp
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import durable
from .catalog import Catalog
from .errors import BadFile, NotAProject, ProjectError
from .image_store import ImageStore
from .policies.lineage import MadeSample
from .progress import SILENT, Progress
from .project import CATALOG_NAME, IMAGES_NAME, VERSIONS_NAME, Project
from .project_log import LOG_NAME
from .sealed.published_seals import FOLDER as SEALS_NAME
from .settings import FILE_NAME

MARKER = "backup.json"
_BEGUN, _WHOLE = "begun", "whole"


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
        BadImage: an image of the project is damaged.
        StorageFull: no room; an earlier backup's images stay.
    """
    target = target.absolute()
    _refuse_foreign(project, target)
    durable.make_folder(target)
    _mark(project, target, _BEGUN)
    for folder in (target / IMAGES_NAME, target / VERSIONS_NAME):
        durable.make_folder(folder)
    # The catalog first: every sample it lists has its image in the store already.
    _copy_catalog(project, target)
    summary = _copy_images(project, target, progress)
    _copy_versions(project.root, target)
    _copy_seals(project.root, target)
    _copy_log(project.root, target)
    durable.replace(target / FILE_NAME, (project.root / FILE_NAME).read_bytes())
    _mark(project, target, _WHOLE)
    return summary


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
    if _marker(source).get("state") != _WHOLE:
        raise NotAProject(
            f"This is not a whole backup: {source}",
            hint="name a folder that `fieldset backup` finished",
        )
    if _names(target) and _marker(target).get("state") != _BEGUN:
        raise ProjectError(
            f"The folder to restore to holds something: {target}",
            hint="name a new or empty folder",
        )
    with Project.open(source, read_only=True) as backup:
        _prove(backup, progress)
        summary = back_up(backup, target, progress=progress)
    with durable.translated(target):
        (target / MARKER).unlink()
        durable.sync_folder(target)
    return summary


def _mark(project: Project, target: Path, state: str) -> None:
    marker = {"project": project.catalog.fact("project_id"), "state": state}
    text = json.dumps(marker, sort_keys=True)
    durable.replace(target / MARKER, text.encode())


def _marker(folder: Path) -> dict[str, str]:
    """What the folder's marker says; empty where it has none."""
    try:
        content = json.loads((folder / MARKER).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _names(folder: Path) -> set[str]:
    """What the folder holds; nothing where it does not exist.

    A run that died before its marker was in place left a temporary file at most.

    Raises:
        ProjectError: it is no folder, or cannot be read.
    """
    with durable.translated(folder):
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    return {name for name in names if not name.startswith(durable.TEMPORARY_PREFIX)}


def _refuse_foreign(project: Project, target: Path) -> None:
    if target.resolve().is_relative_to(project.root.resolve()):
        raise ProjectError(
            f"A backup inside the project helps nobody: {target}",
            hint="name a folder on another disk",
        )
    known = _marker(target).get("project")
    if _names(target) and known != project.catalog.fact("project_id"):
        what = "a backup of another project" if known else "something else"
        raise ProjectError(
            f"The folder to back up to holds {what}: {target}",
            hint="name a new or empty folder",
        )


def _copy_catalog(project: Project, target: Path) -> None:
    place = target / CATALOG_NAME
    fresh = durable.temporary_beside(place)
    with durable.translated(target):
        for path in target.glob(f"{durable.TEMPORARY_PREFIX}*"):
            path.unlink()
        project.catalog.back_up(fresh)
        durable.sync_file(fresh)
        # Who opened the backup as a project left these; with another catalog
        # between them they would destroy it.
        for ending in ("-wal", "-shm", "-journal"):
            place.with_name(place.name + ending).unlink(missing_ok=True)
        fresh.replace(place)
        durable.sync_folder(target)


def _copy_images(project: Project, target: Path, progress: Progress) -> BackupSummary:
    store = ImageStore(target / IMAGES_NAME)
    copied, size = 0, 0
    with Catalog.open(target / CATALOG_NAME, read_only=True) as backed_up:
        total = backed_up.samples.count()
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
        for made in backed_up.made.each():
            if _copy_made(project, store, made):
                copied, size = copied + 1, size + made.size_bytes
    return BackupSummary(path=target, samples=total, copied=copied, size_bytes=size)


def _copy_made(project: Project, store: ImageStore, made: MadeSample) -> bool:
    """Copy the image of a made sample; one that is lost can be made again."""
    source = project.images.path(made.id, made.suffix)
    if not source.is_file() or store.path(made.id, made.suffix).is_file():
        return False
    project.images.verify(made.id, made.suffix)
    store.put(project.images.read(made.id, made.suffix), made.suffix)
    return True


def _copy_seals(root: Path, target: Path) -> None:
    """Copy the published seals; they are written anew at every draw."""
    for path in sorted((root / SEALS_NAME).glob("*.json")):
        durable.make_folder(target / SEALS_NAME)
        durable.replace(target / SEALS_NAME / path.name, path.read_bytes())


def _copy_log(root: Path, target: Path) -> None:
    if (root / LOG_NAME).exists():
        durable.replace(target / LOG_NAME, (root / LOG_NAME).read_bytes())


def _copy_versions(root: Path, target: Path) -> None:
    for folder in sorted((root / VERSIONS_NAME).glob("v[0-9]*")):
        place = target / VERSIONS_NAME / folder.name
        if place.exists():
            _copy_derived(folder, place)
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


def _copy_derived(folder: Path, place: Path) -> None:
    """Copy drift statistics and report, which were made or mended since."""
    for path in sorted(folder.iterdir()):
        kept = place / path.name
        if path.is_file() and not (kept.exists() and filecmp.cmp(path, kept)):
            durable.replace(kept, path.read_bytes())


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
