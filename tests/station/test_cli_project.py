from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dataset.erasure import erase
from dataset.project import Project
from dataset.records import LabelState, Sample, SampleState
from dataset.versions.freezing import freeze
from labeling.session import LabelingSession
from station.cli.exit_codes import ExitCode
from tests.small_projects import (
    box,
    content,
    filled,
    new_project,
    new_session,
    read_only,
)
from tests.station.command_line import CommandLine

HOSTILE = "<b>\x1b[31m\u202e</b>"
READING = [
    ["status"],
    ["class", "list"],
    ["session", "list"],
    ["check"],
    ["version", "list"],
]
WRITING = [
    ["class", "add", "x"],
    ["erase", "0000"],
    ["split"],
    ["version", "create"],
    ["capture", "--source", "x"],
]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two sessions; the first one's three samples are labeled."""
    with new_project(tmp_path / "p") as project:
        first = project.begin_session(
            name="morning",
            station="edge-7",
            place=HOSTILE,
            operator="O'Neill",
            conditions=[("light", "day")],
            started_us=1_780_000_000_000_000,
        )
        for sample in filled(project, first, 3):
            label(project, sample)
        filled(project, new_session(project, "evening"), 2, first=50)
        project.catalog.sessions.refuse(first.id, "too dark", count=4)
    return tmp_path / "p"


def label(project: Project, sample: Sample) -> None:
    state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
    project.catalog.labels.put(sample.id, state)


def ids(root: Path) -> list[str]:
    with Project.open(root, read_only=True) as project:
        return [s.id for s in project.catalog.samples.each()]


class TestInit:
    def test_project_is_made(self, call: CommandLine, tmp_path: Path) -> None:
        outcome = call.ok("init", tmp_path / "p", "--classes", "car, bike", "--json")

        assert outcome.json == {"path": str(tmp_path / "p"), "classes": 2}
        with Project.open(tmp_path / "p") as project:
            assert [c.name for c in project.catalog.classes.all()] == ["car", "bike"]

    def test_next_step_is_told_on_stderr(
        self, call: CommandLine, tmp_path: Path
    ) -> None:
        outcome = call.ok("init", tmp_path / "p")

        assert outcome.out == f"{tmp_path / 'p'}\n"
        assert "A project with 0 classes; next: `fieldset --project " in outcome.err

    @pytest.mark.parametrize(
        "classes", ["a,", ",", "a,a", "a,A", "x" * 200, "a\x1b[31m", " , "]
    )
    def test_class_names_that_cannot_be_are_2(
        self, call: CommandLine, tmp_path: Path, classes: str
    ) -> None:
        outcome = call("init", tmp_path / "p", "--classes", classes)

        assert outcome.code == ExitCode.USAGE
        assert outcome.err.startswith("error: A class ")
        assert not (tmp_path / "p").exists()

    @pytest.mark.parametrize("name", ["<b>", "../x", "🚗", "'; DROP TABLE x"])
    def test_class_names_are_data(
        self, call: CommandLine, tmp_path: Path, name: str
    ) -> None:
        call.ok("init", tmp_path / "p", "--classes", name)

        listed = call.ok("class", "list", "--json", "--project", tmp_path / "p")
        assert [c["name"] for c in listed.json["classes"]] == [name]

    def test_project_that_is_there_is_3(self, call: CommandLine, root: Path) -> None:
        assert call("init", root).code == ExitCode.PROJECT


