"""The Label page carries boxes with a tracker that the project names."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import Proposal, SampleState
from station.assembly import Station
from station.views.label.label_page import LabelPage
from tests import onnx_models as made
from tests import onnx_trackers as trackers
from tests.gestures import LONG_WAIT_MS, accept_and_next, draw_box, saved, wait_until
from tests.station.conftest import OpenStation, pages_of

CAR = (40, 100, 100, 140)


@pytest.fixture
def tracker_file(project_root: Path) -> Path:
    path = trackers.following_colours(project_root / "models" / "vit.onnx")
    settings = project_root / "fieldset.toml"
    said = settings.read_text()
    settings.write_text(
        said.replace("[label]\n", '[label]\ntracker = "models/vit.onnx"\n')
    )
    return path


def opened(
    qtbot: QtBot, open_station: OpenStation, root: Path
) -> tuple[Station, LabelPage]:
    station = open_station(root)
    page = pages_of(station).label
    wait_until(qtbot, lambda: page.canvas.has_picture and page.class_id is not None)
    return station, page


def carried(qtbot: QtBot, station: Station, page: LabelPage) -> tuple[Proposal, ...]:
    """Draw the car, accept, and wait for its proposal on the next sample."""
    draw_box(page.canvas, *CAR)
    saved(qtbot, page)
    accept_and_next(qtbot, station.window, page)
    wait_until(
        qtbot,
        lambda: page.state is not None and page.state.proposals,
        LONG_WAIT_MS,
    )
    assert page.state is not None
    return page.state.proposals


def test_the_tracker_is_asked_and_nothing_is_written(
    qtbot: QtBot, open_station: OpenStation, project_root: Path, tracker_file: Path
) -> None:
    station, page = opened(qtbot, open_station, project_root)
    tracker = page._calls.desk._tracker  # type: ignore[attr-defined]
    wait_until(qtbot, lambda: tracker.is_ready, LONG_WAIT_MS)

    (found,) = carried(qtbot, station, page)

    assert tracker.remarks() == ()
    assert tracker.is_ready
    assert 0.0 <= (found.box.score or 0.0) <= 1.0
    with Project.open(project_root, read_only=True) as project:
        states = project.catalog.samples.states()
    assert (states[SampleState.LABELED], states[SampleState.PROPOSED]) == (1, 0)


@pytest.mark.parametrize("spoil", ["damaged", "detector", "gone"])
def test_a_tracker_that_is_none_is_told_and_boxes_are_carried_all_the_same(
    qtbot: QtBot,
    open_station: OpenStation,
    project_root: Path,
    tracker_file: Path,
    spoil: str,
) -> None:
    if spoil == "gone":
        tracker_file.unlink()
    elif spoil == "damaged":
        tracker_file.write_bytes(b"no model at all" * 40)
    else:
        made.seeing_colours(tracker_file)

    station, page = opened(qtbot, open_station, project_root)
    told = "boxes are carried the built-in way"
    wait_until(qtbot, lambda: told in station.window.notice.text, LONG_WAIT_MS)
    (found,) = carried(qtbot, station, page)

    assert found.box.class_id == 1


def test_a_tracker_that_hangs_keeps_nobody_waiting(
    qtbot: QtBot, open_station: OpenStation, project_root: Path, tracker_file: Path
) -> None:
    made.hanging(tracker_file, pair=True)
    station, page = opened(qtbot, open_station, project_root)
    tracker = page._calls.desk._tracker  # type: ignore[attr-defined]

    (found,) = carried(qtbot, station, page)
    was_loading = tracker._asking.locked()
    station.close()

    assert found.box.class_id == 1
    assert was_loading
    assert not tracker.is_ready
    assert tracker._child is None


def test_a_tracker_that_dies_is_told_with_the_next_sample(
    qtbot: QtBot, open_station: OpenStation, project_root: Path, tracker_file: Path
) -> None:
    station, page = opened(qtbot, open_station, project_root)
    said: list[str] = []
    page.notice_came.connect(lambda words, _tone: said.append(words))
    tracker = page._calls.desk._tracker  # type: ignore[attr-defined]
    wait_until(qtbot, lambda: tracker.is_ready, LONG_WAIT_MS)
    tracker._child._process.kill()
    tracker._child._process.wait()

    (found,) = carried(qtbot, station, page)

    wait_until(qtbot, lambda: said)
    assert "boxes are carried the built-in way" in said[0]
    assert found.box.class_id == 1
