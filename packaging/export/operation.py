"""Exports a frozen version: what the window and the command line both call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dataset import durable
from dataset.errors import UsageError
from dataset.frozen_version import FrozenVersion
from dataset.progress import SILENT, Progress
from dataset.version import read_version

from .contract import ExportResult
from .formats import writer_for

# Derived files of the version that go with every export, outside its digest.
COMPANIONS = ("drift.json", "report.html")


def export_version(
    root: Path,
    name: str,
    *,
    formats: Sequence[str],
    target: Path,
    update: bool = False,
    progress: Progress = SILENT,
) -> tuple[ExportResult, ...]:
    """Write a version in one or more formats, re-read and compared box for box.

    One format goes into `target` itself, several into a folder each below it. Drift
    statistics and report of the version go along where they were made.

    Args:
        root: the project's folder; its catalog is not opened.
        name: alias, id or `latest`.
        formats: names such as `coco` and `yolo`, each once.
        target: a new or empty folder; with `update` one of an earlier export.
        update: touch only what changed since that export.
        progress: told of every sample.

    Raises:
        UsageError: a format is unknown, or named twice.
        NotFound: there is no such version.
        ProjectError: the target holds something else, or an image is missing.
        BadFile: what was read back differs from the version.
        StorageFull, ReadOnlyProject: the target cannot be written.
    """
    if len(set(formats)) != len(formats):
        raise UsageError(f"A format is named twice: {', '.join(formats)}")
    writers = [writer_for(item) for item in formats]
    with read_version(root, name) as frozen:
        results = []
        for writer in writers:
            place = target if len(writers) == 1 else target / writer.format
            done = writer.write(frozen, place, update=update, progress=progress)
            _add_companions(frozen, place)
            results.append(done)
    return tuple(results)


def _add_companions(frozen: FrozenVersion, target: Path) -> None:
    for companion in COMPANIONS:
        source = frozen.folder / companion
        if source.is_file():
            durable.replace(target / companion, source.read_bytes())
