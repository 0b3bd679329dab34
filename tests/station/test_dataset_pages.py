from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import Box, LabelEdit, SampleState
from labeling import edits
from station.assembly import Station
from station.desks.test_sets_desk import rule_words
from station.keys import Page
from station.views.dataset.class_table import cell_tone
from station.views.dataset.dataset_contract import ClassView, CountCell
from station.views.versions.drift_table import effect_words, span_of
from station.views.versions.versions_contract import DriftRow
from tests.gestures import LONG_WAIT_MS, click_button, press, wait_until
from tests.station.conftest import OpenStation, pages_of, street


def add_labeled(root: Path, session_name: str, numbers: range) -> None:
    """One session of accepted pictures, a car on each."""
    with Project.open(root) as project:
        session = project.begin_session(name=session_name)
        for number in numbers:
            _, coded = cv2.imencode(".png", street(number))
            sample = project.take_in(
                coded.tobytes(), session, captured_us=number * 1_000_000
            ).sample
            before = project.catalog.labels.get(sample.id)
            x = 40.0 + 6 * number
            box = Box(
                id=f"00000000-0000-4000-8000-{number:012d}",
                class_id=1,
                x0=x,
                y0=100.0,
                x1=x + 60,
                y1=140.0,
            )
            drawn = edits.draw(before, box)
            for title, old, new in (
                ("drew car", before, drawn),
                ("accepted", drawn, edits.accept(drawn)),
            ):
                project.catalog.labels.apply(
                    LabelEdit(
                        sample_id=sample.id, title=title, before=old, after=new, at_us=1
                    )
                )


@pytest.fixture
def labeled_root(tmp_path: Path) -> Path:
    root = tmp_path / "labeled"
    Project.create(root, ["car", "van"]).close()
    add_labeled(root, "one", range(0, 4))
    add_labeled(root, "two", range(20, 24))
    return root


@pytest.fixture
def station(
    qtbot: QtBot, open_station: OpenStation, labeled_root: Path
) -> Iterator[Station]:
    made = open_station(labeled_root, Page.DATASET)
    yield made
    made.window.close()


def idle(qtbot: QtBot, station: Station) -> None:
    wait_until(qtbot, lambda: station.runner.is_idle, LONG_WAIT_MS)


def test_the_dataset_page_counts_boxes_by_class_and_split(
    qtbot: QtBot, station: Station
) -> None:
    page = pages_of(station).dataset
    wait_until(qtbot, lambda: page.state.classes)

    assert page.state.counts[ClassView.BOXES].cells[(1, "")] == CountCell(count=8)
    assert page.state.unassigned == 2
    wait_until(qtbot, lambda: page.groups.model.rows)
    assert [row.samples for row in page.groups.model.rows] == [4, 4]


def test_split_now_assigns_every_new_group(qtbot: QtBot, station: Station) -> None:
    page = pages_of(station).dataset
    wait_until(qtbot, lambda: page.state.unassigned)

    press(station.window, "Ctrl+T")

    wait_until(qtbot, lambda: page.state.classes and not page.state.unassigned)
    idle(qtbot, station)
    assert all(row.split not in ("", "new") for row in page.groups.model.rows)
    assert station.window.notice.text


@pytest.mark.parametrize(
    ("cell", "tone"),
    [
        (CountCell(count=5), "accent"),
        (CountCell(count=10, target=10), "ok"),
        (CountCell(count=5, target=10), "warn"),
        (CountCell(count=4, target=10), "bad"),
    ],
)
def test_a_bar_says_how_far_its_target_is(cell: CountCell, tone: str) -> None:
    assert cell_tone(cell) == tone


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", "by shortfall"),
        ("after:2026-11-01", "from 2026-11-01"),
        ("place:bridge 7", "place bridge 7"),
        ("condition:light=night", "light=night"),
    ],
)
def test_rules_are_said_in_words(rule: str, words: str) -> None:
    assert rule_words(rule) == words


