"""Where the window begins: the display is checked, the parts are built, and it runs."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_log_path
from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QTimer,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from dataset.errors import UsageError

from . import logs
from .assembly import Station
from .keys import Page
from .settings import read_settings, settings_path

LOG = logging.getLogger(__name__)
COLLECT_EVERY_MS = 1000
# How long a worker may keep the interpreter from the main thread: Python's own 5 ms
# are a third of a painted frame, and one repaint may have to ask several times.
SWITCH_S = 0.0005
LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def run(folder: Path | None, page: str = "capture") -> int:
    """Open the window on a project and give its exit code when it is closed.

    `folder` None opens the last project, or the welcome where there is none.

    Raises:
        UsageError: there is no display, or no page of that name.
    """
    require_display(os.environ)
    if page not in set(Page) - {Page.EVERYWHERE}:
        raise UsageError(f"There is no such page: {page}")
    log_folder = user_log_path("fieldset", appauthor=False)
    _begin_log(log_folder)
    running = QApplication.instance()
    application = (
        running if isinstance(running, QApplication) else QApplication(sys.argv[:1])
    )
    application.setApplicationName("fieldset")
    application.setDesktopFileName("fieldset")
    messages_before = qInstallMessageHandler(log_qt_message)
    interval_before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    collector = Collector()
    faults = Faults()
    undo_hooks = logs.install_crash_hooks(log_folder, faults.announce)
    station = Station(application, read_settings(settings_path()), settings_path())
    faults.fault_met.connect(station.show_crash)
    station.report_with(lambda error: logs.write_crash_report(log_folder, error))
    station.begin(folder, Page(page))
    try:
        return application.exec()
    finally:
        station.close()
        collector.close()
        sys.setswitchinterval(interval_before)
        undo_hooks()
        qInstallMessageHandler(messages_before)


def require_display(environment: Mapping[str, str], platform: str = "") -> None:
    """Pass where Qt will find a display; Qt itself would end the process.

    Raises:
        UsageError: there is none.
    """
    if (platform or sys.platform) != "linux" or environment.get("QT_QPA_PLATFORM"):
        return
    if environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        return
    raise UsageError(
        "The window needs a display, and there is none here",
        hint="use the commands instead: fieldset --help",
    )


def log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """Write what Qt has to say to the log instead of the terminal."""
    where = getattr(context, "category", "") or "qt"
    LOG.log(LEVELS.get(kind, logging.WARNING), "%s: %s", where, message)


def _begin_log(folder: Path) -> None:
    try:
        logs.configure_logging(folder)
    except OSError as error:
        # A window without a log is better than no window.
        LOG.warning("the log cannot be written: %s", error)


class Faults(QObject):
    """Carries faults that nobody caught from any thread to the main one.

    Signals:
        fault_met: the path of the crash report.
    """

    fault_met = Signal(object)

    def announce(self, report: Path, _error: BaseException) -> None:
        """Tell the main thread; called on the thread of the fault."""
        self.fault_met.emit(report)


class Collector(QObject):
    """Has Python's cycle collector run on the main thread only.

    A cycle that holds a widget, collected by a worker thread, would destroy the
    widget there and crash the process.
    """

    def __init__(self) -> None:
        super().__init__()
        self._was_enabled = gc.isenabled()
        self._thresholds = gc.get_threshold()
        gc.disable()
        self._timer = QTimer(self, interval=COLLECT_EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the generations that are due."""
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > self._thresholds[generation] > 0:
                gc.collect(generation)
                return

    def close(self) -> None:
        """Give the collector back to Python."""
        self._timer.stop()
        if self._was_enabled:
            gc.enable()
