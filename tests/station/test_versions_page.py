"""The Versions page: frozen, compared with pictures, proven; damage is shown."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import LedgerAction
from labeling.session import LabelingSession
from station.assembly import Station
from station.keys import Page
from station.views.versions.change_picture import surroundings
from station.views.versions.version_list import version_words
from station.views.versions.version_view import DRIFT
from station.views.versions.versions_page import (
    FAULT,
    FREEZE,
    NOTHING,
    VERSION,
    VersionsPage,
)
from tests.gestures import (
    LONG_WAIT_MS,
    click_button,
    click_row,
    press,
    type_words,
    wait_until,
)
from tests.sealed_projects import frozen, labeled_group, put, sealable_project
from tests.station.conftest import OpenStation, pages_of
from tests.station.two_versions import make_two_versions


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_two_versions(tmp_path_factory.mktemp("versions") / "two")


@pytest.fixture
def root(two: Path, tmp_path: Path) -> Path:
    """A copy of the project with two versions."""
    return Path(shutil.copytree(two, tmp_path / "two"))


def opened(qtbot: QtBot, open_station: OpenStation, root: Path) -> Station:
    station = open_station(root, Page.VERSIONS)
    idle(qtbot, station)
    return station


@pytest.fixture
def station(qtbot: QtBot, open_station: OpenStation, root: Path) -> Iterator[Station]:
    made = opened(qtbot, open_station, root)
    yield made
    made.window.close()


def page_of(station: Station) -> VersionsPage:
    return pages_of(station).versions


def idle(qtbot: QtBot, station: Station) -> None:
    wait_until(qtbot, lambda: station.runner.is_idle, LONG_WAIT_MS)


def kinds(page: VersionsPage) -> dict[str, int | None]:
    tree = page.view.changes.model.tree
    return {} if tree is None else {node.text: node.count for node in tree.roots}


def test_the_list_says_what_each_version_holds(station: Station) -> None:
    newest, oldest = page_of(station).rows.rows

    assert (newest.alias, oldest.alias) == ("v2", "v1")
    assert (newest.semver, oldest.semver) == ("2.0.0", "1.0.0")
    assert newest.version.message == "second"
    assert newest.splits
    words = version_words(newest)
    assert newest.version.id in words
    assert "me" in words.splitlines()[-1]


def test_the_newest_version_is_compared_with_its_parent(station: Station) -> None:
    page = page_of(station)

    assert page.view.other.currentText() == "v1"
    assert kinds(page)["Boxes relabelled"] == 1
    assert kinds(page)["Boxes removed"] == 1
    assert kinds(page)["Samples added"] == 6


def test_a_change_shows_its_picture(qtbot: QtBot, station: Station) -> None:
    page = page_of(station)
    model, view = page.view.changes.model, page.view.changes.view
    relabelled = model.index(list(kinds(page)).index("Boxes relabelled"), 0)

    view.expand(relabelled)
    sample = model.index(0, 0, relabelled)
    view.expand(sample)
    click_row(view, model.index(0, 0, sample))

    wait_until(qtbot, lambda: "→" in page.view.picture.caption)
    assert not page.view.picture.image.isNull()


def test_a_picture_that_is_gone_is_a_sentence(
    qtbot: QtBot, open_station: OpenStation, root: Path
) -> None:
    shutil.rmtree(root / "images")
    page = page_of(opened(qtbot, open_station, root))

    wait_until(qtbot, lambda: "cannot be read" in page.view.picture.words)
    assert page.view.picture.image.isNull()


def test_another_version_can_be_compared_with(qtbot: QtBot, station: Station) -> None:
    page = page_of(station)

    click_row(page.list, page.rows.index(1))
    idle(qtbot, station)
    assert page.view.changes.model.tree is None
    at = page.view.other.findText("v2")
    page.view.other.setCurrentIndex(at)
    page.view.other.activated.emit(at)

    wait_until(qtbot, lambda: kinds(page).get("Samples removed") == 6)
    assert page.view.drift.model.rows == ()


def test_verify_proves_a_sound_version(qtbot: QtBot, station: Station) -> None:
    page = page_of(station)

    press(station.window, "Ctrl+Y")

    wait_until(qtbot, lambda: "every byte proven" in station.window.notice.text)
    idle(qtbot, station)
    assert page.view.verify.isEnabled()
    assert page.rows.rows[0].fault == ""


def test_verify_lists_what_is_wrong(qtbot: QtBot, station: Station, root: Path) -> None:
    page = page_of(station)
    image = next((root / "images").rglob("*.jpg"))
    image.chmod(0o644)
    image.write_bytes(image.read_bytes() + b"x")

    click_button(page.view.verify)

    wait_until(qtbot, lambda: page.view.proof.model.rows)
    assert image.stem in page.view.proof.model.rows[0].what
    assert page.view.proof.model.rows[0].level == "bad"
    wait_until(qtbot, lambda: page.rows.rows[0].fault)
    assert page.view.proof.isVisible()


def test_a_damaged_version_is_shown_as_such(
    qtbot: QtBot, open_station: OpenStation, root: Path
) -> None:
    manifest = root / "versions" / "v1" / "manifest.parquet"
    manifest.chmod(0o644)
    manifest.write_bytes(manifest.read_bytes()[:100])

    station = opened(qtbot, open_station, root)

    page = page_of(station)
    assert page.rows.rows[1].fault == "its files are damaged"
    click_row(page.list, page.rows.index(1))
    assert page.stack.currentIndex() == FAULT
    click_row(page.list, page.rows.index(0))
    idle(qtbot, station)
    assert page.stack.currentIndex() == VERSION
    assert page.view.changes.model.tree is None
    assert not station.window.notice.text


def test_a_version_whose_files_go_while_it_is_shown_is_shown_as_gone(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    page = page_of(station)

    shutil.rmtree(root / "versions" / "v2")

    wait_until(qtbot, lambda: page.rows.rows[0].fault == "its files are gone")
    wait_until(qtbot, lambda: page.stack.currentIndex() == FAULT)
    press(station.window, "Ctrl+Y")
    wait_until(qtbot, lambda: "no such version" in station.window.notice.text)


def test_a_version_that_a_command_freezes_appears(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    page = page_of(station)

    with Project.open(root) as other:
        labeling = LabelingSession(other, state="labeled")
        labeling.relabel(labeling.current.boxes[0].id, 2)  # type: ignore[union-attr]
        frozen(other)

    wait_until(qtbot, lambda: page.rows.rows[0].alias == "v3")


def test_drift_that_is_made_later_is_shown(
    qtbot: QtBot, open_station: OpenStation, root: Path
) -> None:
    drift = root / "versions" / "v2" / "drift.json"
    kept = drift.read_bytes()
    drift.unlink()
    page = page_of(opened(qtbot, open_station, root))
    assert page.view.drift.model.rows == ()

    drift.write_bytes(kept)

    wait_until(qtbot, lambda: page.view.drift.model.rows)


def health_in(root: Path, alias: str, faults: int) -> None:
    """Tell in a version's statistics of a camera with so many faults."""
    path = root / "versions" / alias / "drift.json"
    content = json.loads(path.read_text("utf-8"))
    fault = {"verdict": "fault", "sentence": "The left <b>third</b> is dirty."}
    content["health"] = {
        "summary": f"A fault in {min(1, faults)} of 1 cameras.",
        "cameras": [
            {
                "camera": "cam",
                "place": "",
                "conditions": {"light": "night"},
                "findings": [fault] * faults,
                "trends": [],
            }
        ],
    }
    path.write_text(json.dumps(content), "utf-8")


