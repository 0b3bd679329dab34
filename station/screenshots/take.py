"""Takes the pictures of README.md: the real window on the demo project, offscreen.

    make screenshots

Each picture is taken when the page has nothing left to do, so that the same project
gives the same picture. Nothing of this machine's settings is read or written.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from dataset.project import Project
from dataset.sealed.sealing import Person, draw, seal
from labeling.detection.motion import background_from
from labeling.second_opinion.second_pass import PassChoice, SecondPass, begin_pass
from labeling.session import LabelingSession
from station.assembly import Station
from station.camera.source import open_source
from station.camera.triggers import IntervalTrigger
from station.demo import run_demo
from station.demo.blocks import clip_path
from station.demo.road import CLASSES, is_coming, is_on_road
from station.keys import Page
from station.recorder import Ended, Recorder, RecordingRequest
from station.recording import SessionForm as CaptureForm
from station.settings import ReadSettings, UserSettings
from station.views.capture.capture_contract import SessionForm
from station.views.review.review_contract import GridOrder

SIZE = QSize(1440, 900)
HERE = Path(__file__).resolve().parent
SETTLE_S = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=HERE, help="folder for the pictures")
    parser.add_argument("--size", default="1440x900", help="of the window, in pixels")
    parser.add_argument("--project", type=Path, help="a demo project that is there")
    given = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    width, height = (int(part) for part in given.size.split("x"))
    given.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        root = given.project or Path(scratch) / "motorway-a1"
        if given.project is None:
            prepare(root)
        shoot(root, given.to, QSize(width, height), Path(scratch) / "settings.json")
    return 0


def prepare(root: Path) -> None:
    """The demo, a sealed test drawn twice, and one session more, begun to label."""
    run_demo(root)
    with Project.open(root) as project:
        recorder = Recorder(project)
        form = CaptureForm(
            name="2026-11-20",
            station="north-gate",
            place="bridge 4",
            conditions=(("light", "day"),),
        )
        request = RecordingRequest(source=str(clip_path()), form=form, count=9)
        recorder.start(request, IntervalTrigger(0.12))
        while not isinstance(recorder.wait_event(30.0), Ended):
            pass
        recorder.close()
        _label_first(project)
        _label_twice(project)
        _use_tests(project)


def _use_tests(project: Project) -> None:
    """Seal a test set and draw it for two models."""
    by = Person(operator="A. Berg", station="north-gate")
    seal(project, "test-night", by=by)
    for model, trained_on in (("yolo-n", "v1"), ("yolo-s", "v2")):
        digest = hashlib.sha256(model.encode()).hexdigest()
        draw(project, "test-night", model=digest, trained_on=trained_on, by=by)


def _label_first(project: Project) -> None:
    """Draw on the first image what moves there, and accept it, as a person would."""
    going, coming = (project.catalog.classes.by_name(name).id for name in CLASSES)
    labeling = LabelingSession(project)
    first, *rest = _clip_frames(every=48)
    for proposal in background_from([first, *rest]).proposals(first, going):
        box = proposal.box
        if is_on_road(box):
            side = coming if is_coming(box) else going
            labeling.draw((box.x0, box.y0, box.x1, box.y1), side)
    labeling.accept()


def _label_twice(project: Project) -> None:
    """A second pass by another person, who sees some boxes another way."""
    line = begin_pass(project, PassChoice(share=0.3, seed=7))
    second = SecondPass(project, line, person="B. Lind")
    rng = np.random.default_rng(7)
    ids = [known.id for known in project.catalog.classes.all()]
    while (view := second.current) is not None:
        for box in project.catalog.labels.boxes(view.sample.id):
            x, y = rng.normal(0, 0.03, 2) * (box.width, box.height)
            class_id = int(rng.choice(ids)) if rng.random() < 0.1 else box.class_id
            if rng.random() > 0.04:
                corners = (box.x0 + x, box.y0 + y, box.x1 + x, box.y1 + y)
                second.draw(corners, class_id)
        drawn = second.current
        if drawn is not None and drawn.boxes:
            second.finish()
        else:
            second.finish_empty()


def _clip_frames(every: int) -> list[NDArray[np.uint8]]:
    frames = []
    with open_source(str(clip_path())) as clip:
        while (frame := clip.read(10.0)) is not None:
            if frame.index % every == 0:
                frames.append(frame.pixels)
    return frames


def shoot(root: Path, target: Path, size: QSize, settings: Path) -> None:
    """Open the window on a project and picture its pages."""
    running = QApplication.instance()
    application = (
        running if isinstance(running, QApplication) else QApplication(sys.argv[:1])
    )
    read = ReadSettings(settings=UserSettings(station="north-gate"))
    station = Station(application, read, settings)
    try:
        station.window.resize(size)
        station.begin(root, Page.CAPTURE)
        _until(lambda: station.pages is not None)
        _shoot_capture(station, target)
        for page in (Page.LABEL, Page.REVIEW, Page.DATASET, Page.VERSIONS):
            station.window.show_page(page)
            _settle(station)
            if page is Page.REVIEW:
                _order_review(station)
            _save(station, target, f"{page.value}-dark")
        station.use_theme("light")
        for page in (Page.LABEL, Page.REVIEW, Page.DATASET, Page.VERSIONS):
            station.window.show_page(page)
            _settle(station)
            _save(station, target, f"{page.value}-light")
    finally:
        station.close()
        station.window.close()


def _order_review(station: Station) -> None:
    """Show the boxes least like their class first, as a person looks for errors."""
    if station.pages is not None:
        filters = station.pages.review.filters
        filters.choose(replace(filters.choice, order=GridOrder.UNLIKE))
        _settle(station)


def _shoot_capture(station: Station, target: Path) -> None:
    pages = station.pages
    if pages is None:
        return
    form = SessionForm(
        source=str(clip_path()),
        name="screenshots",
        operator="A. Berg",
        place="bridge 4",
        conditions=(("light", "day"),),
    )
    pages.capture.start(form)
    _until(lambda: pages.capture.status.width > 0)
    for _ in range(4):
        QTest.qWait(700)
        pages.capture.take()
    QTest.qWait(900)
    _save(station, target, "capture-dark")
    station.use_theme("light")
    QTest.qWait(400)
    _save(station, target, "capture-light")
    station.use_theme("dark")
    pages.capture.stop()
    _settle(station)


def _settle(station: Station) -> None:
    """Wait until no job runs and what it brought is painted."""
    QTest.qWait(150)
    _until(lambda: station.runner.is_idle)
    QTest.qWait(600)
    _until(lambda: station.runner.is_idle)


def _until(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + SETTLE_S
    while not is_so():
        if time.monotonic() > limit:
            raise TimeoutError("the window is still busy")
        QTest.qWait(20)


def _save(station: Station, target: Path, name: str) -> None:
    path = target / f"{name}.png"
    if not station.window.grab().save(str(path)):
        raise OSError(f"the picture cannot be written: {path}")


if __name__ == "__main__":
    sys.exit(main())
