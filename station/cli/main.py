"""The `fieldset` command: its sub-commands, and the one border for errors."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from types import FrameType

import click

from dataset.errors import FieldsetError
from dataset.progress import Cancelled

from . import (
    backup,
    camera,
    capture,
    check,
    classes,
    demo,
    diff,
    doctor,
    drift,
    erase,
    export,
    init,
    intake,
    label,
    sessions,
    split,
    status,
    versions,
)
from .exit_codes import ExitCode
from .output import one_line, say, show_error


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(version("fieldset"), prog_name="fieldset")
@click.option(
    "--project",
    "folder",
    type=click.Path(path_type=Path),
    help="The project's folder; by default the current one.",
)
@click.pass_context
def cli(context: click.Context, folder: Path | None) -> None:
    """Turn a camera into a training set that can be trusted.

    Without a command the window opens.
    """
    if context.invoked_subcommand is None:
        label.open_window(folder, page="capture")


for command in (
    demo.demo,
    init.init,
    doctor.doctor,
    camera.camera,
    capture.capture,
    intake.intake,
    label.label,
    status.status,
    sessions.session,
    classes.label_class,
    erase.erase,
    split.split,
    versions.version,
    diff.diff,
    drift.drift,
    export.export,
    check.check,
    backup.backup,
    backup.restore,
):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run a command and give its exit code; every error ends here."""
    try:
        with _terminating():
            result = cli.main(list(arguments), "fieldset", standalone_mode=False)
    except click.exceptions.Exit as done:
        return int(done.exit_code)
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt, Cancelled):
        say("cancelled")
        return ExitCode.CANCELLED
    except FieldsetError as error:
        show_error(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does: nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Exception as error:  # noqa: BLE001  (one of the three borders)
        return _bug(error)
    return int(result) if isinstance(result, int) else ExitCode.DONE


def log_folder() -> Path:
    """Where the log and crash reports of this user lie."""
    from platformdirs import user_log_path  # noqa: PLC0415

    return user_log_path("fieldset", appauthor=False)


def _bug(error: Exception) -> int:
    import traceback  # noqa: PLC0415

    from station.logs import write_crash_report  # noqa: PLC0415

    traceback.print_exception(error)
    say(f"error: fieldset met a fault of its own: {one_line(repr(error))}")
    try:
        report = write_crash_report(log_folder(), error)
    except OSError:
        return ExitCode.BUG
    say(f"hint: please report it with this file: {report}")
    return ExitCode.BUG


@contextlib.contextmanager
def _terminating() -> Iterator[None]:
    """SIGTERM ends the work as Ctrl+C does, so that sessions end and files close."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:
        # Only the main thread may set handlers; a test may run us in another.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
