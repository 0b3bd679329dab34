"""The groups of the Dataset page: why each is where it is, and a split tried first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import LedgerAction
from dataset.sealed.sealing import seal
from station.assembly import Station
from station.desks.dataset_desk import ProjectDatasetDesk
from station.keys import Page
from station.views.dataset.dataset_contract import GroupRow
from station.views.dataset.dataset_page import DatasetPage
from station.views.dataset.group_list import matching
from tests.gestures import click_button, click_row, press, type_words, wait_until
from tests.sealed_projects import labeled_group, put, sealable_project
from tests.small_projects import filled, new_session
from tests.station.conftest import OpenStation, pages_of


def row(group_id: str, split: str, why: str, *keys: str) -> GroupRow:
    return GroupRow(
        id=group_id,
        sessions=("morning",),
        samples=3,
        split=split,
        why=why,
        keys=frozenset(keys),
        words=f"{group_id}\n{split}\n{why}".casefold(),
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Groups in every split, one without, one in quarantine, one not labeled."""
    folder = tmp_path / "groups"
    with sealable_project(folder) as project:
        labeled_group(project, "", first=100)
        away = labeled_group(project, "train", first=200)
        put(
            project,
            away[0].group_id,
            "train",
            LedgerAction.QUARANTINED,
            "like 2 samples as in test-main (g-1)",
        )
        filled(project, new_session(project, "fresh"), 2, first=300)
    return folder


@pytest.fixture
def station(qtbot: QtBot, open_station: OpenStation, root: Path) -> Iterator[Station]:
    made = open_station(root, Page.DATASET)
    wait_until(qtbot, lambda: pages_of(made).dataset.groups.model.rows)
    yield made
    made.window.close()


def page_of(station: Station) -> DatasetPage:
    return pages_of(station).dataset


def by_session(page: DatasetPage, name: str) -> GroupRow:
    rows = page.groups.model.rows
    return next(found for found in rows if name in found.sessions)


def test_each_group_says_where_it_is_and_why(station: Station) -> None:
    page = page_of(station)

    assert by_session(page, "session 30").split == "test-main"
    assert by_session(page, "session 30").why == "by hand"
    assert by_session(page, "session 100").split == "new"
    assert by_session(page, "session 200").split == "quarantined"
    assert by_session(page, "session 200").level == "bad"
    assert by_session(page, "fresh").split == "not labeled"


def test_a_group_that_a_sealed_set_holds_out_waits(tmp_path: Path) -> None:
    with sealable_project(tmp_path / "p") as project:
        labeled_group(project, "test-bridge", first=400, place="bridge")
        seal(project, "test-bridge")
        labeled_group(project, "", first=500, place="bridge")

    rows = ProjectDatasetDesk(tmp_path / "p").groups().rows

    late = next(found for found in rows if "session 500" in found.sessions)
    assert late.split == "waits"
    assert "test-bridge" in late.why


def test_groups_are_found_by_every_word(qtbot: QtBot, station: Station) -> None:
    page = page_of(station)

    type_words(page.groups.search, "session 200 LIKE")

    wait_until(qtbot, lambda: len(page.groups.model.rows) == 1)
    assert page.groups.model.rows[0].split == "quarantined"


def test_a_search_without_an_answer_says_so(qtbot: QtBot, station: Station) -> None:
    page = page_of(station)

    press(station.window, "Ctrl+F")
    type_words(page.groups.search, "zebra")

    wait_until(qtbot, lambda: not page.groups.model.rows)
    assert not page.groups.view.isVisible()


def test_groups_are_filtered_by_split(qtbot: QtBot, station: Station) -> None:
    page = page_of(station)
    at = page.groups.filter.findData("split:train")

    page.groups.filter.setCurrentIndex(at)
    page.groups.filter.activated.emit(at)

    assert {found.split for found in page.groups.model.rows} == {"train"}
    assert page.groups.filter.currentText() == "train (2)"


def test_the_story_of_a_group_is_told_in_order(qtbot: QtBot, station: Station) -> None:
    page = page_of(station)
    at = page.groups.model.rows.index(by_session(page, "session 200"))

    click_row(page.groups.view, page.groups.model.index(at, 0))

    wait_until(qtbot, lambda: "quarantined" in page.groups.story)
    lines = page.groups.story.splitlines()
    assert "session 200" in lines[0]
    assert "assigned to train" in lines[1]
    assert "quarantined out of train" in lines[2]


def test_a_split_is_tried_before_it_is_done(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    page = page_of(station)

    press(station.window, "Ctrl+Shift+T")
    wait_until(qtbot, lambda: page.plan)

    assert page.plan is not None
    planned = page.plan.groups.rows
    assert [found.sessions for found in planned] == [("session 100",)]
    assert all(found.split and found.why for found in planned)
    with Project.open(root, read_only=True) as project:
        splits = {line.id: line.split for line in project.catalog.tables.group_lines()}
    assert splits[planned[0].id] == ""

    click_button(page.plan.yes)
    wait_until(qtbot, lambda: by_session(page, "session 100").split != "new")
    assert by_session(page, "session 100").split == planned[0].split


def test_groups_that_did_not_change_stay_the_same_objects(root: Path) -> None:
    desk = ProjectDatasetDesk(root)
    before = desk.groups()
    with Project.open(root) as project:
        labeled_group(project, "val", first=600)

    after = desk.groups()

    assert desk.groups() is after
    assert len(after.rows) == len(before.rows) + 1
    known = {found.id: found for found in after.rows}
    assert all(known[found.id] is found for found in before.rows)


def test_what_another_program_adds_is_shown(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    page = page_of(station)

    with Project.open(root) as other:
        labeled_group(other, "train", first=700)

    wait_until(
        qtbot,
        lambda: any(
            "session 700" in found.sessions for found in page.groups.model.rows
        ),
    )


def test_settings_with_a_fault_are_a_sentence(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    text = (root / "fieldset.toml").read_text(encoding="utf-8")
    (root / "fieldset.toml").write_text(f"{text}\n[nonsense", encoding="utf-8")

    press(station.window, "F5")

    wait_until(qtbot, lambda: "fieldset.toml" in station.window.notice.text)


def test_the_groups_are_a_proper_model(
    station: Station, qtmodeltester: ModelTester
) -> None:
    qtmodeltester.check(page_of(station).groups.model)


def test_a_search_keeps_the_order_of_the_groups() -> None:
    rows = (
        row("g-1", "train", "a car", "split:train"),
        row("g-2", "val", "a car", "split:val"),
        row("g-3", "train", "a bus", "split:train", "joined"),
    )

    assert matching(rows, "") == rows
    assert matching(rows, "CAR a") == rows[:2]
    assert matching(rows, "a", "split:train") == (rows[0], rows[2])
    assert matching(rows, "", "joined") == rows[2:]
