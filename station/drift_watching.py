"""A stream of a project watched against its baseline: who is compared with whom."""

from __future__ import annotations

from collections.abc import Mapping

from dataset.drift_statistics.baseline import LEAST_SAMPLES
from dataset.drift_statistics.drift_tables import SampleTable, table_from_rows
from dataset.drift_statistics.live_drift import DriftWatch, LiveDrift
from dataset.errors import UsageError
from dataset.health.portrait import spread_out
from dataset.measures import IMAGE_METRICS
from dataset.measuring import StoredImage, embeddings, measured
from dataset.progress import SILENT, Progress
from dataset.project import Project, now_us
from dataset.project_log import add_to_log
from dataset.records import Sample, Session

from .drift_side import SESSION_PREFIX, named_version, side_table
from .models.onnx_backbone import OnnxBackbone

LOGGED = "drift"
_MOST_SESSIONS = 60


def watch_of(
    project: Project,
    camera: str,
    *,
    against: str = "",
    base: SampleTable | None = None,
    progress: Progress = SILENT,
) -> DriftWatch:
    """The watch over what a camera sees now; measures what was not measured yet.

    `camera` is its address as sessions keep it, `against` what `fieldset drift` takes,
    by default the baseline of `[drift]`; `base` its samples, where they are measured.
    With the stream count the sessions of `captured_since`.

    Raises:
        NotFound: there is no such version or session.
        UsageError: it has too few samples for a baseline.
        BadImage, ProjectError: a picture cannot be used or is missing.
    """
    settings = project.settings.drift
    name = against or settings.baseline
    if base is None:
        base = side_table(project, name, is_sparse=True, progress=progress)
    if len(base) < LEAST_SAMPLES:
        raise UsageError(
            f"A baseline is made of {LEAST_SAMPLES} samples or more: {len(base)}",
            hint='name another under [drift] in fieldset.toml: baseline = "v1"',
        )
    return DriftWatch(
        base,
        name=_alias(project, name),
        stream=f"the stream of {camera}",
        camera=camera,
        earlier=captured_since(project, base, camera, name=name, progress=progress),
        limits=settings.limits,
        family=settings.family,
    )


def captured_since(
    project: Project,
    base: SampleTable,
    camera: str,
    *,
    name: str,
    backbone: OnnxBackbone | None = None,
    progress: Progress = SILENT,
) -> SampleTable | None:
    """What a camera captured in sessions that began after the newest of the base.

    `name` is what the base is called. The last 60 sessions that have ended (the stream
    may be the one that runs), 24 samples of each, spread evenly; None where there is
    none.
    """
    sessions = project.catalog.sessions.all()
    is_session = name.startswith(SESSION_PREFIX)
    frozen = None if is_session else named_version(project, name.partition(":")[0])
    known = set(base.sessions)
    if frozen is not None:
        # Of a sparse table, or of one split, not all of them are in the base.
        known |= {sample.session for sample in frozen.samples}
    newest_us = max((s.started_us for s in sessions if s.name in known), default=0)
    later = [
        session
        for session in sessions
        if session.source == camera
        and session.name not in known
        and session.started_us > newest_us
        and session.ended_us is not None
    ]
    pairs = [
        (session, sample)
        for session in later[-_MOST_SESSIONS:]
        for sample in spread_out(project.catalog.samples.of_session(session.id))
    ]
    return _table(project, pairs, backbone, progress) if pairs else None


def log_verdict(
    project: Project, camera: str, before: LiveDrift, now: LiveDrift
) -> None:
    """Note in the project's log that the verdict on a camera became another one.

    Raises:
        ProjectError: the log cannot be written.
    """
    facts: dict[str, object] = {
        "camera": camera,
        "baseline": now.baseline,
        "before": before.verdict.value,
        "verdict": now.verdict.value,
        "reason": now.reason,
        "base_sessions": now.base_sessions,
        "current_sessions": now.current_sessions,
    }
    add_to_log(project.root, LOGGED, facts, at_us=now_us())


def _alias(project: Project, name: str) -> str:
    """`latest` by the name that the version goes by."""
    frozen = named_version(project, name) if name == "latest" else None
    return name if frozen is None else frozen.version.alias


def _table(
    project: Project,
    pairs: list[tuple[Session, Sample]],
    backbone: OnnxBackbone | None,
    progress: Progress,
) -> SampleTable:
    stored = [
        StoredImage(id=one.id, path=str(project.image_path(one))) for _, one in pairs
    ]
    numbers = measured(project, stored, backbone=backbone, progress=progress)
    return table_from_rows(
        (
            (one.id, session.name, session.source, _image_measures(numbers[one.id]))
            for session, one in pairs
        ),
        embeddings(numbers),
    )


def _image_measures(numbers: Mapping[str, float]) -> dict[str, float]:
    """What a stream's pictures are measured by, too: no box and no embedding."""
    return {m.name: numbers[m.name] for m in IMAGE_METRICS if m.name in numbers}
