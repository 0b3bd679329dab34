from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.images.image_file import decode
from dataset.measures import IMAGE_METRICS
from dataset.project import Project
from station.cli.exit_codes import ExitCode
from tests.onnx_models import seeing_colours
from tests.servers.mjpeg import MjpegServer
from tests.small_projects import TRAFFIC, jpeg, new_project, new_session
from tests.station.command_line import PROGRAM, CommandLine

WAIT_S = 60.0


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    new_project(tmp_path / "p").close()
    return tmp_path / "p"


def add_settings(root: Path, text: str) -> None:
    with (root / "fieldset.toml").open("a") as settings:
        settings.write(f"\n{text}\n")


def clip_of(path: Path, pictures: list[NDArray[np.uint8]], fps: float = 10.0) -> Path:
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (width, height)
    )
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return path


@pytest.fixture
def lane(tmp_path: Path) -> Path:
    """Three seconds of a road; in the last one something moves at the left."""
    road = decode((TRAFFIC / "1.jpg").read_bytes())
    pictures = []
    for number in range(30):
        picture = road.copy()
        if number >= 20:
            left = 4 * (number - 20)
            picture[60:140, left : left + 60] = (30, 200, 250)
        pictures.append(picture)
    return clip_of(tmp_path / "lane.avi", pictures)


