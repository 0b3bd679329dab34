"""A sample captured for a class is labeled with that class chosen."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from dataset.project import Project
from tests.gestures import draw_box, press, saved, wait_until
from tests.station.conftest import OpenStation, pages_of


def test_the_queue_begins_a_sample_with_the_class_it_was_captured_for(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    with Project.open(project_root) as project:
        (session,) = project.catalog.sessions.all()
        ids = [s.id for s in project.catalog.samples.of_session(session.id)]
        project.catalog.class_hints.put(ids[1], 2)
    station = open_station(project_root)
    page = pages_of(station).label
    wait_until(qtbot, lambda: page.class_id == 1 and page.canvas.has_picture)

    press(station.window, "D")
    wait_until(qtbot, lambda: page.class_id == 2)
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)

    assert page.state is not None
    assert [box.class_id for box in page.state.boxes] == [2]
