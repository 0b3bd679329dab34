"""Handing a version over in the window: looked at, then written, sent, resumed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from dataset.cloud_settings import CloudSettings
from dataset.project import Project
from dataset.sealed.sealing import ledger, seal
from export.push import push_version
from export.stores.folder_store import LocalFolderStore
from station.assembly import Station
from station.keys import Page
from station.views.versions.handover_contract import Place, Way
from station.views.versions.handover_dialog import HandoverDialog
from station.views.versions.handover_fields import PLACES
from tests.gestures import (
    LONG_WAIT_MS,
    click_button,
    press,
    type_words,
    wait_until,
)
from tests.sealed_projects import frozen, sealable_project
from tests.servers.azurite import ACCOUNT, KEY, running_azurite
from tests.small_projects import files_under
from tests.station.conftest import OpenStation, pages_of
from tests.station.two_versions import freeze_two

SLOW = "\n[cloud]\nrate_kb_s = 4\nparallel = 1\n"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return freeze_two(tmp_path_factory.mktemp("handover") / "two")


@pytest.fixture
def root(two: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(two, tmp_path / "two"))


@pytest.fixture
def station(qtbot: QtBot, open_station: OpenStation, root: Path) -> Iterator[Station]:
    made = opened(qtbot, open_station, root)
    yield made
    made.window.close()


def opened(qtbot: QtBot, open_station: OpenStation, root: Path) -> Station:
    station = open_station(root, Page.VERSIONS)
    wait_until(qtbot, lambda: station.runner.is_idle, LONG_WAIT_MS)
    return station


def dialog_of(qtbot: QtBot, station: Station) -> HandoverDialog:
    """The dialog, asked for with its key and looked through."""
    press(station.window, "Ctrl+E")
    dialog = pages_of(station).versions.handover.dialog
    assert dialog is not None
    wait_until(qtbot, lambda: "samples" in said(dialog))
    return dialog


def said(dialog: HandoverDialog) -> str:
    """Every text that is shown, as it is read."""
    labels = [part for part in dialog.findChildren(QLabel) if part.isVisible()]
    fields = [part for part in dialog.findChildren(QLineEdit) if part.isVisible()]
    texts = [part.text() for part in (*labels, *fields)]
    return "\n".join(texts).replace("\u200b", "")


def write_target(dialog: HandoverDialog, place: Place, target: object) -> None:
    dialog.target.places.choose(PLACES.index(place))
    type_words(dialog.target.field, str(target))


def push_chosen(dialog: HandoverDialog) -> None:
    dialog.ways.choose((Way.EXPORT, Way.PUSH).index(Way.PUSH))


def begin(qtbot: QtBot, dialog: HandoverDialog) -> None:
    wait_until(qtbot, dialog.yes.isEnabled)
    click_button(dialog.yes)


def test_what_goes_is_said_before_anything_is_written_and_where_it_went_after(
    qtbot: QtBot, station: Station, tmp_path: Path
) -> None:
    dialog = dialog_of(qtbot, station)
    target = tmp_path / "out"

    dialog.formats.boxes["csv"].click()
    write_target(dialog, Place.FOLDER, target)
    wait_until(qtbot, dialog.yes.isEnabled)
    assert "30 samples, 60 boxes" in said(dialog)
    assert not target.exists()
    assert not dialog.open_folder.isVisible()
    click_button(dialog.yes)

    wait_until(qtbot, dialog.open_folder.isVisible)
    assert str(target) in dialog.work.words
    assert {path.name for path in target.iterdir()} == {"coco", "csv"}
    assert "SHA256SUMS" in files_under(target / "coco")


def test_what_a_target_would_refuse_or_twist_is_listed(
    qtbot: QtBot, station: Station
) -> None:
    dialog = dialog_of(qtbot, station)

    dialog.formats.boxes["custom-vision"].click()

    wait_until(qtbot, lambda: dialog.findings.model.rows)
    rows = dialog.findings.model.rows
    assert any("custom-vision: Images under" in row.what for row in rows)
    assert all(row.level == "warn" for row in rows)
    assert dialog.yes.isEnabled()


def test_no_format_is_nothing_to_export(qtbot: QtBot, station: Station) -> None:
    dialog = dialog_of(qtbot, station)

    dialog.formats.boxes["coco"].click()

    wait_until(qtbot, lambda: "Choose a format" in said(dialog))
    assert not dialog.yes.isEnabled()


def test_archive_is_written_whole(
    qtbot: QtBot, station: Station, tmp_path: Path
) -> None:
    dialog = dialog_of(qtbot, station)

    write_target(dialog, Place.ARCHIVE, tmp_path / "v2.rar")
    begin(qtbot, dialog)
    wait_until(qtbot, lambda: "ends in .zip or .tar" in dialog.work.words)
    write_target(dialog, Place.ARCHIVE, tmp_path / "v2.zip")
    begin(qtbot, dialog)

    wait_until(qtbot, dialog.open_folder.isVisible)
    assert (tmp_path / "v2.zip").is_file()
    assert not (tmp_path / "v2.rar").exists()


def test_refusal_is_said_in_the_dialog_and_can_be_mended(
    qtbot: QtBot, station: Station, tmp_path: Path
) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "a.tex").write_text("years of work")
    dialog = dialog_of(qtbot, station)

    write_target(dialog, Place.FOLDER, tmp_path / "thesis")
    begin(qtbot, dialog)
    wait_until(qtbot, lambda: "no export of fieldset" in dialog.work.words)
    assert "choose a new or empty folder" in dialog.work.words
    assert not station.window.notice.isVisible()
    write_target(dialog, Place.FOLDER, tmp_path / "new")
    begin(qtbot, dialog)

    wait_until(qtbot, dialog.open_folder.isVisible)
    assert files_under(tmp_path / "thesis") == {"a.tex"}


def test_cancelled_push_says_so_and_goes_on(
    qtbot: QtBot, station: Station, root: Path, tmp_path: Path
) -> None:
    settings = root / "fieldset.toml"
    before = settings.read_text(encoding="utf-8")
    settings.write_text(before + SLOW, encoding="utf-8")
    dialog = dialog_of(qtbot, station)

    push_chosen(dialog)
    write_target(dialog, Place.FOLDER, tmp_path / "usb")
    begin(qtbot, dialog)
    wait_until(qtbot, lambda: len(files_under(tmp_path / "usb")) > 4)
    assert "of 31" in dialog.work.step_words
    click_button(dialog.stop)
    wait_until(qtbot, lambda: "Cancelled" in dialog.work.words)
    settings.write_text(before, encoding="utf-8")
    click_button(dialog.yes)

    wait_until(qtbot, dialog.open_folder.isVisible)
    assert " 0 there before" not in dialog.work.words
    assert list((tmp_path / "usb" / "heads").glob("*/*.json"))


def test_closed_dialog_lets_the_work_go_on_and_a_notice_tells(
    qtbot: QtBot, station: Station, root: Path, tmp_path: Path
) -> None:
    settings = root / "fieldset.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + SLOW.replace("= 4", "= 40"), encoding="utf-8")
    dialog = dialog_of(qtbot, station)

    push_chosen(dialog)
    write_target(dialog, Place.FOLDER, tmp_path / "usb")
    begin(qtbot, dialog)
    click_button(dialog.leave)
    assert not dialog.isVisible()

    wait_until(
        qtbot, lambda: "It lies whole in" in station.window.notice.text, LONG_WAIT_MS
    )
    pages_of(station).versions.ask_export()
    again = pages_of(station).versions.handover.dialog
    assert again is not dialog


def test_window_that_closes_ends_a_push_which_goes_on_later(
    qtbot: QtBot, open_station: OpenStation, root: Path, tmp_path: Path
) -> None:
    settings = root / "fieldset.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + SLOW, encoding="utf-8")
    station = opened(qtbot, open_station, root)
    dialog = dialog_of(qtbot, station)

    push_chosen(dialog)
    write_target(dialog, Place.FOLDER, tmp_path / "usb")
    begin(qtbot, dialog)
    wait_until(qtbot, lambda: len(files_under(tmp_path / "usb")) > 4)
    station.window.close()
    result = push_version(
        root, "v2", LocalFolderStore(tmp_path / "usb"), CloudSettings()
    )

    assert result.skipped > 0
    assert result.sent > 0


def test_sealed_sets_go_along_for_a_reason_alone(
    qtbot: QtBot, open_station: OpenStation, tmp_path: Path
) -> None:
    with sealable_project(tmp_path / "p") as project:
        seal(project, "test-main")
        project.catalog.versions.add(frozen(project))
    dialog = dialog_of(qtbot, opened(qtbot, open_station, tmp_path / "p"))
    write_target(dialog, Place.FOLDER, tmp_path / "out")
    wait_until(qtbot, dialog.yes.isEnabled)
    assert "3 sealed in test-main" in dialog.aside

    dialog.sealed.box.click()
    wait_until(qtbot, lambda: "sealed in test-main" not in dialog.aside)
    assert not dialog.yes.isEnabled()
    type_words(dialog.sealed.operator, "A. Berg")
    type_words(dialog.sealed.reason, "last check")
    begin(qtbot, dialog)

    wait_until(qtbot, dialog.open_folder.isVisible)
    with Project.open(tmp_path / "p") as project:
        lines = [str(line) for line in ledger(project)]
    assert any("last check" in line and "A. Berg" in line for line in lines)


class TestCloud:
    def test_source_of_the_credential_is_named_and_the_secret_is_not(
        self, qtbot: QtBot, station: Station, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "yard")
        monkeypatch.setenv("AZURE_STORAGE_KEY", KEY)
        dialog = dialog_of(qtbot, station)

        write_target(dialog, Place.CLOUD, "azure://container/v2")

        wait_until(qtbot, lambda: "the environment, account yard" in dialog.aside)
        assert dialog.yes.isEnabled()
        assert KEY not in said(dialog)

    def test_missing_credential_is_said_before_anything_is_sent(
        self, qtbot: QtBot, station: Station
    ) -> None:
        dialog = dialog_of(qtbot, station)

        write_target(dialog, Place.CLOUD, "azure://container/v2")

        wait_until(qtbot, lambda: "No Azure credential" in dialog.aside)
        assert not dialog.yes.isEnabled()

    def test_word_that_is_no_address_is_not_taken_for_a_folder(
        self, qtbot: QtBot, station: Station, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "yard")
        monkeypatch.setenv("AZURE_STORAGE_KEY", KEY)
        dialog = dialog_of(qtbot, station)

        write_target(dialog, Place.CLOUD, "container/v2")

        wait_until(qtbot, lambda: "azure://CONTAINER/PREFIX" in dialog.aside)
        assert not dialog.yes.isEnabled()

    def test_export_and_push_reach_a_container(
        self,
        qtbot: QtBot,
        station: Station,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with running_azurite(tmp_path / "azurite") as service:
            monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", service.connection())
            with service.container(f"t-{uuid4().hex[:16]}") as container:
                dialog = dialog_of(qtbot, station)
                place = f"azure://{container.container_name}"
                write_target(dialog, Place.CLOUD, f"{place}/export")
                begin(qtbot, dialog)
                wait_until(qtbot, lambda: "It lies whole in" in dialog.work.words)
                assert not dialog.open_folder.isVisible()

                push_chosen(dialog)
                write_target(dialog, Place.CLOUD, f"{place}/push")
                dialog.proof.click()
                begin(qtbot, dialog)
                wait_until(qtbot, lambda: "read back and equal" in dialog.work.words)
                names = set(container.list_blob_names())

        assert {"export/SHA256SUMS", "push/fieldset-store.json"} <= names
        assert ACCOUNT in dialog.aside
        assert os.environ["AZURE_STORAGE_CONNECTION_STRING"] not in said(dialog)
