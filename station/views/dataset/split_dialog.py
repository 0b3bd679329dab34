"""What a split would do, group by group, before it is done."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from ...language import tr
from ...theme import Theme
from ..cards import ToneDelegate, plain_table, size_columns
from ..labels import button, label
from .dataset_contract import SplitPlan
from .finding_list import FindingList
from .group_list import SPLIT_COLUMN, group_table, group_tone

SIZE = (920, 560)
SMALL_SIZE = (620, 200)
FINDINGS_SHOWN = 4


class SplitDialog(QDialog):
    """Shows a `SplitPlan`.

    Signals:
        split_requested: do it.
    """

    split_requested = Signal()

    def __init__(self, plan: SplitPlan, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("What a split would do"))
        self.resize(*(SIZE if plan.groups else SMALL_SIZE))
        self.groups = group_table(self)
        self.groups.replace(plan.groups)
        view = plain_table()
        view.setModel(self.groups)
        self._tones = ToneDelegate(theme, group_tone, self)
        view.setItemDelegateForColumn(SPLIT_COLUMN, self._tones)
        size_columns(view, (102, 190, 72, 104, 0), theme)
        self.findings = FindingList(theme, most_rows=FINDINGS_SHOWN)
        self.findings.show_rows(plan.findings)
        self.findings.setVisible(bool(plan.findings))
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        column.addWidget(label(plan.sentence, "title", wraps=True))
        promise = tr("Nothing is written yet. What has a split never moves.")
        column.addWidget(label(promise, "muted", wraps=True))
        view.setVisible(bool(plan.groups))
        column.addWidget(view, 10)
        column.addWidget(self.findings)
        column.addStretch(1)
        column.addWidget(self._answers(len(plan.groups)))

    def _answers(self, count: int) -> QDialogButtonBox:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.yes = button(
            tr("Split now ({count})").format(count=f"{count:,}"), "primary"
        )
        self.yes.setVisible(count > 0)
        box.addButton(self.yes, QDialogButtonBox.ButtonRole.AcceptRole)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        self.accepted.connect(self.split_requested)
        return box
