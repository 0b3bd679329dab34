from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dataset.errors import (
    CameraError,
    CloudError,
    FieldsetError,
    NotAProject,
    PolicyRefusal,
    StorageFull,
    UsageError,
)
from dataset.progress import Cancelled
from dataset.project import Project
from station.cli.exit_codes import ExitCode
from station.cli.main import cli, log_folder
from station.cli.options import Duration
from station.cli.output import one_line
from tests.small_projects import jpeg, new_project
from tests.station.command_line import PROGRAM, CommandLine, program

PROMISED = {
    "backup",
    "camera list",
    "camera probe",
    "capture",
    "check",
    "class add",
    "class colour",
    "class key",
    "class list",
    "class merge",
    "class rename",
    "class retire",
    "demo",
    "diff",
    "doctor",
    "drift",
    "erase",
    "export",
    "import",
    "init",
    "label",
    "map",
    "restore",
    "session list",
    "split",
    "station",
    "status",
    "testset draw",
    "testset list",
    "testset pick",
    "testset retire",
    "testset seal",
    "version create",
    "version list",
    "version show",
    "version verify",
}
HOSTILE = [
    "<b>bold</b>",
    "\x1b[31mred",
    "a\nb",
    "../../etc",
    "\u202eleft",
    "🚗",
    "%s {0}",
]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """The errors in this list are raised by a command called `fail`, one a call."""
    errors: list[BaseException] = []

    @click.command("fail")
    def fail() -> None:
        raise errors.pop(0)

    monkeypatch.setitem(cli.commands, "fail", fail)
    return errors


def all_commands(
    group: click.Group, prefix: str = ""
) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from all_commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def test_every_promised_command_is_there() -> None:
    assert {name for name, _ in all_commands(cli)} >= PROMISED


@pytest.mark.parametrize("name", sorted(name for name, _ in all_commands(cli)))
def test_help_of_each_command_says_what_it_does(call: CommandLine, name: str) -> None:
    outcome = call.ok(*name.split(), "--help")

    (command,) = [found for known, found in all_commands(cli) if known == name]
    first = (command.help or "").splitlines()[0]
    assert len(first) > 10
    assert first in " ".join(outcome.out.split())
    assert outcome.out.startswith(f"Usage: fieldset {name} ")
    assert outcome.err == ""


@pytest.mark.parametrize("name", sorted(name for name, _ in all_commands(cli)))
def test_each_option_says_what_it_is_for(name: str) -> None:
    (command,) = [found for known, found in all_commands(cli) if known == name]
    plain = {"--place", "--operator", "--condition", "--seed"}

    silent = [
        option.opts[0]
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]

    assert set(silent) <= plain


def test_commands_that_report_speak_json() -> None:
    without = {
        name
        for name, command in all_commands(cli)
        if not any("--json" in parameter.opts for parameter in command.params)
    }

    assert without == set()


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["class", "-h"]])
def test_help_goes_to_stdout(call: CommandLine, arguments: list[str]) -> None:
    assert call.ok(*arguments).out.startswith("Usage: fieldset")


def test_version_is_told(call: CommandLine) -> None:
    assert call.ok("--version").out.startswith("fieldset, version ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["--bogus"],
        ["class"],
        ["class", "bogus"],
        ["init"],
        ["init", "a", "b"],
        ["capture"],
        ["capture", "--source", "x", "--trigger", "moon"],
        ["capture", "--source", "x", "--every", "soon"],
        ["capture", "--source", "x", "--every", "0s"],
        ["capture", "--source", "x", "--count", "0"],
        ["capture", "--source", "x", "--condition", "light"],
        ["capture", "--source", "x", "--condition", "=night"],
        ["class", "add", "x", "--key", "10"],
        ["drift", "a", "b", "--seed", "-1"],
        ["export", "v1", "--to", "x"],
        ["diff", "v1"],
    ],
)
def test_wrong_usage_is_2_with_a_hint_and_no_data(
    call: CommandLine, arguments: list[str]
) -> None:
    outcome = call(*arguments)

    assert outcome.code == ExitCode.USAGE
    assert outcome.out == ""
    assert "--help" in outcome.err


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_arguments_are_shown_safely(call: CommandLine, name: str) -> None:
    for arguments in (
        [name],
        ["class", name],
        ["init", "a", "b", name],
        ["status", f"--{name}"],
        ["status", "--project", name],
        ["capture", "--source", "x", "--every", name],
    ):
        outcome = call(*arguments)

        assert outcome.code in {ExitCode.USAGE, ExitCode.PROJECT}
        assert "\x1b" not in outcome.err
        assert "\u202e" not in outcome.err
        assert all(
            line.startswith(("error: ", "hint: ")) for line in outcome.err.splitlines()
        )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("u"), ExitCode.USAGE),
        (NotAProject("n"), ExitCode.PROJECT),
        (StorageFull("s"), ExitCode.PROJECT),
        (FieldsetError("f"), ExitCode.PROJECT),
        (PolicyRefusal("p"), ExitCode.REFUSED),
        (CameraError("c"), ExitCode.DEVICE),
        (CloudError("c"), ExitCode.DEVICE),
        (KeyboardInterrupt(), ExitCode.CANCELLED),
        (Cancelled(), ExitCode.CANCELLED),
        (click.Abort(), ExitCode.CANCELLED),
        (BrokenPipeError(), ExitCode.DONE),
    ],
)
def test_exit_codes_are_those_of_the_table(
    call: CommandLine, failing: list[BaseException], error: BaseException, code: int
) -> None:
    failing.append(error)

    outcome = call("fail")

    assert outcome.code == code
    assert outcome.out == ""
    assert "Traceback" not in outcome.err


