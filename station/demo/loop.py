"""The demo's loop: capture, label, split, freeze, more of it, diff, export, drift."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from dataset.splitting.assignment import assign_splits
from dataset.diff import compare
from dataset.durable import replace as replace_file
from dataset.errors import FieldsetError
from dataset.versions.freezing import freeze
from dataset.images.image_file import decode
from dataset.progress import SILENT, Progress
from dataset.project import Project
from dataset.provenance.station_key import StationKey
from dataset.records import Sample, SampleState
from dataset.settings import FILE_NAME
from dataset.status import Status, status
from export.contract import ExportResult
from export.operation import export_version
from labeling.detection.motion import (MotionModel, background_from)
from labeling.session import LabelingSession
from station.camera.source import CameraSource, OnEvent, open_source
from station.camera.triggers import make_trigger
from station.recorder import Ended, Recorder, RecordingRequest
from station.recording import SessionForm
from station.signer import signer_with
from station.version_report import VersionReport, write_version_report

from .blocks import (
    FIRST_BLOCKS,
    LATER_BLOCKS,
    TIME_SPLIT_DAY,
    Block,
    BlockSource,
    clip_path,
)
from .road import CLASSES, is_coming, is_on_road

_MOTION = {"sensitivity": 0.6, "cool_down_s": 0.2, "warm_up_s": 0.15}
_STEPS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """What the demo made."""

    root: Path
    status: Status
    sessions: int
    versions: tuple[dict[str, Any], ...]
    diff: dict[str, Any]
    exports: tuple[ExportResult, ...]
    report: VersionReport
    seconds: float


def run_demo(root: Path, *, progress: Progress = SILENT) -> DemoAccount:
    """Make a project in `root` and walk the whole loop in it.

    Raises:
        ProjectError: there is a project already.
    """
    began = time.monotonic()
    tell = _Steps(progress)
    with Project.create(root, CLASSES) as project:
        # The demo is no station: its key is kept nowhere.
        project.signer = signer_with(StationKey.fresh(), "demo")
        replace_file(project.root / FILE_NAME, _settings_text().encode())
        with open_source(str(clip_path())) as clip:
            tell("capturing the first sessions")
            _capture(project, clip, FIRST_BLOCKS)
            tell("labeling what moved")
            _label(project)
            tell("freezing v1")
            assign_splits(project)
            first = freeze(project, message="first sessions", author="demo").version
            write_version_report(project, first.alias)
            tell("capturing more, by dusk and night")
            _capture(project, clip, LATER_BLOCKS)
        tell("labeling and mending")
        _label(project)
        _mend(project)
        tell("freezing v2")
        second = freeze(project, message="more dusk, mended", author="demo").version
        tell("measuring drift")
        report = write_version_report(project, second.alias)
        tell("comparing v1 and v2")
        changes = compare(project.version(first.alias), project.version(second.alias))
        tell("exporting to COCO and YOLO")
        exports = export_version(
            project.root,
            second.alias,
            formats=("coco", "yolo"),
            target=project.root / "exports",
        )
        return DemoAccount(
            root=project.root,
            status=status(project),
            sessions=len(project.catalog.sessions.all()),
            versions=tuple(
                {"alias": v.alias, "id": v.id, "samples": v.samples, "boxes": v.boxes}
                for v in (first, second)
            ),
            diff=changes.to_json(),
            exports=exports,
            report=report,
            seconds=time.monotonic() - began,
        )


class _Steps:
    """Counts the demo's steps for the progress bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0

    def __call__(self, what: str) -> None:
        self._progress.step(self._done, _STEPS, what)
        self._done += 1


def _capture(project: Project, clip: CameraSource, blocks: Sequence[Block]) -> None:
    for block in blocks:
        form = SessionForm(
            name=block.name,
            station="demo",
            operator="demo",
            place="bridge 4",
            conditions=(("light", block.light),),
        )
        with _recorder(project, clip, block) as recorder:
            request = RecordingRequest(source=clip_path().name, form=form)
            recorder.start(request, make_trigger("motion", _MOTION))
            _wait(recorder)


