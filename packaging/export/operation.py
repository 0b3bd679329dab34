"""Exports a frozen version: what the window and the command line both call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dataset.errors import UsageError
from dataset.progress import SILENT, Progress
from dataset.sealed.sealing import Person, require_reason
from dataset.versions.frozen_version import FrozenVersion

from .closed_version import read_closed, record_sealed
from .contract import ExportResult, Writer
from .formats import writer_for
from .handover.plan import make_plan
from .handover.preflight import Finding, findings, require_fit
from .handover.sums import COMPANIONS


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
    statistics and report of the version go along where they were made.

    Sealed test sets stay at home: those that were sealed when the version was frozen,
    and those whose seal was published since. With `include_sealed` they go along, and
    the test ledger is told before anything is written.

    Args:
        root: the project's folder; its catalog is opened to record an export of
            sealed sets, and for nothing else.
        name: alias, id or `latest`.
        formats: names such as `coco`, each once.
        target: a new or empty folder; with `update` one of an earlier export.
        update: touch only what changed since that export.
        include_sealed: also write the boxes of sealed test sets.
        drop_empty: leave out samples with nothing in them.
        reason: why; needed with `include_sealed`, and recorded with `by`.
        progress: told of every sample.

    Raises:
        UsageError: a format is unknown, or named twice.
        NotFound: there is no such version.
        PolicyRefusal: sealed sets are asked for without a reason.
        FieldsetError: what `contract.Writer.write` raises.
    """
    writers = _writers(formats)
    if include_sealed:
        require_reason(reason)
    with read_closed(root, name) as frozen:
        if include_sealed:
            _require_fit(frozen, formats)
            record_sealed(root, frozen, reason, by or Person())
        places = [target / item for item in formats] if formats[1:] else [target]
        return tuple(
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
        )


def preflight_version(
    root: Path, name: str, format_name: str, *, include_sealed: bool = False
) -> tuple[Finding, ...]:
    """What the target of a format would say to a version, errors first.

    Nothing is written; an export asks the same before it begins.

    Raises:
        UsageError: there is no such format.
        NotFound: there is no such version.
        ProjectError: nothing of the version is to be exported.
    """
    writer = writer_for(format_name)
    with read_closed(root, name) as frozen:
        return findings(writer.format, make_plan(frozen, include_sealed=include_sealed))


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
