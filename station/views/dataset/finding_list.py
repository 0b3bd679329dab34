"""What a check found: one line each, gravest first, with the next step."""

from __future__ import annotations

from PySide6.QtWidgets import QTableView, QVBoxLayout, QWidget

from ...language import tr
from ...theme import Theme
from ..cards import ToneDelegate, fit_table, plain_table, size_columns
from ..rows import RowTable
from .dataset_contract import FindingRow


class FindingList(QWidget):
    """Shows findings in a table; what does not fit is told on hover.

    With `most_rows` it is as high as its rows, up to so many. `heads` stand over what
    was found and what is beside it, the next step unless said otherwise.
    """

    def __init__(
        self,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        most_rows: int = 0,
        heads: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._most_rows = most_rows
        named = heads or (tr("Finding"), tr("next step"))
        self.model: RowTable[FindingRow] = RowTable(("", *named), _words, parent=self)
        self.view: QTableView = plain_table()
        self.view.setModel(self.model)
        self.view.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self._tones = ToneDelegate(theme, lambda row: row.level, self)
        self.view.setItemDelegateForColumn(0, self._tones)
        self._fit_columns(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._tones.theme = theme
        self._fit_columns(theme)
        self.view.viewport().update()

    def show_rows(self, rows: tuple[FindingRow, ...]) -> None:
        """Show these findings."""
        self.model.replace(rows)
        # What stands alone has the room of both.
        self.view.setColumnHidden(2, not any(row.next_step for row in rows))
        if self._most_rows:
            fit_table(self.view, self._most_rows)

    def _fit_columns(self, theme: Theme) -> None:
        size_columns(self.view, (72, 0, 0), theme)


def _words(row: FindingRow, column: int) -> str:
    words = {"bad": tr("error"), "warn": tr("warning"), "ok": tr("ok")}
    return (words.get(row.level, row.level), row.what, row.next_step)[column]
