"""The test sets of a project, and the ledger of what was done with them."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ...language import NONE, tr
from ...theme import Theme
from ..cards import Card, ToneDelegate, fit_table, plain_table, size_columns
from ..labels import button, label
from ..rows import ROW_ROLE, RowTable
from .dataset_contract import LedgerEntry, TestSetRow, TestsState
from .finding_list import FindingList

STATE_COLUMN = 2
ROOT_SHOWN = 16
SETS_SHOWN = 7
FINDINGS_SHOWN = 4


class TestSetCard(Card):
    """Shows the test sets; the chosen one can be sealed, drawn and retired.

    Signals:
        seal_requested, draw_requested, retire_requested: a `TestSetRow`.
    """

    __test__ = False  # pytest takes it for a test by its name
    seal_requested = Signal(object)
    draw_requested = Signal(object)
    retire_requested = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(tr("Test sets"), parent)
        self._is_broken = False
        heads = (tr("Set"), tr("samples"), tr("state"), tr("draws"))
        self.model: RowTable[TestSetRow] = RowTable(
            heads, _set_words, frozenset({1, 3}), self
        )
        self.view: QTableView = plain_table()
        self.view.setModel(self.model)
        self._tones = ToneDelegate(theme, _state_tone, self)
        self.view.setItemDelegateForColumn(STATE_COLUMN, self._tones)
        self._about = label("", "muted", wraps=True)
        self._nothing = label(
            tr(
                "No test set is defined. Name one in fieldset.toml under "
                "[split.tests.NAME], then split."
            ),
            "muted",
            wraps=True,
        )
        self.seal = button(tr("Seal…"))
        self.draw = button(tr("Draw…"))
        self.retire = button(tr("Retire…"))
        self._lay_out()
        self._fit_columns(theme)
        self.view.selectionModel().currentRowChanged.connect(self._on_chosen)
        for one, signal in (
            (self.seal, self.seal_requested),
            (self.draw, self.draw_requested),
            (self.retire, self.retire_requested),
        ):
            one.clicked.connect(lambda _on=False, out=signal: out.emit(self.chosen))
        self._show_chosen()

    def _lay_out(self) -> None:
        self.column.addWidget(self.view)
        self.column.addWidget(self._nothing)
        self.column.addWidget(self._about)
        row = QHBoxLayout()
        row.setSpacing(10)
        for one in (self.seal, self.draw, self.retire):
            row.addWidget(one)
        row.addStretch(1)
        self.column.addLayout(row)
        self.column.addStretch(1)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._tones.theme = theme
        self._fit_columns(theme)
        self.view.viewport().update()

    def show_state(self, state: TestsState) -> None:
        """Show these sets; the chosen one stays chosen."""
        before = self.chosen
        self._is_broken = state.level == "bad"
        self.model.replace(state.sets)
        fit_table(self.view, SETS_SHOWN)
        self.view.setVisible(bool(state.sets))
        self._nothing.setVisible(not state.sets)
        wanted = before.name if before else ""
        at = next((n for n, row in enumerate(state.sets) if row.name == wanted), 0)
        if state.sets and self.view.currentIndex().row() != at:
            self.view.selectRow(at)
        self._show_chosen()

    @property
    def chosen(self) -> TestSetRow | None:
        """The set that is chosen; None for none."""
        row = self.view.currentIndex().data(ROW_ROLE)
        return row if isinstance(row, TestSetRow) else None

    def _on_chosen(self, _index: QModelIndex, _before: QModelIndex) -> None:
        self._show_chosen()

    def _show_chosen(self) -> None:
        row = self.chosen
        self.seal.setEnabled(row is not None and row.may_seal)
        self.draw.setEnabled(row is not None and row.may_draw)
        self.retire.setEnabled(row is not None and row.may_retire)
        words = about_words(row) if row else ""
        if self._is_broken:
            why = tr(
                "The ledger is broken; nothing is sealed or drawn until it is mended"
            )
            words = f"{words}\n{why}"
        self._about.setText(words)
        self._about.setToolTip(row.root if row else "")
        self._about.setVisible(row is not None)

    def _fit_columns(self, theme: Theme) -> None:
        size_columns(self.view, (0, 70, 84, 66), theme)


class LedgerView(QWidget):
    """Shows the lines of the test ledger, newest first, and what is wrong with it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heads = (
            tr("line"),
            tr("when"),
            tr("what"),
            tr("set"),
            tr("model"),
            tr("version"),
            tr("who"),
            tr("note"),
        )
        self.model: RowTable[LedgerEntry] = RowTable(
            heads, _line_words, frozenset({0}), self
        )
        self.view: QTableView = plain_table()
        self.view.setModel(self.model)
        self.findings = FindingList(theme, most_rows=FINDINGS_SHOWN)
        self._nothing = label(
            tr(
                "Nothing is recorded yet. Seal a test set when its labels are done: "
                "from then on every model that is tested on it is written down here."
            ),
            "muted",
            wraps=True,
        )
        self._stack = QStackedWidget()
        holder = QWidget()
        alone = QVBoxLayout(holder)
        alone.setContentsMargins(0, 0, 0, 0)
        alone.addWidget(self._nothing)
        alone.addStretch(1)
        self._stack.addWidget(holder)
        self._stack.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.findings)
        column.addWidget(self._stack, 1)
        self._fit_columns(theme)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.findings.set_theme(theme)
        self._fit_columns(theme)

    def show_state(self, state: TestsState) -> None:
        """Show this ledger."""
        self.model.replace(tuple(reversed(state.lines)))
        self.findings.show_rows(state.findings)
        self.findings.setVisible(bool(state.findings))
        self._stack.setCurrentIndex(1 if state.lines or state.findings else 0)

    def _fit_columns(self, theme: Theme) -> None:
        size_columns(self.view, (40, 142, 68, 96, 94, 62, 0, 0), theme)


def about_words(row: TestSetRow) -> str:
    """Say of a set what its columns have no room for."""
    size = tr("{kind}: {rule}. {groups} groups, {boxes} boxes").format(
        kind=row.kind, rule=row.rule, groups=f"{row.groups:,}", boxes=f"{row.boxes:,}"
    )
    if not row.root:
        return size
    root = tr("root {root}…").format(root=row.root[:ROOT_SHOWN])
    left = tr("draws left: {count}").format(count=max(row.budget - row.used, 0))
    return f"{size}\n{row.state} {row.when}, {left}\n{root}"


def _state_tone(row: TestSetRow) -> str:
    return "ok" if row.may_draw else "muted" if not row.may_seal else "text"


def _set_words(row: TestSetRow, column: int) -> str:
    draws = tr("{used} of {budget}").format(used=row.used, budget=row.budget)
    draws = draws if row.root else NONE
    return (row.name, f"{row.samples:,}", row.state, draws)[column]


def _line_words(row: LedgerEntry, column: int) -> str:
    return (
        f"{row.n}",
        row.when,
        row.event,
        row.set_name,
        row.model or NONE,
        row.version or NONE,
        row.who,
        row.note,
    )[column]
