"""What hands do on the Capture page, for tests: open a source, wait, end."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

import station
from dataset.project import Project
from dataset.records import Sample
from station.views.capture.capture_page import CapturePage
from tests.gestures import LONG_WAIT_MS, wait_until

CLIP = Path(station.__file__).parent / "demo" / "traffic_camera.mp4"
SIMULATED = "simulated:"


def begin(
    qtbot: QtBot, page: CapturePage, source: object = CLIP, name: str = ""
) -> None:
    """Fill the form in, open the source, and wait for its picture."""
    for field, words in (
        ("source", str(source)),
        ("name", name),
        ("operator", "Ada"),
        ("place", "bridge 4"),
        ("conditions", "light=day"),
    ):
        page.panel.form.set_text(field, words)
    page.panel.form.submit()
    live = page.live
    before = live.painted
    wait_until(
        qtbot,
        lambda: page.status.is_running and live.painted > before,
        LONG_WAIT_MS,
    )


def end(qtbot: QtBot, page: CapturePage) -> None:
    """End the session of the chosen camera."""
    page.stop()
    wait_until(qtbot, lambda: not page.status.is_running, LONG_WAIT_MS)


def captured(root: Path) -> tuple[Sample, ...]:
    """The samples of the sessions that were captured from a source, oldest first."""
    with Project.open(root, read_only=True) as project:
        return tuple(
            sample
            for session in project.catalog.sessions.all()
            if session.source
            for sample in project.catalog.samples.of_session(session.id)
        )
