"""SIGKILL at random, while capturing, labeling, freezing, exporting, beginning."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.mjpeg import MjpegServer

from . import pictures
from .campaign import Campaign
from .strikes import why_no_strace

SHORT = {"capture": 8, "label": 7, "version": 4, "export": 3, "init": 3}
FULL = {"capture": 90, "label": 70, "version": 30, "export": 20, "init": 15}
SEED = 20261121


@pytest.mark.timeout(600)
def test_killed_commands_lose_nothing_acknowledged(tmp_path: Path) -> None:
    with MjpegServer(pictures.traffic(), fps=60) as camera:
        figures = Campaign(tmp_path, SEED, camera).run(SHORT)

    assert not figures.faults, figures
    assert figures.kills == SHORT
    assert figures.samples > 0
    assert figures.edits > 0


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing_acknowledged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with MjpegServer(pictures.traffic(), fps=60) as camera:
        figures = Campaign(tmp_path, SEED + 1, camera).run(FULL)

    with capsys.disabled():
        capsys._capture  # noqa: B018
    assert not figures.faults, figures
    assert figures.kills.total() >= 200


def test_kills_at_system_calls_are_part_of_the_campaign() -> None:
    if reason := why_no_strace():
        pytest.skip(reason)