@contextmanager
def running(root: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [PROGRAM, "--project", root, "capture", "--json", *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def kept(call: CommandLine, root: Path, *arguments: object) -> int:
    outcome = call.ok("capture", "--project", root, "--json", *arguments)
    return int(outcome.lines[-1]["kept"])


def drifts(call: CommandLine, root: Path, source: Path, *arguments: object) -> bool:
    """Whether the trigger fired; what it takes may be here already."""
    options = ("--source", source, "--project", root, "--json", *arguments)
    return len(call.ok("capture", *options).lines) > 1


def test_motion_counts_in_the_zone_alone(
    call: CommandLine, root: Path, lane: Path
) -> None:
    motion = ["--source", lane, "--trigger", "motion"]

    assert kept(call, root, *motion, "--zone", "0.7,0,1,1") == 0
    assert kept(call, root, *motion, "--zone", "0,0 0.5,0 0.5,1 0,1") == 1


def test_settings_say_the_trigger_and_its_options(
    call: CommandLine, root: Path, lane: Path
) -> None:
    text = (root / "fieldset.toml").read_text()
    (root / "fieldset.toml").write_text(
        text.replace("[capture]", '[capture]\ntrigger = "motion"')
    )
    add_settings(root, "[capture.triggers.motion]\nzones = [[0.7, 0, 1, 1]]")

    assert kept(call, root, "--source", lane) == 0
    assert kept(call, root, "--source", lane, "--zone", "0,0,1,1") == 1
    assert kept(call, root, "--source", lane, "--trigger", "interval") == 1


def test_model_that_is_unsure_takes_the_picture(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    seeing_colours(root / "colours.onnx")
    add_settings(root, '[assist]\nmodel = "colours.onnx"')
    noise = np.random.default_rng(1)
    pictures = []
    for red in (0, 0, 115, 255, 255, 115):
        picture = noise.integers(0, 40, (64, 64, 3), np.uint8)
        picture[:32, :32] = (0, 0, red)
        pictures.append(picture)
    clip = clip_of(tmp_path / "colours.avi", pictures)

    unsure = ["--source", clip, "--trigger", "uncertain"]

    assert kept(call, root, *unsure, "--band", "0.35-0.6", "--every", "200ms") == 2
    assert kept(call, root, *unsure, "--band", "0.2-0.3") == 0


def test_picture_that_left_the_baseline_is_taken(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    pictures = [decode(path.read_bytes()) for path in sorted(TRAFFIC.glob("*.jpg"))]
    with Project.open(root) as project:
        session = new_session(project, "usual")
        for number, path in enumerate(sorted(TRAFFIC.glob("*.jpg"))):
            project.take_in(path.read_bytes(), session, captured_us=number)
    usual = clip_of(tmp_path / "usual.avi", pictures * 3, fps=2.0)
    dusk = clip_of(
        tmp_path / "dusk.avi", [*pictures, *[one // 4 for one in pictures * 2]], 2.0
    )
    drift = ["--trigger", "drift", "--away-for", "2s"]
    against = ["--against", "session:usual"]

    assert kept(call, root, "--source", usual, *drift, *against) == 0
    assert kept(call, root, "--source", dusk, *drift, *against) == 1

    add_settings(root, '[drift]\nbaseline = "session:usual"')
    dusk.rename(tmp_path / "dusk again.avi")
    dusk = tmp_path / "dusk again.avi"
    assert drifts(call, root, dusk, *drift)
    wide = "\n".join(f"[drift.limits.{m.name}]\nstep = 1000" for m in IMAGE_METRICS)
    add_settings(root, wide)
    assert not drifts(call, root, dusk, *drift)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--trigger", "uncertain"], ExitCode.USAGE, "needs a model"),
        (["--trigger", "drift"], ExitCode.PROJECT, "version"),
        (["--trigger", "drift", "--against", "session:x"], ExitCode.PROJECT, "x"),
        (["--trigger", "motion", "--zone", "0,0,1.2,1"], ExitCode.USAGE, "1.2"),
        (["--trigger", "motion", "--zone", "half"], ExitCode.USAGE, "half"),
        (["--zone", "0,0,1,1"], ExitCode.USAGE, "--zone"),
        (["--trigger", "uncertain", "--band", "0.6-0.3"], ExitCode.USAGE, "0.6-0.3"),
        (["--trigger", "manual", "--every", "2s"], ExitCode.USAGE, "--every"),
        (["--trigger", "burst", "--away-for", "2s"], ExitCode.USAGE, "--away-for"),
        (["--pre", "61s"], ExitCode.USAGE, "61"),
    ],
)
def test_what_does_not_fit_is_a_sentence(
    call: CommandLine,
    root: Path,
    options: list[str],
    code: ExitCode,
    words: str,
) -> None:
    outcome = call("capture", "--source", TRAFFIC, "--project", root, *options)

    assert outcome.code == code, outcome.err
    assert words in outcome.err.partition("hint:")[0]
    with Project.open(root, read_only=True) as project:
        assert project.catalog.samples.count() == 0


def test_model_that_is_missing_is_a_sentence(call: CommandLine, root: Path) -> None:
    add_settings(root, '[assist]\nmodel = "gone.onnx"')

    outcome = call(
        "capture", "--source", TRAFFIC, "--project", root, "--trigger", "uncertain"
    )

    assert outcome.code == ExitCode.PROJECT
    assert outcome.err.startswith("error: There is no such model file")
    assert "hint:" in outcome.err


def test_refused_pictures_are_told_with_figures_and_counted(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    road = decode((TRAFFIC / "1.jpg").read_bytes())
    white = np.full_like(road, 255)
    clip = clip_of(tmp_path / "odd.avi", [road, white, road // 40], fps=1.0)

    outcome = call.ok(
        "capture", "--source", clip, "--every", "1s", "--project", root, "--json"
    )

    summary = outcome.lines[-1]
    assert (summary["kept"], summary["dropped"]) == (1, 0)
    assert summary["refused"] == {"clipped": 1, "too dark": 1}
    assert "luma 0-1, limit 0.03)" in outcome.err
    listed = call.ok("session", "list", "--project", root, "--json").json["sessions"]
    assert listed[0]["refused"] == {"clipped": 1, "too dark": 1}


def test_camera_that_gives_nothing_fit_ends_a_count_with_its_reason(
    call: CommandLine, root: Path
) -> None:
    add_settings(root, "[capture.gates]\nfrozen = 0.2")
    options = ("--every", "50ms", "--count", 2, "--give-up", "600ms")
    with MjpegServer([jpeg(1)], fps=20.0) as camera:
        outcome = call("capture", "--source", camera.url, *options, "--project", root)

    assert outcome.code == ExitCode.DEVICE
    refused = [line for line in outcome.err.splitlines() if line.startswith("refused:")]
    assert refused[0].startswith("refused: the picture is frozen (")
    assert refused[-1].endswith(f"; {len(refused)} so far")
    error, hint = outcome.err.splitlines()[-2:]
    assert error.startswith("error: No picture could be kept for 0.6 s")
    assert error.endswith(": the picture is frozen")
    assert "--give-up" in hint


def test_settings_say_how_long_a_count_is_waited_for(
    call: CommandLine, root: Path
) -> None:
    text = (root / "fieldset.toml").read_text()
    gates = "frozen = 0.2\nalike = false"
    (root / "fieldset.toml").write_text(
        text.replace("[capture]", "[capture]\ngive_up_s = 1.0")
        + f"\n[capture.gates]\n{gates}\n"
    )
    often = ("--every", "50ms")
    with MjpegServer([jpeg(1)], fps=20.0) as camera:
        source = ("--source", camera.url, *often, "--project", root)
        counted = call("capture", *source, "--count", 2)
        timed = call("capture", *source, "--count", 2, "--for", "1500ms")

    assert counted.code == ExitCode.DEVICE
    assert "for 1 s" in counted.err
    assert timed.code == 0


def test_enter_is_the_shutter(root: Path) -> None:
    with MjpegServer([jpeg(n) for n in range(20)], fps=20.0) as camera:
        options = ["--source", camera.url, "--trigger", "manual", "--count", 2]
        with running(root, *options) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n\n")
            process.stdin.flush()
            lines = [json.loads(process.stdout.readline()) for _ in range(3)]
            code = process.wait(WAIT_S)

    assert code == 0

    assert [line.get("sequence") for line in lines] == [1, 2, None]
    assert lines[-1]["kept"] == 2


def test_input_that_ends_does_not_end_the_capture(root: Path) -> None:
    with MjpegServer([jpeg(n) for n in range(20)], fps=20.0) as camera:
        options = ["--source", camera.url, "--trigger", "manual", "--for", "1s"]
        with running(root, *options) as process:
            out, err = process.communicate("", timeout=WAIT_S)

    assert process.returncode == 0, err
    assert json.loads(out)["kept"] == 0


def test_two_programs_capture_into_one_project_at_once(root: Path) -> None:
    pictures = [[jpeg(n) for n in range(m, m + 20)] for m in (0, 100)]
    with MjpegServer(pictures[0]) as left, MjpegServer(pictures[1]) as right:
        common = ["--trigger", "burst", "--burst", 15, "--spacing", "10ms"]
        options = [*common, "--count", 15, "--for", "60s"]
        with (
            running(root, "--source", left.url, "--session", "a", *options) as one,
            running(root, "--source", right.url, "--session", "b", *options) as other,
        ):
            told = [p.communicate(timeout=WAIT_S) for p in (one, other)]

    assert [one.returncode, other.returncode] == [0, 0], told
    acknowledged = [
        json.loads(line) for out, _ in told for line in out.splitlines()[:-1]
    ]
    with Project.open(root, read_only=True) as project:
        stored = {sample.id: sample for sample in project.catalog.samples.each()}
        assert {line["sample"] for line in acknowledged} == set(stored)
        for sample in stored.values():
            project.images.verify(sample.id, sample.suffix)
        for session in project.catalog.sessions.all():
            samples = project.catalog.samples.of_session(session.id)
            assert [s.sequence for s in samples] == list(range(1, 16))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("trigger", ["motion", "uncertain"])
def test_sigterm_ends_cleanly_whatever_the_trigger_does(
    root: Path, trigger: str
) -> None:
    seeing_colours(root / "colours.onnx")
    add_settings(root, '[assist]\nmodel = "colours.onnx"')
    with (
        MjpegServer([jpeg(n) for n in range(20)], fps=20.0) as camera,
        running(root, "--source", camera.url, "--trigger", trigger) as process,
    ):
        while not camera.whole:
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=WAIT_S)

    assert process.returncode == ExitCode.CANCELLED, err
    assert "kept" in json.loads(out.splitlines()[-1])


def test_camera_is_asked_for_a_mode_and_controls(call: CommandLine, root: Path) -> None:
    camera = ["--source", "simulated:", "--mode", "640x480@15", "--count", "1"]

    outcome = call.ok(
        "capture", "--project", root, "--json", *camera, "--set", "exposure=120"
    )

    assert outcome.lines[-1]["kept"] == 1
    assert "warning" not in outcome.err
    with Project.open(root, read_only=True) as project:
        (sample,) = project.catalog.samples.each()
    assert (sample.width, sample.height) == (640, 480)


def test_mode_that_the_camera_does_not_have_is_5(call: CommandLine, root: Path) -> None:
    outcome = call(
        "capture", "--project", root, "--source", "simulated:", "--mode", "999x480@30"
    )

    assert outcome.code == ExitCode.DEVICE
    assert "999x480@30" in outcome.err
