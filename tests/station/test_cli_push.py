from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from station.cli.exit_codes import ExitCode
from tests.station.command_line import CommandLine
from tests.station.two_versions import make_two_versions


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_two_versions(tmp_path_factory.mktemp("cli-pushes") / "p")


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "p")
    return tmp_path / "p"


def test_push_and_pull_say_what_scripts_rely_on(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    usb = tmp_path / "usb"

    pushed = call.ok("push", "v1", usb, "--project", root, "--verify", "--json").json
    again = call.ok("push", "v1", usb, "--project", root, "--json").json
    pulled = call.ok("pull", "v1", usb, tmp_path / "got", "--json").json

    assert (pushed["sent"], pushed["skipped"], pushed["verified"]) == (25, 0, 25)
    assert pushed["bytes"] == pulled["bytes"] > 0
    assert (again["sent"], again["skipped"], again["bytes"]) == (0, 25, 0)
    assert (pulled["sent"], pulled["verified"], pulled["complete"]) == (25, 25, True)
    assert pulled["version"] == pushed["version"]


def test_push_says_where_it_went_on_stdout_and_talks_on_stderr(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    outcome = call.ok("push", "v1", tmp_path / "usb", "--project", root)

    assert outcome.out == f"{tmp_path / 'usb'}\n"
    assert "25 blobs sent" in outcome.err


def test_pulled_folder_is_detected_and_taken_in(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    call.ok("push", "v2", tmp_path / "usb", "--project", root)
    call.ok("pull", "latest", tmp_path / "usb", tmp_path / "got")
    call.ok("init", tmp_path / "q")

    taken = call.ok("import", tmp_path / "got", "--project", tmp_path / "q", "--json")
    made = call.ok("version", "create", "--project", tmp_path / "q", "--json").json
    was = call.ok("version", "show", "v2", "--project", root, "--json").json

    assert taken.json["format"] == "fieldset"
    assert taken.json["skipped"] == []
    assert made["id"] == was["id"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("push", "v9", "usb"), ExitCode.PROJECT),
        (("push", "v1", "s3://sets"), ExitCode.USAGE),
        (("push", "v1", "azure://sets"), ExitCode.DEVICE),
        (("push", "v1", "usb", "--reason", "why"), ExitCode.USAGE),
        (("push", "v1", "usb", "--include-sealed"), ExitCode.REFUSED),
        (("push", "v1", "usb", "--parallel", "0"), ExitCode.USAGE),
        (("push", "v1", "."), ExitCode.REFUSED),
    ],
)
def test_what_cannot_be_pushed_is_told_with_its_exit_code(
    call: CommandLine,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: ExitCode,
) -> None:
    monkeypatch.chdir(tmp_path)

    outcome = call(*arguments, "--project", root)

    assert outcome.code == code
    assert outcome.err.startswith("error: ")
    assert "hint: " in outcome.err
    assert not (tmp_path / "usb").exists()


def test_pull_of_nothing_is_told(call: CommandLine, tmp_path: Path) -> None:
    outcome = call("pull", "v1", tmp_path / "nosuch", tmp_path / "got")

    assert outcome.code == ExitCode.PROJECT
    assert not (tmp_path / "got").exists()


def test_merge_says_what_it_added(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    call.ok("push", "v2", tmp_path / "usb", "--project", root)
    call.ok("pull", "v2", tmp_path / "usb", tmp_path / "got")
    call.ok("init", tmp_path / "q", "--classes", "car,bike")

    first = call.ok("merge", tmp_path / "got", "--project", tmp_path / "q", "--json")
    again = call.ok("merge", tmp_path / "got", "--project", tmp_path / "q", "--json")

    assert (first.json["samples"], first.json["conflicts"]) == (30, [])
    assert (again.json["samples"], again.json["known"]) == (0, 30)
