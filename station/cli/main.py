"""The `fieldset` command: its sub-commands, and the one border for errors."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path

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
    merge,
    pull,
    push,
    review,
    sample_map,
    sessions,
    split,
    station,
    status,
    testset,
    versions,
)
from .exit_codes import ExitCode
from .output import say, show_error
from .signals import ending_as_ctrl_c

PROGRAM = "fieldset"
# Set by the shell while it completes a line; see click's shell completion.
COMPLETION = "_FIELDSET_COMPLETE"
LOG = logging.getLogger(__name__)


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(version(PROGRAM), prog_name=PROGRAM)
@click.option(
    "--project",
    "folder",
    type=click.Path(path_type=Path),
    envvar="FIELDSET_PROJECT",
    help="The project's folder; by default FIELDSET_PROJECT or the current one.",
)
@click.pass_context
def cli(context: click.Context, folder: Path | None) -> None:
    """Turn a camera into a training set that can be trusted.

    Without a command the window opens.
    """
    if context.invoked_subcommand is None:
        label.open_window(folder, page="capture")
    else:
        _begin_log(context)


for command in (
    demo.demo,
    init.init,
    doctor.doctor,
    camera.camera,
    capture.capture,
    intake.intake,
    label.label,
    review.review,
    status.status,
    sessions.session,
    classes.label_class,
    erase.erase,
    station.station,
    split.split,
    sample_map.sample_map,
    versions.version,
    diff.diff,
    drift.drift,
    export.export,
    push.push,
    pull.pull,
    merge.merge,
    testset.testset,
    check.check,
    backup.backup,
    backup.restore,
):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    # Read when NumPy is imported: the threads of its linear algebra wait by spinning,
    # which halves the pace of carry-over, whose matrices are small.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that this terminal cannot show is no reason to end the work.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run a command and give its exit code; every error ends here."""
    try:
        with ending_as_ctrl_c():
            result = _invoke(arguments)
    except click.exceptions.Exit as done:
        return int(done.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        return _wrong_usage(error)
    except (click.Abort, KeyboardInterrupt, Cancelled):
        say("cancelled")
        return ExitCode.CANCELLED
    except FieldsetError as error:
        show_error(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does: nothing is wrong.
        _let_go_of_stdout()
        return ExitCode.DONE
    except Exception as error:  # noqa: BLE001  (one of the three borders)
        return _bug(error)
    return int(result) if isinstance(result, int) else ExitCode.DONE


def _invoke(arguments: Sequence[str]) -> object:
    if COMPLETION in os.environ:
        return cli.main(list(arguments), PROGRAM, standalone_mode=False)
    # Not `cli.main`: it would make an exit code 1 of a reader that went away.
    with cli.make_context(PROGRAM, list(arguments)) as context:
        try:
            return cli.invoke(context)
        except FieldsetError as error:
            LOG.info("ended with %d: %s", error.exit_code, error.message)
            raise


def _wrong_usage(error: click.ClickException) -> int:
    say(f"error: {error.format_message()}")
    context = error.ctx if isinstance(error, click.UsageError) else None
    say(f"hint: see `{context.command_path if context else PROGRAM} --help`")
    return ExitCode.USAGE


def _let_go_of_stdout() -> None:
    # What is still buffered would otherwise be tried again at exit, and fail again.
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def log_folder() -> Path:
    """Where the log and crash reports of this user lie."""
    from platformdirs import user_log_path

    return user_log_path("fieldset", appauthor=False)


def _begin_log(context: click.Context) -> None:
    """Keep a log for support; a machine without a place for it works all the same."""
    from station import logs

    with contextlib.suppress(OSError):
        logs.configure_logging(log_folder())
        context.call_on_close(logs.stop_logging)
        LOG.info("fieldset %s", context.invoked_subcommand)


def _bug(error: Exception) -> int:
    import traceback

    from station.logs import redact, write_crash_report

    for line in redact("".join(traceback.format_exception(error))).splitlines():
        say(line)
    say(f"error: fieldset met a fault of its own: {redact(repr(error))}")
    try:
        report = write_crash_report(log_folder(), error)
    except OSError:
        return ExitCode.BUG
    say(f"hint: please report it with this file: {report}")
    return ExitCode.BUG
