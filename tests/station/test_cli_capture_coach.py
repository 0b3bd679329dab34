"""`fieldset capture` says what is wanted, and keeps what it captures for."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset.project import Project
from station.cli.exit_codes import ExitCode
from tests.small_projects import TRAFFIC, new_project
from tests.station.command_line import CommandLine

TARGETS = """
[balance.targets.car]
conditions = { "light=night" = 12 }
"""


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    new_project(tmp_path / "p").close()
    with (tmp_path / "p" / "fieldset.toml").open("a") as settings:
        settings.write(TARGETS)
    return tmp_path / "p"


def test_the_coach_speaks_at_start_and_end_and_only_to_the_person(
    call: CommandLine, root: Path
) -> None:
    outcome = call.ok("capture", "--source", TRAFFIC, "--project", root, "--json")

    words = "capture next: 12 more of car at night"
    assert outcome.err.count(words) == 2
    assert words not in outcome.out


def test_status_begins_with_the_same_line(call: CommandLine, root: Path) -> None:
    found = call.ok("status", "--project", root, "--json").json

    assert found["next"][0] == "12 more of car at night"


def test_samples_keep_the_class_they_were_captured_for(
    call: CommandLine, root: Path
) -> None:
    call.ok("capture", "--source", TRAFFIC, "--class", "car", "--project", root)

    with Project.open(root, read_only=True) as project:
        (car,) = (c.id for c in project.catalog.classes.all() if c.name == "car")
        assert project.catalog.class_hints.waiting() == {car: 6}
        totals = project.catalog.tables.class_totals()
    assert totals == {}


def test_a_class_that_is_not_there_is_named_before_anything_is_captured(
    call: CommandLine, root: Path
) -> None:
    outcome = call("capture", "--source", TRAFFIC, "--class", "yeti", "--project", root)

    assert outcome.code == ExitCode.PROJECT
    assert "yeti" in outcome.err
    with Project.open(root, read_only=True) as project:
        assert project.catalog.sessions.all() == ()
