"""The chain of a station while several processes capture, and while they are killed."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.mjpeg import MjpegServer

from . import pictures
from .commands import FIELDSET, Running, fieldset

ROUNDS = 4


@pytest.fixture
def camera() -> Iterator[MjpegServer]:
    with MjpegServer(pictures.traffic(), fps=60) as server:
        yield server


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    folder = tmp_path / "gallery"
    folder.mkdir()
    for number, data in enumerate(pictures.many(60, "gallery")):
        (folder / f"{number:03}.jpg").write_bytes(data)
    return folder


def capture(project: Path, source: str, session: str, *timing: str) -> list[str]:
    return [
        FIELDSET, "--project", str(project), "capture", "--source", source,
        "--session", session, "--json", *timing,
    ]  # fmt: skip


def proof(project: Path) -> dict[str, int]:
    end = fieldset("--project", project, "check", "--json")
    assert end.code == 0, end.out
    found = end.json["provenance"]
    names = ("signed", "unsigned", "broken", "gap")
    return {name: found[name] for name in names}


def test_two_processes_that_capture_at_once_keep_one_whole_chain(
    project: Path, gallery: Path, tmp_path: Path
) -> None:
    halves = [tmp_path / "one", tmp_path / "two"]
    files = sorted(gallery.iterdir())
    for number, half in enumerate(halves):
        half.mkdir()
        for path in files[number::2]:
            path.rename(half / path.name)

    runs = [
        Running(capture(project, str(half), half.name), tmp_path, f"run-{half.name}")
        for half in halves
    ]
    ends = [run.wait() for run in runs]

    assert [end.code for end in ends] == [0, 0], ends
    assert proof(project) == {"signed": 60, "unsigned": 0, "broken": 0, "gap": 0}


def test_two_stations_in_one_project_keep_a_chain_each(
    project: Path, gallery: Path, tmp_path: Path
) -> None:
    files = sorted(gallery.iterdir())
    for number, name in enumerate(("north", "south")):
        key = tmp_path / f"{name}.pem"
        env = {"FIELDSET_STATION": name, "FIELDSET_STATION_KEY": str(key)}
        half = tmp_path / name
        half.mkdir()
        for path in files[number * 5 : number * 5 + 5]:
            path.rename(half / path.name)
        assert fieldset("station", "--make-key", env=env).code == 0
        end = fieldset(*capture(project, str(half), name)[1:], env=env)
        assert end.code == 0, end.talk

    end = fieldset("--project", project, "check", "--json")

    assert end.code == 0, end.out
    stations = end.json["provenance"]["stations"]
    assert sorted((line["names"], line["signed"]) for line in stations) == [
        (["north"], 5),
        (["south"], 5),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_chain_is_whole_after_captures_were_killed(
    project: Path, camera: MjpegServer, tmp_path: Path
) -> None:
    chance = random.Random(20261127)
    acknowledged: set[str] = set()
    for number in range(ROUNDS):
        command = capture(project, camera.url, f"s{number}", "--every", "10ms")
        run = Running(command, tmp_path, f"run-{number}")
        run.wait_lines(chance.randint(1, 12))
        run.process.kill()
        acknowledged.update(run.wait().samples)

    found = proof(project)

    assert found["broken"] == found["gap"] == found["unsigned"] == 0
    assert found["signed"] >= len(acknowledged) > 0
