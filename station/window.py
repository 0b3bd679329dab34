"""The window: bars, rail, five pages, and what lies over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dataset.errors import FieldsetError

from .chrome import Rail, StatusBar, TopBar, page_name
from .commands import CommandTable
from .jobs import JobState, Runner
from .keys import PAGES, Action, Page, key_lines
from .language import tr
from .theme import Theme
from .views.contracts import Commands
from .views.empty_page import EmptyNote, welcome
from .views.overlays import KeyList, Notice, Palette

LEAST_SIZE = (1100, 640)
FIRST_SIZE = (1440, 900)
_DELETE = Qt.WidgetAttribute.WA_DeleteOnClose


class Window(QMainWindow):
    """Shows one project's pages, or a welcome where none is open.

    Signals:
        page_shown: the `Page` that came to the front.
        theme_requested: the name of the look the person chose.
        closing: the window is about to close.
        path_dropped: a file or folder was dropped on a page.
    """

    page_shown = Signal(object)
    theme_requested = Signal(str)
    closing = Signal()
    path_dropped = Signal(object)

    def __init__(self, runner: Runner, theme: Theme, table: tuple[Action, ...]) -> None:
        super().__init__()
        self.setWindowTitle("fieldset")
        self.setMinimumSize(*LEAST_SIZE)
        self.resize(*FIRST_SIZE)
        self._theme = theme
        self._pages: dict[Page, QWidget] = {}
        self._page = Page.EVERYWHERE
        self._crash_box: QMessageBox | None = None
        self.commands = CommandTable(table, self)
        self.top = TopBar(theme)
        self.rail = Rail(theme)
        self.status = StatusBar(theme)
        self._stack = QStackedWidget()
        self._welcome: EmptyNote = welcome()
        self._stack.addWidget(self._welcome)
        self._lay_out()
        self.notice = Notice(self)
        self._jobs: dict[int, JobState] = {}
        self._connect(runner)
        self.rail.set_open(False)
        self.setAcceptDrops(True)

    def _lay_out(self) -> None:
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.rail)
        body.addWidget(self._stack, 1)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addLayout(body, 1)
        column.addWidget(self.status)
        self.setCentralWidget(holder)

    def _connect(self, runner: Runner) -> None:
        self.top.search_requested.connect(self.open_palette)
        self.rail.page_requested.connect(self.show_page)
        self.rail.menu_requested.connect(self._on_menu)
        self.status.cancel_requested.connect(runner.cancel_all)
        self._welcome.action_requested.connect(self.commands.run)
        runner.job_started.connect(self._on_job)
        runner.job_progressed.connect(self._on_job)
        runner.job_ended.connect(self._on_job_ended)
        runner.job_failed.connect(lambda _title, error: self.show_error(error))

    def own_commands(self) -> Commands:
        """Give what the window itself does, by the action's id."""
        made: dict[str, Callable[[], object]] = {
            "palette.open": self.open_palette,
            "keys.show": self.show_keys,
            "window.fullscreen": self._toggle_full_screen,
            "window.close": self.close,
        }
        for page in PAGES:
            made[f"page.{page.value}"] = partial(self.show_page, page)
        for name in ("dark", "light", "sunlight"):
            made[f"theme.{name}"] = partial(self.theme_requested.emit, name)
        return made

    def set_pages(self, pages: Mapping[Page, QWidget], commands: Commands) -> None:
        """Show these pages, those of another project are gone."""
        self.clear_pages()
        self._pages = dict(pages)
        for widget in pages.values():
            self._stack.addWidget(widget)
        self.commands.bind(commands)
        self.rail.set_open(True)

    def clear_pages(self) -> None:
        """Go back to the welcome: no project is open."""
        self.commands.unbind_pages()
        for widget in self._pages.values():
            self._stack.removeWidget(widget)
            widget.deleteLater()
        self._pages = {}
        self._page = Page.EVERYWHERE
        self._stack.setCurrentWidget(self._welcome)
        self.rail.set_open(False)

    @property
    def page(self) -> Page:
        """The page shown; EVERYWHERE for the welcome."""
        return self._page

    def show_page(self, page: Page) -> None:
        """Bring a page to the front; nothing happens without a project."""
        if page not in self._pages:
            return
        self._page = page
        self._stack.setCurrentWidget(self._pages[page])
        self.rail.show_page(page)
        self.commands.show_page(page)
        self._pages[page].setFocus()
        self.page_shown.emit(page)

    def set_theme(self, theme: Theme) -> None:
        """Repaint the bars in another look; the pages are told by the application."""
        self._theme = theme
        for part in (self.top, self.rail, self.status):
            part.set_theme(theme)
        self.notice.hide()

    def show_error(self, error: FieldsetError) -> None:
        """Show the sentence of an error and its next step."""
        self.notice.say(error.message, "bad", error.hint)

    def show_crash(self, report: Path | None) -> None:
        """Say that a bug of ours was met, and where it is written down."""
        words = tr("Something went wrong inside fieldset; what is saved is safe.")
        if self._crash_box is not None and self._crash_box.isVisible():
            return
        self._crash_box = box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(tr("A bug in fieldset"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(words)
        if report is not None:
            box.setInformativeText(f"{tr('It is written down in:')}\n{report}")
        box.open()

    def open_palette(self) -> None:
        """Open the search over all actions that apply here."""
        palette = Palette(self.commands.usable(), self._theme, self)
        palette.setAttribute(_DELETE)
        palette.action_chosen.connect(self.commands.run)
        palette.show_over(self)

    def show_keys(self) -> None:
        """Open the list of all keys."""
        # A person asks for the keys of the page at hand.
        pages = sorted(Page, key=lambda page: page is not self._page)
        names = {page: page_name(page) for page in pages}
        dialog = KeyList(key_lines(self.commands.table), names, self)
        dialog.setAttribute(_DELETE)
        dialog.open()

    def showEvent(self, event: QShowEvent) -> None:
        """Let the notice hear of presses, which it cannot before there is a window."""
        super().showEvent(event)
        if (handle := self.windowHandle()) is not None:
            self.notice.hear(handle)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the notice in its place."""
        super().resizeEvent(event)
        if self.notice.isVisible():
            self.notice.place()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file or folder of this machine, where a project is open."""
        if self._pages and _dropped(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Announce what was dropped; it is looked into before it is taken in."""
        path = _dropped(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.path_dropped.emit(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let the application save and end its work first."""
        self.closing.emit()
        super().closeEvent(event)

    def _toggle_full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def _on_menu(self, at: QPoint) -> None:
        menu = self.commands.menu()
        menu.setAttribute(_DELETE)
        size = menu.sizeHint()
        menu.popup(at - QPoint(0, max(size.height() - 40, 0)))

    def _on_job(self, state: JobState) -> None:
        self._jobs[state.number] = state
        self.status.show_job(next(reversed(self._jobs.values())))

    def _on_job_ended(self, number: int) -> None:
        self._jobs.pop(number, None)
        newest = next(reversed(self._jobs.values()), None)
        self.status.show_job(newest)


def _dropped(data: QMimeData) -> Path | None:
    """The one file or folder of this machine that is dragged; None for all else."""
    places = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
    return Path(places[0]) if len(data.urls()) == 1 and places else None
