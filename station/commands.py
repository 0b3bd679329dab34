"""The table of actions made live: shortcuts, menu, and running one by its id."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from .chrome import page_name
from .keys import Action, Page
from .language import tr
from .views.contracts import Commands

# One press, one action: a key held down must not accept image after image.
REPEATING = ("label.nudge", "label.resize", "label.next_box", "view.zoom")


class CommandTable(QObject):
    """Binds actions by id and keeps only those of the page shown alive.

    Two pages may use the same key; a disabled `QAction` takes none.
    """

    def __init__(self, table: tuple[Action, ...], window: QWidget) -> None:
        super().__init__(window)
        self._table = table
        self._window = window
        self._live: dict[str, QAction] = {}
        self._page = Page.EVERYWHERE

    @property
    def table(self) -> tuple[Action, ...]:
        """All actions, bound or not."""
        return self._table

    @property
    def bound(self) -> frozenset[str]:
        """The ids of the actions that do something."""
        return frozenset(self._live)

    def bind(self, commands: Commands) -> None:
        """Say what actions do; raises KeyError for an id the table does not hold."""
        known = {action.id: action for action in self._table}
        for name, do in commands.items():
            self._live[name] = self._make(known[name], do)

    def unbind_pages(self) -> None:
        """Forget the actions of the pages: their project is closed."""
        for action in self._table:
            if action.page is not Page.EVERYWHERE and action.id in self._live:
                gone = self._live.pop(action.id)
                self._window.removeAction(gone)
                gone.deleteLater()

    def show_page(self, page: Page) -> None:
        """Keep alive what applies everywhere and on this page."""
        self._page = page
        for action in self._table:
            if action.id in self._live:
                self._live[action.id].setEnabled(self._applies(action))

    def usable(self) -> tuple[Action, ...]:
        """Give the actions that do something here and now."""
        return tuple(
            action
            for action in self._table
            if action.id in self._live and self._applies(action)
        )

    def run(self, name: str) -> None:
        """Do one action, where it applies; raises KeyError for an unbound one."""
        self._live[name].trigger()

    def menu(self) -> QMenu:
        """Give a menu of all actions, a sub-menu for each page and group."""
        made = QMenu(self._window)
        for action in self._table:
            if action.page is Page.EVERYWHERE and action.id in self._live:
                made.addAction(self._live[action.id])
        made.addSeparator()
        for page in Page:
            if page is Page.EVERYWHERE:
                continue
            part = made.addMenu(page_name(page))
            part.setEnabled(page is self._page)
            for action in self._table:
                is_here = action.page is page and action.id in self._live
                if is_here and not action.family:
                    part.addAction(self._live[action.id])
        return made

    def _applies(self, action: Action) -> bool:
        return action.page in (Page.EVERYWHERE, self._page)

    def _make(self, action: Action, do: Callable[[], object]) -> QAction:
        live = QAction(tr(action.text), self._window)
        live.setShortcuts([QKeySequence(keys) for keys in action.shortcuts])
        live.setAutoRepeat(action.id.startswith(REPEATING))
        live.triggered.connect(lambda _checked=False: do())
        live.setEnabled(self._applies(action))
        self._window.addAction(live)
        return live
