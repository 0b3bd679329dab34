"""What lies over a page for a moment: all keys, the palette, a notice."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QWindow
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..keys import Action, KeyLine, Page, search, shortcut_text
from ..language import tr
from ..theme import Theme
from .labels import button, label, set_tone
from .rows import ROW_ROLE, RowDelegate, RowList, plain_list

PALETTE_PX = 560
NOTICE_MS = 8000
NOTICE_PX = 520
NOTICE_TOP_PX = 100


class PaletteDelegate(RowDelegate):
    """Paints an action: words, group, key."""

    row_px = 34

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: Action, *, is_chosen: bool
    ) -> None:
        """Paint one action."""
        keys = shortcut_text(row)
        room = QFontMetrics(painter.font()).horizontalAdvance(keys) + 4
        right = rect.right() - 12
        place = QRectF(right - room, rect.top(), room, rect.height())
        self.words(painter, place, keys, "muted", right=True)
        group = QRectF(right - room - 130, rect.top(), 120, rect.height())
        self.words(painter, group, row.group, "muted", right=True)
        left = rect.left() + 12
        text = QRectF(left, rect.top(), group.left() - left - 8, rect.height())
        self.words(painter, text, row.text)


class Palette(QDialog):
    """Finds an action by its words and runs it.

    Signals:
        action_chosen: the action's id.
    """

    action_chosen = Signal(str)

    def __init__(
        self, table: tuple[Action, ...], theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(
            parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint
        )
        self._table = tuple(one for one in table if one.id != "palette.open")
        self.setFixedWidth(PALETTE_PX)
        self._field = QLineEdit()
        self._field.setPlaceholderText(tr("Search or run a command"))
        self._rows: RowList[Action] = RowList(lambda action: action.text, self)
        self._view = plain_list(self._rows, PaletteDelegate(theme, self))
        self._view.setFixedHeight(PaletteDelegate.row_px * 9)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.setSpacing(8)
        column.addWidget(self._field)
        column.addWidget(self._view)
        self._field.textChanged.connect(self._on_words)
        self._field.installEventFilter(self)
        self._view.clicked.connect(self._on_clicked)
        self._on_words("")

    def show_over(self, holder: QWidget) -> None:
        """Open under the top bar, in the middle."""
        middle = holder.rect().center().x() - PALETTE_PX // 2
        self.move(holder.mapToGlobal(QPoint(middle, 52)))
        self.show()
        self._field.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let arrows and Enter act on the list while the field has the keyboard."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                self._move(step)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self._view.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _on_words(self, words: str) -> None:
        self._rows.replace(search(self._table, words))
        self._view.setCurrentIndex(self._rows.index(0))

    def _move(self, step: int) -> None:
        count = self._rows.rowCount()
        if count:
            at = (self._view.currentIndex().row() + step) % count
            self._view.setCurrentIndex(self._rows.index(at))

    def _on_clicked(self, index: QModelIndex) -> None:
        self._choose(index)

    def _choose(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if row is not None:
            self.close()
            self.action_chosen.emit(row.id)


class KeyList(QDialog):
    """Shows every key of the window, page by page."""

    def __init__(
        self,
        lines: tuple[KeyLine, ...],
        page_words: dict[Page, str],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("All keys"))
        self.resize(900, 640)
        inner = QWidget()
        columns = QHBoxLayout(inner)
        columns.setSpacing(28)
        sides = (QVBoxLayout(), QVBoxLayout())
        for side in sides:
            columns.addLayout(side, 1)
        for page, words in page_words.items():
            mine = tuple(line for line in lines if line.page is page)
            if mine:
                # The Label page has as many keys as all the others together.
                side = sides[1 if page is Page.LABEL else 0]
                self._add_page(side, words, mine)
        for side in sides:
            side.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        close = button(tr("Close"), "primary")
        close.clicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.addWidget(area, 1)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)

    def _add_page(
        self, side: QVBoxLayout, words: str, lines: tuple[KeyLine, ...]
    ) -> None:
        title = label(words, "title")
        title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        side.addWidget(title)
        grid = QGridLayout()
        grid.setVerticalSpacing(5)
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(1, 1)
        for at, line in enumerate(lines):
            middle = Qt.AlignmentFlag.AlignVCenter
            left = Qt.AlignmentFlag.AlignLeft | middle
            grid.addWidget(label(line.keys, "key"), at, 0, left)
            grid.addWidget(label(line.text, wraps=True), at, 1, middle)
        side.addLayout(grid)
        side.addSpacing(14)


class Notice(QFrame):
    """A sentence and what to do next, over the upper edge of the page."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._page = parent
        self.setProperty("kind", "notice")
        self._words = label("", wraps=True)
        self._hint = label("", "muted", wraps=True)
        self._words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
        )
        close = button(tr("Close"))
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(self.hide)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._words)
        texts.addWidget(self._hint)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 10, 10)
        row.addLayout(texts, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_read)
        self._is_bad = self.is_old = False
        self.read_ms = NOTICE_MS
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._words.text()

    def say(self, words: str, tone: str, hint: str = "") -> None:
        """Show a sentence; a bad one stays until it was read and hands go on."""
        self._words.setText(words)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        set_tone(self, tone)
        self._is_bad, self.is_old = tone == "bad", False
        self._timer.start(self.read_ms)
        self.show()
        self.place()

    def hear(self, window: QWindow) -> None:
        """Notice what hands do in the window; it comes here before any widget."""
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go at the next press or key elsewhere, once it could be read."""
        if self.is_old and self.isVisible() and self._is_elsewhere(event):
            self.hide()
        return super().eventFilter(watched, event)

    def _is_elsewhere(self, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent):
            is_press = event.type() == QEvent.Type.MouseButtonPress
            # On the notice it is for its own button, not for what lies under it.
            inside = self.geometry().contains(event.position().toPoint())
            return is_press and not inside
        return event.type() == QEvent.Type.KeyPress

    def _on_read(self) -> None:
        if self._is_bad:
            self.is_old = True
        else:
            self.hide()

    def place(self) -> None:
        """Stand under the bars, in the middle, and hide no key."""
        holder = self._page
        width = min(NOTICE_PX, holder.width() - 40)
        self.setFixedWidth(width)
        self.setFixedHeight(self._row.totalHeightForWidth(width))
        self.move((holder.width() - width) // 2, NOTICE_TOP_PX)
        self.raise_()
