from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import pytest

from dataset.project import Project
from station.cli.exit_codes import ExitCode
from tests.small_projects import TRAFFIC, jpeg, new_project, pixels, tiny_disk
from tests.station.command_line import CommandLine, program


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    new_project(tmp_path / "p").close()
    return tmp_path / "p"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip of two seconds at ten pictures a second; a thing jumps about in it."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (160, 120)
    )
    ground = pixels(1, 160, 120)
    for number in range(20):
        picture = ground.copy()
        # A clock in the corner: no two pictures have the same bytes.
        picture[:2, :2] = 12 * number
        if number >= 10:
            x = 10 * (number - 10)
            picture[30:90, x : x + 40] = 255
        writer.write(picture)
    writer.release()
    return path


def kept(root: Path) -> dict[str, bytes]:
    with Project.open(root, read_only=True) as project:
        return {
            s.source_name or s.id: project.images.read(s.id, s.suffix)
            for s in project.catalog.samples.each()
        }


def test_folder_is_captured_byte_for_byte(call: CommandLine, root: Path) -> None:
    outcome = call.ok("capture", "--source", TRAFFIC, "--project", root, "--json")

    *lines, summary = outcome.lines
    assert [line["sequence"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert not any(line["known"] for line in lines)
    assert {key: summary[key] for key in ("kept", "known", "refused")} == {
        "kept": 6,
        "known": 0,
        "refused": {},
    }
    assert kept(root) == {path.name: path.read_bytes() for path in TRAFFIC.iterdir()}
    assert outcome.err == ""
    with Project.open(root, read_only=True) as project:
        (session,) = project.catalog.sessions.all()
    assert summary["session"] == session.name
    assert session.ended_us is not None


def test_an_unreadable_picture_of_a_folder_is_named(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "card" / "deep").mkdir(parents=True)
    whole = sorted(TRAFFIC.iterdir())[0].read_bytes()
    (tmp_path / "card" / "a.jpg").write_bytes(whole)
    (tmp_path / "card" / "deep" / "b.jpg").write_bytes(whole[: len(whole) // 2])

    outcome = call.ok("capture", "--source", tmp_path / "card", "--project", root)

    assert "refused deep/b.jpg: the image is cut short" in outcome.err


def test_health_that_cannot_be_written_is_told_and_stops_no_capture(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "gone" / "health.json"
    options = ("--count", 1, "--project", root, "--health", missing)

    outcome = call.ok("capture", "--source", TRAFFIC, *options)

    assert f"warning: The folder of the health file is not there: {missing}" in (
        outcome.err
    )
    assert len(kept(root)) == 1


def test_second_capture_of_the_same_files_adds_nothing(
    call: CommandLine, root: Path
) -> None:
    call.ok("capture", "--source", TRAFFIC, "--project", root)

    again = call.ok("capture", "--source", TRAFFIC, "--project", root, "--json")

    assert all(line["known"] for line in again.lines[:-1])
    assert (again.lines[-1]["kept"], again.lines[-1]["known"]) == (0, 6)
    assert len(kept(root)) == 6


def test_people_get_a_line_a_sample_and_a_sum(call: CommandLine, root: Path) -> None:
    outcome = call.ok("capture", "--source", TRAFFIC, "--count", 2, "--project", root)
    again = call.ok("capture", "--source", TRAFFIC, "--count", 1, "--project", root)

    assert len(outcome.out.splitlines()) == 2
    assert outcome.err == "kept 2, known 0, refused 0\n"
    assert again.out.splitlines()[0].endswith("  (known already)")


def test_session_is_told_by_options(call: CommandLine, root: Path) -> None:
    call.ok(
        "capture", "--source", TRAFFIC, "--project", root, "--session", "dawn <b>",
        "--place", "bridge 4", "--operator", "O'Neill", "--condition", "light=dawn",
        "--condition", " weather = light rain ",
    )  # fmt: skip

    with Project.open(root, read_only=True) as project:
        (session,) = project.catalog.sessions.all()
    assert (session.name, session.place, session.operator) == (
        "dawn <b>",
        "bridge 4",
        "O'Neill",
    )
    assert session.conditions == (("light", "dawn"), ("weather", "light rain"))
    assert session.station


def test_station_is_named_by_the_environment(
    call: CommandLine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDSET_STATION", " edge-7 ")

    call.ok("capture", "--source", TRAFFIC, "--count", 1, "--project", root)

    with Project.open(root, read_only=True) as project:
        assert project.catalog.sessions.all()[0].station == "edge-7"


def test_sub_folders_are_sessions(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    for number, name in enumerate(("day", "night")):
        (tmp_path / "tour" / name).mkdir(parents=True)
        for seed in range(2):
            (tmp_path / "tour" / name / f"{seed}.jpg").write_bytes(
                jpeg(10 * number + seed)
            )

    outcome = call.ok(
        "capture", "--source", tmp_path / "tour", "--project", root, "--json"
    )
    again = call.ok(
        "capture", "--source", tmp_path / "tour", "--project", root, "--json"
    )

    *lines, summary = outcome.lines
    assert summary["sessions"] == ["day", "night"]
    assert [line["session"] for line in lines] == ["day", "day", "night", "night"]
    assert {line["session"] for line in again.lines[:-1]} == {"day (2)", "night (2)"}
    assert again.lines[-1]["known"] == 4
    listed = call.ok("session", "list", "--project", root, "--json").json["sessions"]
    assert {s["name"]: s["samples"] for s in listed} == {
        "day": 2,
        "night": 2,
        "day (2)": 0,
        "night (2)": 0,
    }


def test_unusable_files_are_refused_by_reason_and_the_rest_is_kept(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "1.jpg").write_bytes(jpeg(1))
    (folder / "2.jpg").write_bytes(jpeg(2)[: len(jpeg(2)) // 2])
    (folder / "3.jpg").write_bytes(b"")
    (folder / "4.png").write_bytes(b"no picture")
    (folder / "5 \x1b[31m.jpg").write_bytes(jpeg(5))
    (folder / "notes.txt").write_text("not looked at")

    outcome = call.ok("capture", "--source", folder, "--project", root, "--json")

    summary = outcome.lines[-1]
    assert summary["kept"] == 2
    assert sum(summary["refused"].values()) == 3
    assert set(kept(root)) == {"1.jpg", "5 \x1b[31m.jpg"}
    assert "\x1b" not in outcome.err


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ([], 1),
        (["--every", "500ms"], 4),
        (["--every", "1s"], 2),
        (["--every", "100ms", "--for", "500ms"], 5),
        (["--every", "100ms", "--count", "3"], 3),
        (["--trigger", "burst", "--burst", "2"], 2),
        (["--trigger", "burst", "--burst", "2", "--every", "1s"], 4),
        (["--trigger", "burst", "--burst", "1", "--pre", "1s"], 1),
    ],
)
def test_clip_is_captured_by_its_own_clock(
    call: CommandLine, root: Path, clip: Path, options: list[str], count: int
) -> None:
    with (root / "fieldset.toml").open("a") as settings:
        settings.write("\n[capture.gates]\nalike = false\n")

    outcome = call.ok(
        "capture", "--source", clip, *options, "--project", root, "--json"
    )

    assert outcome.lines[-1]["kept"] == count
    assert len(outcome.lines) == count + 1


def test_motion_takes_only_what_moves(
    call: CommandLine, root: Path, clip: Path
) -> None:
    outcome = call.ok(
        "capture", "--source", clip, "--trigger", "motion", "--cool-down", "100ms",
        "--project", root, "--json",
    )  # fmt: skip

    assert 1 <= outcome.lines[-1]["kept"] <= 10
    with Project.open(root, read_only=True) as project:
        samples = project.catalog.samples.of_session(
            project.catalog.sessions.all()[0].id
        )
        began = samples[0].captured_us - clip.stat().st_mtime_ns // 1000
    assert began >= 900_000


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("/nowhere/clip.mp4", ExitCode.DEVICE),
        ("/dev/video99", ExitCode.DEVICE),
        ("http://127.0.0.1:9/", ExitCode.DEVICE),
        ("rtsp://127.0.0.1:9/", ExitCode.DEVICE),
        ("", ExitCode.USAGE),
        ("gopher://x", ExitCode.USAGE),
        ("x" * 300, ExitCode.DEVICE),
        ("http://127.0.0.1:9/" + "x" * 300, ExitCode.DEVICE),
    ],
)
def test_source_that_is_not_there_is_a_sentence(
    call: CommandLine, root: Path, source: str, code: ExitCode
) -> None:
    outcome = call("capture", "--source", source, "--project", root, "--json")

    assert outcome.code == code, outcome.err
    assert outcome.lines[-1]["kept"] == 0
    assert outcome.err.startswith("error: ")
    assert call.ok("session", "list", "--project", root, "--json").json == {
        "sessions": []
    }


def test_of_a_source_that_never_opened_the_error_alone_is_said(
    call: CommandLine, root: Path
) -> None:
    outcome = call("capture", "--source", "/nowhere/clip.mp4", "--project", root)

    first, *others = outcome.err.splitlines()
    assert first.startswith("error: ")
    assert all(line.startswith("hint: ") for line in others)
    assert outcome.out == ""


def test_file_that_is_no_clip_is_5(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "x.mp4").write_bytes(b"not a clip" * 1000)

    outcome = call("capture", "--source", tmp_path / "x.mp4", "--project", root)

    assert outcome.code == ExitCode.DEVICE


def test_empty_folder_is_5(call: CommandLine, root: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    outcome = call("capture", "--source", tmp_path / "empty", "--project", root)

    assert outcome.code == ExitCode.DEVICE
    assert "holds no images" in outcome.err


@pytest.mark.parametrize(
    "options",
    [
        ["--trigger", "uncertain"],
        ["--burst", "3"],
        ["--sensitivity", "0.5"],
        ["--trigger", "motion", "--burst", "3"],
        ["--trigger", "burst", "--cool-down", "1s"],
        ["--condition", "light=day", "--condition", "light=night"],
    ],
)
def test_options_that_do_not_fit_are_2(
    call: CommandLine, root: Path, options: list[str]
) -> None:
    outcome = call("capture", "--source", TRAFFIC, *options, "--project", root)

    assert outcome.code == ExitCode.USAGE
    assert outcome.out == ""
    assert kept(root) == {}


def test_session_name_that_is_taken_is_2_before_anything_is_kept(
    call: CommandLine, root: Path
) -> None:
    call.ok(
        "capture", "--source", TRAFFIC, "--count", 1, "--session", "n",
        "--project", root,
    )  # fmt: skip

    outcome = call("capture", "--source", TRAFFIC, "--session", "n", "--project", root)

    assert outcome.code == ExitCode.USAGE
    assert "of that name already: n" in outcome.err
    assert len(kept(root)) == 1


def test_full_disk_is_3_and_what_was_acknowledged_is_there(
    call: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    for seed in range(30):
        cv2.imwrite(str(folder / f"{seed:02}.png"), pixels(seed, 400, 300))
    with tiny_disk(tmp_path / "disk") as disk:
        new_project(disk / "p").close()

        outcome = call("capture", "--source", folder, "--project", disk / "p", "--json")

        *lines, summary = outcome.lines
        assert outcome.code == ExitCode.PROJECT
        assert outcome.err.startswith("error: The disk is full")
        assert 0 < len(lines) == summary["kept"] < 30
        with Project.open(disk / "p", read_only=True) as project:
            known = {s.id: s.suffix for s in project.catalog.samples.each()}
            assert set(known) == {line["sample"] for line in lines}
            for sample_id, suffix in known.items():
                project.images.verify(sample_id, suffix)


def test_names_that_are_no_unicode_are_taken_in(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures" / os.fsdecode(b"s\xfe")
    folder.mkdir(parents=True)
    (folder / os.fsdecode(b"a\xfd.jpg")).write_bytes(jpeg(1))

    outcome = program("capture", "--source", folder.parent, "--project", root, "--json")

    assert outcome.code == 0, outcome.err
    assert (outcome.lines[-1]["kept"], outcome.lines[-1]["session"]) == (1, "s?")
    assert list(kept(root)) == ["s?/a?.jpg"]


def test_camera_commands_speak_json(call: CommandLine, clip: Path) -> None:
    listed = call.ok("camera", "list", "--json").json
    probed = call.ok("camera", "probe", clip, "--json").json

    assert isinstance(listed["cameras"], list)
    (found,) = probed["cameras"]
    assert (found["width"], found["height"], found["kind"]) == (160, 120, "video")
    assert found["live"] is False
    assert "160x120" in call.ok("camera", "probe", clip).out


def test_camera_that_is_not_there_cannot_be_probed(call: CommandLine) -> None:
    assert call("camera", "probe", "/dev/video99").code == ExitCode.DEVICE


def test_program_captures_and_acknowledges_line_by_line(
    root: Path, tmp_path: Path
) -> None:
    shutil.copytree(TRAFFIC, tmp_path / "pictures")

    outcome = program("capture", "--source", "../pictures", "--json", cwd=root)

    assert outcome.code == 0
    assert outcome.lines[-1]["kept"] == 6
    assert len(kept(root)) == 6