def test_error_is_one_sentence_and_its_hint(
    call: CommandLine, failing: list[BaseException]
) -> None:
    failing.append(UsageError("It is\nso: \x1b[31m<b>", hint="do\x07 this"))

    assert call("fail").err == "error: It is�so: �[31m<b>\nhint: do� this\n"


def test_password_of_an_address_is_never_shown(
    call: CommandLine, failing: list[BaseException]
) -> None:
    failing.append(CameraError("It is away: rtsp://me:secret@10.0.0.7/x"))

    assert "secret" not in call("fail").err


def test_bug_is_70_with_a_report_that_can_be_found(
    call: CommandLine, failing: list[BaseException]
) -> None:
    failing.append(ZeroDivisionError("a bug at http://me:secret@host \x1b[31m"))

    outcome = call("fail")

    (report,) = log_folder().glob("crash-*.txt")
    assert outcome.code == ExitCode.BUG == 70
    assert outcome.out == ""
    assert "Traceback" in outcome.err
    assert f"hint: please report it with this file: {report}" in outcome.err
    assert "ZeroDivisionError" in report.read_text("utf-8")
    for text in (outcome.err, report.read_text("utf-8")):
        assert "secret" not in text
    assert "\x1b" not in outcome.err


def test_bug_is_70_even_where_no_report_can_be_written(
    call: CommandLine,
    failing: list[BaseException],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("station.cli.main.log_folder", lambda: tmp_path / "file" / "x")
    failing.append(ZeroDivisionError())

    outcome = call("fail")

    assert outcome.code == ExitCode.BUG
    assert "fault of its own" in outcome.err


def test_folder_of_the_group_and_of_the_command(
    call: CommandLine, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        new_project(tmp_path / name, name).close()

    by_group = call.ok("--project", tmp_path / "one", "class", "list", "--json")
    by_command = call.ok("class", "list", "--json", "--project", tmp_path / "two")
    both = call.ok(
        "--project", tmp_path / "one", "class", "list", "--json",
        "--project", tmp_path / "two",
    )  # fmt: skip

    assert [o.json["classes"][0]["name"] for o in (by_group, by_command, both)] == [
        "one",
        "two",
        "two",
    ]


def test_current_folder_is_the_project(
    call: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_project(tmp_path / "p").close()
    monkeypatch.chdir(tmp_path / "p")

    assert call.ok("status", "--json").json["samples"]["total"] == 0


def test_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    code = (
        "import os, shutil, sys\n"
        "os.chdir(sys.argv[1]); shutil.rmtree(sys.argv[1])\n"
        "from station.cli.main import main\n"
        "main(['status'])"
    )
    (tmp_path / "gone").mkdir()

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "gone")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == ExitCode.USAGE
    assert done.stderr.startswith("error: The current folder is gone")


def test_window_without_a_display_is_a_sentence_and_2(tmp_path: Path) -> None:
    for arguments in ([], ["label"]):
        outcome = program(
            *arguments, cwd=tmp_path, DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM=""
        )

        assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
        assert outcome.err.startswith("error: The window needs a display")
        assert outcome.err.splitlines()[1].startswith("hint: ")


def test_window_without_qts_libraries_is_a_sentence_and_2(
    call: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "station.app", None)

    outcome = call("label")

    assert outcome.code == ExitCode.USAGE
    assert outcome.err.startswith("error: The window cannot open on this machine")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2", 2.0), ("500ms", 0.5), ("1.5s", 1.5), ("10m", 600.0), (" 1h ", 3600.0)],
)
def test_times_are_written_as_people_do(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "-1s", "0", "1d", "1 s", "1e3", "nan", "9" * 400, "999999h"]
)
def test_times_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="a time is written like"):
        Duration().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 车 🚗", "plain é 车 🚗"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("a\tb\nc", "a�b�c"),
        ("\x1b[2J", "�[2J"),
        ("\u202eabc", "�abc"),
        ("half \udcff", "half �"),
    ],
)
def test_text_is_shown_in_one_safe_line(text: str, shown: str) -> None:
    assert one_line(text) == shown


