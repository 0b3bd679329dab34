"""SIGKILL at random, while capturing, labeling, freezing, exporting, beginning.

At random moments and, where strace can do it, at random system calls. A killed
process leaves the page cache intact: a power cut is not what is proven here.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.durable import TEMPORARY_PREFIX
from dataset.project import Project
from tests.servers.mjpeg import MjpegServer

from . import pictures
from .campaign import Campaign
from .commands import fieldset
from .stored import stored
from .strikes import why_no_strace

MOMENTS = {"capture": 4, "label": 4, "version": 2, "export": 1, "backup": 1}
CALLS = {"capture": 4, "label": 3, "version": 2, "export": 1, "import": 1, "init": 2}
FULL = {
    "capture": 90, "label": 70, "version": 30, "export": 20, "import": 20,
    "backup": 15, "init": 15,
}  # fmt: skip
SEED = 20261121

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no SIGKILL"
)


@pytest.fixture
def camera() -> Iterator[MjpegServer]:
    with MjpegServer(pictures.traffic(), fps=60) as server:
        yield server


@pytest.mark.timeout(600)
def test_commands_killed_at_any_moment_lose_nothing_acknowledged(
    tmp_path: Path, camera: MjpegServer
) -> None:
    campaign = Campaign(tmp_path, SEED, camera, share_at_calls=0.0)

    figures = campaign.run(MOMENTS)

    assert not figures.faults, figures
    assert figures.kills == MOMENTS
    assert figures.samples > 0
    assert figures.edits > 0


@pytest.mark.timeout(600)
def test_commands_killed_at_a_system_call_lose_nothing_acknowledged(
    tmp_path: Path, camera: MjpegServer
) -> None:
    if reason := why_no_strace():
        pytest.skip(reason)
    campaign = Campaign(tmp_path, SEED, camera, share_at_calls=1.0)

    figures = campaign.run(CALLS)

    assert not figures.faults, figures
    assert figures.kills == CALLS


def test_backup_that_died_before_its_marker_is_simply_made_again(
    project: Path, tmp_path: Path
) -> None:
    target = tmp_path / "backup"
    target.mkdir()
    (target / f"{TEMPORARY_PREFIX}1a2b").write_bytes(b"half a mar")

    end = fieldset("--project", project, "backup", target)

    assert end.code == 0, end.talk


def test_check_takes_in_what_a_killed_capture_left_behind(project: Path) -> None:
    whole, other = pictures.many(2, "left behind")
    with Project.open(project) as opened:
        orphan = opened.images.put(whole, "jpg")
        half = opened.images.path(hashlib.sha256(other).hexdigest(), "jpg")
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(other[:1000])
    (half.parent / f"{TEMPORARY_PREFIX}1a2b").write_bytes(b"half")
    for path in project.rglob("images/*/*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))

    seen = fieldset("--project", project, "check", "--json")
    mended = fieldset("--project", project, "check", "--repair", "--json")
    again = fieldset("--project", project, "check", "--deep", "--json")

    assert [len(end.json["findings"]) for end in (seen, mended, again)] == [3, 3, 1]
    assert again.json["findings"][0]["severity"] == "ok"
    assert set(stored(project).images) == {orphan}
    assert (project / "quarantine" / half.name).exists()


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing_acknowledged(
    tmp_path: Path, camera: MjpegServer, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign = Campaign(tmp_path, SEED + 1, camera, share_at_calls=0.5)

    figures = campaign.run(FULL)

    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n{why_no_strace()}\n")
    assert not figures.faults
    assert figures.kills == FULL
