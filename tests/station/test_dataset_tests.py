"""The test sets of the Dataset page: sealed, drawn, retired, and their ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.sealed.sealing import Person, draw, ledger, seal
from station.assembly import Station
from station.desks.test_sets_desk import kind_words
from station.keys import Page
from station.views.dataset.dataset_page import DatasetPage
from station.views.dataset.test_dialogs import ActDialog, DrawDialog, RetireDialog
from tests.gestures import click_button, click_row, press, type_words, wait_until
from tests.sealed_projects import MODEL, sealable_project
from tests.station.conftest import OpenStation, pages_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "sealed"
    sealable_project(folder).close()
    return folder


@pytest.fixture
def station(qtbot: QtBot, open_station: OpenStation, root: Path) -> Iterator[Station]:
    made = open_station(root, Page.DATASET)
    wait_until(qtbot, lambda: pages_of(made).dataset.tests.sets)
    yield made
    made.window.close()


def page_of(station: Station) -> DatasetPage:
    return pages_of(station).dataset


def choose(page: DatasetPage, name: str) -> None:
    names = [found.name for found in page.test_card.model.rows]
    index = page.test_card.model.index(names.index(name), 0)
    click_row(page.test_card.view, index)


def dialog_of(page: DatasetPage) -> ActDialog:
    assert page.acts.dialog is not None
    return page.acts.dialog


def state_of(page: DatasetPage, name: str) -> str:
    return next(found.state for found in page.tests.sets if found.name == name)


def seal_main(root: Path) -> None:
    with Project.open(root) as project:
        seal(project, "test-main", by=Person(operator="me", station="here"))


def test_a_set_is_sealed_by_the_person_named(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    page = page_of(station)
    choose(page, "test-main")

    click_button(page.test_card.seal)
    type_words(dialog_of(page).operator, "A. Berg")
    click_button(dialog_of(page).yes)

    wait_until(qtbot, lambda: state_of(page, "test-main") == "sealed")
    assert page.acts.dialog is None
    with Project.open(root, read_only=True) as project:
        (line,) = ledger(project)
    assert (line.operator, line.station) == ("A. Berg", "north-gate")
    assert "test-main is sealed" in station.window.notice.text


def test_a_refusal_stays_in_the_dialog(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    page = page_of(station)
    choose(page, "test-bridge")

    click_button(page.test_card.seal)
    dialog = dialog_of(page)
    click_button(dialog.yes)

    wait_until(qtbot, lambda: "holds no labeled sample" in dialog.said)
    assert "fieldset split" in dialog.said
    dialog.reject()
    with Project.open(root, read_only=True) as project:
        assert ledger(project) == ()


def test_the_same_model_is_refused_the_second_time(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    seal_main(root)
    page = page_of(station)
    wait_until(qtbot, lambda: state_of(page, "test-main") == "sealed")
    choose(page, "test-main")

    for _ in range(2):
        click_button(page.test_card.draw)
        dialog = dialog_of(page)
        assert isinstance(dialog, DrawDialog)
        type_words(dialog.model, MODEL)
        click_button(dialog.yes)
        wait_until(
            qtbot, lambda d=dialog: page.acts.dialog is None or "before" in d.said
        )
        if page.acts.dialog is None:
            wait_until(qtbot, lambda: page.test_card.model.rows[0].used == 1)
            choose(page, "test-main")

    assert "was drawn for this model before" in dialog.said
    dialog.reject()
    with Project.open(root, read_only=True) as project:
        assert len(ledger(project)) == 2


def test_a_model_file_gives_its_digest(
    qtbot: QtBot, station: Station, root: Path, tmp_path: Path
) -> None:
    seal_main(root)
    page = page_of(station)
    wait_until(qtbot, lambda: state_of(page, "test-main") == "sealed")
    choose(page, "test-main")
    model = tmp_path / "model.onnx"
    model.write_bytes(b"weights")

    click_button(page.test_card.draw)
    dialog = dialog_of(page)
    assert isinstance(dialog, DrawDialog)
    dialog.file_chosen.emit(model)

    digest = hashlib.sha256(b"weights").hexdigest()
    wait_until(qtbot, lambda: dialog.model.text() == digest)
    dialog.reject()


def test_a_model_file_that_is_gone_is_a_sentence(
    qtbot: QtBot, station: Station, root: Path, tmp_path: Path
) -> None:
    seal_main(root)
    page = page_of(station)
    wait_until(qtbot, lambda: state_of(page, "test-main") == "sealed")
    choose(page, "test-main")
    click_button(page.test_card.draw)
    dialog = dialog_of(page)
    assert isinstance(dialog, DrawDialog)

    dialog.file_chosen.emit(tmp_path / "gone.onnx")

    wait_until(qtbot, lambda: "no such model file" in dialog.said)
    dialog.reject()


def test_a_draw_hands_out_its_bundle(
    qtbot: QtBot, station: Station, root: Path, tmp_path: Path
) -> None:
    seal_main(root)
    page = page_of(station)
    wait_until(qtbot, lambda: state_of(page, "test-main") == "sealed")
    choose(page, "test-main")

    click_button(page.test_card.draw)
    dialog = dialog_of(page)
    assert isinstance(dialog, DrawDialog)
    type_words(dialog.model, MODEL)
    type_words(dialog.folder, str(tmp_path / "bundle"))
    click_button(dialog.yes)

    wait_until(qtbot, lambda: page.acts.dialog is None)
    assert (tmp_path / "bundle" / "ledger.json").is_file()


def test_a_retired_set_gives_way_to_the_vault(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    seal_main(root)
    page = page_of(station)
    wait_until(qtbot, lambda: state_of(page, "test-main") == "sealed")
    choose(page, "test-main")

    click_button(page.test_card.retire)
    dialog = dialog_of(page)
    assert isinstance(dialog, RetireDialog)
    type_words(dialog.reason, "used up")
    click_button(dialog.yes)

    wait_until(qtbot, lambda: state_of(page, "test-main") == "retired")
    assert state_of(page, "test-reserve") == "sealed"
    assert page.ledger.model.rows[1].note == "used up"


def test_the_ledger_shows_every_line_newest_first(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    with Project.open(root) as project:
        by = Person(operator="me", station="here")
        seal(project, "test-main", by=by)
        draw(project, "test-main", model=MODEL, trained_on="none", by=by)
    page = page_of(station)

    press(station.window, "Alt+5")

    wait_until(qtbot, lambda: len(page.ledger.model.rows) == 2)
    newest = page.ledger.model.rows[0]
    assert (newest.n, newest.event, newest.set_name) == (2, "drawn", "test-main")
    assert (newest.who, newest.version) == ("me at here", "none")
    assert MODEL.startswith(newest.model)
    assert page.tests.chain == "2 lines, the chain is whole"


def test_a_ledger_that_was_tampered_with_is_shown_as_broken(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    seal_main(root)
    with Project.open(root) as project, project.catalog.writing():
        project.catalog._connection.run("DROP TRIGGER test_runs_stay")
        project.catalog._connection.run("UPDATE test_runs SET operator = 'other'")
    page = page_of(station)

    press(station.window, "F5")

    wait_until(qtbot, lambda: page.tests.level == "bad")
    assert "edited" in page.ledger.findings.model.rows[0].what
    assert page.ledger.model.rows[0].who == "other at here"
    assert not any(found.may_draw or found.may_seal for found in page.tests.sets)


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("random", "main"),
        ("after:2026-11-01/7d", "time"),
        ("place:bridge 7", "site"),
        ("condition:light=night", "condition"),
        ("stress:dark/3 of test-main", "stress"),
        ("vault", "vault"),
    ],
)
def test_a_rule_says_what_the_set_tests(rule: str, kind: str) -> None:
    assert kind_words(rule) == kind


def test_sets_and_ledger_are_proper_models(
    station: Station, qtmodeltester: ModelTester
) -> None:
    page = page_of(station)

    qtmodeltester.check(page.test_card.model)
    qtmodeltester.check(page.ledger.model)
    qtmodeltester.check(page.ledger.findings.model)