def test_review_relabels_deletes_and_confirms(
    qtbot: QtBot, station: Station, labeled_root: Path
) -> None:
    page = pages_of(station).review
    station.window.show_page(Page.REVIEW)
    wait_until(qtbot, lambda: len(page.grid.rows.rows) == 8)

    page.grid.setCurrentIndex(page.grid.rows.index(0))
    press(station.window, "2")
    idle(qtbot, station)
    page.grid.setCurrentIndex(page.grid.rows.index(0))
    press(station.window, "Y")
    idle(qtbot, station)
    page.grid.setCurrentIndex(page.grid.rows.index(0))
    press(station.window, "Del")
    idle(qtbot, station)

    assert len(page.grid.rows.rows) == 7
    with Project.open(labeled_root, read_only=True) as project:
        totals = project.catalog.tables.class_totals()
    assert sum(boxes for boxes, _, _ in totals.values()) == 7
    assert any(item.reviewed for item in page.grid.rows.rows)


def test_a_box_under_review_opens_its_sample_in_label(
    qtbot: QtBot, station: Station
) -> None:
    pages = pages_of(station)
    station.window.show_page(Page.REVIEW)
    wait_until(qtbot, lambda: pages.review.grid.rows.rows)
    pages.review.grid.setCurrentIndex(pages.review.grid.rows.index(3))
    wanted = pages.review.grid.chosen[0].sample_id

    press(station.window, "Return")

    wait_until(
        qtbot,
        lambda: pages.label.state is not None and pages.label.state.sample.id == wanted,
    )
    assert station.window.page is Page.LABEL


def test_two_versions_are_frozen_compared_and_exported(
    qtbot: QtBot, station: Station, labeled_root: Path, tmp_path: Path
) -> None:
    page = pages_of(station).versions
    station.window.show_page(Page.VERSIONS)
    page.freeze("first")
    wait_until(qtbot, lambda: [v.alias for v in page.rows.rows] == ["v1"], LONG_WAIT_MS)
    # The version is listed as soon as its files are there; the report takes longer.
    idle(qtbot, station)
    add_labeled(labeled_root, "three", range(30, 33))
    page.freeze("second")
    wait_until(
        qtbot, lambda: [v.alias for v in page.rows.rows] == ["v2", "v1"], LONG_WAIT_MS
    )
    idle(qtbot, station)

    assert page.chosen is not None
    assert page.chosen.alias == "v2"
    assert page.view.drift.model.rows
    target = tmp_path / "out"
    page.ask_export()
    dialog = page.handover.dialog
    assert dialog is not None
    dialog.target.write(str(target))
    wait_until(qtbot, dialog.yes.isEnabled, LONG_WAIT_MS)
    click_button(dialog.yes)
    wait_until(qtbot, dialog.open_folder.isVisible, LONG_WAIT_MS)
    assert any(target.rglob("*.json"))


def test_freezing_nothing_is_a_sentence(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    station = open_station(project_root, Page.VERSIONS)
    page = pages_of(station).versions
    wait_until(qtbot, lambda: station.runner.is_idle)

    page.freeze("too early")

    wait_until(qtbot, lambda: station.window.notice.text)
    assert page.rows.rows == ()
    with Project.open(project_root, read_only=True) as project:
        assert project.catalog.samples.states()[SampleState.NEW] == 4


def test_the_axis_of_drift_holds_every_interval() -> None:
    rows = (
        DriftRow(
            metric="a", effect=-2.0, low=-3.0, high=-1.0, limit=0.2, verdict="drift"
        ),
        DriftRow(
            metric="b", effect=None, low=None, high=None, limit=0.2, verdict="stable"
        ),
    )

    assert span_of(rows) > 3.0
    assert effect_words(rows[0]).endswith("2.00 sd")
    assert "sd" not in effect_words(rows[1])
