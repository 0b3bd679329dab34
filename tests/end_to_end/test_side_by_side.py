"""The window and the command line at once: several processes, one project."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from dataset.check import check
from dataset.findings import Severity
from dataset.project import Project

from . import pictures
from .campaign import LABELER
from .commands import FIELDSET, Finished, Running, fieldset
from .promises import Promises

_LONG_S = 3.0


def _fill_queue(root: Path, count: int) -> None:
    with Project.open(root) as project:
        session = project.begin_session()
        for number, data in enumerate(pictures.many(count, "queue")):
            at_us = session.started_us + number * 1_000_000
            project.take_in(data, session, captured_us=at_us)


def _at_once(commands: dict[str, list[str]], folder: Path) -> dict[str, Finished]:
    with contextlib.ExitStack() as stack:
        runs = {}
        for name, command in commands.items():
            runs[name] = Running(command, folder, name)
            stack.callback(runs[name].end_all)
        return {name: run.wait() for name, run in runs.items()}


def _everything_at_once(root: Path, folder: Path, count: int) -> dict[str, Finished]:
    """Two captures of `count` images each, and a person labeling `count // 3`."""
    _fill_queue(root, count // 3)
    commands = {"label": [sys.executable, LABELER, str(root), "1"]}
    for name in ("left", "right"):
        images = pictures.write_folder(folder / name, pictures.many(count, name))
        commands[name] = [
            FIELDSET, "--project", str(root), "capture", "--json",
            "--source", str(images), "--every", "500ms",
        ]  # fmt: skip
    return _at_once(commands, folder)


def _expect_all_kept(root: Path, ends: dict[str, Finished], count: int) -> None:
    promises = Promises()
    assert {name: end.code for name, end in ends.items()} == dict.fromkeys(ends, 0)
    assert not [end.talk for end in ends.values() if "error" in end.talk]
    for name in ("left", "right"):
        assert promises.take_captured(ends[name].lines) == count
    assert promises.take_labeled(ends["label"].lines) >= count // 3
    with Project.open(root) as project:
        assert not list(promises.broken(project, deep=True))
        found = check(project, deep=True, settled_s=0.0)
    assert [finding.severity for finding in found] == [Severity.OK]


@pytest.mark.timeout(300)
def test_capturing_twice_and_labeling_at_once_lose_nothing(
    project: Path, tmp_path: Path
) -> None:
    ends = _everything_at_once(project, tmp_path, 90)

    _expect_all_kept(project, ends, 90)


@pytest.mark.soak
def test_capturing_twice_and_labeling_at_once_for_long_lose_nothing(
    project: Path, tmp_path: Path
) -> None:
    ends = _everything_at_once(project, tmp_path, 3000)

    _expect_all_kept(project, ends, 3000)


def test_commands_work_while_the_window_holds_the_project(project: Path) -> None:
    _fill_queue(project, 6)
    with Project.open(project) as window:
        window.catalog.samples.states()

        added = fieldset("--project", project, "class", "add", "bus")
        status = fieldset("--project", project, "status", "--json")

        names = [item.name for item in window.catalog.classes.all()]

    assert added.code == 0, added.talk
    assert status.json["samples"]["total"] == 6
    assert names == ["car", "lorry", "bus"]


def test_another_writer_is_waited_for(project: Path, tmp_path: Path) -> None:
    images = pictures.write_folder(tmp_path / "images", pictures.many(4, "wait"))
    command = [
        FIELDSET, "--project", str(project), "capture", "--json",
        "--source", str(images), "--every", "500ms",
    ]  # fmt: skip
    with Project.open(project) as window, contextlib.ExitStack() as stack:
        with window.catalog.writing():
            run = Running(command, tmp_path, "capture")
            stack.callback(run.end_all)
            # It cannot end while we write: the time is that of a long transaction.
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.process.wait(_LONG_S)
            waited = run.lines()
        end = run.wait()

    assert waited == ()
    assert end.code == 0, end.talk
    assert len(end.samples) == 4