class TestStatus:
    def test_json_has_the_promised_keys(self, call: CommandLine, root: Path) -> None:
        found = call.ok("status", "--project", root, "--json").json

        assert found["samples"] == {
            "total": 5,
            "new": 2,
            "proposed": 0,
            "labeled": 3,
            "empty": 0,
            "skipped": 0,
        }
        assert set(found["classes"][0]) >= {
            "id", "name", "boxes", "samples", "groups", "target", "shortfall",
        }  # fmt: skip
        assert set(found["splits"][0]) >= {
            "name", "kind", "sealed", "samples", "groups", "boxes",
        }  # fmt: skip
        assert set(found["balance"]) >= {"ratio", "verdict", "reasons"}
        assert found["queue"] == 2
        assert isinstance(found["next"], list)
        assert found["pace"] == {
            "seconds_per_image": None,
            "seconds_per_box": None,
            "keys_per_image": None,
            "drags_per_image": None,
            "sessions": [],
        }

    def test_pace_is_measured_from_labeling(
        self, call: CommandLine, root: Path
    ) -> None:
        with Project.open(root) as project:
            ticks = iter(range(0, 10**9, 3_000_000))
            labeling = LabelingSession(project, clock=lambda: next(ticks))
            labeling.mark_empty()
            labeling.mark_empty(keys=2)

        pace = call.ok("status", "--project", root, "--json").json["pace"]
        told = call.ok("status", "--project", root).out

        assert (pace["seconds_per_image"], pace["keys_per_image"]) == (3.0, 1.5)
        assert "Pace: 3 s and 1.5 keys an image" in told
        (session,) = pace["sessions"]
        assert (session["images"], session["seconds_per_image"]) == (2, 3.0)

    def test_people_get_a_table(self, call: CommandLine, root: Path) -> None:
        outcome = call.ok("status", "--project", root)

        assert outcome.out.startswith("p: 5 samples (2 new, 3 labeled)\n")
        assert "class" in outcome.out
        assert "Queue: 2 to label" in outcome.out
        assert outcome.err == ""


class TestClasses:
    def test_classes_are_listed_with_their_boxes(
        self, call: CommandLine, root: Path
    ) -> None:
        listed = call.ok("class", "list", "--project", root, "--json").json["classes"]

        assert [(c["id"], c["name"], c["boxes"], c["retired"]) for c in listed] == [
            (1, "car", 3, False),
            (2, "bike", 0, False),
        ]

    def test_class_is_added_renamed_merged_and_retired(
        self, call: CommandLine, root: Path
    ) -> None:
        where = ("--project", root, "--json")

        added = call.ok("class", "add", "van", "--colour", "#00ff00", *where).json
        renamed = call.ok("class", "rename", "van", "truck", *where).json
        merged = call.ok("class", "merge", "car", "truck", *where).json
        retired = call.ok("class", "retire", "bike", *where).json

        assert added["class"] == {
            "id": 3, "name": "van", "colour": "#00ff00", "key": 3, "retired": False,
        }  # fmt: skip
        assert renamed["class"]["name"] == "truck"
        assert (merged["class"]["name"], merged["boxes_moved"]) == ("truck", 3)
        assert retired["class"]["retired"]
        listed = call.ok("class", "list", *where).json["classes"]
        assert [(c["name"], c["retired"], c["boxes"]) for c in listed] == [
            ("car", True, 0),
            ("bike", True, 0),
            ("truck", False, 3),
        ]

    def test_talk_of_changes_goes_to_stderr(
        self, call: CommandLine, root: Path
    ) -> None:
        outcome = call.ok("class", "add", "🚗 <b>", "--project", root)

        assert (outcome.out, outcome.err) == ("", "added class 3: 🚗 <b>\n")

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            (["add", "car"], ExitCode.USAGE, "of that name already: car"),
            (["add", ""], ExitCode.USAGE, "needs a name"),
            (["add", "x" * 200], ExitCode.USAGE, "at most 64"),
            (["add", "x", "--colour", "red"], ExitCode.USAGE, "#RRGGBB: red"),
            (["add", "x", "--key", "1"], ExitCode.USAGE, "chooses another class"),
            (["rename", "nobody", "x"], ExitCode.PROJECT, "of that name: nobody"),
            (["rename", "car", "bike"], ExitCode.USAGE, "already: bike"),
            (["merge", "car", "car"], ExitCode.USAGE, "into itself: car"),
            (["merge", "car", "nobody"], ExitCode.PROJECT, "of that name: nobody"),
            (["retire", "nobody"], ExitCode.PROJECT, "of that name: nobody"),
        ],
    )
    def test_what_cannot_be_done_is_a_sentence(
        self,
        call: CommandLine,
        root: Path,
        arguments: list[str],
        code: int,
        words: str,
    ) -> None:
        outcome = call("class", *arguments, "--project", root)

        assert outcome.code == code
        assert words in outcome.err
        assert outcome.out == ""