def test_the_drift_part_tells_of_the_cameras(
    qtbot: QtBot, open_station: OpenStation, root: Path
) -> None:
    health_in(root, "v2", faults=5)
    page = page_of(opened(qtbot, open_station, root))
    page.view.tabs.choose(DRIFT)

    said = page.view.cameras.text().splitlines()
    assert said[0] == "Cameras: A fault in 1 of 1 cameras."
    assert said[1] == "cam · night: The left <b>third</b> is dirty."
    assert said[-1] == "and 2 more in the report"
    assert page.view.cameras.isVisible()
    assert page.view.drift.isVisible()


def test_cameras_are_told_of_where_there_is_no_parent_to_compare_with(
    qtbot: QtBot, open_station: OpenStation, root: Path
) -> None:
    health_in(root, "v1", faults=0)
    page = page_of(opened(qtbot, open_station, root))
    page.view.tabs.choose(DRIFT)

    click_row(page.list, page.rows.index(1))

    wait_until(qtbot, lambda: "0 of 1" in page.view.cameras.text())
    assert page.view.cameras.isVisible()
    assert not page.view.drift.isVisible()


def test_the_verdict_stands_before_the_freeze_and_the_outcome_after(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    with Project.open(root) as other:
        labeled_group(other, "", first=5000)
    page = page_of(station)

    press(station.window, "Ctrl+Shift+F")
    assert page.stack.currentIndex() == FREEZE
    wait_until(qtbot, lambda: page.freezing.yes.isEnabled())
    assert "New groups that get their split: 1" in page.freezing.lines
    assert "Policy warn" in page.freezing.lines
    type_words(page.freezing.message, "third")
    click_button(page.freezing.yes)

    wait_until(
        qtbot,
        lambda: page.freezing.verdict.text().startswith("v3 is frozen"),
        LONG_WAIT_MS,
    )
    idle(qtbot, station)
    assert page.rows.rows[0].version.message == "third"
    click_button(page.freezing.back)
    assert page.stack.currentIndex() == VERSION
    assert page.chosen is not None
    assert page.chosen.alias == "v3"


def test_a_refusal_is_said_before_anything_is_frozen(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    text = (root / "fieldset.toml").read_text(encoding="utf-8")
    target = "\n[balance.targets.bike]\nboxes = 999\n"
    (root / "fieldset.toml").write_text(text + target, encoding="utf-8")
    page = page_of(station)

    press(station.window, "Ctrl+Shift+F")

    wait_until(qtbot, lambda: "refuses" in page.freezing.verdict.text())
    assert not page.freezing.yes.isEnabled()
    assert "bike" in page.freezing.lines


def test_a_project_without_versions_says_what_to_do(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    station = opened(qtbot, open_station, project_root)
    page = page_of(station)

    assert page.stack.currentIndex() == NOTHING
    press(station.window, "Ctrl+Shift+F")

    wait_until(qtbot, lambda: "nothing to freeze" in page.freezing.verdict.text())
    assert not page.freezing.yes.isEnabled()


def test_a_test_member_that_moved_is_an_error(
    qtbot: QtBot, open_station: OpenStation, tmp_path: Path
) -> None:
    with sealable_project(tmp_path / "p") as project:
        first = frozen(project)
        project.catalog.versions.add(first)
        lines = project.catalog.tables.group_lines()
        group = next(line.id for line in lines if line.split == "test-main")
        put(project, group, "test-main", LedgerAction.WITHDRAWN)
        put(project, group, "train", LedgerAction.ASSIGNED)
        project.catalog.versions.add(frozen(project))

    page = page_of(opened(qtbot, open_station, tmp_path / "p"))
    at = page.view.other.findText("v1")
    page.view.other.setCurrentIndex(at)
    page.view.other.activated.emit(at)

    wait_until(qtbot, lambda: "Test members moved" in kinds(page))
    tree = page.view.changes.model.tree
    assert tree is not None
    assert tree.roots[0].tone == "bad"


def test_the_list_is_a_proper_model(
    station: Station, qtmodeltester: ModelTester
) -> None:
    page = page_of(station)

    qtmodeltester.check(page.rows)
    qtmodeltester.check(page.view.changes.model)
    qtmodeltester.check(page.view.drift.model)


@pytest.mark.parametrize(
    "boxes",
    [
        (),
        ((0.0, 0.0, 1.0, 1.0),),
        ((300.0, 200.0, 320.0, 240.0),),
        ((0.0, 0.0, 320.0, 240.0), (10.0, 10.0, 12.0, 12.0)),
    ],
)
def test_what_is_seen_lies_inside_the_picture(
    boxes: tuple[tuple[float, float, float, float], ...],
) -> None:
    left, top, right, bottom = surroundings(boxes, 320, 240)

    assert 0 <= left < right <= 320
    assert 0 <= top < bottom <= 240
    assert all(left <= box[0] and box[2] <= right for box in boxes)
    assert all(top <= box[1] and box[3] <= bottom for box in boxes)
