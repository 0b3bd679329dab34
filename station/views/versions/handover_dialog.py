"""The one dialog in which a version is handed over, from the choice to the outcome."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from dataset.errors import FieldsetError

from ...jobs import JobState
from ...language import tr
from ...theme import Theme
from ..dataset.finding_list import FindingList
from ..labels import breakable, button, label, set_tone
from ..segments import Segments
from ..work_part import WorkPart
from .handover_contract import (
    HandoverFacts,
    HandoverOrder,
    HandoverOutcome,
    HandoverOutlook,
    Place,
    Way,
)
from .handover_fields import FormatGrid, SealedFields, TargetFields

WIDTH_PX = 720
SETTLE_MS = 250
FINDINGS_SHOWN = 3
WAYS = (Way.EXPORT, Way.PUSH)


class HandoverDialog(QDialog):
    """Asks how a version is handed over, shows what speaks against it, then the work.

    Closing it does not end the work; Cancel does, and what was sent stays.

    Signals:
        outlook_requested: an order to be looked at.
        handover_requested: an order to be carried out.
        stop_requested: the work is to be cancelled.
    """

    outlook_requested = Signal(object)
    handover_requested = Signal(object)
    stop_requested = Signal()

    def __init__(
        self,
        alias: str,
        sealed: tuple[str, ...],
        facts: HandoverFacts,
        theme: Theme,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._alias = alias
        self._is_working = False
        self._folder: Path | None = None
        self._outlook: HandoverOutlook | None = None
        title = tr("Hand over {alias}").format(alias=alias)
        self.setWindowTitle(title)
        self.setFixedWidth(round(WIDTH_PX * theme.text_px / 13))
        self._title = label(title, "title")
        self.ways = Segments((tr("Export for a trainer"), tr("Push as it is")))
        self._explained = label("", "muted", wraps=True)
        self.formats = FormatGrid(facts.formats)
        self.target = TargetFields(facts.home)
        self.updates = QCheckBox(tr("Bring an earlier export there up to date"))
        self.drop_empty = QCheckBox(tr("Leave out images without a box"))
        self.proof = QCheckBox(tr("Read every file back and compare"))
        self.sealed = SealedFields(sealed, facts.operator)
        self._amount = label("", wraps=True)
        self._aside = label("", "muted", wraps=True)
        self.findings = FindingList(theme, most_rows=FINDINGS_SHOWN)
        self.work = WorkPart()
        self.open_folder = button(tr("Open the folder"))
        self.stop = button(tr("Cancel"))
        self.leave = button(tr("Close"))
        self.yes = button("", "primary")
        self._settle = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._lay_out()
        self._connect()
        self._on_way(0)

    def _lay_out(self) -> None:
        self._fields = QWidget()
        fields = QVBoxLayout(self._fields)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(10)
        options = QHBoxLayout()
        options.setSpacing(18)
        for box in (self.updates, self.drop_empty, self.proof):
            options.addWidget(box)
        options.addStretch(1)
        for part in (self.ways, self._explained, self.formats, self.target):
            fields.addWidget(part)
        fields.addLayout(options)
        fields.addWidget(self.sealed)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addWidget(self.open_folder)
        buttons.addStretch(1)
        for one in (self.leave, self.stop, self.yes):
            buttons.addWidget(one)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        column.addWidget(self._title)
        column.addWidget(self._fields)
        for below in (self._amount, self._aside, self.findings, self.work):
            column.addWidget(below)
        column.addLayout(buttons)
        self.yes.setDefault(True)
        for one in (self.leave, self.stop, self.open_folder):
            one.setAutoDefault(False)

    def _connect(self) -> None:
        self.ways.chosen_changed.connect(self._on_way)
        self.formats.formats_changed.connect(self._on_changed)
        self.target.target_changed.connect(self._on_changed)
        self.sealed.sealed_changed.connect(self._on_changed)
        for box in (self.updates, self.drop_empty, self.proof):
            box.toggled.connect(lambda _is_on: self._on_changed())
        self._settle.timeout.connect(self._ask_outlook)
        self.yes.clicked.connect(self._ask)
        self.stop.clicked.connect(self._on_stop)
        self.leave.clicked.connect(self.reject)
        self.open_folder.clicked.connect(self._show_folder)

    @property
    def order(self) -> HandoverOrder:
        """What the fields ask for."""
        way = WAYS[self.ways.chosen]
        return HandoverOrder(
            alias=self._alias,
            way=way,
            formats=self.formats.chosen if way is Way.EXPORT else (),
            place=self.target.place,
            target=self.target.target,
            update=self.updates.isChecked(),
            drop_empty=self.drop_empty.isChecked(),
            include_sealed=self.sealed.is_wanted,
            reason=self.sealed.reason.text().strip() if self.sealed.is_wanted else "",
            operator=self.sealed.operator.text(),
            proof=self.proof.isChecked(),
        )

    @property
    def aside(self) -> str:
        """What stays at home, and where the credential comes from."""
        return self._aside.text().replace("\u200b", "")

    def show_outlook(self, order: HandoverOrder, outlook: HandoverOutlook) -> None:
        """Show what would go; an answer to an older question is left aside."""
        if order != self.order or self._is_working:
            return
        self._outlook = outlook
        self._amount.setText(outlook.sentence)
        set_tone(self._amount, "" if outlook.may_go else "bad")
        aside = "\n".join(line for line in (outlook.stays, outlook.credential) if line)
        self._aside.setText(breakable(aside))
        self._aside.setVisible(bool(aside))
        self.findings.show_rows(outlook.findings)
        self.findings.setVisible(bool(outlook.findings))
        self._show_yes()
        self._fit()

    def show_working(self) -> None:
        """Show that the work has begun."""
        self._is_working = True
        self._folder = None
        # What was looked at makes room: the dialog fits the smallest window.
        for part in (self._aside, self.findings):
            part.hide()
        self.work.begin()
        self._show_state()

    def show_step(self, state: JobState) -> None:
        """Show how far it is."""
        self.work.show_step(state)

    def show_outcome(self, outcome: HandoverOutcome) -> None:
        """Show where it went."""
        self._is_working = False
        self._folder = outcome.folder
        self.work.show_outcome(outcome.sentence, outcome.lines)
        self._show_state()

    def show_fault(self, error: FieldsetError) -> None:
        """Show why it ended, and offer to go on."""
        self._is_working = False
        self.work.show_fault(error)
        self._show_state(tr("Try again"))

    def show_stopped(self) -> None:
        """Say what became of cancelled work; keep what an error says."""
        if not self._is_working:
            return
        self._is_working = False
        order = self.order
        is_kept = order.way is Way.PUSH or order.place is Place.CLOUD
        words = tr("Cancelled; nothing is left behind.")
        if is_kept:
            words = tr("Cancelled; what was sent stays there and is not sent again.")
        elif order.update:
            words = tr("Cancelled; going on completes what is there.")
        self.work.show_words(words, "warn")
        self._show_state(tr("Go on") if is_kept or order.update else "")

    def _on_way(self, at: int) -> None:
        is_push = WAYS[at] is Way.PUSH
        self._explained.setText(
            tr(
                "Content-addressed blobs: nothing is sent twice, other stations pull "
                "and merge it."
            )
            if is_push
            else tr("Written, read back and compared box for box; several formats go.")
        )
        self.formats.setVisible(not is_push)
        self.target.allow_archive(not is_push)
        self._on_changed()

    def _on_changed(self) -> None:
        """Look again, a moment after the last change."""
        is_push = WAYS[self.ways.chosen] is Way.PUSH
        self.drop_empty.setVisible(not is_push)
        self.proof.setVisible(is_push)
        is_folder = self.target.place is Place.FOLDER
        self.updates.setVisible(not is_push and is_folder)
        formats = self.formats.chosen
        kind = formats[0] if len(formats) == 1 else "export"
        name = "pushed" if is_push else f"{self._alias}-{kind}"
        self.target.suggest(f"fieldset-{name}")
        self._outlook = None
        self.work.clear()
        self._folder = None
        self._show_state()
        self._settle.start()

    def _ask_outlook(self) -> None:
        if WAYS[self.ways.chosen] is Way.EXPORT and not self.formats.chosen:
            self._amount.setText(tr("Choose a format."))
            set_tone(self._amount, "warn")
            self._aside.hide()
            self.findings.hide()
            self._fit()
            return
        self.outlook_requested.emit(self.order)

    def _ask(self) -> None:
        if self.yes.isEnabled() and self.yes.isVisible():
            self.handover_requested.emit(self.order)

    def _on_stop(self) -> None:
        self.stop.setEnabled(False)
        self.stop_requested.emit()

    def _show_folder(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))

    def _show_state(self, again: str = "") -> None:
        """Show the buttons that belong to asking, working or the outcome."""
        is_push = WAYS[self.ways.chosen] is Way.PUSH
        self.yes.setText(again or (tr("Push") if is_push else tr("Export")))
        self.yes.setVisible(not self._is_working)
        self.stop.setVisible(self._is_working)
        self.stop.setEnabled(self._is_working)
        words = tr("Go on in the background") if self._is_working else tr("Close")
        self.leave.setText(words)
        self.open_folder.setVisible(self._folder is not None)
        self._fields.setEnabled(not self._is_working)
        self._show_yes()
        self._fit()

    def _show_yes(self) -> None:
        is_looked_at = self._outlook is not None and self._outlook.may_go
        has_answers = bool(self.target.target) and self.sealed.is_answered
        self.yes.setEnabled(is_looked_at and has_answers)

    def _fit(self) -> None:
        """Be as high as the parts that are shown."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.adjustSize()
