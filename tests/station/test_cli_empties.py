"""`fieldset label --empties`: offered, and dismissed where one says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset.project import Project
from dataset.records import SampleState
from station.cli.exit_codes import ExitCode
from tests.labeling.test_empties import FOXES, meadow
from tests.small_projects import BEGAN_US, new_project, new_session
from tests.station.command_line import CommandLine

EMPTY = sum(x is None for x in FOXES)


@pytest.fixture
def fieldset(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with new_project(tmp_path / "p", "fox") as project:
        session = new_session(project, "night")
        for number, x in enumerate(FOXES):
            project.take_in(
                meadow(number, x), session, captured_us=BEGAN_US + number * 1_000_000
            )
    return tmp_path / "p"


def empty(root: Path) -> int:
    with Project.open(root, read_only=True) as project:
        return project.catalog.samples.states()[SampleState.EMPTY]


def test_empties_are_offered_and_nothing_is_decided(
    fieldset: CommandLine, root: Path
) -> None:
    outcome = fieldset.ok("label", "--empties", "--project", root, "--json")

    assert outcome.json == {
        "looked": len(FOXES),
        "unknown": 0,
        "quiet": EMPTY,
        "dismissed": 0,
        "findings": [],
    }
    assert empty(root) == 0


def test_dismiss_says_that_they_are_empty_and_undo_takes_it_back(
    fieldset: CommandLine, root: Path
) -> None:
    outcome = fieldset.ok("label", "--empties", "--dismiss", "--project", root)
    after = empty(root)
    with Project.open(root) as project:
        project.catalog.labels.undo()

    assert after == EMPTY
    assert f"{EMPTY} pictures dismissed as empty" in outcome.err
    assert empty(root) == 0


def test_one_session_alone_is_looked_at(fieldset: CommandLine, root: Path) -> None:
    with Project.open(root) as project:
        session = new_session(project, "day")
        project.take_in(meadow(90, None), session, captured_us=BEGAN_US)

    outcome = fieldset.ok(
        "label", "--empties", "--session", "day", "--project", root, "--json"
    )

    assert (outcome.json["looked"], outcome.json["unknown"]) == (1, 1)


def test_a_picture_that_is_gone_is_named_with_exit_3(
    fieldset: CommandLine, root: Path
) -> None:
    with Project.open(root) as project:
        first = next(iter(project.catalog.samples.each()))
        project.image_path(first).unlink()

    outcome = fieldset("label", "--empties", "--project", root)

    assert outcome.code == ExitCode.PROJECT
    assert "cannot be read" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--dismiss"], "`--dismiss` says what becomes"),
        (["--empties", "--propose", "motion"], "is done at a time"),
        (["--session", "night"], "work without the window"),
    ],
)
def test_what_does_not_fit_together_is_wrong_usage(
    fieldset: CommandLine, root: Path, arguments: list[str], what: str
) -> None:
    outcome = fieldset("label", *arguments, "--project", root)

    assert outcome.code == ExitCode.USAGE
    assert what in outcome.err
