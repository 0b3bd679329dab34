"""The doctor: looks at everything that fieldset stands on.

It must be able to say that OpenCV cannot be imported, so it imports nothing that does.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
import secrets
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dataset.catalog import Catalog
from dataset.catalog.connection import sqlite_version, wal_is_safe
from dataset.errors import FieldsetError
from dataset.settings import FILE_NAME, read_settings

from .camera.device_users import users_of
from .camera.discovery import NOT_ALLOWED, FoundCamera, list_cameras

_LOW_BYTES = 2 * 1024**3
_FULL_BYTES = 200 * 1024**2
_FLUSHES = 12
# No disk that really flushes answers in under this; then a power cut loses data.
_TOO_FAST_MS = 0.02
_SLOW_MS = 100.0
_OLDEST_CLOCK = 1_767_225_600  # 2026-01-01, before which no fieldset existed


class Grade(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One line of the doctor's; `next_step` says what to do where it is not ok."""

    name: str
    grade: Grade
    what: str
    next_step: str = ""


def examine(folder: Path) -> Iterator[Diagnosis]:
    """Look at the machine and, where `folder` is a project, at that."""
    for check in (_python, _installation, _sqlite, _opencv, _qt, _cameras, _clock):
        yield check()
    yield from (_space(folder), _flush(folder))
    if os.path.exists(folder / FILE_NAME):  # noqa: PTH110  (never raises)
        yield _project(folder)


def _ok(name: str, what: str) -> Diagnosis:
    return Diagnosis(name=name, grade=Grade.OK, what=what)


def _warning(name: str, what: str, next_step: str) -> Diagnosis:
    return Diagnosis(name=name, grade=Grade.WARNING, what=what, next_step=next_step)


def _fault(name: str, what: str, next_step: str) -> Diagnosis:
    return Diagnosis(name=name, grade=Grade.FAULT, what=what, next_step=next_step)


def _python() -> Diagnosis:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 14):
        return _ok("Python", version)
    return _warning("Python", f"{version} was not tested", "use Python 3.11 to 3.14")


def _installation() -> Diagnosis:
    """PyPI's `dataset` would overwrite ours, a second OpenCV the headless one."""
    names = {
        (dist.metadata["Name"] or "").lower()
        for dist in importlib.metadata.distributions()
    }
    opencv = sorted(name for name in names if name.startswith("opencv-"))
    if "dataset" in names:
        return _fault(
            "Installation",
            "PyPI's unrelated package `dataset` is installed beside fieldset",
            "install fieldset into an environment of its own",
        )
    if opencv != ["opencv-python-headless"]:
        return _fault(
            "Installation",
            f"Exactly one OpenCV must be installed: {', '.join(opencv) or 'none'}",
            "uninstall all of them, then install opencv-python-headless",
        )
    return _ok("Installation", "no package overwrites another")


def _sqlite() -> Diagnosis:
    version = ".".join(map(str, sqlite_version()))
    if wal_is_safe(sqlite_version()):
        return _ok("SQLite", f"{version}, write-ahead log")
    return _warning(
        "SQLite",
        f"{version} has the WAL-reset fault, the rollback journal is used",
        "install pysqlite3 where there is a wheel for this machine",
    )


def _opencv() -> Diagnosis:
    try:
        cv2 = importlib.import_module("cv2")
    except ImportError as error:
        return _fault("OpenCV", str(error), "install the locked requirements again")
    if os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH"):
        return _fault(
            "OpenCV",
            "this OpenCV brings a Qt of its own, which breaks the window",
            "uninstall it, then install opencv-python-headless",
        )
    return _ok("OpenCV", str(cv2.__version__))


def _qt() -> Diagnosis:
    try:
        core = importlib.import_module("PySide6.QtCore")
        importlib.import_module("PySide6.QtGui")
    except ImportError as error:
        return _warning(
            "Qt",
            f"the window cannot open: {error}",
            "install the system libraries that README.md names",
        )
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in names):
        return _ok("Qt", f"{core.__version__}, no display here (commands work)")
    return _ok("Qt", str(core.__version__))


def _cameras() -> Diagnosis:
    return camera_diagnosis(list_cameras() if sys.platform == "linux" else ())


def camera_diagnosis(found: Sequence[FoundCamera]) -> Diagnosis:
    """What to say of the cameras that are plugged in."""
    if not found:
        return _ok("Cameras", "none connected (network cameras are not looked for)")
    words = ", ".join(map(_camera_words, found))
    if any(camera.name == NOT_ALLOWED for camera in found):
        return _warning("Cameras", words, "add the user to the group `video`")
    return _ok("Cameras", words)


def _camera_words(camera: FoundCamera) -> str:
    serial = f" (serial {camera.serial})" if camera.serial else ""
    users = " and ".join(map(str, users_of(Path(camera.device))))
    held = f", in use by {users}" if users else ""
    return f"{camera.name}{serial} at {camera.address}{held}"


def _clock() -> Diagnosis:
    if time.time() < _OLDEST_CLOCK:
        return _fault(
            "Clock",
            f"the clock is not set: {time.strftime('%Y-%m-%d', time.gmtime())}",
            "set it, or every capture time will be wrong",
        )
    return _ok("Clock", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))


def _space(folder: Path) -> Diagnosis:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return _fault(
            "Space",
            f"the folder cannot be looked at ({error.strerror}): {folder}",
            "name another folder with `--project DIR`",
        )
    words = f"{free / 1024**3:.1f} GB free"
    if free < _FULL_BYTES:
        return _fault("Space", words, "free some space before you capture")
    if free < _LOW_BYTES:
        return _warning("Space", words, "free some space soon")
    return _ok("Space", words)


def _flush(folder: Path) -> Diagnosis:
    """How long the disk takes to make 4 KB durable, the median of twelve."""
    path = folder / f".tmp-doctor-{secrets.token_hex(4)}"
    try:
        spent = _timed_flushes(path)
    except OSError as error:
        return _fault(
            "Flush",
            f"the folder cannot be written ({error.strerror}): {folder}",
            "check its rights",
        )
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
    median = statistics.median(spent) * 1000
    words = f"{median:.2f} ms to make 4 KB durable"
    if median < _TOO_FAST_MS:
        return _warning(
            "Flush",
            f"{words}: this medium does not really flush",
            "a power cut may lose what was acknowledged; use another disk",
        )
    if median > _SLOW_MS:
        return _warning("Flush", words, "each accept waits that long; use another disk")
    return _ok("Flush", words)


def _timed_flushes(path: Path) -> list[float]:
    spent: list[float] = []
    clock: Callable[[], float] = time.perf_counter
    with path.open("wb", buffering=0) as file:
        for _ in range(_FLUSHES):
            began = clock()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            spent.append(clock() - began)
    return spent


def _project(folder: Path) -> Diagnosis:
    try:
        read_settings(folder / FILE_NAME)
        with Catalog.open(folder / "catalog.db", read_only=True) as catalog:
            count = catalog.samples.count()
            mode = catalog.journal_mode
    except FieldsetError as error:
        return _fault("Project", error.message, error.hint)
    return _ok("Project", f"{count} samples, catalog in {mode} mode")