class TestSessions:
    def test_sessions_are_listed_with_what_they_hold(
        self, call: CommandLine, root: Path
    ) -> None:
        listed = call.ok("session", "list", "--project", root, "--json").json

        first = listed["sessions"][0]
        assert [s["name"] for s in listed["sessions"]] == ["morning", "evening"]
        assert {k: first[k] for k in ("station", "place", "operator")} == {
            "station": "edge-7",
            "place": HOSTILE,
            "operator": "O'Neill",
        }
        assert first["conditions"] == {"light": "day"}
        assert (first["samples"], first["refused"]) == (3, {"too dark": 4})

    def test_hostile_place_is_shown_safely(self, call: CommandLine, root: Path) -> None:
        outcome = call.ok("session", "list", "--project", root)

        assert "<b>�[31m�</b>" in outcome.out
        assert "\x1b" not in outcome.out
        assert "light=day" in outcome.out


class TestErase:
    def test_sample_is_erased_and_versions_are_named(
        self, call: CommandLine, root: Path
    ) -> None:
        with Project.open(root) as project:
            freeze(project)
            (labeled, *_) = project.catalog.samples.queue_ids(
                states=[SampleState.LABELED]
            )

        outcome = call.ok("erase", labeled[:12], "--project", root, "--json")

        assert outcome.json == {
            "erased": labeled,
            "still_in_versions": ["v1"],
            "remains": [],
        }
        assert labeled not in ids(root)

    def test_people_are_told(self, call: CommandLine, root: Path) -> None:
        sample = ids(root)[0]

        outcome = call.ok("erase", sample, "--reason", "asked", "--project", root)

        assert (outcome.out, outcome.err) == ("", f"erased {sample}\n")

    @pytest.mark.parametrize("sample", ["", "a", "0" * 64, "../x", "%"])
    def test_sample_that_is_not_there_is_3(
        self, call: CommandLine, root: Path, sample: str
    ) -> None:
        before = ids(root)

        assert call("erase", sample, "--project", root).code == ExitCode.PROJECT
        assert ids(root) == before


class TestSplit:
    def test_dry_run_says_what_the_split_then_does(
        self, call: CommandLine, root: Path
    ) -> None:
        planned = call.ok("split", "--dry-run", "--project", root, "--json").json
        with Project.open(root) as project:
            assert project.catalog.splits.ledger() == ()
        done = call.ok("split", "--project", root, "--json").json
        again = call.ok("split", "--project", root, "--json").json

        assert planned["assigned"] == done["assigned"]
        assert set(done["assigned"][0]) >= {"group", "split", "reason"}
        assert len(done["assigned"]) == 1
        assert (again["assigned"], again["moved"], done["moved"]) == ([], 0, 0)
        assert [s["name"] for s in done["splits"]] == ["train", "val", "test-main"]
        assert sum(s["samples"] for s in done["splits"]) == 3

    def test_people_get_a_table(self, call: CommandLine, root: Path) -> None:
        outcome = call.ok("split", "--project", root)

        assert "morning" in outcome.out
        assert "1 new group assigned, 0 moved" in outcome.err


