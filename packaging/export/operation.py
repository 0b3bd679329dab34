"""Exports a frozen version: what the window and the command line both call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dataset import durable
from dataset.errors import UsageError
from dataset.progress import SILENT, Progress
from dataset.sealed.sealing import Person, require_reason
from dataset.versions.frozen_version import FrozenVersion

from .archives.packing import SUFFIXES, archive_of
from .closed_version import read_closed, record_sealed
from .contract import ExportResult, Writer
from .formats import writer_for
from .handover.plan import make_plan
from .handover.preflight import Finding, Severity, findings, require_fit
from .handover.sums import COMPANIONS
from .time_left import Timed


def export_version(
    root: Path,
    name: str,
    *,
    formats: Sequence[str],
    target: Path,
    update: bool = False,
    include_sealed: bool = False,
    drop_empty: bool = False,
    reason: str = "",
    by: Person | None = None,
    progress: Progress = SILENT,
) -> tuple[ExportResult, ...]:
    """Write a version in one or more formats, re-read and compared box for box.

    One format goes into `target` itself, several into a folder each below it. Drift
    statistics and report of the version go along where they were made. Sealed sets stay
    at home, also those whose seal was published since the version was frozen; with
    `include_sealed` they go along, and the test ledger is told before that.

    Args:
        root: the project's folder; its catalog is opened for sealed sets alone.
        name: alias, id or `latest`.
        formats: names such as `coco`, each once.
        target: a new or empty folder; with `update` one of an earlier export. A new
            name that ends in .tar or .zip becomes an archive, whole or absent.
        update: touch only what changed since that export.
        include_sealed, drop_empty: also sealed test sets; no samples without a box.
        reason, by: why and who; needed with `include_sealed`, and recorded.
        progress: told of every sample, and the time left.

    Raises:
        UsageError: a format is unknown, or named twice; an archive is to be updated.
        NotFound: there is no such version.
        PolicyRefusal: sealed sets are asked for without a reason.
        FieldsetError: what `contract.Writer.write` raises.
    """
    writers = _writers(formats)
    progress = Timed(progress)
    _require_usable(target, update=update)
    if include_sealed:
        require_reason(reason)
    with read_closed(root, name) as frozen:
        if include_sealed:
            _require_fit(frozen, formats)
            record_sealed(root, frozen, reason, by or Person())
        with _places(target, formats, progress) as places:
            done = [
                writer.write(
                    frozen,
                    place,
                    update=update,
                    include_sealed=include_sealed,
                    drop_empty=drop_empty,
                    companions=_companions(frozen),
                    progress=progress,
                )
                for writer, place in zip(writers, places, strict=True)
            ]
    return tuple(_lying_at(target, result) for result in done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What would leave the house, asked before anything is written.

    `bytes` are those of the images; `left_out` pairs a reason with a number of samples.
    `findings` has a format with each thing that its target would say, errors first.
    """

    version: str
    samples: int
    boxes: int
    bytes: int
    left_out: tuple[tuple[str, int], ...]
    findings: tuple[tuple[str, Finding], ...]


def look_at_version(
    root: Path,
    name: str,
    formats: Sequence[str],
    *,
    include_sealed: bool = False,
    drop_empty: bool = False,
) -> Outlook:
    """What an export in these formats would hold, or a push where there are none.

    Nothing is written; an export asks the same before it begins.

    Raises:
        UsageError: there is no such format.
        NotFound: there is no such version.
        ProjectError: nothing of the version is to be exported.
    """
    writers = _writers(formats)
    with read_closed(root, name) as frozen:
        plan = make_plan(frozen, include_sealed=include_sealed, drop_empty=drop_empty)
        found = [(w.format, item) for w in writers for item in findings(w.format, plan)]
        boxes = size_bytes = 0
        for sample in plan.selection():
            boxes += len(sample.boxes)
            size_bytes += sample.size_bytes
    return Outlook(
        version=frozen.version.id,
        samples=plan.samples,
        boxes=boxes,
        bytes=size_bytes,
        left_out=plan.left_out,
        findings=tuple(
            sorted(found, key=lambda pair: pair[1].severity is Severity.WARNING)
        ),
    )


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


def _writers(formats: Sequence[str]) -> list[Writer]:
    if len(set(formats)) != len(formats):
        raise UsageError(f"A format is named twice: {', '.join(formats)}")
    return [writer_for(item) for item in formats]


def _require_fit(frozen: FrozenVersion, formats: Sequence[str]) -> None:
    """Refuse what a target would refuse before the test ledger is told of it."""
    plan = make_plan(frozen, include_sealed=True)
    for name in formats:
        require_fit(name, plan)


def _companions(frozen: FrozenVersion) -> dict[str, bytes]:
    """Drift statistics and report of the version, where they were made."""
    found = {name: frozen.folder / name for name in COMPANIONS}
    return {name: path.read_bytes() for name, path in found.items() if path.is_file()}
