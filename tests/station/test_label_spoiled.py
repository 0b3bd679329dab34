"""The Label page where a picture is not as it was when it was stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from dataset.project import Project
from station.assembly import Station
from station.views.label.label_page import LabelPage
from tests.gestures import (
    corners,
    press,
    saved,
    two_boxes,
    wait_until,
)
from tests.station.conftest import OpenStation, pages_of


@pytest.fixture
def page(labeling: Station) -> LabelPage:
    return pages_of(labeling).label


def first_file(root: Path) -> Path:
    with Project.open(root, read_only=True) as project:
        (session,) = project.catalog.sessions.all()
        return project.image_path(project.catalog.samples.of_session(session.id)[0])


def _vanish(path: Path) -> None:
    path.unlink()


def _other_bytes(path: Path) -> None:
    # A text chunk after the end: the very same pixels, other bytes.
    _rewrite(path, path.read_bytes() + b"more")


def _other_size(path: Path) -> None:
    done, coded = cv2.imencode(".png", np.zeros((90, 120, 3), np.uint8))
    assert done
    _rewrite(path, coded.tobytes())


def _truncated_jpeg(path: Path) -> None:
    done, coded = cv2.imencode(".jpg", np.full((240, 320, 3), 90, np.uint8))
    assert done
    _rewrite(path, coded.tobytes()[: len(coded) // 2])


def _rewrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_vanish, "cannot be read"),
        (_other_bytes, "changed on the disk"),
        (_other_size, "changed on the disk"),
        (_truncated_jpeg, "changed on the disk"),
    ],
)
def test_a_picture_that_is_not_as_it_was_is_named_and_never_accepted(
    qtbot: QtBot,
    open_station: OpenStation,
    project_root: Path,
    spoil: Callable[[Path], None],
    words: str,
) -> None:
    spoil(first_file(project_root))
    station = open_station(project_root)
    page = pages_of(station).label
    wait_until(qtbot, lambda: words in station.window.notice.text)
    assert page.state is not None
    first = page.state.sample.id

    for keys in ("Space", "E"):
        press(station.window, keys)
        wait_until(qtbot, lambda: page.is_saved)
    stayed = page.state.sample.id == first
    press(station.window, "D")
    saved(qtbot, page)

    assert stayed
    assert page.state.sample.id != first
    assert page.canvas.has_picture


def test_boxes_drawn_before_the_picture_was_spoiled_stay_as_they_are(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    two_boxes(qtbot, page)
    before = corners(page)
    labeling.window.close()
    _vanish(first_file(project_root))

    with Project.open(project_root, read_only=True) as project:
        assert page.state is not None
        boxes = project.catalog.labels.boxes(page.state.sample.id)

    assert len(boxes) == len(before)


def test_a_next_picture_that_vanished_is_told_when_it_is_reached(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    first = first_file(project_root)
    station = open_station(project_root)
    page = pages_of(station).label
    wait_until(qtbot, lambda: page.canvas.has_picture)
    assert page.state is not None
    assert page.state.path == first
    (following,) = page._calls.desk.film(0, 1)[1:]
    following.path.unlink()
    two_boxes(qtbot, page)
    wait_until(qtbot, lambda: page._calls._foreseen and station.runner.is_idle)
    assert "cannot be read" not in station.window.notice.text

    press(station.window, "Space")

    wait_until(qtbot, lambda: "cannot be read" in station.window.notice.text)
    wait_until(qtbot, lambda: page.is_saved)
    assert page.state.path == following.path
    assert page.state.proposals == ()
