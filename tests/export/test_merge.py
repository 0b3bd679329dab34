from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dataset.errors import BadFile
from dataset.project import Project
from dataset.records import LabelState, LedgerAction, SampleState
from dataset.split import current_split
from export.merge import merge_pulled
from export.pull import pull_version
from export.push import push_version
from export.stores.folder_store import LocalFolderStore
from station.cli.main import run
from tests.export.pushed import QUICK
from tests.sealed_projects import frozen, labeled_group, labels, put
from tests.small_projects import box, content, filled, new_project, new_session


def pushed_and_pulled(project: Project, place: Path, name: str) -> Path:
    """The project's labels as another station gets them through a store."""
    version = frozen(project)
    store = LocalFolderStore(place / "usb")
    push_version(project.root, version.id, store, QUICK)
    pull_version(store, version.id, place / "pulled" / name, QUICK)
    return place / "pulled" / name


@pytest.fixture
def station(tmp_path: Path) -> Project:
    """The project that merges: a group in train, one in val."""
    project = new_project(tmp_path / "here")
    labeled_group(project, "train", first=0)
    labeled_group(project, "val", first=10)
    yield project
    project.close()


class TestMerge:
    def test_both_stations_are_united(self, station: Project, tmp_path: Path) -> None:
        with new_project(tmp_path / "there") as other:
            labeled_group(other, "train", first=20)
            labeled_group(other, "test-main", first=30)
            folder = pushed_and_pulled(other, tmp_path, "other")

        result = merge_pulled(station, folder)

        assert (result.samples, result.boxes, result.known) == (6, 6, 0)
        assert result.conflicts == ()
        held = current_split(station.catalog.splits.ledger())
        assert sorted(held.values()) == ["test-main", "train", "train", "val"]

    def test_a_folder_of_pulled_versions_is_taken_whole(
        self, station: Project, tmp_path: Path
    ) -> None:
        for number in (2, 3):
            with new_project(tmp_path / f"there-{number}") as other:
                labeled_group(other, "train", first=10 * number)
                pushed_and_pulled(other, tmp_path, f"station-{number}")

        result = merge_pulled(station, tmp_path / "pulled")

        assert len(result.versions) == 2
        assert result.samples == 6

    def test_second_merge_changes_nothing(
        self, station: Project, tmp_path: Path
    ) -> None:
        with new_project(tmp_path / "there") as other:
            labeled_group(other, "train", first=20)
            folder = pushed_and_pulled(other, tmp_path, "other")
        merge_pulled(station, folder)
        before = content(station.catalog)

        again = merge_pulled(station, folder)

        assert (again.samples, again.boxes, again.known) == (0, 0, 3)
        assert content(station.catalog) == before

    def test_groups_that_share_a_sample_become_one(
        self, station: Project, tmp_path: Path
    ) -> None:
        with new_project(tmp_path / "there") as other:
            labeled_group(other, "train", first=2, count=4)
            folder = pushed_and_pulled(other, tmp_path, "other")

        result = merge_pulled(station, folder)

        assert (result.groups_joined, result.known, result.samples) == (1, 1, 3)
        groups = {sample.group_id for sample in station.catalog.samples.each()}
        assert len(groups) == 2

    def test_nothing_moves_between_splits(
        self, station: Project, tmp_path: Path
    ) -> None:
        with new_project(tmp_path / "there") as other:
            labeled_group(other, "test-main", first=2, count=4)
            folder = pushed_and_pulled(other, tmp_path, "other")
        before = station.catalog.splits.ledger()

        result = merge_pulled(station, folder)

        assert station.catalog.splits.ledger() == before
        assert [item.kind for item in result.conflicts] == ["split"]
        assert "stays in train" in result.conflicts[0].kept

    def test_labels_of_two_people_are_listed_and_ours_stay(
        self, station: Project, tmp_path: Path
    ) -> None:
        with new_project(tmp_path / "there") as other:
            for sample in labeled_group(other, "train", first=0):
                other.catalog.labels.put(sample.id, labels(x0=9.0))
            folder = pushed_and_pulled(other, tmp_path, "other")
        before = {s.id: station.catalog.labels.get(s.id) for s in each(station)}

        result = merge_pulled(station, folder)

        assert [item.kind for item in result.conflicts] == ["labels"] * 3
        assert {s.id: station.catalog.labels.get(s.id) for s in each(station)} == before

    def test_classes_meet_by_name_not_by_number(
        self, station: Project, tmp_path: Path
    ) -> None:
        with new_project(tmp_path / "there", "bike", "car") as other:
            labeled_group(other, "train", first=20)
            folder = pushed_and_pulled(other, tmp_path, "other")

        result = merge_pulled(station, folder)

        names = {item.id: item.name for item in station.catalog.classes.all()}
        came = [s for s in each(station) if s.source_name.startswith("2")]
        drawn = [box for s in came for box in station.catalog.labels.boxes(s.id)]
        assert result.conflicts == ()
        assert {names[box.class_id] for box in drawn} >= {"bike"}

    def test_retired_class_is_a_conflict(
        self, station: Project, tmp_path: Path
    ) -> None:
        station.catalog.classes.retire(1)
        with new_project(tmp_path / "there") as other:
            labeled_group(other, "train", first=20)
            folder = pushed_and_pulled(other, tmp_path, "other")

        result = merge_pulled(station, folder)

        assert ("class", "car") in [(c.kind, c.where) for c in result.conflicts]

    def test_sessions_of_one_name_at_two_places_stay_apart(
        self, station: Project, tmp_path: Path
    ) -> None:
        with new_project(tmp_path / "there") as other:
            session = new_session(other, "session 0", place="bridge")
            for sample in filled(other, session, 2, first=20):
                other.catalog.labels.put(
                    sample.id,
                    LabelState(state=SampleState.LABELED, boxes=(box("a"),)),
                )
            for split in other.splits:
                other.catalog.splits.define(split)
            put(other, sample.group_id, "train", LedgerAction.ASSIGNED)
            folder = pushed_and_pulled(other, tmp_path, "other")

        merge_pulled(station, folder)

        assert station.catalog.sessions.by_name("session 0").place == ""
        assert station.catalog.sessions.by_name("session 0 (2)").place == "bridge"

    def test_cut_merge_goes_on(self, station: Project, tmp_path: Path) -> None:
        from dataset.progress import Cancelled
        from tests.small_projects import StopsAt

        with new_project(tmp_path / "there") as other:
            labeled_group(other, "train", first=20, count=40)
            folder = pushed_and_pulled(other, tmp_path, "other")

        with pytest.raises(Cancelled):
            merge_pulled(station, folder, progress=StopsAt(33))
        half = len(each(station)) - 6
        result = merge_pulled(station, folder)

        assert 0 < half < 40
        assert result.samples == 40 - half

    def test_image_that_is_missing_is_told_before_anything_comes_in(
        self, station: Project, tmp_path: Path
    ) -> None:
        with new_project(tmp_path / "there") as other:
            labeled_group(other, "train", first=20)
            folder = pushed_and_pulled(other, tmp_path, "other")
        next((folder / "images").glob("*/*")).unlink()

        with pytest.raises(BadFile, match="missing"):
            merge_pulled(station, folder)

        assert len(each(station)) == 6

    def test_other_folders_are_refused(self, station: Project, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()

        for place in (tmp_path / "empty", tmp_path / "nosuch", station.root):
            with pytest.raises(BadFile, match="Nothing here was pulled"):
                merge_pulled(station, place)


def test_commands_unite_two_stations(
    station: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen(station)
    with new_project(tmp_path / "there") as other:
        labeled_group(other, "train", first=20)
        frozen(other)
        there = str(other.root)
    here, usb = str(station.root), str(tmp_path / "usb")

    codes = [
        run(["push", "v1", usb, "--project", here]),
        run(["push", "v1", usb, "--project", there]),
        run(["pull", "v1", usb, str(tmp_path / "got")]),
    ]
    shutil.rmtree(
        tmp_path / "usb" / "heads" / (station.catalog.fact("project_id") or "")
    )
    codes.append(run(["pull", "v1", usb, str(tmp_path / "got")]))
    codes.append(run(["merge", str(tmp_path / "got"), "--project", here, "--json"]))

    assert codes == [0, 0, 3, 0, 0]
    assert '"samples": 3' in capsys.readouterr().out


def each(project: Project) -> list:
    return list(project.catalog.samples.each())
