"""One version against another in the words of the Versions page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataset.differences.changes import BoxMoved, BoxRelabelled
from dataset.differences.version_diff import VersionDiff
from dataset.drift_statistics.kept_drift import read_drift
from dataset.errors import FieldsetError
from dataset.versions.frozen_version import FrozenVersion
from labeling.geometry import corners_of

from ..language import MINUS, tr
from ..views.versions.versions_contract import DiffTile, DriftRow, MovedBox

CHANGES_SHOWN = 60
FAULTS_SHOWN = 3


def first_tiles(frozen: FrozenVersion) -> tuple[DiffTile, ...]:
    """Give the figures of a version that is compared with none."""
    version = frozen.version
    return (
        DiffTile(figure=f"{version.samples:,}", text=tr("samples")),
        DiffTile(figure=f"{version.boxes:,}", text=tr("boxes")),
        DiffTile(figure=f"{len(frozen.classes):,}", text=tr("classes")),
        DiffTile(figure=f"{len(frozen.splits):,}", text=tr("splits")),
    )


def diff_tiles(
    found: VersionDiff, names: Mapping[int, str], drift: tuple[DriftRow, ...]
) -> tuple[DiffTile, ...]:
    """Give the figures of a comparison."""
    samples, boxes = found.samples, found.boxes
    drifted = sum(row.verdict == "drift" for row in drift)
    moved = found.splits.test_moved
    tiles = [
        DiffTile(
            figure=f"+{samples.added:,} {MINUS}{samples.removed:,}", text=tr("samples")
        ),
        DiffTile(figure=f"+{boxes.added:,} {MINUS}{boxes.removed:,}", text=tr("boxes")),
        DiffTile(figure=f"{boxes.moved:,}", text=tr("boxes moved")),
        DiffTile(figure=f"{boxes.relabelled:,}", text=_relabelled_text(found, names)),
        DiffTile(
            figure=f"{moved:,}",
            text=tr("moved in tests"),
            tone="bad" if moved else "",
        ),
    ]
    if drift:
        figure = tr("{count} of {total}").format(count=drifted, total=len(drift))
        tiles.append(DiffTile(figure=figure, text=tr("metrics drifted")))
    return tuple(tiles)


def step_words(step: str) -> str:
    """Say what a step means, as Croissant 1.1 counts versions; "" for none."""
    return {
        "major": tr("major: records changed or moved"),
        "minor": tr("minor: records only added"),
        "patch": tr("patch: another policy alone"),
    }.get(step, step)


def changed_boxes(
    root: Path,
    frozen: FrozenVersion,
    found: VersionDiff,
    kind: type[BoxMoved] | type[BoxRelabelled],
) -> tuple[MovedBox, ...]:
    """Give the first changed boxes of a kind for the grid of small pictures."""
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
                path=root / frozen.sample(change.sample_id).path,
                before=None if is_relabelled else corners_of(change.old),
                after=corners_of(change.new),
                text=f"{before} → {after}" if is_relabelled else after,
            )
        )
        if len(rows) == CHANGES_SHOWN:
            break
    return tuple(rows)


def _relabelled_text(found: VersionDiff, names: Mapping[int, str]) -> str:
    """Say which relabelling was the most frequent one."""
    pairs = Counter(
        (change.old.class_id, change.new.class_id)
        for change in found.shown
        if isinstance(change, BoxRelabelled)
    )
    if not pairs:
        return tr("relabelled")
    (old, new), _count = pairs.most_common(1)[0]
    words = tr("{old} → {new}")
    return words.format(old=names.get(old, "?"), new=names.get(new, "?"))


def drift_fields(frozen: FrozenVersion) -> dict[str, Any]:
    """Give the fields of a `VersionState` that `drift.json` fills."""
    nothing: dict[str, Any] = {"drift": (), "drift_head": "", "drift_note": ""}
    try:
        content = read_drift(frozen) or {}
    except FieldsetError as error:
        return {**nothing, "drift_note": error.message}
    nothing |= health_fields(content)
    comparisons = content.get("comparisons", [])
    chosen = next((one for one in comparisons if one["kind"] == "parent"), None)
    if chosen is None:
        return nothing
    words = tr("{base} to {current} sessions, resampled whole, Holm over {size}")
    return {
        **nothing,
        "drift": tuple(_drift_row(metric) for metric in chosen["metrics"]),
        "drift_head": words.format(
            current=metric_sessions(chosen, "current"),
            base=metric_sessions(chosen, "base"),
            size=chosen["family"]["size"],
        ),
        "drift_note": " ".join((chosen["summary"], *chosen.get("notes", [])[:2])),
    }


def health_fields(content: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of a `VersionState` on the cameras: all in one, then faults."""
    health = content.get("health")
    if not health or not health["cameras"]:
        return {}
    faults = [
        f"{_camera_words(camera)}: {part['sentence']}"
        for camera in health["cameras"]
        for part in (*camera["findings"], *camera["trends"])
        if part["verdict"] == "fault"
    ]
    shown = faults[:FAULTS_SHOWN]
    if len(faults) > len(shown):
        words = tr("and {count} more in the report")
        shown.append(words.format(count=len(faults) - len(shown)))
    return {
        "health": (health["summary"], *shown),
        "health_tone": "bad" if faults else "",
    }


def _camera_words(camera: Mapping[str, Any]) -> str:
    parts = (camera["camera"], camera["place"], *camera["conditions"].values())
    return " · ".join(part for part in parts if part)


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
