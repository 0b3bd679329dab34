"""The thin parts round every page: top bar, rail, status bar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from .icons import icon
from .jobs import JobState
from .keys import PAGES, Page
from .language import tr
from .theme import Theme
from .views.labels import ElidedLabel, bar, button, label
from .views.rows import dress

TOP_PX = 44
RAIL_PX = 76
STATUS_PX = 28
ENTRY_PX = 64
SEARCH_PX = 300


def page_name(page: Page) -> str:
    """Give the name of a page in words."""
    return {
        Page.CAPTURE: tr("Capture"),
        Page.LABEL: tr("Label"),
        Page.REVIEW: tr("Review"),
        Page.DATASET: tr("Dataset"),
        Page.VERSIONS: tr("Versions"),
        Page.EVERYWHERE: tr("Everywhere"),
    }[page]


class TopBar(QWidget):
    """Shows the project and the session, and opens the palette.

    Signals:
        search_requested: the search field was clicked.
    """

    search_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(TOP_PX)
        holder = QHBoxLayout(self)
        holder.setContentsMargins(0, 0, 0, 0)
        strip, row = bar("topbar", TOP_PX)
        holder.addWidget(strip)
        self._brand = QLabel()
        self._brand.setTextFormat(Qt.TextFormat.RichText)
        self._brand.setProperty("kind", "brand")
        self._project = ElidedLabel("", "muted")
        self._session = ElidedLabel("", "chip")
        self._session.hide()
        self._search = button(tr("Search or run a command"), "search")
        self._search.setFixedWidth(SEARCH_PX)
        self._search.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._search.clicked.connect(self.search_requested)
        self._add_key(self._search)
        row.addWidget(self._brand)
        row.addWidget(self._project)
        row.addWidget(self._session)
        row.addStretch(1)
        row.addWidget(self._search)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        # The only rich text of the window: a constant, never data.
        self._brand.setText(
            f'<span style="color:{theme.text}">field</span>'
            f'<span style="color:{theme.accent}">set</span>'
        )

    def show_project(self, name: str) -> None:
        """Show the project's name."""
        self._project.setText(name)

    def show_session(self, words: str) -> None:
        """Show the session at hand; nothing for none."""
        self._session.setText(f"{tr('session')} {words}" if words else "")
        self._session.setVisible(bool(words))

    def _add_key(self, search: QPushButton) -> None:
        row = QHBoxLayout(search)
        row.setContentsMargins(10, 0, 10, 0)
        row.addStretch(1)
        row.addWidget(label("Ctrl K", "small"))