# The program itself, as it is installed


def test_program_says_help_and_version() -> None:
    assert program("--help").out.startswith("Usage: fieldset")
    assert program("--version").code == 0


def test_program_keeps_data_and_talk_apart(tmp_path: Path) -> None:
    made = program("init", "p", "--classes", "car,🚗", cwd=tmp_path)
    told = program("class", "list", "--json", cwd=tmp_path / "p")
    again = program("init", "p", "--json", cwd=tmp_path)

    assert made.code == 0
    assert made.out == f"{tmp_path}/p\n"
    assert "A project with 2 classes" in made.err
    assert [c["name"] for c in told.json["classes"]] == ["car", "🚗"]
    assert told.err == ""
    assert (again.code, again.out) == (ExitCode.PROJECT, "")
    assert again.err.startswith("error: There is a project already")


def test_terminal_that_cannot_show_a_name_is_no_obstacle(tmp_path: Path) -> None:
    new_project(tmp_path / "p", "🚗").close()
    latin = {"PYTHONIOENCODING": "latin-1"}

    plain = program("class", "list", cwd=tmp_path / "p", **latin)
    data = program("class", "list", "--json", cwd=tmp_path / "p", **latin)

    assert plain.code == data.code == 0
    assert "\\U0001f697" in plain.out
    assert data.json["classes"][0]["name"] == "🚗"


def test_arguments_that_are_no_unicode_are_a_sentence(tmp_path: Path) -> None:
    new_project(tmp_path / "p").close()
    odd = b"half \xff"
    for arguments in (
        [b"class", b"add", odd],
        [b"class", b"rename", odd, b"x"],
        [b"drift", b"session:" + odd, b"v1"],
        [b"erase", odd],
        [b"version", b"show", odd],
        [odd],
    ):
        done = subprocess.run(
            [os.fsencode(PROGRAM), *arguments],
            cwd=tmp_path / "p",
            capture_output=True,
            check=False,
        )

        assert done.returncode in {ExitCode.USAGE, ExitCode.PROJECT}, done.stderr
        assert done.stderr.startswith(b"error: ")


def test_folder_whose_name_is_no_unicode_works(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/half \xff"

    for arguments in ([b"init", folder, b"--json"], [b"status", b"--project", folder]):
        done = subprocess.run(
            [os.fsencode(PROGRAM), *arguments], capture_output=True, check=False
        )

        assert done.returncode == 0, done.stderr


def test_reader_that_went_away_is_nothing_wrong(tmp_path: Path) -> None:
    with new_project(tmp_path / "p") as project, project.catalog.writing():
        project.catalog._connection.run_many(
            "INSERT INTO classes (name, colour) VALUES (?, '#000000')",
            [(f"class {number:04} {'x' * 40}",) for number in range(3000)],
        )

    for arguments in (["class", "list"], ["class", "list", "--json"], ["--help"]):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [PROGRAM, *arguments],
            cwd=tmp_path / "p",
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        os.close(writer)

        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_capture_ends_its_session_and_is_130(
    tmp_path: Path, number: signal.Signals
) -> None:
    new_project(tmp_path / "p").close()
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in range(400):
        (folder / f"{seed:03}.jpg").write_bytes(jpeg(seed))
    with subprocess.Popen(
        [PROGRAM, "capture", "--source", folder, "--every", "20ms", "--json"],
        cwd=tmp_path / "p",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        first = running.stdout.readline()
        running.send_signal(number)
        # `communicate` would miss the lines that came with the first one.
        told = [json.loads(line) for line in (first, *running.stdout)]
        err = running.stderr.read()

    assert running.returncode == ExitCode.CANCELLED
    assert err == "cancelled\n"
    *lines, summary = told
    with Project.open(tmp_path / "p", read_only=True) as project:
        kept = {sample.id for sample in project.catalog.samples.each()}
        assert {line["sample"] for line in lines} == kept
        assert summary["kept"] == len(kept)
        (session,) = project.catalog.sessions.all()
        assert session.ended_us is not None
        assert summary["session"] == session.name
