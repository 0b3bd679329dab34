"""What support needs: a log file without secrets, and a crash report one can find.

Everything written here passes through `redact` first. Nothing is ever sent anywhere.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib.metadata
import logging
import os
import platform
import re
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from io import TextIOWrapper
from itertools import count
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO, cast

LOG_NAME: Final = "fieldset.log"
NATIVE_CRASH_NAME: Final = "native-crash.txt"
REDACTED: Final = "[redacted]"

_ROOMS: Final = ("station", "labeling", "dataset", "export")
_MAX_BYTES: Final = 1_000_000
_BACKUPS: Final = 3
_KEPT_REPORTS: Final = 20
_LOG_LINES_IN_REPORT: Final = 100
_VERSIONS_IN_REPORT: Final = (
    "fieldset",
    "PySide6-Essentials",
    "opencv-python-headless",
    "numpy",
    "pyarrow",
    "sqlite-utils",
    "pysqlite3",
)

# What comes between a secret's name and its value: `=`, `: `, `": "`, `%3D`.
_IS: Final = r"""["']?\s*(?:=|:|%3D)\s*["']?"""
_PATTERNS: Final = tuple(
    (re.compile(pattern, flags), replacement)
    for pattern, flags, replacement in (
        (
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)",
            re.DOTALL,
            REDACTED,
        ),
        # To the end of the line: a Digest header has many parts.
        (
            rf"((?:authorization|cookie){_IS})[^\r\n]+",
            re.IGNORECASE,
            rf"\1{REDACTED}",
        ),
        # A whole shared access signature, as it stands in a connection string.
        (
            rf"(SharedAccessSignature{_IS})[^\s;\"'<>]+",
            re.IGNORECASE,
            rf"\1{REDACTED}",
        ),
        (
            rf"((?:AccountKey|SharedAccessKey|client_?secret|pass(?:word|wd|phrase)"
            rf"|pwd|secret|(?:access_?|refresh_?|id_?)?token|api[-_]?key|\bsig"
            rf"|\bsignature){_IS})[^\s;&\"'<>]+",
            re.IGNORECASE,
            rf"\1{REDACTED}",
        ),
        # To the last `@`: a password that nobody encoded may hold `@`, `/` and `?`.
        (r"://[^\s\"'<>]*@", 0, f"://{REDACTED}@"),
        (r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?", 0, REDACTED),
    )
)

_log = logging.getLogger(__name__)


def redact(text: str) -> str:
    """The text with keys, signatures, passwords and tokens struck out.

    Struck out are the `user:password@` of an address, shared access signatures
    (`sig=`), account keys, `Authorization` and `Cookie` headers, private keys, web
    tokens, and the values of names such as `password` or `api_key`. It would rather
    strike out too much than too little.
    """
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Formats a record, trace included, without secrets and with UTC times.

    Lines after a record's first one are indented, so that a name with a line break in
    it cannot pose as a record of its own.
    """

    def __init__(self) -> None:
        super().__init__(
            "{asctime}Z {levelname} {process} {threadName} {name}: {message}",
            datefmt="%Y-%m-%dT%H:%M:%S",
            style="{",
        )

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The record's time in UTC, to the millisecond."""
        moment = datetime.fromtimestamp(record.created, UTC)
        return f"{moment:{datefmt}}.{moment.microsecond // 1000:03d}"

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, redacted."""
        return "\n    ".join(redact(super().format(record)).splitlines())


class _PrivateRotatingFile(RotatingFileHandler):
    """A rotating file for its owner's eyes; a full disk never stops the program."""

    def _open(self) -> TextIOWrapper:
        return _open_private(Path(self.baseFilename), self.mode)

    def handleError(self, record: logging.LogRecord) -> None:
        """Drop the record: what the log tells of is worth more than the log."""


def _open_private(path: Path, mode: str) -> TextIOWrapper:
    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    # `opener` is known to the builtin alone, not to Path.open.
    return cast(TextIOWrapper, open(path, mode, encoding="utf-8", opener=opener))


def configure_logging(
    folder: Path,
    *,
    level: int = logging.INFO,
    max_bytes: int = _MAX_BYTES,
    backups: int = _BACKUPS,
) -> Path:
    """Starts writing the log in the folder, and gives back the file's path.

    Records of fieldset from `level` on and those of other libraries from WARNING on go
    to `fieldset.log`, which is turned over at `max_bytes` bytes and kept `backups`
    times. The folder is made if need be. A second call moves the log, it does not
    double it.

    Raises OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / LOG_NAME
    handler = _PrivateRotatingFile(
        path, maxBytes=max_bytes, backupCount=backups, encoding="utf-8"
    )
    handler.setFormatter(RedactingFormatter())
    stop_logging()
    logging.getLogger().addHandler(handler)
    for room in _ROOMS:
        logging.getLogger(room).setLevel(level)
    return path


def stop_logging() -> None:
    """Ends what `configure_logging` began; nothing happens where it did not."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _PrivateRotatingFile):
            root.removeHandler(handler)
            handler.close()
            for room in _ROOMS:
                logging.getLogger(room).setLevel(logging.NOTSET)


def write_crash_report(folder: Path, exc: BaseException) -> Path:
    """Writes what happened to a new file in the folder and gives back its path.

    The file holds the time, versions, the trace with its causes, and the last lines of
    the log beside it; no values of variables, no environment, no secrets. Where the
    folder cannot be written the system's folder for temporary files serves. The newest
    20 reports of a folder are kept.

    Raises OSError where neither can be written.
    """
    text = redact(_describe(folder, exc))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = _write_report(folder, text)
    except OSError:
        return _write_report(Path(tempfile.gettempdir()), text)
    _drop_old_reports(folder)
    return path


def _describe(folder: Path, exc: BaseException) -> str:
    versions = "\n".join(f"{name} {_version(name)}" for name in _VERSIONS_IN_REPORT)
    trace = "".join(traceback.format_exception(exc))
    return (
        "fieldset met a fault of its own. Please report it with this file;\n"
        "it names folders of this machine, but no password and no picture.\n\n"
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n"
        f"Python {platform.python_version()} on {platform.platform()}\n"
        f"{versions}\n\n{trace}\n{_log_tail(folder)}"
    )


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _log_tail(folder: Path) -> str:
    try:
        lines = (folder / LOG_NAME).read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "The log's last lines:\n" + "\n".join(lines[-_LOG_LINES_IN_REPORT:]) + "\n"


def _write_report(folder: Path, text: str) -> Path:
    stem = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for number in count(1):
        path = folder / f"{stem}-{number:02d}.txt"
        with contextlib.suppress(FileExistsError), _open_private(path, "x") as file:
            file.write(text)
            return path
    raise AssertionError  # pragma: no cover - count() has no end


def _drop_old_reports(folder: Path) -> None:
    for path in sorted(folder.glob("crash-*.txt"))[:-_KEPT_REPORTS]:
        with contextlib.suppress(OSError):
            path.unlink()


def install_crash_hooks(
    folder: Path, announce: Callable[[Path, BaseException], None]
) -> Callable[[], None]:
    """Has every fault nobody caught reported, and gives back what undoes that.

    For a fault on any thread a report is written, the log gets the trace, `announce`
    is called with the report's path on the thread of the fault, and the hook that was
    there before (Python's own prints the trace) is called last. Ctrl+C is left alone.
    A crash in native code leaves its trace in `native-crash.txt`.
    """
    previous, previous_in_thread = sys.excepthook, threading.excepthook

    def report(exc: BaseException) -> None:
        try:
            _log.critical("a fault nobody caught", exc_info=exc)
            announce(write_crash_report(folder, exc), exc)
        except Exception:  # noqa: BLE001 - the last border; the first fault counts more
            traceback.print_exc()

    def on_fault(
        kind: type[BaseException], exc: BaseException, trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            report(exc)
        previous(kind, exc, trace)

    def on_thread_fault(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            report(args.exc_value)
        previous_in_thread(args)

    sys.excepthook, threading.excepthook = on_fault, on_thread_fault
    native = _catch_native_crashes(folder)

    def undo() -> None:
        sys.excepthook, threading.excepthook = previous, previous_in_thread
        if native is not None:
            faulthandler.disable()
            native.close()

    return undo


def _catch_native_crashes(folder: Path) -> TextIO | None:
    # Somebody who has switched it on (PYTHONFAULTHANDLER, pytest) wants it elsewhere.
    if faulthandler.is_enabled():
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = _open_private(folder / NATIVE_CRASH_NAME, "a")
    except OSError:
        return None
    faulthandler.enable(file)
    return file
