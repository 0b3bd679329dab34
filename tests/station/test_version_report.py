"""The report of a version: made later, made again after a kill, without sealed sets."""

from __future__ import annotations

import base64
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.drift_statistics.kept_drift import read_drift
from dataset.drift_statistics.made_report import is_made
from dataset.erasure import erase
from dataset.project import Project
from dataset.version import read_version
from station.cli.exit_codes import ExitCode
from station.report_pictures import extremes, showable
from station.version_report import write_version_report
from tests.dataset.camera_scene import frames
from tests.dataset.camera_sessions import add_session
from tests.sealed_projects import frozen, sealable_project
from tests.small_projects import files_under, new_project
from tests.station.command_line import CommandLine


def has_report(root: Path) -> bool:
    return is_made(read_version(root, "v1"))


DERIVED = ("drift.json", "report.html")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sessions of one camera, and a version of them without its report."""
    from dataset.versions.freezing import freeze

    root = tmp_path_factory.mktemp("report") / "p"
    with new_project(root) as project:
        for day in range(4):
            pictures = [cv2.resize(p, (240, 160)) for p in frames(8, seed=day + 1)]
            add_session(
                project,
                f"day {day}",
                [np.asarray(p, np.uint8) for p in pictures],
                day,
                is_labeled=True,
            )
        freeze(project, message="first")
    return root


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "p"))


def derived(root: Path) -> dict[str, bytes]:
    folder = root / "versions" / "v1"
    return {name: (folder / name).read_bytes() for name in DERIVED}


def pictures_in(page: bytes) -> int:
    return len(re.findall(rb'<img src="data:image/jpeg', page))


def test_the_command_makes_what_is_missing_and_leaves_what_is_there(
    call: CommandLine, root: Path
) -> None:
    made = call.ok("version", "report", "--project", root, "--json").json
    before = derived(root)
    again = call.ok("version", "report", "--project", root)

    assert [one["version"] for one in made["reports"]] == ["v1"]
    assert Path(made["reports"][0]["report"]).is_file()
    assert again.out == ""
    assert "there already" in again.err
    assert derived(root) == before


def test_a_named_version_is_made_anew_where_asked_and_comes_out_the_same(
    call: CommandLine, root: Path
) -> None:
    call.ok("version", "report", "latest", "--project", root)
    before = derived(root)

    told = call.ok("version", "report", "v1", "--again", "--project", root)

    assert told.out.strip().endswith("report.html")
    assert derived(root) == before


@pytest.mark.parametrize("text", ["", "{", '{"comparisons": []}'])
def test_damaged_or_older_drift_statistics_are_made_again(
    call: CommandLine, root: Path, text: str
) -> None:
    call.ok("version", "report", "--project", root)
    before = derived(root)
    (root / "versions" / "v1" / "drift.json").write_text(text)

    call.ok("version", "report", "--project", root)

    assert derived(root) == before


def test_an_unknown_version_is_a_sentence(call: CommandLine, root: Path) -> None:
    said = call("version", "report", "v9", "--project", root)

    assert said.code == ExitCode.PROJECT
    assert "v9" in said.err


def test_drift_and_page_tell_of_the_cameras(root: Path) -> None:
    with Project.open(root) as project:
        done = write_version_report(project, "v1")
        kept = read_drift(project.version("v1"))

    assert kept is not None
    (camera,) = kept["health"]["cameras"]
    assert (camera["station"], camera["camera"]) == ("north", "cam")
    assert camera["reference"] == ["day 0", "day 1"]
    assert camera["current"] == ["day 2", "day 3"]
    page = done.page.read_text("utf-8")
    assert "north · cam · day" in page
    assert "The outermost samples" in page


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("place", ["versions/health.json", "versions/v1/report.html"])
def test_a_killed_run_is_completed_by_the_next_one(
    call: CommandLine, root: Path, tmp_path: Path, place: str
) -> None:
    whole = Path(shutil.copytree(root, tmp_path / "whole"))
    call.ok("version", "report", "--project", whole)
    start = "from station.cli.main import main; main()"
    run = subprocess.Popen(
        [sys.executable, "-c", start, "version", "report", "--project", str(root)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    ends = time.monotonic() + 120
    while not (root / place).exists() and run.poll() is None:
        assert time.monotonic() < ends
        time.sleep(0.002)
    run.send_signal(signal.SIGKILL)
    run.wait()

    call.ok("version", "report", "--project", root)

    assert derived(root) == derived(whole)
    assert has_report(root)


def test_erasing_a_sample_takes_the_report_and_a_new_one_is_without_it(
    root: Path,
) -> None:
    with Project.open(root) as project:
        write_version_report(project, "v1")
        gone = project.version("v1").samples[0]

        erase(project, gone.id)

        assert not has_report(root)
        write_version_report(project, "v1")
        assert has_report(root)


def test_a_sealed_set_is_in_no_picture(root: Path) -> None:
    with Project.open(root) as project:
        rows = project.version("v1").samples
        sealed = [replace(row, split="test-main") for row in rows[:3]]
        others = [replace(row, split="train") for row in rows[3:]]
        numbers = {row.id: {"brightness": float(at)} for at, row in enumerate(rows)}
        shown = list(showable([*sealed, *others], frozenset({"test-main"})))

        found = extremes(project.root, shown, numbers)

    assert shown == others
    assert found[0].caption.startswith("darkest: 3 luma")


def test_a_report_from_before_a_seal_stays_at_home_until_it_is_made_again(
    call: CommandLine, tmp_path: Path
) -> None:
    root = tmp_path / "sealed"
    with sealable_project(root) as project:
        frozen(project)
    call.ok("version", "report", "--project", root)
    call.ok("testset", "seal", "test-main", "--project", root)

    def exported(name: str) -> set[str]:
        target = tmp_path / name
        call.ok(
            *("export", "v1", "--format", "csv"), *("--to", target, "--project", root)
        )
        return files_under(target)

    before = exported("before")
    told = call.ok("version", "report", "--project", root, "--json").json
    after = exported("after")

    assert "drift.json" in before
    assert "report.html" not in before
    assert [one["version"] for one in told["reports"]] == ["v1"]
    assert {"drift.json", "report.html"} <= after
    kept = json.loads((tmp_path / "after" / "drift.json").read_text("utf-8"))
    assert "test-main" in kept["closed"]


def test_extremes_are_shown_once_small_and_by_their_session(root: Path) -> None:
    with Project.open(root) as project:
        rows = {row.id: row for row in list(project.version("v1").samples)[:3]}
        names = sorted(rows)
        numbers = {
            names[0]: {"brightness": -0.1, "sharpness": 1.0},
            names[1]: {"brightness": 0.9, "sharpness": 9.0},
            names[2]: {"brightness": float("nan")},
        }

        found = extremes(project.root, rows.values(), numbers)

    assert [picture.caption for picture in found] == [
        f"darkest: -0.1 luma 0-1, {rows[names[0]].session}",
        f"brightest: 0.9 luma 0-1, {rows[names[1]].session}",
    ]
    pixels = cv2.imdecode(np.frombuffer(found[0].data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape[1] <= 320


def test_made_copies_are_no_extremes(root: Path) -> None:
    with Project.open(root) as project:
        row = project.version("v1").samples[0]
    made = f"made:stress/1 {'0' * 64} {'1' * 64}"
    copy = replace(row, source_name=made)

    assert list(showable([copy], frozenset())) == []


def test_the_pictures_of_the_page_are_whole_jpegs(root: Path) -> None:
    with Project.open(root) as project:
        write_version_report(project, "v1")
    page = derived(root)["report.html"]

    found = re.findall(rb'src="data:image/jpeg;base64,([^"]+)"', page)
    assert 0 < len(found) == pictures_in(page) <= 16
    for coded in found:
        data = np.frombuffer(base64.b64decode(coded), np.uint8)
        assert cv2.imdecode(data, cv2.IMREAD_COLOR) is not None
    assert json.loads(derived(root)["drift.json"])["alias"] == "v1"
