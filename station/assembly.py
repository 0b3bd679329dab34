"""The parts of the window, built and joined: nothing here is global.

What needs slow libraries (SciPy, Matplotlib, the catalog) is imported in a worker
while the project is opened: the window is on the screen before.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog

from .jobs import Lane, Operation, Runner
from .keys import Page, actions
from .language import tr
from .project_dialog import NewProjectDialog
from .settings import ReadSettings, UserSettings, station_name, write_settings
from .theme import DARK, THEMES, apply
from .views.contracts import Commands
from .window import Window

if TYPE_CHECKING:
    from dataset.findings import Finding
    from dataset.progress import Progress
    from dataset.project import Project

    from .pages import PageSet

LOG = logging.getLogger(__name__)
SPACE_EVERY_MS = 10_000
LOW_SPACE_BYTES = 2 * 1024**3
# Once the first picture is there; before the first accept needs it.
PREPARE_MS = 1500


class Station(QObject):
    """The window with its project, its jobs and its user's settings."""

    def __init__(
        self,
        application: QApplication,
        read: ReadSettings,
        path: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._application = application
        self._settings = read.settings
        self._settings_path = path
        self._report: Callable[[BaseException], Path] | None = None
        self._pages: PageSet | None = None
        self._project: Project | None = None
        self._is_closed = False
        self.theme = THEMES.get(read.settings.theme, DARK)
        apply(application, self.theme)
        self.table = actions()
        self.runner = Runner(self)
        self.window = Window(self.runner, self.theme, self.table)
        self.window.commands.bind(self.window.own_commands())
        self.window.commands.bind(self._own_commands())
        self.window.theme_requested.connect(self.use_theme)
        self.window.closing.connect(self.close)
        self.window.path_dropped.connect(self._ask_pictures)
        self.runner.job_crashed.connect(self._on_job_crashed)
        self.window.status.show_text(
            "station", f"{tr('station')} {station_name(os.environ, read.settings)}"
        )
        self._space = QTimer(self, interval=SPACE_EVERY_MS)
        self._space.timeout.connect(self._ask_space)
        if read.notice:
            self.window.notice.say(read.notice, "warn")

    def begin(self, folder: Path | None, page: Page) -> None:
        """Show the window and open a project where one is named or remembered."""
        self.window.show()
        wanted = folder
        if wanted is None and self._settings.last_project:
            known = Path(self._settings.last_project)
            wanted = known if known.is_dir() else None
        if wanted is not None:
            self.open_project(wanted, page)

    def report_with(self, report: Callable[[BaseException], Path]) -> None:
        """Write crash reports of failed jobs by this function."""
        self._report = report

    @property
    def settings(self) -> UserSettings:
        """This user's settings as they are now."""
        return self._settings

    @property
    def pages(self) -> PageSet | None:
        """The pages of the open project."""
        return self._pages

    def open_project(self, folder: Path, page: Page) -> None:
        """Open a project on the catalog's own thread, then show it."""
        self.close_project()
        self._load_core(lambda: self._open(folder, page))

    def close_project(self) -> None:
        """End what belongs to the open project; the window stays."""
        if self._project is None:
            return
        if self._pages is not None:
            self._pages.finish()
        closing = self._end_of(self._project, self._pages)
        self._project, self._pages = None, None
        self.window.clear_pages()
        self._space.stop()
        self.runner.submit(
            Operation(
                title=tr("Close the project"),
                function=lambda _progress: closing(),
                lane=Lane.CATALOG,
                quiet=True,
            )
        )

    def use_theme(self, name: str) -> None:
        """Repaint everything in another look and remember it."""
        self.theme = THEMES[name]
        apply(self._application, self.theme)
        self.window.set_theme(self.theme)
        if self._pages is not None:
            self._pages.set_theme(self.theme)
        self.remember(replace(self._settings, theme=name))

    def remember(self, settings: UserSettings) -> None:
        """Keep these settings for the next start."""
        if settings == self._settings:
            return
        self._settings = settings
        path = self._settings_path
        self.runner.submit(
            Operation(
                title=tr("Keep the settings"),
                function=lambda _progress: write_settings(path, settings),
                lane=Lane.WORK,
                quiet=True,
            )
        )

    def show_crash(self, report: object) -> None:
        """Say that a bug was met."""
        self.window.show_crash(report if isinstance(report, Path) else None)

    def close(self) -> None:
        """End all work and threads; what was saved is safe."""
        if self._is_closed:
            return
        self._is_closed = True
        self._space.stop()
        last = None
        if self._project is not None:
            if self._pages is not None:
                self._pages.finish()
            last = self._end_of(self._project, self._pages)
        self.runner.close(last)

    def _end_of(self, project: Project, pages: PageSet | None) -> Callable[[], None]:
        def end() -> None:
            if pages is not None:
                pages.end_labeling()
                pages.end_capture()
            project.close()

        return end

    def _own_commands(self) -> Commands:
        return {
            "project.open": self._ask_project,
            "project.new": self._ask_new_project,
            "project.import": self._ask_pictures,
            "project.classes": self._ask_classes,
            "page.explore": self._show_explore,
            "job.cancel": self.runner.cancel_all,
        }

    def _show_explore(self) -> None:
        if self._pages is not None:
            self._pages.show_explore()

    def _show_project(self, project: Project, page: Page) -> None:
        from .pages import build_pages  # noqa: PLC0415  (see the module's docstring)

        self._project = project
        self._pages = build_pages(
            project, self.runner, self.theme, self.table, self._settings
        )
        self._pages.join(self.window)
        self._pages.settings_changed.connect(self._on_page_settings)
        self.window.top.show_project(project.name)
        self.window.setWindowTitle(f"{project.name} - fieldset")
        self.window.show_page(page)
        self.remember(replace(self._settings, last_project=str(project.root)))
        self._ask_space()
        self._space.start()
        self._sweep(project.root)
        QTimer.singleShot(PREPARE_MS, self, self._prepare)

    def _load_core(self, then: Callable[[], None]) -> None:
        """Load the code that opens projects, then go on.

        Not side by side with the pages' code: two threads that load parts of one
        library in another order can meet it half loaded.
        """
        self.runner.submit(
            Operation(
                title=tr("Load the program"),
                function=lambda _progress: _import_core(),
                on_done=lambda _none: then(),
                lane=Lane.CATALOG,
                quiet=True,
            )
        )

    def _load_pages(self) -> None:
        """Load the code of the pages while the disk is busy with the catalog."""
        self.runner.submit(
            Operation(
                title=tr("Make the pages ready"),
                function=lambda _progress: import_module(".pages", __package__),
                lane=Lane.WORK,
                quiet=True,
            )
        )

    def _open(self, folder: Path, page: Page) -> None:
        self._load_pages()
        self.runner.submit(
            Operation(
                title=tr("Open the project"),
                function=lambda _progress: _open_project(folder),
                on_done=lambda project: self._show_project(project, page),
                on_error=self.window.show_error,
                lane=Lane.CATALOG,
            )
        )

    def _prepare(self) -> None:
        """Load what carry-over needs, away from the first picture and the first key."""
        if self._is_closed or self._project is None:
            return
        self.runner.submit(
            Operation(
                title=tr("Make carry-over ready"),
                function=lambda _progress: import_module("labeling.carry_over"),
                lane=Lane.ASSIST,
                quiet=True,
            )
        )

    def _sweep(self, root: Path) -> None:
        """Mend what a power cut left behind, while the person works already."""

        def work(progress: Progress) -> tuple[Finding, ...]:
            from dataset.check import mend_leftovers  # noqa: PLC0415  (see above)

            return mend_leftovers(root, progress=progress)

        self.runner.submit(
            Operation(
                title=tr("Look for what an interruption left"),
                function=work,
                on_done=self._on_swept,
                on_error=lambda _error: None,
                lane=Lane.WORK,
                quiet=True,
            )
        )

    def _on_swept(self, found: tuple[Finding, ...]) -> None:
        if found and self._pages is not None:
            words = tr("An interruption left {count} things behind; they were mended.")
            self.window.notice.say(words.format(count=len(found)), "ok")
            self._pages.label.note_new_samples()

    def _on_page_settings(self, change: dict[str, str]) -> None:
        self.remember(replace(self._settings, **change))

    def _on_job_crashed(self, title: str, error: BaseException) -> None:
        path: Path | None = None
        if self._report is not None:
            try:
                path = self._report(error)
            except OSError:
                LOG.warning("the crash report of a job cannot be written: %s", title)
        self.window.show_crash(path)

    def _ask_space(self) -> None:
        if self._project is None:
            return
        root = self._project.root
        self.runner.submit(
            Operation(
                title=tr("Read the free space"),
                function=lambda _progress: shutil.disk_usage(root).free,
                on_done=self._show_space,
                on_error=lambda _error: None,
                lane=Lane.ASSIST,
                quiet=True,
            )
        )

    def _show_space(self, free: int) -> None:
        words = tr("{size} GB free").format(size=f"{free / 1024**3:,.0f}")
        if free < LOW_SPACE_BYTES:
            size = f"{free / 1024**2:,.0f}"
            words = tr("only {size} MB free").format(size=size)
        self.window.status.show_text("space", words)

    def _ask_project(self) -> None:
        dialog = QFileDialog(self.window, tr("Open a project"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(
            lambda name: self.open_project(Path(name), Page.LABEL)
        )
        dialog.open()

    def _ask_new_project(self) -> None:
        dialog = NewProjectDialog(self.window)
        dialog.project_wanted.connect(self.make_project)
        dialog.open()

    def make_project(self, folder: Path, classes: tuple[str, ...]) -> None:
        """Make a project and show its Capture page."""
        self.close_project()
        self._load_core(lambda: self._make(folder, classes))

    def _make(self, folder: Path, classes: tuple[str, ...]) -> None:
        self._load_pages()
        self.runner.submit(
            Operation(
                title=tr("Make the project"),
                function=lambda _progress: _make_project(folder, classes),
                on_done=lambda made: self._show_project(made, Page.CAPTURE),
                on_error=self.window.show_error,
                lane=Lane.CATALOG,
            )
        )

    def _ask_classes(self) -> None:
        if self._pages is not None:
            self._pages.ask_classes()

    def _ask_pictures(self, path: Path | None = None) -> None:
        if self._pages is not None:
            self._pages.ask_pictures(self.window, path)


def _import_core() -> None:
    """Load what opens and labels a project; runs in a worker (see the docstring)."""
    for name in ("labeling.session", "export.intake", "dataset.project"):
        import_module(name)


def _open_project(folder: Path) -> Project:
    """Open a project; runs in a worker."""
    project: Project = import_module("dataset.project").Project.open(folder)
    return project


def _make_project(folder: Path, classes: tuple[str, ...]) -> Project:
    """Make a project; runs in a worker."""
    made: Project = import_module("dataset.project").Project.create(folder, classes)
    return made