@contextmanager
def _recorder(project: Project, clip: CameraSource, block: Block) -> Iterator[Recorder]:
    def open_block(_address: str, _on_event: OnEvent) -> CameraSource:
        return BlockSource(clip, block)

    recorder = Recorder(project, open_block)
    try:
        yield recorder
    finally:
        recorder.close()


def _wait(recorder: Recorder) -> None:
    while True:
        event = recorder.wait_event(30.0)
        if event is None:
            raise FieldsetError("The demo's clip gave no picture for 30 s")
        if isinstance(event, Ended):
            if event.error is not None:
                raise event.error
            return


def _label(project: Project) -> None:
    """Propose boxes from the motion and accept them as the window does."""
    new = project.catalog.samples.queue_ids(states=[SampleState.NEW])
    for light, samples in _by_light(project, new).items():
        model = _empty_road(project, light)
        for sample in samples:
            _propose(project, model, sample)
    labeling = LabelingSession(project)
    view = labeling.current
    while view is not None:
        if view.proposals or view.boxes:
            # No keys: nobody pressed any, and the pace is a person's.
            view = labeling.accept(keys=0)
        else:
            view = labeling.mark_empty(keys=0)


def _by_light(project: Project, ids: Sequence[str]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    sessions = {s.id: s for s in project.catalog.sessions.all()}
    for sample in project.catalog.samples.many(ids):
        light = dict(sessions[sample.session_id].conditions)["light"]
        found.setdefault(light, []).append(sample)
    return found


def _empty_road(project: Project, light: str) -> MotionModel:
    """The background under one light, learned from samples far apart in time."""
    everything = _by_light(project, project.catalog.samples.queue_ids())[light]
    step = max(1, len(everything) // 15)
    return background_from(
        [decode(project.image_path(s).read_bytes()) for s in everything[::step]]
    )


def _propose(project: Project, model: MotionModel, sample: Sample) -> None:
    pixels = decode(project.image_path(sample).read_bytes())
    going, coming = (project.catalog.classes.by_name(name).id for name in CLASSES)
    kept = []
    for proposal in model.proposals(pixels, going):
        box = proposal.box
        if is_on_road(box):
            chosen = changed(box, class_id=coming if is_coming(box) else going)
            kept.append(changed(proposal, box=chosen))
    project.catalog.labels.propose(sample.id, tuple(kept))


def _mend(project: Project) -> None:
    """Three corrections of earlier labels, so that the diff has something to say."""
    labeling = LabelingSession(project, state="labeled")
    labeled = project.catalog.samples.queue_ids(states=[SampleState.LABELED])
    chosen = [
        s
        for s in project.catalog.samples.many(labeled)
        if len(project.catalog.labels.boxes(s.id)) >= 2
    ][:3]
    for sample, mend in zip(chosen, ("move", "relabel", "delete"), strict=False):
        view = labeling.go_to(sample.id)
        if view is None:
            continue
        box = max(view.boxes, key=lambda box: (box.area, box.id))
        if mend == "move":
            labeling.move(box.id, (box.x0 - 4, box.y0 - 3, box.x1 + 5, box.y1 + 4))
        elif mend == "relabel":
            other = {c.id for c in project.catalog.classes.all()} - {box.class_id}
            labeling.relabel(box.id, min(other))
        else:
            labeling.delete(box.id)


def _settings_text() -> str:
    return f"""\
# The demo's policies. Edit freely; fieldset only reads this file.

[project]
name = "demo"

[split]
train = 0.60
val = 0.20

[split.tests.test-main]
rule = "random"
share = 0.20

[split.tests.test-night]
rule = "condition:light=night"   # held out whole: never trained on

[split.tests.test-time]
rule = "after:{TIME_SPLIT_DAY}"        # captured on or after that day

[balance]
policy = "warn"

[balance.targets.going]
boxes = 120

[balance.targets.coming]
boxes = 120
conditions = {{ "light=night" = 40 }}
"""