class TestCheck:
    def test_sound_project_is_0(self, call: CommandLine, root: Path) -> None:
        outcome = call.ok("check", "--deep", "--project", root, "--json")

        (finding,) = outcome.json["findings"]
        assert set(finding) == {"severity", "what", "path", "next"}
        assert finding["severity"] == "ok"

    def test_missing_image_is_3_with_its_next_step(
        self, call: CommandLine, root: Path
    ) -> None:
        image = next((root / "images").rglob("*.jpg"))
        image.unlink()

        data = call("check", "--project", root, "--json")
        plain = call("check", "--project", root)

        assert data.code == plain.code == ExitCode.PROJECT
        (finding,) = data.json["findings"]
        assert (finding["severity"], finding["path"]) == ("error", str(image))
        assert f"fieldset erase {image.stem[:12]}" in finding["next"]
        assert plain.out.splitlines()[0].startswith("error: The image of a sample is")
        assert plain.out.splitlines()[2].startswith("  hint: ")

    def test_warning_alone_is_0(self, call: CommandLine, root: Path) -> None:
        folder = root / "versions" / "v1"
        with Project.open(root) as project:
            freeze(project)
            project.catalog._connection.run("DELETE FROM versions")

        told = call.ok("check", "--project", root, "--json").json["findings"]
        mended = call.ok("check", "--repair", "--project", root, "--json")

        assert [f["severity"] for f in told] == ["warning"]
        assert "it was added" in mended.json["findings"][0]["what"]
        assert folder.is_dir()


