"""Exports a frozen version: what the window and the command line both call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset.progress import SILENT, Progress
from dataset.sealed.sealing import Person, require_reason
from dataset.versions.frozen_version import FrozenVersion

from .closed_version import read_closed
from .contract import ExportResult
from .handover.plan import make_plan
from .handover.preflight import Finding, Severity, findings, require_fit
from .sealed_leaving import record_sealed
from .writing import named_writers, write_formats


def export_version(
    root: Path,
    name: str,
    *,
    formats: Sequence[str],
    target: Path,
    update: bool = False,
    include_sealed: bool = False,
    drop_empty: bool = False,
    annotations_only: bool = False,
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
        annotations_only: no images; what names them stays as it would be.
        reason, by: why and who; needed with `include_sealed`, and recorded.
        progress: told of every sample, and the time left.

    Raises:
        UsageError: a format is unknown, named twice, or packs images that are not to go
            along; an archive is to be updated.
        NotFound: there is no such version.
        PolicyRefusal: sealed sets are asked for without a reason.
        FieldsetError: what `contract.Writer.write` raises.
    """
    if include_sealed:
        require_reason(reason)

    def record(frozen: FrozenVersion) -> None:
        if include_sealed:
            _require_fit(frozen, formats)
            record_sealed(root, frozen, reason, by or Person())

    return write_formats(
        root,
        name,
        formats=formats,
        target=target,
        update=update,
        include_sealed=include_sealed,
        drop_empty=drop_empty,
        annotations_only=annotations_only,
        before=record,
        progress=progress,
    )


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
    writers = named_writers(formats)
    with read_closed(root, name) as frozen:
        plan = make_plan(frozen, include_sealed=include_sealed, drop_empty=drop_empty)
        found = [(w.format, item) for w in writers for item in findings(w.format, plan)]
    return Outlook(
        version=frozen.version.id,
        samples=plan.samples,
        boxes=plan.boxes,
        bytes=sum(plan.bytes.values()),
        left_out=plan.left_out,
        findings=tuple(
            sorted(found, key=lambda pair: pair[1].severity is Severity.WARNING)
        ),
    )


def _require_fit(frozen: FrozenVersion, formats: Sequence[str]) -> None:
    """Refuse what a target would refuse before the test ledger is told of it."""
    plan = make_plan(frozen, include_sealed=True)
    for name in formats:
        require_fit(name, plan)
