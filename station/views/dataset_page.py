"""The Dataset page: what there is by class and split, what is short, and why."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ..jobs import Lane, Operation, Submitter
from ..keys import Page
from ..language import tr
from ..theme import Theme
from .cards import Card, ToneDelegate, plain_table, size_columns
from .class_table import ClassSplitTable
from .contracts import Commands
from .dataset_contract import DatasetDesk, DatasetState, GroupRow, TestRow
from .labels import button, label, set_tone
from .rows import RowTable, dress

SIDE_PX = 400
REASONS_SHOWN = 6
GROUP_ID_SHOWN = 12
SPLIT_COLUMN = 3


class DatasetPage(QWidget):
    """Shows one `DatasetState`; everything in it was counted by the desk.

    Signals:
        error_came: a `FieldsetError` to show.
        notice_came: a sentence and its tone.
        page_requested: the page the person wants to go to.
    """

    error_came = Signal(object)
    notice_came = Signal(str, str)
    page_requested = Signal(object)

    def __init__(
        self,
        desk: DatasetDesk,
        runner: Submitter,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "page")
        self._desk = desk
        self._runner = runner
        self._theme = theme
        self.state = DatasetState()
        self.table = ClassSplitTable(theme, self)
        self.groups: RowTable[GroupRow] = RowTable(
            (tr("Group"), tr("sessions"), tr("samples"), tr("split"), tr("why here")),
            _group_words,
            frozenset({2}),
            self,
        )
        self.tests: RowTable[TestRow] = RowTable(
            (tr("Set"), tr("samples"), tr("takes in"), ""),
            _test_words,
            frozenset({1}),
            self,
        )
        self._verdict = label("", "title", wraps=True)
        self._reasons = label("", "muted", wraps=True)
        self._split = button(tr("Split now"), "primary")
        self._split.clicked.connect(self.split_now)
        self._lay_out()
        self._fit_columns()

    def _lay_out(self) -> None:
        self._class_card = Card(tr("Class by split, labeled boxes against target"))
        self._class_card.column.addWidget(self.table)
        self._group_card = Card(tr("Groups"))
        view = plain_table()
        view.setModel(self.groups)
        self._tones = ToneDelegate(self._theme, group_tone, self)
        view.setItemDelegateForColumn(SPLIT_COLUMN, self._tones)
        self._group_view = view
        self._group_card.column.addWidget(view)
        left = QVBoxLayout()
        left.setSpacing(14)
        left.addWidget(self._class_card, 1)
        left.addWidget(self._group_card, 1)
        right = QVBoxLayout()
        right.setSpacing(14)
        right.addWidget(self._balance_card())
        right.addWidget(self._test_card(), 1)
        holder = QWidget()
        holder.setFixedWidth(SIDE_PX)
        right.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(right)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(14)
        row.addLayout(left, 1)
        row.addWidget(holder)

    def _fit_columns(self) -> None:
        size_columns(self._group_view, (118, 0, 76, 104, 0), self._theme)
        size_columns(self._test_view, (104, 68, 0, 62), self._theme)

    def _balance_card(self) -> Card:
        card = Card(tr("Balance for the next version"))
        card.column.addWidget(self._verdict)
        card.column.addWidget(self._reasons)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addWidget(self._split)
        capture = button(tr("See what to capture"))
        capture.clicked.connect(lambda: self.page_requested.emit(Page.CAPTURE))
        buttons.addWidget(capture)
        buttons.addStretch(1)
        card.column.addLayout(buttons)
        return card

    def _test_card(self) -> Card:
        card = Card(tr("Test sets"))
        view = plain_table()
        view.setModel(self.tests)
        self._test_view = view
        card.column.addWidget(view)
        return card

    def commands(self) -> Commands:
        """Give what each action of this page does, by the action's id."""
        return {"dataset.split": self.split_now, "dataset.refresh": self.refresh}

    def open(self) -> None:
        """Count everything; call when the page is shown."""
        self.refresh()

    def refresh(self) -> None:
        """Count everything again."""
        self._ask(tr("Count the dataset"), lambda _progress: self._desk.state(), True)

    def split_now(self) -> None:
        """Assign the new groups to splits."""
        self._split.setEnabled(False)
        self._runner.submit(
            Operation(
                title=tr("Split"),
                function=self._desk.split_now,
                on_done=self._on_split,
                on_error=self.error_came.emit,
                on_stopped=lambda: self._split.setEnabled(True),
                lane=Lane.CATALOG,
            )
        )

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._theme = theme
        self._tones.theme = theme
        self._fit_columns()
        self.table.set_theme(theme)

    def show_state(self, state: DatasetState) -> None:
        """Show these counts."""
        self.state = state
        self.table.show_state(state)
        self.groups.replace(state.groups)
        self.tests.replace(state.tests)
        self._group_card.show_aside(state.groups_text)
        self._verdict.setText(state.verdict)
        set_tone(self._verdict, "" if state.level == "ok" else state.level)
        shown = ". ".join(state.reasons[:REASONS_SHOWN])
        more = len(state.reasons) - REASONS_SHOWN
        if more > 0:
            shown = f"{shown}. {tr('and {count} more').format(count=more)}"
        self._reasons.setText(shown)
        self._reasons.setVisible(bool(shown))
        self._split.setEnabled(state.unassigned > 0)
        words = tr("Split now")
        if state.unassigned:
            words = f"{words} ({state.unassigned:,})"
        self._split.setText(words)
        self._split.setToolTip(
            tr("Gives every new group its split; nothing that has one ever moves.")
        )

    def _on_split(self, sentence: str) -> None:
        self.notice_came.emit(sentence, "ok")
        self.refresh()

    def _ask(
        self, title: str, function: Callable[..., DatasetState], quiet: bool
    ) -> None:
        self._runner.submit(
            Operation(
                title=title,
                function=function,
                on_done=self.show_state,
                on_error=self.error_came.emit,
                lane=Lane.CATALOG,
                quiet=quiet,
            )
        )


def group_tone(row: GroupRow) -> str:
    """Give the tone of a group's split."""
    return "bad" if row.level == "bad" else "text"


def _group_words(row: GroupRow, column: int) -> str:
    return (
        row.id[:GROUP_ID_SHOWN],
        row.sessions,
        f"{row.samples:,}",
        row.split,
        row.why,
    )[column]


def _test_words(row: TestRow, column: int) -> str:
    return (row.name, f"{row.samples:,}", row.rule, row.seal)[column]
