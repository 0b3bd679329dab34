"""What holds for every test: isolation, and nothing left behind or said aside.

A test fails by itself when it looks beyond loopback, leaves a thread, a child process
or a window behind, or makes the log say something at warning level that it did not
announce with `allow_log`. Qt's own messages are watched by pytest-qt (pyproject.toml).
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
NETWORK_GUARD = ROOT / "tests" / "network_guard"
NETWORK_LOG = "FIELDSET_TEST_NETWORK_LOG"
sys.path.insert(0, str(NETWORK_GUARD))

import loopback_only  # noqa: E402 - found through the line above, also by children

# Before the first import of Qt, Matplotlib or Albumentations by any test.
os.environ.update(
    {
        "QT_QPA_PLATFORM": "offscreen",
        "NO_ALBUMENTATIONS_UPDATE": "1",
        "MPLBACKEND": "Agg",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
)
# Proxies, colours and our own settings of whoever runs the tests are not theirs.
for _name in list(os.environ):
    if _name.lower().endswith("_proxy") or _name.startswith("FIELDSET_"):
        del os.environ[_name]
for _name in ("DISPLAY", "WAYLAND_DISPLAY", "FORCE_COLOR", "DBUS_SESSION_BUS_ADDRESS"):
    os.environ.pop(_name, None)

# A slow box must not fail a property; a failure in CI must come back at home.
# `make soak` looks at many more examples, and at other ones each time.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=True,
    max_examples=60,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak", settings.get_profile("house"), derandomize=False, max_examples=400
)
settings.load_profile("house")

_LEAVING_S = 5.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what lies in tests/benchmarks, so that it is left out by default."""
    benchmarks = ROOT / "tests" / "benchmarks"
    for item in items:
        if item.path.is_relative_to(benchmarks):
            item.add_marker("bench")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real pictures and clips beside the repository."""
    folder = ROOT / ".." / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets are not beside the repository (../shared/data)")
    return folder.resolve()


def _use_home(home: Path, patch: pytest.MonkeyPatch) -> None:
    folders = {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home / "appdata",
        "LOCALAPPDATA": home / "localappdata",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_RUNTIME_DIR": home / "run",
    }
    for name, folder in folders.items():
        # Qt refuses a run-time folder that others can read.
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        patch.setenv(name, str(folder))


@pytest.fixture(scope="session", autouse=True)
def _isolated_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home for what outlives one test, and the guard in every child's Python."""
    base = tmp_path_factory.mktemp("session")
    with pytest.MonkeyPatch.context() as patch:
        _use_home(base / "home", patch)
        # One for all: Matplotlib takes seconds to list the fonts anew.
        patch.setenv("MPLCONFIGDIR", str(base / "matplotlib"))
        patch.setenv(NETWORK_LOG, str(base / "network.txt"))
        rest = os.environ.get("PYTHONPATH")
        patch.setenv(
            "PYTHONPATH", os.pathsep.join(filter(None, [str(NETWORK_GUARD), rest]))
        )
        loopback_only.install()
        yield


@pytest.fixture(autouse=True)
def _isolated_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use_home(tmp_path_factory.mktemp("home"), monkeypatch)


@pytest.fixture(autouse=True)
def network_attempts() -> Iterator[Callable[[], list[str]]]:
    """Looks beyond loopback, of this process and its children, since last asked.

    What a test has not asked for fails it.
    """
    log = Path(os.environ[NETWORK_LOG])

    def take() -> list[str]:
        if not log.exists():
            return []
        attempts = log.read_text("utf-8").splitlines()
        log.unlink()
        return attempts

    take()
    yield take
    attempts = take()
    if attempts:
        pytest.fail(f"looked beyond loopback: {'; '.join(attempts)}", pytrace=False)


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    children_before = set(multiprocessing.active_children())
    yield
    left = [thread.name for thread in _new_threads(before) if not _ends(thread)]
    if left:
        pytest.fail(f"threads left behind: {', '.join(left)}", pytrace=False)
    children = set(multiprocessing.active_children()) - children_before
    for child in children:
        child.join(_LEAVING_S)
    alive = [child for child in children if child.is_alive()]
    for child in alive:
        child.kill()
    if alive:
        names = ", ".join(child.name for child in alive)
        pytest.fail(f"child processes left behind: {names}", pytrace=False)
    _fail_on_open_windows()


def _new_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread not in before
        # Threads that Qt or C++ made; Python lists them for good once they call it.
        and not isinstance(thread, threading._DummyThread)
    ]


def _ends(thread: threading.Thread) -> bool:
    thread.join(_LEAVING_S)
    return not thread.is_alive()


def _fail_on_open_windows() -> None:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return
    left = [
        widget
        for widget in widgets.QApplication.topLevelWidgets()
        if widget.isVisible()
    ]
    for window in left:
        window.close()
    if left:
        kinds = ", ".join(type(window).__name__ for window in left)
        pytest.fail(f"windows left open: {kinds}", pytrace=False)


class _WarningCollector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def allow_log() -> Iterator[Callable[[str], None]]:
    """Announces log records at warning level: `allow_log("pattern")`.

    A record that no announced pattern finds (`re.search` in its message) fails the
    test.
    """
    patterns: list[re.Pattern[str]] = []
    collector = _WarningCollector()
    root = logging.getLogger()
    root.addHandler(collector)
    try:
        yield lambda pattern: patterns.append(re.compile(pattern))
    finally:
        root.removeHandler(collector)
    unexpected = [
        f"{record.levelname} {record.name}: {message}"
        for record in collector.records
        for message in [record.getMessage()]
        if not any(pattern.search(message) for pattern in patterns)
    ]
    if unexpected:
        pytest.fail("unexpected in the log:\n" + "\n".join(unexpected), pytrace=False)