class TestBackup:
    def test_backup_and_restore(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        backed = call.ok("backup", tmp_path / "b", "--project", root, "--json").json
        restored = call.ok("restore", tmp_path / "b", tmp_path / "r", "--json").json

        assert (backed["samples"], backed["copied"]) == (5, 5)
        assert restored["path"] == str(tmp_path / "r")
        assert ids(tmp_path / "r") == ids(root)
        assert call.ok("check", "--deep", "--project", tmp_path / "r").code == 0

    def test_path_is_data_and_counts_are_talk(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        outcome = call.ok("backup", tmp_path / "b", "--project", root)

        assert outcome.out == f"{tmp_path / 'b'}\n"
        assert outcome.err == "backed up 5 samples, 5 images copied\n"

    @pytest.mark.parametrize("place", ["p", "p/inside"])
    def test_backup_into_the_project_is_3(
        self, call: CommandLine, root: Path, place: str
    ) -> None:
        outcome = call("backup", root.parent / place, "--project", root)

        assert outcome.code == ExitCode.PROJECT

    def test_restore_of_nothing_is_3(self, call: CommandLine, tmp_path: Path) -> None:
        outcome = call("restore", tmp_path / "nowhere", tmp_path / "r")

        assert outcome.code == ExitCode.PROJECT
        assert "not a whole backup" in outcome.err


class TestDoctor:
    def test_every_line_has_a_grade_and_faults_a_next_step(
        self, call: CommandLine, root: Path
    ) -> None:
        outcome = call("doctor", "--project", root, "--json")

        checks = {check["name"]: check for check in outcome.json["checks"]}
        assert {
            "Python", "SQLite", "OpenCV", "Qt", "Cameras", "Clock", "Space", "Flush",
            "Project",
        } <= set(checks)  # fmt: skip
        for check in checks.values():
            assert check["status"] in {"ok", "warning", "fault"}
            assert check["next"] or check["status"] == "ok"
        assert checks["Project"]["what"].startswith("5 samples")
        has_fault = any(check["status"] == "fault" for check in checks.values())
        assert outcome.code == (ExitCode.PROJECT if has_fault else ExitCode.DONE)
        assert not list(root.glob(".tmp-*"))

    def test_folder_without_a_project_is_looked_at_too(
        self, call: CommandLine, tmp_path: Path
    ) -> None:
        outcome = call("doctor", "--project", tmp_path)

        assert "Project" not in outcome.out
        assert "Flush" in outcome.out

    def test_damaged_project_is_a_fault(self, call: CommandLine, root: Path) -> None:
        (root / "catalog.db").write_bytes(b"no database" * 1000)

        outcome = call("doctor", "--project", root, "--json")

        assert outcome.code == ExitCode.PROJECT
        (line,) = [c for c in outcome.json["checks"] if c["name"] == "Project"]
        assert line["status"] == "fault"
        assert "is damaged" in line["what"]

    def test_folder_that_is_not_there_is_a_fault(
        self, call: CommandLine, tmp_path: Path
    ) -> None:
        outcome = call("doctor", "--project", tmp_path / "nowhere", "--json")

        faults = {c["name"] for c in outcome.json["checks"] if c["status"] == "fault"}
        assert outcome.code == ExitCode.PROJECT
        assert {"Space", "Flush"} <= faults

    def test_opencv_that_cannot_be_imported_is_a_fault(
        self, call: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(__import__("sys").modules, "cv2", None)

        outcome = call("doctor", "--project", tmp_path, "--json")

        (line,) = [c for c in outcome.json["checks"] if c["name"] == "OpenCV"]
        assert line["status"] == "fault"


class TestReadOnlyProject:
    @pytest.mark.parametrize("arguments", READING)
    def test_reading_commands_work(
        self, call: CommandLine, root: Path, tmp_path: Path, arguments: list[str]
    ) -> None:
        with read_only(root, tmp_path / "view") as view:
            call.ok(*arguments, "--project", view)
            call.ok(*arguments, "--project", view, "--json")

    @pytest.mark.parametrize("arguments", [*WRITING, ["check", "--repair"]])
    def test_writing_commands_are_refused(
        self, call: CommandLine, root: Path, tmp_path: Path, arguments: list[str]
    ) -> None:
        with read_only(root, tmp_path / "view") as view:
            outcome = call(*arguments, "--project", view)

        assert outcome.code == ExitCode.PROJECT
        assert "reading only" in outcome.err
        assert outcome.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        *READING,
        *WRITING,
        ["backup", "b"],
        ["export", "v1", "--format", "coco", "--to", "x"],
        ["diff", "v1", "v2"],
        ["drift", "v1", "v2"],
        ["import", "x"],
    ],
)
def test_folder_without_a_project_is_3(
    call: CommandLine, tmp_path: Path, arguments: list[str]
) -> None:
    outcome = call(*arguments, "--project", tmp_path)

    assert outcome.code == ExitCode.PROJECT
    assert outcome.err.startswith("error: This is not a fieldset project: ")
    assert "hint: run `fieldset init DIR`" in outcome.err


@pytest.mark.parametrize("arguments", [*READING[:-1], *WRITING, ["backup", "b"]])
def test_faulty_settings_are_3_with_the_line(
    call: CommandLine, root: Path, arguments: list[str]
) -> None:
    (root / "fieldset.toml").write_text("[split]\ntrain = 9\n")

    outcome = call(*arguments, "--project", root)

    assert outcome.code == ExitCode.PROJECT
    assert "`fieldset.toml` line 2" in outcome.err


def test_reading_commands_write_nothing(call: CommandLine, root: Path) -> None:
    with Project.open(root) as project:
        freeze(project)
        before = content(project.catalog)

    for arguments in (*READING, ["split", "--dry-run"], ["doctor"]):
        call(*arguments, "--project", root, "--json")

    with Project.open(root) as project:
        assert content(project.catalog) == before


def test_newer_project_is_3(call: CommandLine, root: Path) -> None:
    with Project.open(root) as project:
        project.catalog._connection.run(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('fieldset', 'm0099', '')"
        )

    for arguments in (*READING[:-1], *WRITING):
        outcome = call(*arguments, "--project", root)

        assert outcome.code == ExitCode.PROJECT
        assert "newer fieldset" in outcome.err


def test_erased_sample_is_refused_by_name(call: CommandLine, root: Path) -> None:
    folder = root.parent / "pictures"
    folder.mkdir()
    with Project.open(root) as project:
        sample = next(iter(project.catalog.samples.each()))
        shutil.copy(project.image_path(sample), folder / "back.jpg")
        erase(project, sample.id)

    outcome = call.ok("capture", "--source", folder, "--project", root, "--json")

    assert outcome.lines[-1]["refused"] == {
        "This picture was erased from the project": 1
    }
