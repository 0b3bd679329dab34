from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer, qWarning
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dataset.errors import UsageError
from station import app
from station.window import Window


def test_without_a_display_there_is_a_sentence_with_exit_code_2() -> None:
    with pytest.raises(UsageError, match="display") as caught:
        app.require_display({}, "linux")

    assert caught.value.exit_code == 2
    assert caught.value.hint


@pytest.mark.parametrize(
    "environment",
    [
        {"DISPLAY": ":0"},
        {"WAYLAND_DISPLAY": "wayland-0"},
        {"QT_QPA_PLATFORM": "offscreen"},
    ],
)
def test_a_display_or_a_named_platform_is_enough(environment: dict[str, str]) -> None:
    app.require_display(environment, "linux")


def test_other_systems_always_have_a_display() -> None:
    app.require_display({}, "darwin")
    app.require_display({}, "win32")


def test_a_page_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="nowhere"):
        app.run(None, "nowhere")


def test_the_window_runs_from_beginning_to_end(
    qapp: QApplication, qtbot: QtBot, project_root: Path
) -> None:
    seen: list[str] = []

    def look() -> None:
        windows = [w for w in qapp.topLevelWidgets() if isinstance(w, Window)]
        titles = [w.windowTitle() for w in windows if w.isVisible()]
        if titles and "project" in titles[0]:
            seen.extend(titles)
            timer.stop()
            for window in windows:
                window.close()

    timer = QTimer(interval=20)
    timer.timeout.connect(look)
    timer.start()
    code = app.run(project_root, "label")

    assert code == 0
    assert seen == ["project - fieldset"]
    assert not [t for t in threading.enumerate() if t.name.startswith("fieldset-")]
    assert gc.isenabled()


@pytest.mark.qt_no_exception_capture
def test_messages_of_qt_go_to_the_log(
    qapp: QApplication, allow_log: Callable[[str], None]
) -> None:
    allow_log("something odd")
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append
    logging.getLogger("station.app").addHandler(handler)
    before = app.qInstallMessageHandler(app.log_qt_message)
    try:
        qWarning("something odd")
    finally:
        app.qInstallMessageHandler(before)
        logging.getLogger("station.app").removeHandler(handler)

    assert ["something odd" in record.getMessage() for record in records] == [True]


def test_garbage_is_collected_on_the_main_thread_only(qapp: QApplication) -> None:
    collector = app.Collector()
    try:
        assert not gc.isenabled()
        collector.collect()
    finally:
        collector.close()

    assert gc.isenabled()


def test_a_fault_of_another_thread_is_told_on_the_main_one(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    faults = app.Faults()
    told: list[tuple[object, str]] = []

    class Listener(QObject):
        def hear(self, report: object) -> None:
            told.append((report, threading.current_thread().name))

    listener = Listener()
    faults.fault_met.connect(listener.hear)
    thread = threading.Thread(target=faults.announce, args=(tmp_path, ValueError()))
    thread.start()
    thread.join()

    qtbot.waitUntil(lambda: bool(told))
    assert told == [(tmp_path, "MainThread")]
