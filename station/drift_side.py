"""One side of a drift comparison, from what a person typed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.drift import SampleTable
from dataset.drift_statistics.drift_tables import table_from_rows, table_from_version
from dataset.durable import read_bytes
from dataset.errors import BadImage, NotFound, UsageError
from dataset.health.portrait import spread_out
from dataset.images.image_file import decode
from dataset.images.image_format import inspect
from dataset.measures import (
    embed,
    measure_boxes,
    measure_bytes,
    measure_image,
    measure_time,
)
from dataset.measuring import StoredImage, embeddings, measured, with_boxes
from dataset.progress import SILENT, Progress
from dataset.project import Project
from dataset.records import Sample, SampleState, VersionSample
from dataset.version import FrozenVersion, read_version

from .camera.privacy_mask import masked
from .camera.reconnect import open_steady_source
from .camera.source import CameraSource, Frame, NoPicture, sessions_of
from .camera.triggers import IntervalTrigger
from .models.onnx_backbone import OnnxBackbone

SESSION_PREFIX = "session:"
_SOURCE_EVERY_S = 1.0
_SOURCE_FRAMES = 120
_READ_S = 10.0
_SPARSE_SESSIONS = 60
_SPARSE_EACH = 24
_Row = tuple[str, str, str, dict[str, float]]
See = Callable[[str, Mapping[str, float]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Some of the samples of a version."""

    samples: Sequence[VersionSample]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """With what pictures are looked at; how long a source is, and who sees along."""

    backbone: OnnxBackbone | None
    see: See
    for_s: float | None
    is_sparse: bool

    def vector(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The vector of a whole picture, (H, W, 3) uint8, BGR."""
        return (
            embed(pixels)
            if self.backbone is None
            else self.backbone.embed_pixels(pixels)
        )


def side_table(
    project: Project,
    text: str,
    *,
    backbone: OnnxBackbone | None = None,
    progress: Progress = SILENT,
    see: See = lambda _camera, _measures: None,
    for_s: float | None = None,
    is_sparse: bool = False,
) -> SampleTable:
    """The samples that `text` names, measured.

    `v3`, `v3:train`, `latest`, an id · `session:NAME` · a folder (each sub-folder a
    session) · a source (a clip or camera, a picture a second, one session). Of a source
    two minutes are looked at, or `for_s`; `see` is told each picture's measures while
    a camera is watched. A sparse table holds 24 samples of each of 60 sessions at most,
    spread evenly, of a version or session: enough to watch a camera against. Vectors
    are those of the `backbone`, else the built-in ones: give both sides the same.

    Raises:
        NotFound: there is no such version, split or session.
        UsageError: it names no sample at all.
        CameraError: it is no folder and no source either.
        BadFile: the backbone cannot be used.
    """
    look = _Look(backbone=backbone, see=see, for_s=for_s, is_sparse=is_sparse)
    table = _table(project, text, look, progress)
    if not len(table):
        raise UsageError(
            f"There is no sample to compare: {text}",
            hint="name a version, a session or a folder that holds some",
        )
    return table


def _table(project: Project, text: str, look: _Look, progress: Progress) -> SampleTable:
    if text.startswith(SESSION_PREFIX):
        name = text.removeprefix(SESSION_PREFIX)
        return _session(project, name, look, progress)
    if os.path.isdir(text):  # noqa: PTH112  (never raises)
        return _folder(Path(text), look.backbone, progress)
    name, _, split = text.partition(":")
    frozen = named_version(project, name)
    if frozen is None:
        return _source(project, text, look, progress)
    if split and split not in {s.name for s in frozen.splits}:
        raise NotFound(
            f"The version has no such split: {split}",
            hint=f"it has {', '.join(s.name for s in frozen.splits)}",
        )
    chosen = [s for s in frozen.samples if not split or s.split == split]
    chosen = _thinned(chosen) if look.is_sparse else chosen
    numbers = measured(project, chosen, backbone=look.backbone, progress=progress)
    return table_from_version(
        _Part(samples=chosen),
        with_boxes(numbers, chosen),
        split=split or None,
        embeddings=embeddings(numbers),
        classes=frozen.classes,
    )


def named_version(project: Project, name: str) -> FrozenVersion | None:
    """The version of that name, or None where `name` may well be a source's address.

    Raises:
        NotFound: it is written like a version, and there is none.
    """
    try:
        return read_version(project.root, name)
    except NotFound:
        if _looks_like_version(name):
            raise
        return None


def _thinned(samples: Sequence[VersionSample]) -> list[VersionSample]:
    """Some samples of some sessions, the first and the last among them."""
    sessions: dict[str, list[VersionSample]] = {}
    for sample in samples:
        sessions.setdefault(sample.session, []).append(sample)
    names = spread_out(sorted(sessions), _SPARSE_SESSIONS)
    return [one for name in names for one in spread_out(sessions[name], _SPARSE_EACH)]


def _session(
    project: Project, name: str, look: _Look, progress: Progress
) -> SampleTable:
    session = project.catalog.sessions.by_name(name)
    samples = project.catalog.samples.of_session(session.id)
    if look.is_sparse:
        samples = tuple(spread_out(samples, _SPARSE_EACH))
    stored = [
        StoredImage(id=s.id, path=f"images/{s.id[:2]}/{s.id}.{s.suffix}")
        for s in samples
    ]
    found = measured(project, stored, backbone=look.backbone, progress=progress)
    return table_from_rows(
        (
            (
                sample.id,
                session.name,
                session.source,
                {
                    **found[sample.id],
                    **_box_measures(project, sample),
                    **measure_time(sample.captured_us),
                },
            )
            for sample in samples
        ),
        embeddings(found),
    )


def _box_measures(project: Project, sample: Sample) -> dict[str, float]:
    if sample.state not in {SampleState.LABELED, SampleState.EMPTY}:
        return {}
    boxes = project.catalog.labels.boxes(sample.id)
    return measure_boxes(boxes, sample.width, sample.height)


def _folder(
    folder: Path, backbone: OnnxBackbone | None, progress: Progress
) -> SampleTable:
    rows: list[_Row] = []
    vectors: dict[str, NDArray[np.float32]] = {}
    for session in sessions_of(folder):
        for path in session.images:
            numbers, vector = _folder_measures(path)
            # Two folders may each hold a `morning`, which are two sessions.
            name = str(folder / session.name)
            rows.append((str(path), name, "", numbers))
            vectors[str(path)] = (
                vector if backbone is None else backbone.embed_file(path)
            )
            progress.step(len(rows), None, "measuring")
    return table_from_rows(rows, vectors)


def _source(
    project: Project, address: str, look: _Look, progress: Progress
) -> SampleTable:
    """A stream, with what must not be seen filled as in what is stored of it."""
    rows: list[_Row] = []
    vectors: dict[str, NDArray[np.float32]] = {}
    trigger = IntervalTrigger(_SOURCE_EVERY_S)
    with open_steady_source(address) as source:
        name, is_live = source.info.address, source.info.live
        zones = project.settings.privacy.zones_of(name)
        for frame in _frames(source, look.for_s):
            for chosen in trigger.offer(frame):
                key = f"{name} {chosen.index}"
                pixels = masked(chosen, zones).pixels
                measures = measure_image(pixels)
                rows.append((key, name, name, measures))
                vectors[key] = look.vector(pixels)
                progress.step(len(rows), None, "measuring")
                if is_live:
                    look.see(name, measures)
            if look.for_s is None and len(rows) >= _SOURCE_FRAMES:
                break
    return table_from_rows(rows, vectors)


def _frames(source: CameraSource, for_s: float | None) -> Iterator[Frame]:
    """The frames of a source, for so long; a camera that is away is waited for then."""
    began_s = time.monotonic()
    first_s: float | None = None
    while True:
        try:
            frame = source.read(_READ_S if for_s is None else min(_READ_S, for_s))
        except NoPicture:
            if for_s is None:
                raise
            if time.monotonic() - began_s > for_s:
                return
            continue
        if frame is None:
            return
        first_s = frame.elapsed_s if first_s is None else first_s
        if for_s is not None and frame.elapsed_s - first_s > for_s:
            return
        yield frame


def _folder_measures(path: Path) -> tuple[dict[str, float], NDArray[np.float32]]:
    """What is measured of a folder's file; raises as `folder_picture`."""
    data = read_bytes(path)
    with _named(path):
        numbers, vector = measure_bytes(data)
        return numbers | measure_time(inspect(data).captured_us), vector


def folder_picture(path: Path) -> NDArray[np.uint8]:
    """The pixels of a folder's file, upright.

    Raises:
        BadImage: it cannot be used.
        ProjectError: it cannot be read.
    """
    data = read_bytes(path)
    with _named(path):
        return decode(data)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Refusals of a picture name the folder's file."""
    try:
        yield
    except BadImage as error:
        raise BadImage(
            f"A picture of the folder cannot be used ({error.message}): {path}",
            hint="take it out of the folder, then try again",
        ) from error


def _looks_like_version(name: str) -> bool:
    is_alias = name[:1] == "v" and name[1:].isdigit()
    return is_alias or name == "latest" or name.startswith("dv-")
