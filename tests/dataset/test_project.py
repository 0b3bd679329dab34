from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

import dataset
from dataset.errors import (
    BadImage,
    NewerProject,
    NotAProject,
    NotFound,
    PolicyRefusal,
    ProjectError,
    ReadOnlyProject,
    SettingsError,
    StorageFull,
    UsageError,
)
from dataset.project import Project, group_of_session
from dataset.records import LedgerAction, LedgerRow, Split, SplitKind
from tests.dataset.picture_bytes import exif, jpeg_with
from tests.small_projects import (
    BEGAN_US,
    HEIGHT,
    WIDTH,
    content,
    files_under,
    filled,
    jpeg,
    new_project,
    new_session,
    pixels,
    read_only,
    tiny_disk,
)

ROOT = Path(__file__).resolve().parents[2]
GPS = jpeg_with(jpeg(1), b"Exif\x00\x00" + exif(6, gps=True))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


class TestCreating:
    def test_new_project_has_its_classes_and_settings(self, tmp_path: Path) -> None:
        with Project.create(tmp_path / "deep" / "bridge", ["car", "bike"]) as project:
            assert project.name == "bridge"
            assert [c.name for c in project.catalog.classes.all()] == ["car", "bike"]
            assert [s.name for s in project.splits] == ["train", "val", "test-main"]
            assert len(project.salt) == 16
            assert project.versions() == ()

    def test_two_projects_have_different_salts(self, tmp_path: Path) -> None:
        with new_project(tmp_path / "a") as a, new_project(tmp_path / "b") as b:
            assert a.salt != b.salt

    def test_project_that_is_there_is_left_alone(self, project: Project) -> None:
        before = content(project.catalog)

        with pytest.raises(ProjectError, match="a project already"):
            Project.create(project.root, ["van"])

        assert content(project.catalog) == before

    def test_folder_with_other_files_becomes_a_project(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("keep me")

        with Project.create(tmp_path, []) as project:
            assert project.catalog.classes.all() == ()

        assert (tmp_path / "notes.txt").read_text() == "keep me"

    def test_file_is_no_place_for_a_project(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")

        with pytest.raises(ProjectError, match="a file, not a folder"):
            Project.create(tmp_path / "file", [])
        with pytest.raises(ProjectError):
            Project.create(tmp_path / "file" / "inside", [])

    @pytest.mark.parametrize(
        "classes",
        [
            ["car", ""],
            ["car", "car"],
            ["car", " CAR"],
            ["stra\u00dfe", "STRASSE"],
            ["x" * 200],
            ["a\nb"],
        ],
    )
    def test_class_names_are_checked_before_anything_is_made(
        self, tmp_path: Path, classes: list[str]
    ) -> None:
        with pytest.raises(UsageError):
            Project.create(tmp_path / "p", classes)

        assert not (tmp_path / "p").exists()

    @pytest.mark.parametrize("name", ["<b>", "../x", "🚗🚙", "a b", "%(x)s", "é"])
    def test_class_names_are_data(self, tmp_path: Path, name: str) -> None:
        with Project.create(tmp_path / "p", [name]) as project:
            assert project.catalog.classes.by_name(name).name == name

        assert {path.name for path in tmp_path.iterdir()} == {"p"}

    def test_interrupted_creation_is_no_project_and_can_be_repeated(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("dataset.project.default_text", interrupt)
            with pytest.raises(KeyboardInterrupt):
                Project.create(tmp_path / "p", ["car"])
        with pytest.raises(NotAProject):
            Project.open(tmp_path / "p")

        with Project.create(tmp_path / "p", ["car", "bike"]) as project:
            assert [c.name for c in project.catalog.classes.all()] == ["car", "bike"]

    def test_foreign_database_in_the_folder_is_not_touched(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "catalog.db").write_bytes(b"SQLite format 2\0" * 100)

        with pytest.raises(ProjectError, match=r"damaged|not made by fieldset"):
            Project.create(tmp_path, ["car"])

        assert (tmp_path / "catalog.db").read_bytes() == b"SQLite format 2\0" * 100
        assert not (tmp_path / "fieldset.toml").exists()

    def test_folder_name_is_only_a_name(self, tmp_path: Path) -> None:
        name = 'a "quoted" \\ name\n[split]\ntrain = 9'

        with Project.create(tmp_path / name, []) as project:
            assert project.name == name
            assert project.splits[0].share == 0.70

    def test_read_only_place_is_a_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "disk").mkdir()
        with (
            read_only(tmp_path / "disk", tmp_path / "view") as view,
            pytest.raises(ReadOnlyProject),
        ):
            Project.create(view / "p", ["car"])


class TestOpening:
    @pytest.mark.parametrize("place", ["", "nowhere", "file", "x" * 300])
    def test_folder_without_a_project_is_a_sentence(
        self, tmp_path: Path, place: str
    ) -> None:
        (tmp_path / "file").write_text("")

        with pytest.raises(ProjectError) as caught:
            Project.open(tmp_path / place)

        if len(place) < 255:
            assert isinstance(caught.value, NotAProject)
            assert caught.value.hint.startswith("run `fieldset init DIR`")

    def test_missing_catalog_is_not_replaced_by_an_empty_one(
        self, project: Project
    ) -> None:
        project.close()
        (project.root / "catalog.db").unlink()

        with pytest.raises(ProjectError, match="catalog is missing"):
            Project.open(project.root)

        assert not (project.root / "catalog.db").exists()

    @pytest.mark.parametrize("size", [0, 1, 100])
    def test_cut_off_catalog_is_not_replaced_by_an_empty_one(
        self, project: Project, size: int
    ) -> None:
        project.close()
        path = project.root / "catalog.db"
        path.write_bytes(path.read_bytes()[:size])

        with pytest.raises(ProjectError, match="catalog is cut off"):
            Project.open(project.root)

        assert path.stat().st_size == size

    def test_faulty_settings_are_told_before_the_catalog_is_touched(
        self, project: Project
    ) -> None:
        project.close()
        (project.root / "fieldset.toml").write_text("[split]\ntrain = 3\n")

        with pytest.raises(SettingsError, match="line 2"):
            Project.open(project.root)

    def test_newer_project_is_refused(self, project: Project) -> None:
        project.catalog._connection.run(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('fieldset', 'm0099', '')"
        )
        project.close()

        with pytest.raises(NewerProject, match="newer fieldset"):
            Project.open(project.root)
        with pytest.raises(NewerProject):
            dataset.open(project.root)

    def test_read_only_project_is_read_and_every_change_refused(
        self, tmp_path: Path, project: Project
    ) -> None:
        (sample,) = filled(project, new_session(project), 1)
        session = project.catalog.sessions.get(sample.session_id)
        project.close()

        with read_only(project.root, tmp_path / "view") as view:
            with pytest.raises(ReadOnlyProject):
                Project.open(view)
            with Project.open(view, read_only=True) as seen:
                assert seen.catalog.samples.get(sample.id) == sample
                assert seen.images.read(sample.id, "jpg") == jpeg(0)
                with pytest.raises(ReadOnlyProject):
                    seen.begin_session()
                with pytest.raises(ReadOnlyProject):
                    seen.take_in(jpeg(5), session, captured_us=1)

    def test_package_opens_projects_by_text_and_for_reading(
        self, project: Project
    ) -> None:
        with dataset.open(str(project.root)) as opened:
            assert opened.catalog.read_only
            with pytest.raises(NotFound, match="no such version: v2"):
                opened.version("v2")

    def test_project_is_open_twice(self, project: Project) -> None:
        session = new_session(project)
        with Project.open(project.root) as other:
            other.take_in(jpeg(1), session, captured_us=1)
            other.catalog.classes.add("van")

            assert project.catalog.samples.count() == 1
            with pytest.raises(UsageError, match="already: van"):
                project.catalog.classes.add("van")

    def test_settings_are_those_of_the_moment_of_opening(
        self, project: Project
    ) -> None:
        assert project.settings.capture.jpeg_quality == 95

        (project.root / "fieldset.toml").write_text("[capture]\njpeg_quality = 60")

        assert project.settings.capture.jpeg_quality == 95
        with Project.open(project.root) as again:
            assert again.settings.capture.jpeg_quality == 60


class TestSessions:
    def test_session_without_a_name_is_called_by_its_start(
        self, project: Project
    ) -> None:
        names = [project.begin_session(started_us=BEGAN_US).name for _ in range(3)]

        assert names == [
            "2026-09-21 14:13:20",
            "2026-09-21 14:13:20 (2)",
            "2026-09-21 14:13:20 (3)",
        ]

    def test_name_is_given_once(self, project: Project) -> None:
        project.begin_session(name="bridge <b>")

        with pytest.raises(UsageError, match="of that name already: bridge <b>"):
            project.begin_session(name=" bridge <b> ")

        assert project.free_session_name("bridge <b>") == "bridge <b> (2)"

    def test_texts_that_are_no_unicode_are_kept_readable(
        self, project: Project
    ) -> None:
        session = project.begin_session(
            name="half \udcff", place="\udcfe", conditions=[("k\udcff", "v")]
        )

        assert project.catalog.sessions.get(session.id) == session
        assert (session.name, session.place) == ("half ?", "?")
        assert session.conditions == (("k?", "v"),)

    def test_conditions_are_sorted(self, project: Project) -> None:
        session = project.begin_session(conditions=[("weather", "rain"), ("a", "b")])

        assert session.conditions == (("a", "b"), ("weather", "rain"))


class TestTakingIn:
    def test_sample_is_stored_byte_for_byte(self, project: Project) -> None:
        session = new_session(project)

        taken = project.take_in(
            jpeg(7), session, captured_us=BEGAN_US, source_name="a/b.jpg"
        )

        sample = taken.sample
        assert not taken.known
        assert project.image_path(sample).read_bytes() == jpeg(7)
        assert project.catalog.samples.get(sample.id) == sample
        assert (sample.width, sample.height, sample.suffix) == (WIDTH, HEIGHT, "jpg")
        assert (sample.sequence, sample.size_bytes) == (1, len(jpeg(7)))
        assert (sample.captured_us, sample.source_name) == (BEGAN_US, "a/b.jpg")
        assert sample.group_id == group_of_session(session.id)

    def test_known_bytes_make_no_second_sample(self, project: Project) -> None:
        session = new_session(project)
        first = project.take_in(jpeg(1), session, captured_us=1).sample

        again = project.take_in(jpeg(1), session, captured_us=2)

        assert again.known
        assert again.sample == first
        assert project.catalog.samples.count() == 1

    def test_known_bytes_join_the_groups_of_two_sessions(
        self, project: Project
    ) -> None:
        one, two = new_session(project, "one"), new_session(project, "two")
        project.take_in(jpeg(1), one, captured_us=1)
        project.take_in(jpeg(2), two, captured_us=1)

        project.take_in(jpeg(1), two, captured_us=2)
        project.take_in(jpeg(3), two, captured_us=3)

        groups = {s.group_id for s in project.catalog.samples.each()}
        assert len(groups) == 1
        assert project.catalog.samples.count() == 3

    def test_known_bytes_never_move_a_group_between_splits(
        self, project: Project
    ) -> None:
        """The side of training is quarantined, and stays so when they come again."""
        one, two = new_session(project, "one"), new_session(project, "two")
        train = project.take_in(jpeg(1), one, captured_us=1).sample
        test = project.take_in(jpeg(2), two, captured_us=1).sample
        splits = project.catalog.splits
        for name, kind in (("train", SplitKind.TRAIN), ("test-main", SplitKind.TEST)):
            splits.define(Split(name=name, kind=kind))
        splits.append(
            LedgerRow(
                group_id=sample.group_id,
                split=name,
                action=LedgerAction.ASSIGNED,
                reason="",
                at_us=1,
            )
            for sample, name in ((train, "train"), (test, "test-main"))
        )

        for _ in range(3):
            project.take_in(jpeg(1), two, captured_us=2)

        current = {row.group_id: row for row in splits.ledger()}
        assert current[train.group_id].action is LedgerAction.QUARANTINED
        assert current[test.group_id].split == "test-main"
        groups = {s.id: s.group_id for s in project.catalog.samples.each()}
        assert groups == {train.id: train.group_id, test.id: test.group_id}

    def test_gps_is_dropped_unless_the_project_keeps_it(self, project: Project) -> None:
        dropped = project.take_in(GPS, new_session(project), captured_us=1).sample

        stored = project.images.read(dropped.id, "jpg")
        assert stored != GPS
        assert (dropped.orientation, dropped.width) == (6, HEIGHT)
        with Project.open(project.root) as again:
            (again.root / "fieldset.toml").write_text("[capture]\nkeep_gps = true")
            kept = again.take_in(GPS, new_session(again), captured_us=1).sample
            assert again.images.read(kept.id, "jpg") == GPS

    @pytest.mark.parametrize(
        "data", [b"", b"no image", jpeg(1)[:20], b"GIF89a" + bytes(50)]
    )
    def test_bytes_that_are_no_image_leave_nothing(
        self, project: Project, data: bytes
    ) -> None:
        session = new_session(project)
        before, files = content(project.catalog), files_under(project.root)

        with pytest.raises(BadImage):
            project.take_in(data, session, captured_us=1)

        assert content(project.catalog) == before
        assert files_under(project.root) == files

    def test_erased_sample_stays_out(self, project: Project) -> None:
        (sample,) = filled(project, new_session(project), 1)
        project.catalog.samples.erase(sample.id, at_us=1, reason="")
        project.image_path(sample).unlink()

        with pytest.raises(PolicyRefusal, match="was erased"):
            filled(project, project.catalog.sessions.all()[0], 1)

        assert not project.image_path(sample).exists()

    def test_name_of_a_file_that_is_no_unicode_is_kept_readable(
        self, project: Project
    ) -> None:
        taken = project.take_in(
            jpeg(1), new_session(project), captured_us=1, source_name="\udcff.jpg"
        )

        assert project.catalog.samples.get(taken.sample.id).source_name == "?.jpg"

    def test_missing_image_of_a_known_sample_is_stored_again(
        self, project: Project
    ) -> None:
        (sample,) = filled(project, new_session(project), 1)
        project.image_path(sample).unlink()

        taken = project.take_in(
            jpeg(0), project.catalog.sessions.all()[0], captured_us=1
        )

        assert taken.known
        project.images.verify(sample.id, "jpg")

    def test_full_disk_leaves_earlier_samples_intact(self, tmp_path: Path) -> None:
        def picture(seed: int) -> bytes:
            return cv2.imencode(".png", pixels(seed, 400, 300))[1].tobytes()

        with tiny_disk(tmp_path / "disk") as disk, new_project(disk / "p") as project:
            session = new_session(project)
            taken, refusals = [], []
            for seed in range(20):
                try:
                    done = project.take_in(picture(seed), session, captured_us=1)
                    taken.append(done.sample)
                except StorageFull as error:
                    refusals.append(error.hint)

            assert taken
            assert set(refusals) == {"free some space, then try again"}
            assert list(project.images.leftovers()) == []
            assert len(list(project.images.files())) == len(taken)
            known = {sample.id for sample in project.catalog.samples.each()}
            assert known == {sample.id for sample in taken}
            for sample in taken:
                project.images.verify(sample.id, sample.suffix)

    def test_picture_that_cannot_be_noted_gives_its_room_back(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = new_session(project)
        files = files_under(project.root)

        def fail(*_: object) -> None:
            raise StorageFull("The disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(project.catalog.samples, "add", fail)
            with pytest.raises(StorageFull):
                project.take_in(jpeg(1), session, captured_us=1)

        assert files_under(project.root) == files
        assert project.catalog.samples.count() == 0

    def test_picture_that_vanished_before_it_was_noted_is_stored_again(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = new_session(project)
        real = project.catalog.groups.ensure

        def ensure(group_id: str) -> str:
            for path in project.images.files():
                path.unlink()
            return real(group_id)

        monkeypatch.setattr(project.catalog.groups, "ensure", ensure)
        sample = project.take_in(jpeg(1), session, captured_us=1).sample

        project.images.verify(sample.id, sample.suffix)


def test_dataset_knows_no_qt_and_loads_nothing_for_its_errors() -> None:
    code = (
        "import sys, dataset, dataset.errors\n"
        "assert not {'cv2', 'numpy', 'sqlite_utils'} & set(sys.modules)\n"
        "import dataset.project\n"
        "assert 'PySide6' not in sys.modules"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)

    assert done.returncode == 0
