from __future__ import annotations

from pathlib import Path

import click
import pytest

from dataset.project import Project
from station.cli.capture import capture
from station.cli.environment import variables_of
from station.cli.exit_codes import ExitCode
from tests.small_projects import TRAFFIC, new_project
from tests.station.command_line import CommandLine


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    new_project(tmp_path / "p").close()
    monkeypatch.setenv("FIELDSET_PROJECT", str(tmp_path / "p"))
    return tmp_path / "p"


def test_every_option_of_capture_has_a_variable_of_its_own() -> None:
    wanted = {
        max(one.opts, key=len)
        for one in capture.params
        if isinstance(one, click.Option) and one.name != "folder"
    }

    found = variables_of(capture)

    assert set(found.values()) == wanted
    assert all(one.envvar for one in capture.params if one.name != "folder")
    assert found["FIELDSET_COOL_DOWN"] == "--cool-down"


def test_variables_stand_for_options(
    call: CommandLine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SOURCE": str(TRAFFIC),
        "COUNT": "2",
        "PLACE": "bridge 7",
        "CONDITION": "light=dawn, weather = light rain",
        "JSON": "1",
        "OPERATOR": "",
    }.items():
        monkeypatch.setenv(f"FIELDSET_{name}", value)

    outcome = call.ok("capture")

    assert outcome.lines[-1]["kept"] == 2
    with Project.open(root, read_only=True) as project:
        (session,) = project.catalog.sessions.all()
    assert (session.place, session.operator) == ("bridge 7", "")
    assert session.conditions == (("light", "dawn"), ("weather", "light rain"))


def test_an_option_goes_before_its_variable(
    call: CommandLine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDSET_SOURCE", str(root / "nowhere"))
    monkeypatch.setenv("FIELDSET_COUNT", "1")

    outcome = call.ok("capture", "--source", TRAFFIC, "--count", 3)

    assert len(outcome.out.splitlines()) == 3


def test_every_command_works_on_the_project_of_the_variable(
    call: CommandLine, root: Path
) -> None:
    assert call.ok("status", "--json").json["samples"]["total"] == 0


def test_a_value_that_cannot_be_names_its_option(
    call: CommandLine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDSET_EVERY", "often")

    outcome = call("capture", "--source", TRAFFIC)

    assert outcome.code == ExitCode.USAGE
    assert "--every" in outcome.err
    assert "often" in outcome.err


def test_a_source_may_lie_in_a_file(
    call: CommandLine, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "source").write_text(f"  {TRAFFIC}\n")
    monkeypatch.setenv("FIELDSET_SOURCE_FILE", str(tmp_path / "source"))

    outcome = call.ok("capture", "--count", 1)

    assert len(outcome.out.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "cannot be read"),
        (b"", "does not hold one line"),
        (b"rtsp://a:hush-hush@x\nrtsp://b:hush-hush@y\n", "does not hold one line"),
        (b"\xff\xfe\x00hush-hush", "cannot be read"),
    ],
)
def test_a_file_without_one_line_is_refused_and_not_shown(
    call: CommandLine,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: bytes | None,
    what: str,
) -> None:
    path = tmp_path / "source"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("FIELDSET_SOURCE_FILE", str(path))

    outcome = call("capture")

    assert outcome.code == ExitCode.USAGE
    assert what in outcome.err
    assert "hush-hush" not in outcome.err


def test_a_source_in_two_places_is_refused(
    call: CommandLine, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "source").write_text("0")
    monkeypatch.setenv("FIELDSET_SOURCE", "1")
    monkeypatch.setenv("FIELDSET_SOURCE_FILE", str(tmp_path / "source"))

    outcome = call("capture")

    assert outcome.code == ExitCode.USAGE
    assert "One of the two variables is enough" in outcome.err


def test_no_source_at_all_is_wrong_usage(call: CommandLine, root: Path) -> None:
    outcome = call("capture")

    assert outcome.code == ExitCode.USAGE
    assert "--source" in outcome.err
