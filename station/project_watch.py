"""Notices that somebody else changed the project: another window, a command, a restore.

Only times and sizes of files are asked for. The catalog itself is never opened here:
closing it would drop SQLite's locks on it (POSIX).
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from dataset.project import CATALOG_NAME
from dataset.settings import FILE_NAME
from dataset.version import FOLDER

from .jobs import Lane, Operation, Submitter
from .language import tr

EVERY_MS = 2000
WATCHED = (CATALOG_NAME, f"{CATALOG_NAME}-wal", FILE_NAME, FOLDER, "seals")
DEEPER = (f"{FOLDER}/*/*", "seals/*")
Stamp = tuple[tuple[str, int, int], ...]


def stamp_of(root: Path) -> Stamp:
    """Give times and sizes of what a project's pages are made from."""
    paths = [root / name for name in WATCHED]
    paths += [path for pattern in DEEPER for path in sorted(root.glob(pattern))]
    found = []
    for path in paths:
        try:
            facts = path.stat()
        except OSError:
            continue
        name = path.relative_to(root).as_posix()
        found.append((name, facts.st_mtime_ns, facts.st_size))
    return tuple(found)


class ProjectWatch(QObject):
    """Looks at the project's files every two seconds while a page wants to know.

    Signals:
        project_changed: something is not as it was at the last look.
    """

    project_changed = Signal()

    def __init__(
        self, root: Path, runner: Submitter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._root = root
        self._runner = runner
        self._stamp: Stamp | None = None
        self._is_looking = False
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)

    def watch(self, is_wanted: bool) -> None:
        """Begin to look, from what is there now, or stop."""
        self._stamp = None
        if is_wanted:
            self._timer.start()
            self.look()
        else:
            self._timer.stop()

    def look(self) -> None:
        """Look once, away from the main thread."""
        if self._is_looking:
            return
        self._is_looking = True
        root = self._root
        self._runner.submit(
            Operation(
                title=tr("Look for changes by others"),
                function=lambda _progress: stamp_of(root),
                on_done=self._on_stamp,
                on_error=lambda _error: None,
                on_stopped=self._end_look,
                lane=Lane.READING,
                quiet=True,
            )
        )

    def _on_stamp(self, stamp: Stamp) -> None:
        self._is_looking = False
        before, self._stamp = self._stamp, stamp
        if before is not None and before != stamp and self._timer.isActive():
            self.project_changed.emit()

    def _end_look(self) -> None:
        self._is_looking = False
