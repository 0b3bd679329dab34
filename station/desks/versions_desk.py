"""The Versions page's desk: freezing, comparing, reports and exports."""

from __future__ import annotations

import getpass
from collections import Counter
from pathlib import Path
from typing import Any

from dataset.changes import BoxMoved, BoxRelabelled
from dataset.diff import compare
from dataset.errors import NotFound
from dataset.freezing import freeze
from dataset.frozen_version import FrozenVersion
from dataset.kept_drift import read_drift
from dataset.progress import Progress
from dataset.project import Project
from dataset.published_seals import closed_names
from dataset.records import Version
from dataset.version import read_version
from dataset.version_diff import VersionDiff
from export.formats import WRITERS
from export.operation import export_version
from labeling.geometry import corners_of

from ..language import MINUS, tr
from ..views.dataset_contract import DiffTile, DriftRow, MovedBox, VersionState

CHANGES_SHOWN = 60
REPORT_NAME = "report.html"


class ProjectVersionsDesk:
    """The versions of one project.

    Long work opens the project a second time, so that labeling goes on meanwhile.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._root = project.root

    def versions(self) -> tuple[Version, ...]:
        """Give all versions, newest first."""
        return tuple(reversed(self._project.versions()))

    def state(self, alias: str, progress: Progress) -> VersionState:
        """Compare a version with its parent."""
        with read_version(self._root, alias) as frozen:
            parent = self._parent(frozen)
            drift = _drift_of(frozen)
            has_report = (frozen.folder / REPORT_NAME).is_file()
            if parent is None:
                return VersionState(
                    version=frozen.version,
                    tiles=_first_tiles(frozen),
                    has_report=has_report,
                    **drift,
                )
            with parent:
                closed = closed_names(self._root, (*parent.splits, *frozen.splits))
                found = compare(parent, frozen, closed=closed, progress=progress)
            return VersionState(
                version=frozen.version,
                against=found.old.alias,
                tiles=_tiles(found, frozen, drift["drift"]),
                moved=self._changed(frozen, found, BoxMoved),
                relabelled=self._changed(frozen, found, BoxRelabelled),
                has_report=has_report,
                **drift,
            )

    def freeze(self, message: str, progress: Progress) -> str:
        """Freeze a version; drift and report follow and may be cancelled."""
        with Project.open(self._root) as mine:
            frozen = freeze(
                mine, message=message, author=getpass.getuser(), progress=progress
            )
            made = frozen.version
            _write_report(mine, made.alias, progress)
        if frozen.known:
            words = tr("This content is frozen already as {alias}.")
            return words.format(alias=made.alias)
        words = tr("{alias} is frozen: {samples} samples, {boxes} boxes.")
        return words.format(
            alias=made.alias, samples=f"{made.samples:,}", boxes=f"{made.boxes:,}"
        )

    def report(self, alias: str, progress: Progress) -> Path:
        """Make the report where it is missing."""
        with read_version(self._root, alias) as frozen:
            page = frozen.folder / REPORT_NAME
        if page.is_file():
            return page
        with Project.open(self._root) as mine:
            return _write_report(mine, alias, progress)

    def formats(self) -> tuple[str, ...]:
        """Give the names of the export formats."""
        return tuple(writer.format for writer in WRITERS)

    def export(self, alias: str, name: str, target: Path, progress: Progress) -> str:
        """Export a version."""
        done = export_version(
            self._root,
            alias,
            formats=[name],
            target=target.absolute(),
            progress=progress,
        )[0]
        words = tr("{samples} samples and {boxes} boxes, read back and equal: {path}")
        return words.format(
            samples=f"{done.samples:,}", boxes=f"{done.boxes:,}", path=done.path
        )

    def _parent(self, frozen: FrozenVersion) -> FrozenVersion | None:
        if frozen.version.parent is None:
            return None
        try:
            return read_version(self._root, frozen.version.parent)
        except NotFound:
            return None

    def _changed(
        self,
        frozen: FrozenVersion,
        found: VersionDiff,
        kind: type[BoxMoved] | type[BoxRelabelled],
    ) -> tuple[MovedBox, ...]:
        names = {known.id: known.name for known in frozen.classes}
        rows: list[MovedBox] = []
        for change in found.shown:
            if not isinstance(change, kind):
                continue
            before = names.get(change.old.class_id, "")
            after = names.get(change.new.class_id, "")
            is_relabelled = before != after
            rows.append(
                MovedBox(
                    path=self._root / frozen.sample(change.sample_id).path,
                    before=None if is_relabelled else corners_of(change.old),
                    after=corners_of(change.new),
                    text=f"{before} → {after}" if is_relabelled else after,
                )
            )
            if len(rows) == CHANGES_SHOWN:
                break
        return tuple(rows)


def _write_report(project: Project, alias: str, progress: Progress) -> Path:
    # Matplotlib takes a second to import: not before the first picture is shown.
    from ..version_report import write_version_report  # noqa: PLC0415

    return write_version_report(project, alias, progress=progress).page


def _first_tiles(frozen: FrozenVersion) -> tuple[DiffTile, ...]:
    version = frozen.version
    return (
        DiffTile(figure=f"{version.samples:,}", text=tr("samples")),
        DiffTile(figure=f"{version.boxes:,}", text=tr("boxes")),
        DiffTile(figure=f"{len(frozen.classes):,}", text=tr("classes")),
        DiffTile(figure=f"{len(frozen.splits):,}", text=tr("splits")),
    )


def _tiles(
    found: VersionDiff, frozen: FrozenVersion, drift: tuple[DriftRow, ...]
) -> tuple[DiffTile, ...]:
    samples, boxes = found.samples, found.boxes
    drifted = sum(row.verdict == "drift" for row in drift)
    tiles = [
        DiffTile(
            figure=f"+{samples.added:,} {MINUS}{samples.removed:,}", text=tr("samples")
        ),
        DiffTile(figure=f"+{boxes.added:,} {MINUS}{boxes.removed:,}", text=tr("boxes")),
        DiffTile(figure=f"{boxes.moved:,}", text=tr("boxes moved")),
        DiffTile(figure=f"{boxes.relabelled:,}", text=_relabelled_text(found, frozen)),
        DiffTile(figure=f"{found.splits.test_moved:,}", text=tr("test members moved")),
    ]
    if drift:
        figure = tr("{count} of {total}").format(count=drifted, total=len(drift))
        tiles.append(DiffTile(figure=figure, text=tr("metrics drifted")))
    return tuple(tiles)


def _relabelled_text(found: VersionDiff, frozen: FrozenVersion) -> str:
    """Say which relabelling was the most frequent one."""
    names = {known.id: known.name for known in frozen.classes}
    pairs = Counter(
        (change.old.class_id, change.new.class_id)
        for change in found.changes
        if isinstance(change, BoxRelabelled)
    )
    if not pairs:
        return tr("relabelled")
    (old, new), _count = pairs.most_common(1)[0]
    words = tr("relabelled {old} → {new}")
    return words.format(old=names.get(old, "?"), new=names.get(new, "?"))


def _drift_of(frozen: FrozenVersion) -> dict[str, Any]:
    """Give the fields of a `VersionState` that `drift.json` fills."""
    content = read_drift(frozen) or {}
    comparisons = content.get("comparisons", [])
    chosen = next((one for one in comparisons if one["kind"] == "parent"), None)
    if chosen is None:
        return {"drift": (), "drift_head": "", "drift_note": ""}
    words = tr("{base} to {current} sessions, resampled whole, Holm over {size}")
    return {
        "drift": tuple(_drift_row(metric) for metric in chosen["metrics"]),
        "drift_head": words.format(
            current=metric_sessions(chosen, "current"),
            base=metric_sessions(chosen, "base"),
            size=chosen["family"]["size"],
        ),
        "drift_note": " ".join((chosen["summary"], *chosen.get("notes", [])[:2])),
    }


def metric_sessions(comparison: dict[str, Any], side: str) -> int:
    """Give how many sessions a side of the comparison has."""
    sessions = (metric[side]["sessions"] for metric in comparison["metrics"])
    return max(sessions, default=0)


def _drift_row(metric: dict[str, Any]) -> DriftRow:
    low, high = metric["ci_sd"] or (None, None)
    return DriftRow(
        metric=metric["label"],
        effect=metric["effect_sd"],
        low=low,
        high=high,
        limit=abs(metric["limit_sd"] or 0.0),
        verdict=metric["verdict"],
    )
