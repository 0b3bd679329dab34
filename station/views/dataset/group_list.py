"""The groups of a project: searched, filtered, and why each is where it is."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ...language import tr
from ...theme import Theme
from ..cards import ToneDelegate, plain_table, size_columns
from ..chooser import Chooser
from ..labels import ElidedLabel, label
from ..rows import ROW_ROLE, RowTable
from .dataset_contract import GroupRow, GroupsState

SESSIONS_NAMED = 2
GROUP_ID_SHOWN = 10
SPLIT_COLUMN = 3
SEARCH_PX = 240
FILTER_PX = 190
TYPING_MS = 120
STORY_LINES = 4
SESSIONS_SHARE = 0.26
LEAST_SESSIONS_PX = 150


def group_table(parent: QWidget) -> RowTable[GroupRow]:
    """Give the model of groups; a cell's words are made when it is painted."""
    heads = (tr("Group"), tr("sessions"), tr("samples"), tr("split"), tr("why here"))
    return RowTable(heads, group_words, frozenset({2}), parent)


def group_tone(row: GroupRow) -> str:
    """Give the tone of a group's split."""
    return "text" if row.level == "ok" else row.level


def matching(
    rows: tuple[GroupRow, ...], text: str, key: str = ""
) -> tuple[GroupRow, ...]:
    """Give the rows that hold every word of `text` and belong to the filter `key`."""
    if key:
        rows = tuple(row for row in rows if key in row.keys)
    for word in text.casefold().split():
        rows = tuple(row for row in rows if word in row.words)
    return rows


class GroupList(QWidget):
    """Shows the groups.

    Signals:
        story_requested: the id of the group that was chosen.
    """

    story_requested = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = GroupsState()
        self.model = group_table(self)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search: group, session, split, reason"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(SEARCH_PX)
        self.filter = Chooser()
        self.filter.setMinimumWidth(FILTER_PX)
        self.filter.addItem(tr("all groups"), "")
        self._count = ElidedLabel("", "muted")
        self.view: QTableView = plain_table()
        self.view.setModel(self.model)
        self._tones = ToneDelegate(theme, group_tone, self)
        self.view.setItemDelegateForColumn(SPLIT_COLUMN, self._tones)
        self._nothing = label("", "muted", wraps=True)
        self._nothing.hide()
        self._story = label("", "muted", wraps=True)
        self._story.hide()
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._lay_out()
        self._theme = theme
        self._fit_columns()
        self._typing.timeout.connect(self._show_rows)
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self.filter.activated.connect(lambda _at: self._show_rows())
        self.view.selectionModel().currentRowChanged.connect(self._on_chosen)

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(self.search, 2)
        line.addWidget(self.filter)
        line.addWidget(self._count, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(line)
        column.addWidget(self._nothing)
        column.addWidget(self.view, 100)
        column.addWidget(self._story)
        column.addStretch(1)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._tones.theme = theme
        self._theme = theme
        self._fit_columns()
        self.view.viewport().update()

    def show_state(self, state: GroupsState) -> None:
        """Show these groups, under the filter and search of the moment."""
        if state is self._state:
            return
        self._state = state
        key = self.filter.currentData()
        self.filter.clear()
        for choice in state.filters:
            self.filter.addItem(choice.text, choice.key)
        self.filter.setCurrentIndex(max(self.filter.findData(key), 0))
        self._show_rows()

    def show_story(self, group_id: str, sentences: tuple[str, ...]) -> None:
        """Show what the ledger holds of the chosen group."""
        chosen = self.chosen
        if chosen is None or chosen.id != group_id:
            return
        sessions = tr("Sessions: {names}").format(names=", ".join(chosen.sessions))
        lines = [sessions, *(sentences or (chosen.why,))]
        self._story.setText("\n".join(lines[:1] + lines[1:][-STORY_LINES:]))
        self._story.setToolTip("\n".join(lines))
        self._story.show()

    @property
    def story(self) -> str:
        """What is told of the chosen group."""
        return self._story.text() if not self._story.isHidden() else ""

    @property
    def chosen(self) -> GroupRow | None:
        """The group that is chosen; None for none."""
        row = self.view.currentIndex().data(ROW_ROLE)
        return row if isinstance(row, GroupRow) else None

    def _show_rows(self) -> None:
        before = self.chosen
        found = matching(
            self._state.rows, self.search.text(), self.filter.currentData() or ""
        )
        self.model.replace(found)
        hidden = len(self._state.rows) - len(found)
        words = tr("{count} shown").format(count=f"{len(found):,}") if hidden else ""
        self._count.setText(words)
        self._choose_again(before)
        self._nothing.setVisible(not found)
        self.view.setVisible(bool(found))
        self._nothing.setText(
            tr("No group is like that. Clear the search, or show all groups.")
            if self._state.rows
            else tr(
                "A group is what must share a split: a session with all that is like "
                "it. Capture one, or take pictures in with Ctrl+I."
            )
        )

    def _choose_again(self, before: GroupRow | None) -> None:
        """Keep the choice where its group is still shown."""
        if before is None:
            return
        at = next((n for n, r in enumerate(self.model.rows) if r.id == before.id), -1)
        if at < 0:
            self._story.hide()
        elif self.view.currentIndex().row() != at:
            self.view.selectRow(at)
            hint = QAbstractItemView.ScrollHint.EnsureVisible
            self.view.scrollTo(self.model.index(at, 0), hint)

    def _on_chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, GroupRow):
            self.story_requested.emit(row.id)
        else:
            self._story.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width between sessions and reasons."""
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        sessions = max(int(self.width() * SESSIONS_SHARE), LEAST_SESSIONS_PX)
        size_columns(self.view, (102, sessions, 72, 104, 0), self._theme)


def group_words(row: GroupRow, column: int) -> str:
    """Give the words of one cell."""
    return (
        row.id[:GROUP_ID_SHOWN],
        _session_words(row.sessions),
        f"{row.samples:,}",
        row.split,
        row.why,
    )[column]


def _session_words(names: tuple[str, ...]) -> str:
    if len(names) <= SESSIONS_NAMED:
        return " + ".join(names)
    first = " + ".join(names[:SESSIONS_NAMED])
    return f"{first} {tr('and {count} more').format(count=len(names) - SESSIONS_NAMED)}"
