"""Writes a frozen version in formats; what may leave was decided before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dataset import durable
from dataset.drift_statistics.kept_drift import REPORT_NAME
from dataset.drift_statistics.made_report import shows_closed
from dataset.errors import UsageError
from dataset.progress import SILENT, Progress
from dataset.versions.frozen_version import FrozenVersion

from .archives.packing import SUFFIXES, archive_of
from .closed_version import read_closed
from .contract import ExportResult, Writer
from .formats_out import writer_for
from .handover.delivery import require_media_beside
from .handover.sums import COMPANIONS
from .time_left import Timed


def write_formats(
    root: Path,
    name: str,
    *,
    formats: Sequence[str],
    target: Path,
    update: bool = False,
    include_sealed: bool = False,
    drop_empty: bool = False,
    annotations_only: bool = False,
    before: Callable[[FrozenVersion], None] = lambda _: None,
    progress: Progress = SILENT,
) -> tuple[ExportResult, ...]:
    """Write a version in one or more formats, re-read and compared box for box.

    One format goes into `target` itself, several into a folder each below it. Drift
    statistics and report of the version go along where they were made. Sealed sets stay
    at home, also those whose seal was published since the version was frozen.

    Args:
        root: the project's folder; its catalog stays closed.
        name: alias, id or `latest`.
        formats: names such as `coco`, each once.
        target: a new or empty folder; with `update` one of an earlier export. A new
            name that ends in .tar or .zip becomes an archive, whole or absent.
        update: touch only what changed since that export.
        include_sealed, drop_empty: also sealed test sets; no samples without a box.
        annotations_only: no images; what names them stays as it would be.
        before: told of the version when it was read, and before anything is written.
        progress: told of every sample, and the time left.

    Raises:
        UsageError: a format is unknown, named twice, or packs images that are not to go
            along; an archive is to be updated.
        NotFound: there is no such version.
        FieldsetError: what `before` and `contract.Writer.write` raise.
    """
    writers = named_writers(formats)
    if annotations_only:
        for writer in writers:
            require_media_beside(writer)
    _require_usable(target, update=update)
    progress = Timed(progress)
    with read_closed(root, name) as frozen:
        before(frozen)
        with _places(target, formats, progress) as places:
            done = [
                writer.write(
                    frozen,
                    place,
                    update=update,
                    include_sealed=include_sealed,
                    drop_empty=drop_empty,
                    annotations_only=annotations_only,
                    companions=_companions(frozen),
                    progress=progress,
                )
                for writer, place in zip(writers, places, strict=True)
            ]
    return tuple(_lying_at(target, result) for result in done)


@contextmanager
def _places(
    target: Path, formats: Sequence[str], progress: Progress
) -> Iterator[list[Path]]:
    """The folder of each format: in the target, or in one that becomes an archive."""
    if _is_archive(target):
        with archive_of(target, progress) as folder:
            yield _folders(folder, formats)
    else:
        yield _folders(target, formats)


def _folders(target: Path, formats: Sequence[str]) -> list[Path]:
    return [target / item for item in formats] if formats[1:] else [target]


def _lying_at(target: Path, result: ExportResult) -> ExportResult:
    return replace(result, path=target) if _is_archive(target) else result


def _require_usable(target: Path, *, update: bool) -> None:
    """Refuse a place that is closed to us, or an archive to be brought up to date."""
    with durable.translated(target):
        target.exists()
        is_archive = _is_archive(target)
    if update and is_archive:
        raise UsageError(
            f"An archive cannot be brought up to date: {target}",
            hint="export to a folder, or give the archive a new name",
        )


def _is_archive(target: Path) -> bool:
    return target.suffix.lower() in SUFFIXES and not target.is_dir()


def named_writers(formats: Sequence[str]) -> list[Writer]:
    """The writer of each format.

    Raises:
        UsageError: a format is unknown, or named twice.
    """
    if len(set(formats)) != len(formats):
        raise UsageError(f"A format is named twice: {', '.join(formats)}")
    return [writer_for(item) for item in formats]


def _companions(frozen: FrozenVersion) -> dict[str, bytes]:
    """Drift statistics and report of the version, where they were made.

    A report from before a set was sealed may show it, and stays at home.
    """
    found = {name: frozen.folder / name for name in COMPANIONS}
    if shows_closed(frozen):
        del found[REPORT_NAME]
    return {name: path.read_bytes() for name, path in found.items() if path.is_file()}