class RailEntry(QAbstractButton):
    """One page on the rail: icon over name, a bar of accent where it is shown."""

    def __init__(self, name: str, words: str, theme: Theme) -> None:
        super().__init__()
        self._name = name
        self.setText(words)
        self.setAccessibleName(words)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._theme = theme
        self.setFixedSize(RAIL_PX - theme.line_px, ENTRY_PX)
        self._icons: dict[bool, QIcon] = {
            True: icon(self._name, theme.colour("text"), 22, 4.0),
            False: icon(self._name, theme.colour("muted"), 22, 4.0),
        }
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for the rail's width."""
        return QSize(RAIL_PX - 1, ENTRY_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint icon and name."""
        painter = QPainter(self)
        is_lit = self.isChecked() or self.underMouse()
        if self.isChecked():
            painter.fillRect(self.rect(), self._theme.colour("raised"))
            painter.fillRect(0, 0, 3, self.height(), self._theme.colour("accent"))
        place = QRectF(0, 10, self.width(), 22).toRect()
        self._icons[is_lit].paint(painter, place)
        font = self.font()
        font.setPixelSize(self._theme.head_px)
        painter.setFont(font)
        painter.setPen(self._theme.colour("text" if is_lit else "muted"))
        words = painter.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width() - 4
        )
        painter.drawText(
            QRectF(0, 36, self.width(), 20), Qt.AlignmentFlag.AlignCenter, words
        )
        painter.end()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up under the pointer."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Fade again."""
        super().leaveEvent(event)
        self.update()


class Rail(QWidget):
    """The five pages on the left, the menu below.

    Signals:
        page_requested: the page the person clicked.
        menu_requested: the menu entry was clicked; where to open it.
    """

    page_requested = Signal(object)
    menu_requested = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "rail")
        self.setFixedWidth(RAIL_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(0)
        self._group = QButtonGroup(self)
        self._entries: dict[Page, RailEntry] = {}
        for page in PAGES:
            entry = RailEntry(page.value, page_name(page), theme)
            entry.clicked.connect(
                lambda _checked=False, chosen=page: self.page_requested.emit(chosen)
            )
            self._entries[page] = entry
            self._group.addButton(entry)
            column.addWidget(entry)
        column.addStretch(1)
        self._menu = RailEntry("menu", tr("Menu"), theme)
        self._menu.setCheckable(False)
        self._menu.clicked.connect(self._on_menu)
        column.addWidget(self._menu)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        for entry in (*self._entries.values(), self._menu):
            entry.set_theme(theme)

    def show_page(self, page: Page) -> None:
        """Mark the page that is shown."""
        self._entries[page].setChecked(True)

    def set_open(self, is_open: bool) -> None:
        """Let the pages be chosen only where a project is open."""
        for entry in self._entries.values():
            entry.setEnabled(is_open)

    def _on_menu(self) -> None:
        self.menu_requested.emit(self._menu.mapToGlobal(QPointF(RAIL_PX, 0).toPoint()))


class StatusDot(QWidget):
    """A dot beside a word: colour is never the only sign."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(8, 8)
        self._theme = theme
        self._tone = "muted"

    def show_tone(self, tone: str) -> None:
        """Show the dot in this tone."""
        self._tone = tone
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._theme = theme
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour(self._tone))
        painter.drawEllipse(self.rect())
        painter.end()


class StatusBar(QWidget):
    """Camera, station, free space, queue, running work, and whether all is saved.

    Signals:
        cancel_requested: the person wants the running work to stop.
    """

    cancel_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(STATUS_PX)
        holder = QHBoxLayout(self)
        holder.setContentsMargins(0, 0, 0, 0)
        strip, row = bar("statusbar", STATUS_PX)
        holder.addWidget(strip)
        self._dot = StatusDot(theme)
        self._texts = {
            name: ElidedLabel("", "small")
            for name in ("camera", "station", "space", "queue", "job", "saved")
        }
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        self._cancel = _small_button(tr("Cancel"), self.cancel_requested.emit)
        row.setSpacing(8)
        row.addWidget(self._dot)
        row.addWidget(self._texts["camera"])
        for name in ("station", "space", "queue"):
            row.addSpacing(14)
            row.addWidget(self._texts[name])
        row.addStretch(1)
        for widget in (self._texts["job"], self._bar, self._cancel):
            row.addWidget(widget)
            widget.hide()
        row.addSpacing(14)
        row.addWidget(self._texts["saved"])
        self.show_camera(tr("no camera open"), "muted")
        self.show_saved(True)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._dot.set_theme(theme)

    def show_camera(self, words: str, tone: str) -> None:
        """Show how the camera is."""
        self._texts["camera"].setText(words)
        self._dot.show_tone(tone)

    def show_text(self, name: str, words: str) -> None:
        """Show words in the place `station`, `space` or `queue`."""
        self._texts[name].setText(words)

    def show_saved(self, is_saved: bool) -> None:
        """Say whether every edit is on disk."""
        self._texts["saved"].setText(tr("all saved") if is_saved else tr("saving…"))

    def show_job(self, state: JobState | None) -> None:
        """Show the running work; None for none."""
        for widget in (self._texts["job"], self._bar, self._cancel):
            widget.setVisible(state is not None)
        if state is None:
            return
        words = state.title if not state.what else f"{state.title}: {state.what}"
        self._texts["job"].setText(words)
        self._bar.setRange(0, state.total or 0)
        self._bar.setValue(state.done if state.total else 0)


def _small_button(words: str, do: Callable[[], None]) -> QPushButton:
    made = button(words)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setStyleSheet("padding: 0px 8px;")
    made.setFixedHeight(STATUS_PX - 8)
    made.clicked.connect(do)
    return made
