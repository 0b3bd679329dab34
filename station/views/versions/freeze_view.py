"""Freezing a version: what it would do before, what it did after."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ...language import tr
from ...theme import Theme
from ..cards import Card, scrolled
from ..dataset.dataset_contract import FindingRow
from ..dataset.finding_list import FindingList
from ..labels import button, label, set_tone
from ..rows import dress
from .versions_contract import FreezeOutlook, FreezeResult

MESSAGE_LIMIT = 500
MOST_PX = 860
LINES_SHOWN = 8
FINDINGS_SHOWN = 5


class FreezeView(QWidget):
    """Asks what is new, shows the policy's verdict, then what was frozen.

    Signals:
        freeze_requested: the message; freezing is wanted.
        left: the person goes back to the versions.
    """

    freeze_requested = Signal(str)
    left = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "page")
        self._title = label("", "title")
        self._message_head = label(tr("What is new in it?"))
        self.message = QLineEdit()
        self.message.setMaxLength(MESSAGE_LIMIT)
        self.message.setPlaceholderText(tr("for example: night sessions of bridge 4"))
        self.verdict = label("", "title", wraps=True)
        self._lines = label("", wraps=True)
        self._findings_head = label(tr("The split, as it would be checked"), "head")
        self.findings = FindingList(theme, most_rows=FINDINGS_SHOWN)
        self.yes = button(tr("Freeze"), "primary")
        self.back = button(tr("Not now"))
        self._lay_out()
        self.yes.clicked.connect(self._ask)
        self.message.returnPressed.connect(self._ask)
        self.back.clicked.connect(self.left)

    def _lay_out(self) -> None:
        card = Card(tr("A version never changes once it is frozen"))
        card.setMaximumWidth(MOST_PX)
        column = card.column
        column.setSpacing(10)
        column.addWidget(self._title)
        column.addWidget(self._message_head)
        column.addWidget(self.message)
        column.addSpacing(6)
        column.addWidget(self.verdict)
        column.addWidget(self._lines)
        column.addWidget(self._findings_head)
        column.addWidget(self.findings)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        buttons.addWidget(self.back)
        buttons.addWidget(self.yes)
        column.addLayout(buttons)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(card, 100)
        row.addStretch(1)
        inner = QWidget()
        page = QVBoxLayout(inner)
        page.setContentsMargins(16, 16, 16, 16)
        page.addLayout(row)
        page.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(inner))

    @property
    def lines(self) -> str:
        """What stands below the verdict."""
        return self._lines.text()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.findings.set_theme(theme)

    def begin(self) -> None:
        """Ask for a message while the outlook is worked out."""
        self._title.setText(tr("Freeze a version"))
        self._show_asking(True)
        self._say(tr("Looking at what would be frozen…"), "muted", ())
        self._show_findings((), "")
        self.yes.setEnabled(False)

    def show_outlook(self, outlook: FreezeOutlook) -> None:
        """Show what freezing would do."""
        alias = outlook.alias
        self._title.setText(tr("Freeze version {alias}").format(alias=alias))
        self.yes.setText(tr("Freeze {alias}").format(alias=alias))
        self._say(outlook.verdict, outlook.level, outlook.lines)
        self._show_findings(outlook.findings, tr("The split, as it would be checked"))
        self.yes.setEnabled(outlook.may_freeze)
        self.message.setFocus()

    def show_unknown(self) -> None:
        """Let it be frozen all the same: looking ahead was stopped."""
        self._say(tr("What it would do is not known"), "muted", ())
        self.yes.setEnabled(True)

    def show_fault(self, message: str, hint: str) -> None:
        """Say why it cannot be frozen."""
        self._say(message, "bad", (hint,) if hint else ())
        self.yes.setEnabled(False)

    def show_working(self) -> None:
        """Say that it is frozen now."""
        self._say(tr("Freezing; the bar below shows how far it is"), "muted", ())
        self.yes.setEnabled(False)

    def show_result(self, result: FreezeResult) -> None:
        """Show what was frozen."""
        self._title.setText(tr("Version {alias}").format(alias=result.alias))
        self._show_asking(False)
        self._say(result.sentence, "ok", result.lines)
        self._show_findings(result.findings, tr("The split, as it was checked"))

    def _show_asking(self, is_asking: bool) -> None:
        for part in (self._message_head, self.message, self.yes):
            part.setVisible(is_asking)
        if is_asking:
            self.message.clear()
        self.back.setText(tr("Not now") if is_asking else tr("Show it"))

    def _say(self, words: str, tone: str, lines: tuple[str, ...]) -> None:
        self.verdict.setText(words)
        set_tone(self.verdict, tone)
        shown = list(lines[:LINES_SHOWN])
        if len(lines) > LINES_SHOWN:
            more = tr("and {count} more")
            shown.append(more.format(count=len(lines) - LINES_SHOWN))
        self._lines.setText("\n".join(shown))
        self._lines.setToolTip("\n".join(lines))
        self._lines.setVisible(bool(lines))

    def _show_findings(self, rows: tuple[FindingRow, ...], head: str) -> None:
        self.findings.show_rows(rows)
        self.findings.setVisible(bool(rows))
        self._findings_head.setText(head)
        self._findings_head.setVisible(bool(rows))

    def _ask(self) -> None:
        if self.yes.isEnabled() and self.yes.isVisible():
            self.freeze_requested.emit(self.message.text().strip())
