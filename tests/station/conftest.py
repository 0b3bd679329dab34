"""A small real project, and the window on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dataset.project import Project
from station.assembly import Station
from station.jobs import Runner
from station.keys import Page
from station.pages import PageSet
from station.settings import ReadSettings, UserSettings
from tests.gestures import wait_until

WIDTH, HEIGHT = 320, 240
OpenStation = Callable[..., Station]


def street(number: int) -> NDArray[np.uint8]:
    """A textured picture with one bright car, further right in each."""
    rng = np.random.default_rng(7)
    ground = rng.integers(60, 90, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    car = np.random.default_rng(8).integers(120, 255, (40, 60, 3), dtype=np.uint8)
    x = 40 + 6 * number
    ground[100:140, x : x + 60] = car
    return ground


def make_project(root: Path, pictures: int = 4) -> None:
    """Make a project with one session of pictures, half a second apart."""
    with Project.create(root, ["car", "van"]) as project:
        session = project.begin_session(name="morning", place="bridge 4")
        for number in range(pictures):
            done, coded = cv2.imencode(".png", street(number))
            assert done
            project.take_in(
                coded.tobytes(), session, captured_us=1_000_000 + number * 500_000
            )


@pytest.fixture
def project_root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    make_project(root)
    return root


@pytest.fixture
def runner(qapp: QApplication) -> Iterator[Runner]:
    made = Runner()
    yield made
    made.close()


@pytest.fixture
def open_station(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> Iterator[OpenStation]:
    """Opens the window on a project; everything is closed at the end."""
    made: list[Station] = []

    def open_one(
        root: Path | None, page: Page = Page.LABEL, theme: str = "dark"
    ) -> Station:
        settings = ReadSettings(
            settings=UserSettings(theme=theme, station="north-gate")
        )
        station = Station(qapp, settings, tmp_path / "window.json")
        made.append(station)
        crashes: list[str] = []
        station.runner.job_crashed.connect(
            lambda _title, bug: crashes.append(repr(bug))
        )
        station.begin(root, page)
        qtbot.waitExposed(station.window)
        if root is not None:
            wait_until(qtbot, lambda: station.pages is not None or crashes)
        assert not crashes
        return station

    yield open_one
    for station in made:
        station.window.close()
        station.close()
        station.window.deleteLater()


@pytest.fixture
def labeling(qtbot: QtBot, open_station: OpenStation, project_root: Path) -> Station:
    """The window on the small project, the first picture shown."""
    station = open_station(project_root)
    pages = pages_of(station)
    wait_until(
        qtbot,
        lambda: (
            pages.label.state is not None
            and pages.label.canvas.has_picture
            and pages.label.class_id is not None
        ),
    )
    return station


def pages_of(station: Station) -> PageSet:
    """The pages of the open project."""
    assert station.pages is not None
    return station.pages
