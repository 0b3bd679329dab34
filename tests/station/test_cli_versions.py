from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import pytest

from dataset.project import Project
from station.cli.exit_codes import ExitCode
from tests.small_projects import (
    content,
    files_under,
    new_project,
    pixels,
)
from tests.station.command_line import CommandLine
from tests.station.two_versions import add_session, make_two_versions


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_two_versions(tmp_path_factory.mktemp("versions") / "p")


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    shutil.copytree(original, tmp_path / "p")
    return tmp_path / "p"


class TestVersion:
    def test_created_version_speaks_of_itself(
        self, call: CommandLine, root: Path
    ) -> None:
        with Project.open(root) as project:
            add_session(project, 20)

        outcome = call.ok(
            "version", "create", "-m", "third", "--project", root, "--json"
        )

        made = outcome.json
        assert set(made) >= {"id", "alias", "parent", "samples", "boxes", "roots"}
        assert (made["alias"], made["samples"]) == ("v3", 33)
        assert set(made["roots"]) == {"images", "labels", "splits"}
        assert made["known"] is False
        assert {"version.json", "manifest.parquet", "drift.json", "report.html"} <= (
            files_under(root / "versions" / "v3")
        )

    def test_same_content_is_known(self, call: CommandLine, root: Path) -> None:
        outcome = call.ok("version", "create", "--project", root)
        data = call.ok("version", "create", "--project", root, "--json")

        assert outcome.out.startswith("v2  dv-")
        assert "frozen already as v2" in outcome.err
        assert data.json["known"] is True
        assert not (root / "versions" / "v3").exists()

    def test_report_can_be_left_out(self, call: CommandLine, root: Path) -> None:
        with Project.open(root) as project:
            add_session(project, 20)

        call.ok("version", "create", "--no-report", "--project", root)

        assert files_under(root / "versions" / "v3") == {
            "version.json",
            "manifest.parquet",
        }

    def test_user_without_a_name_is_no_obstacle(
        self, call: CommandLine, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def nobody() -> str:
            raise KeyError("getpwuid(): uid not found: 1234")

        with Project.open(root) as project:
            add_session(project, 20)
        monkeypatch.setattr("getpass.getuser", nobody)

        made = call.ok(
            "version", "create", "--no-report", "--project", root, "--json"
        ).json

        assert made["author"] == ""

    def test_nothing_labeled_is_2(self, call: CommandLine, tmp_path: Path) -> None:
        new_project(tmp_path / "empty").close()

        outcome = call("version", "create", "--project", tmp_path / "empty")

        assert outcome.code == ExitCode.USAGE
        assert "nothing to freeze" in outcome.err

    def test_balance_that_refuses_is_4(self, call: CommandLine, root: Path) -> None:
        with (root / "fieldset.toml").open("a") as settings:
            settings.write("[balance.targets.bike]\nboxes = 1000\n")

        outcome = call("version", "create", "--project", root)

        assert outcome.code == ExitCode.REFUSED
        assert "bike" in outcome.err
        assert not (root / "versions" / "v3").exists()

    def test_versions_are_listed_oldest_first(
        self, call: CommandLine, root: Path
    ) -> None:
        listed = call.ok("version", "list", "--project", root, "--json").json

        assert [v["alias"] for v in listed["versions"]] == ["v1", "v2"]
        assert listed["versions"][1]["parent"] == listed["versions"][0]["id"]
        assert "first <b>" in call.ok("version", "list", "--project", root).out

    @pytest.mark.parametrize("name", ["v1", "latest", "id"])
    def test_version_is_shown_by_any_of_its_names(
        self, call: CommandLine, root: Path, name: str
    ) -> None:
        v1 = call.ok("version", "show", "v1", "--project", root, "--json").json
        wanted = v1["id"] if name == "id" else name

        shown = call.ok("version", "show", wanted, "--project", root, "--json").json

        assert shown["alias"] == ("v2" if name == "latest" else "v1")
        assert sum(s["samples"] for s in shown["splits"]) == shown["samples"]
        assert sum(c["boxes"] for c in shown["classes"]) == shown["boxes"]
        assert call.ok("version", "show", wanted, "--project", root).out

    @pytest.mark.parametrize(
        "name", ["v9", "v0", "", "../v1", "dv-nothing", "\x1b[31m"]
    )
    def test_version_that_is_not_there_is_3(
        self, call: CommandLine, root: Path, name: str
    ) -> None:
        for command in (["show", name], ["verify", name]):
            outcome = call("version", *command, "--project", root)

            assert outcome.code == ExitCode.PROJECT
            assert "no such version" in outcome.err
            assert "\x1b" not in outcome.err

    def test_sound_version_is_verified(self, call: CommandLine, root: Path) -> None:
        outcome = call.ok("version", "verify", "v2", "--project", root, "--json")

        assert outcome.json == {"version": "v2", "verified": True, "findings": []}
        told = call.ok("version", "verify", "v2", "--project", root).out
        assert told == "v2: verified\n"

    @pytest.mark.parametrize("damaged", ["manifest.parquet", "image", "missing"])
    def test_damaged_version_is_3(
        self, call: CommandLine, root: Path, damaged: str
    ) -> None:
        path = root / "versions" / "v1" / "manifest.parquet"
        if damaged != "manifest.parquet":
            path = next((root / "images").rglob("*.jpg"))
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.chmod(0o644)
        path.unlink() if damaged == "missing" else path.write_bytes(data)

        outcome = call("version", "verify", "latest", "--project", root, "--json")
        first = call("version", "verify", "v1", "--project", root, "--json")

        assert ExitCode.PROJECT in {outcome.code, first.code}
        assert False in {outcome.json["verified"], first.json["verified"]}
        assert "NOT as it was frozen" in (
            call("version", "verify", "v1", "--project", root).out
            + call("version", "verify", "v2", "--project", root).out
        )

    def test_versions_are_read_without_the_catalog(
        self, call: CommandLine, root: Path
    ) -> None:
        (root / "catalog.db").unlink()

        call.ok("version", "list", "--project", root)
        call.ok("version", "show", "v1", "--project", root)
        call.ok("diff", "v1", "v2", "--project", root)


class TestDiff:
    def test_json_has_the_promised_keys(self, call: CommandLine, root: Path) -> None:
        found = call.ok("diff", "v1", "v2", "--project", root, "--json").json

        assert (found["old"]["alias"], found["new"]["alias"]) == ("v1", "v2")
        assert found["samples"] == {
            "added": 6, "removed": 0, "changed": 2, "unchanged": 22,
        }  # fmt: skip
        assert found["boxes"] == {
            "added": 12, "removed": 1, "relabelled": 1, "moved": 0, "unchanged": 46,
        }  # fmt: skip
        assert (found["splits"]["moved"], found["splits"]["test_moved"]) == (0, 0)
        assert set(found) >= {"classes", "taxonomy", "drift"}
        assert found["drift"]["kind"] == "parent"
        assert "changes" not in found

    def test_changes_are_listed_on_demand(self, call: CommandLine, root: Path) -> None:
        found = call.ok("diff", "v1", "v2", "--list", "--project", root, "--json").json
        told = call.ok("diff", "v1", "v2", "--list", "--project", root).out

        kinds = [change["kind"] for change in found["changes"]]
        assert kinds.count("sample_added") == 6
        assert len(kinds) == 8
        assert len(told.splitlines()) > 8

    def test_difference_is_1_only_on_demand(
        self, call: CommandLine, root: Path
    ) -> None:
        assert call("diff", "v1", "v2", "--project", root).code == ExitCode.DONE
        assert (
            call("diff", "v1", "v2", "--exit-code", "--project", root).code
            == ExitCode.FOUND
        )
        assert (
            call("diff", "v1", "v1", "--exit-code", "--project", root).code
            == ExitCode.DONE
        )
        assert "the same content" in call.ok("diff", "v2", "v2", "--project", root).out

    def test_three_way_diff_and_page(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        page = tmp_path / "diff.html"

        call.ok(
            "diff", "v1", "v2", "--base", "v1", "--html", page, "--project", root,
            "--json",
        )  # fmt: skip

        assert page.read_text("utf-8").lstrip().startswith("<!doctype html")

    def test_unknown_version_is_3(self, call: CommandLine, root: Path) -> None:
        for arguments in (["v1", "v9"], ["v9", "v1"], ["v1", "v2", "--base", "v9"]):
            outcome = call("diff", *arguments, "--project", root)

            assert (outcome.code, outcome.out) == (ExitCode.PROJECT, "")


class TestDrift:
    def test_json_has_the_promised_keys(self, call: CommandLine, root: Path) -> None:
        found = call.ok("drift", "v1", "v2", "--project", root, "--json").json

        assert (found["base_set"], found["current_set"]) == ("v1", "v2")
        assert set(found) >= {"metrics", "family", "verdict"}
        assert set(found["metrics"][0]) >= {
            "name", "unit", "effect", "ci", "p", "p_adjusted", "verdict",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("base", "current"),
        [
            ("v1", "latest"),
            ("v2:train", "v2"),
            ("session:session 0", "session:session 9"),
            ("v1", "session:session 9"),
        ],
    )
    def test_sides_are_versions_splits_and_sessions(
        self, call: CommandLine, root: Path, base: str, current: str
    ) -> None:
        call.ok("drift", base, current, "--project", root)

    def test_side_may_be_a_folder_or_a_clip(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        for name in ("a", "b"):
            (tmp_path / "new" / name).mkdir(parents=True)
            for seed in range(3):
                data = cv2.imencode(".jpg", pixels(seed + ord(name), 96, 72))[1]
                (tmp_path / "new" / name / f"{seed}.jpg").write_bytes(data.tobytes())
        clip = tmp_path / "clip.avi"
        kind = cv2.VideoWriter.fourcc(*"MJPG")
        writer = cv2.VideoWriter(str(clip), kind, 1.0, (96, 72))
        for seed in range(4):
            writer.write(pixels(seed, 96, 72))
        writer.release()

        found = call.ok("drift", "v1", tmp_path / "new", "--project", root, "--json")
        filmed = call.ok("drift", "v1", clip, "--project", root, "--json")

        assert found.json["current"]["sessions"] == 2
        assert filmed.json["current"]["samples"] == 4

    def test_same_seed_gives_the_same_answer(
        self, call: CommandLine, root: Path
    ) -> None:
        first, second = (
            call.ok("drift", "v1", "v2", "--seed", 3, "--project", root, "--json").out
            for _ in range(2)
        )

        assert first == second

    def test_page_is_written_and_drift_is_1_only_on_demand(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        page = tmp_path / "drift.html"

        outcome = call(
            "drift", "v1", "v2", "--html", page, "--exit-code", "--project", root,
            "--json",
        )  # fmt: skip

        is_found = outcome.json["verdict"] == "drift"
        assert outcome.code == (ExitCode.FOUND if is_found else ExitCode.DONE)
        assert page.stat().st_size > 1000

    @pytest.mark.parametrize(
        ("side", "code"),
        [
            ("v9", ExitCode.PROJECT),
            ("v1:nosplit", ExitCode.PROJECT),
            ("session:nobody", ExitCode.PROJECT),
            ("nowhere.mp4", ExitCode.DEVICE),
            ("", ExitCode.USAGE),
            ("x" * 300, ExitCode.DEVICE),
        ],
    )
    def test_side_that_is_not_there_is_a_sentence(
        self, call: CommandLine, root: Path, side: str, code: ExitCode
    ) -> None:
        outcome = call("drift", "v1", side, "--project", root)

        assert outcome.code == code, outcome.err
        assert outcome.err.startswith("error: ")

    def test_empty_session_and_empty_folder_are_sentences(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        with Project.open(root) as project:
            project.begin_session(name="nothing")
        (tmp_path / "empty").mkdir()

        for side in ("session:nothing", str(tmp_path / "empty")):
            outcome = call("drift", "v1", side, "--project", root)

            assert outcome.code in {ExitCode.USAGE, ExitCode.PROJECT}, outcome.err

    def test_broken_picture_in_a_folder_is_named(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "half.jpg").write_bytes(b"\xff\xd8\xff")

        outcome = call("drift", "v1", tmp_path / "new", "--project", root)

        assert outcome.code == ExitCode.PROJECT
        assert "half.jpg" in outcome.err

    def test_missing_image_is_a_sentence_unless_it_was_measured_before(
        self, call: CommandLine, root: Path
    ) -> None:
        with Project.open(root) as project:
            add_session(project, 20)
            for name in ("session 0", "session 20"):
                session = project.catalog.sessions.by_name(name)
                (sample, *_) = project.catalog.samples.of_session(session.id)
                project.image_path(sample).unlink()

        known = call("drift", "v1", "session:session 0", "--project", root)
        outcome = call("drift", "v1", "session:session 20", "--project", root)

        assert known.code == ExitCode.DONE

        assert outcome.code == ExitCode.PROJECT
        assert sample.id in outcome.err


def test_reading_versions_writes_nothing_to_the_catalog(
    call: CommandLine, root: Path
) -> None:
    with Project.open(root) as project:
        before = content(project.catalog)

    call.ok("version", "verify", "v1", "--project", root)
    call.ok("diff", "v1", "v2", "--project", root)
    call.ok("drift", "v1", "v2", "--project", root)

    with Project.open(root) as project:
        assert content(project.catalog) == before


def test_versions_are_seen_from_another_folder(
    call: CommandLine, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    relative = call.ok("version", "list", "--project", os.path.relpath(root))

    assert relative.out == call.ok("version", "list", "--project", root).out
