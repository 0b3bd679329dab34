"""The side panel of the Label page: classes, boxes here, history."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QVBoxLayout, QWidget

from ...language import tr
from ...theme import Theme
from ..contracts import ClassRow
from ..labels import button, label
from ..rows import ROW_ROLE, RowDelegate, RowList, dress, fit_height, plain_list
from .label_words import BoxRow

PANEL_PX = 300
HISTORY_LINES = 4


class ClassDelegate(RowDelegate):
    """Paints a class: digit key, colour, name, bar, count against target."""

    row_px = 33

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: ClassRow, *, is_chosen: bool
    ) -> None:
        """Paint one class."""
        middle = rect.center().y()
        left, right = rect.left() + 8, rect.right() - 10
        key = "" if row.label_class.key is None else str(row.label_class.key)
        self._key(painter, QRectF(left, middle - 10, 20, 20), key)
        swatch = QRectF(left + 29, middle - 6, 12, 12)
        self.swatch(painter, swatch, row.label_class.colour)
        figure = f"{row.boxes:,}"
        if row.target is not None:
            figure = f"{row.boxes:,}/{row.target:,}"
        room = max(painter.fontMetrics().horizontalAdvance(figure), 56)
        self.words(
            painter,
            QRectF(right - room, rect.top(), room, rect.height()),
            figure,
            "muted",
            right=True,
        )
        bar_left = right - room - 10 - 66
        self._bar(painter, QRectF(bar_left, middle - 2.5, 66, 5), row)
        name_left = left + 50
        place = QRectF(name_left, rect.top(), bar_left - 8 - name_left, rect.height())
        self.words(painter, place, row.label_class.name)

    def _key(self, painter: QPainter, rect: QRectF, key: str) -> None:
        painter.setPen(QPen(self.theme.colour("line"), self.theme.line_px))
        painter.setBrush(self.theme.colour("panel"))
        painter.drawRoundedRect(rect, 4, 4)
        font = QFont(painter.font())
        small = QFont(font)
        small.setPixelSize(self.theme.head_px)
        painter.setFont(small)
        painter.setPen(self.theme.colour("muted"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, key)
        painter.setFont(font)

    def _bar(self, painter: QPainter, rect: QRectF, row: ClassRow) -> None:
        if row.target is None:
            return
        painter.setPen(self._ground_pen())
        painter.setBrush(self.theme.colour("raised"))
        painter.drawRoundedRect(rect, 2.5, 2.5)
        part = 1.0 if row.target <= 0 else min(row.boxes / row.target, 1.0)
        if part <= 0:
            return
        is_full = part >= 1.0
        colour = self.theme.ok if is_full else row.label_class.colour
        painter.setBrush(QColor(colour))
        filled = QRectF(rect)
        filled.setWidth(max(rect.width() * part, 5.0))
        painter.drawRoundedRect(filled, 2.5, 2.5)


class BoxDelegate(RowDelegate):
    """Paints a box: colour, class, what became of it, score."""

    row_px = 28

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: BoxRow, *, is_chosen: bool
    ) -> None:
        """Paint one box."""
        middle = rect.center().y()
        left, right = rect.left() + 8, rect.right() - 10
        self.swatch(painter, QRectF(left, middle - 5, 10, 10), row.colour)
        figure = painter.fontMetrics().horizontalAdvance(row.figure)
        place = QRectF(right - figure - 2, rect.top(), figure + 2, rect.height())
        self.words(painter, place, row.figure, "muted", right=True)
        word_left = left + 82
        name = QRectF(left + 20, rect.top(), 82 - 26, rect.height())
        self.words(painter, name, row.name)
        room = right - figure - 8 - word_left
        word = QRectF(word_left, rect.top(), room, rect.height())
        self.words(painter, word, row.word, row.tone)


class HistoryDelegate(RowDelegate):
    """Paints one sentence of what was done."""

    row_px = 24

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: str, *, is_chosen: bool
    ) -> None:
        """Paint one sentence."""
        self.words(painter, rect.adjusted(8, 0, -8, 0), row, "muted")


class LabelPanel(QWidget):
    """Shows classes, the boxes of the sample and what was done last.

    Signals:
        class_chosen: the id of the class the person clicked.
        boxes_chosen: tuple of the ids of the boxes the person chose in the list.
        undo_requested, redo_requested, classes_requested: a button was clicked.
    """

    class_chosen = Signal(int)
    boxes_chosen = Signal(object)
    undo_requested = Signal()
    redo_requested = Signal()
    classes_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "side")
        self.setFixedWidth(PANEL_PX)
        self._classes: RowList[ClassRow] = RowList(_class_words, self)
        self._boxes: RowList[BoxRow] = RowList(_box_words, self)
        self._history: RowList[str] = RowList(str, self)
        self._delegates = (
            ClassDelegate(theme, self),
            BoxDelegate(theme, self),
            HistoryDelegate(theme, self),
        )
        self._class_view = plain_list(self._classes, self._delegates[0])
        self._box_view = plain_list(self._boxes, self._delegates[1])
        self._box_view.setSelectionMode(
            QAbstractItemView.SelectionMode.ExtendedSelection
        )
        self._history_view = plain_list(self._history, self._delegates[2])
        self._boxes_head = label(tr("Boxes here"), "head")
        self._note = label("", "small", wraps=True)
        self._note.hide()
        self._pace = label("", "small", wraps=True)
        self._pace.hide()
        self._edit_classes = button(tr("Edit…"), "chip")
        self._undo = button(tr("Undo"))
        self._redo = button(tr("Redo"))
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(label(tr("Classes"), "head"), 1)
        head.addWidget(self._edit_classes)
        column.addLayout(head)
        column.addWidget(self._class_view)
        column.addSpacing(6)
        column.addWidget(self._boxes_head)
        column.addWidget(self._note)
        column.addWidget(self._box_view, 1)
        column.addSpacing(6)
        column.addWidget(label(tr("History"), "head"))
        column.addWidget(self._history_view)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        self._edit_classes.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for one in (self._undo, self._redo):
            one.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            buttons.addWidget(one)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addWidget(self._pace)

    def _connect(self) -> None:
        self._class_view.clicked.connect(self._on_class_clicked)
        self._box_view.clicked.connect(self._on_box_clicked)
        self._edit_classes.clicked.connect(self.classes_requested)
        self._undo.clicked.connect(self.undo_requested)
        self._redo.clicked.connect(self.redo_requested)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        for delegate in self._delegates:
            delegate.theme = theme
        self.update()

    def show_classes(self, rows: tuple[ClassRow, ...], chosen_id: int | None) -> None:
        """Show the classes; the one that new boxes get is raised."""
        self._classes.replace(rows)
        fit_height(self._class_view, self._delegates[0], 1, 8)
        for at, row in enumerate(rows):
            if row.label_class.id == chosen_id:
                self._class_view.setCurrentIndex(self._classes.index(at))

    @property
    def classes(self) -> tuple[ClassRow, ...]:
        """The classes shown."""
        return self._classes.rows

    def show_note(self, words: str) -> None:
        """Show what is special about the sample; "" for nothing."""
        self._note.setText(words)
        self._note.setVisible(bool(words))

    @property
    def note(self) -> str:
        """What is shown to be special about the sample."""
        return self._note.text()

    def show_pace(self, words: str) -> None:
        """Show how fast the person labels; "" before that is known."""
        self._pace.setText(words)
        self._pace.setVisible(bool(words))

    @property
    def pace(self) -> str:
        """The pace that is shown."""
        return self._pace.text()

    def show_boxes(self, head: str, rows: tuple[BoxRow, ...]) -> None:
        """Show the boxes of the sample."""
        self._boxes_head.setText(head)
        self._boxes.replace(rows)

    def show_chosen(self, ids: tuple[str, ...]) -> None:
        """Raise the boxes that the canvas has chosen; the last one is scrolled to."""
        rows = {row.id: at for at, row in enumerate(self._boxes.rows)}
        places = [rows[name] for name in ids if name in rows]
        chosen = QItemSelection()
        for at in places:
            index = self._boxes.index(at)
            chosen.select(index, index)
        model = self._box_view.selectionModel()
        last = self._boxes.index(places[-1]) if places else QModelIndex()
        model.setCurrentIndex(last, QItemSelectionModel.SelectionFlag.NoUpdate)
        model.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if places:
            self._box_view.scrollTo(last)

    def show_history(
        self, lines: tuple[str, ...], *, can_undo: bool, can_redo: bool
    ) -> None:
        """Show what was done, newest first."""
        self._history.replace(lines[:HISTORY_LINES])
        fit_height(self._history_view, self._delegates[2], 1, HISTORY_LINES)
        self._undo.setEnabled(can_undo)
        self._redo.setEnabled(can_redo)

    def _on_class_clicked(self, index: QModelIndex) -> None:
        self.class_chosen.emit(index.data(ROW_ROLE).label_class.id)

    def _on_box_clicked(self, index: QModelIndex) -> None:
        clicked = index.data(ROW_ROLE).id
        chosen = self._box_view.selectionModel().selectedIndexes()
        ids = [each.data(ROW_ROLE).id for each in chosen]
        others = [name for name in ids if name != clicked]
        self.boxes_chosen.emit((*others, *(ids and [clicked])))


def _class_words(row: ClassRow) -> str:
    target = "" if row.target is None else f" / {row.target:,}"
    return f"{row.label_class.name}: {row.boxes:,}{target}"


def _box_words(row: BoxRow) -> str:
    return f"{row.name}, {row.word} {row.figure}".strip()
