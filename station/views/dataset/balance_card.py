"""The balance for the next version: the verdict, what to capture, what is full."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from ...language import tr
from ..cards import Card
from ..labels import button, label, set_tone
from .dataset_contract import DatasetState

LINES_SHOWN = 5
FULL_SHOWN = 8


class BalanceCard(Card):
    """Shows one `DatasetState`'s balance, and the buttons that mend it.

    Signals:
        split_requested, plan_requested: split now, or show first what it would do.
        capture_requested: go and capture what is missing.
    """

    split_requested = Signal()
    plan_requested = Signal()
    capture_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Balance for the next version"), parent)
        self.verdict = label("", "title", wraps=True)
        self._policy = label("", "muted", wraps=True)
        self._wanted_head = label(tr("Capture next"), "head")
        self._wanted = label("", wraps=True)
        self._reasons = label("", "muted", wraps=True)
        self._full = label("", "muted", wraps=True)
        self.split = button(tr("Split now"), "primary")
        self._plan = button(tr("Try it first…"))
        self._capture = button(tr("Go to Capture"), "chip")
        self.split.clicked.connect(self.split_requested)
        self._plan.clicked.connect(self.plan_requested)
        self._capture.clicked.connect(self.capture_requested)
        self.split.setToolTip(
            tr("Gives every new group its split; nothing that has one ever moves.")
        )
        self._plan.setToolTip(
            tr("Shows which split each new group would get, and why; writes nothing.")
        )
        self._lay_out()

    def _lay_out(self) -> None:
        self.column.addWidget(self.verdict)
        self.column.addWidget(self._policy)
        head = QHBoxLayout()
        head.addWidget(self._wanted_head)
        head.addStretch(1)
        head.addWidget(self._capture)
        self.column.addLayout(head)
        for words in (self._wanted, self._reasons, self._full):
            self.column.addWidget(words)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addWidget(self.split)
        buttons.addWidget(self._plan)
        buttons.addStretch(1)
        self.column.addLayout(buttons)

    def show_state(self, state: DatasetState) -> None:
        """Show this balance."""
        self.verdict.setText(state.verdict)
        set_tone(self.verdict, "" if state.level == "ok" else state.level)
        self._policy.setText(state.policy)
        self._show_lines(state)
        full = ", ".join(state.full[:FULL_SHOWN])
        if len(state.full) > FULL_SHOWN:
            full = f"{full} {_more(len(state.full) - FULL_SHOWN)}"
        words = tr("Full, nothing more needed: {names}").format(names=full)
        _say(self._full, words if full else "")
        self.show_split(state.unassigned)

    def show_split(self, unassigned: int, *, is_busy: bool = False) -> None:
        """Say how many groups wait for a split."""
        words = tr("Split now")
        if unassigned:
            words = f"{words} ({unassigned:,})"
        self.split.setText(words)
        self.split.setEnabled(unassigned > 0 and not is_busy)
        self._plan.setEnabled(not is_busy)

    def _show_lines(self, state: DatasetState) -> None:
        lines = list(state.wanted[:LINES_SHOWN])
        if len(state.wanted) > LINES_SHOWN:
            lines.append(_more(len(state.wanted) - LINES_SHOWN))
        if not lines and state.queue:
            words = tr("nothing; {count} samples wait to be labeled")
            lines.append(words.format(count=f"{state.queue:,}"))
        _say(self._wanted, "\n".join(lines))
        self._wanted.setToolTip("\n".join(state.wanted))
        for part in (self._wanted_head, self._capture):
            part.setVisible(bool(lines))
        reasons = list(state.reasons[:LINES_SHOWN])
        if len(state.reasons) > LINES_SHOWN:
            reasons.append(_more(len(state.reasons) - LINES_SHOWN))
        _say(self._reasons, "\n".join(reasons))


def _say(words: QLabel, text: str) -> None:
    words.setText(text)
    words.setVisible(bool(text))


def _more(count: int) -> str:
    return tr("and {count} more").format(count=count)
