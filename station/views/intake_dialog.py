"""The one dialog in which pictures and data sets are taken in, seen before they are."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from dataset.errors import FieldsetError

from ..jobs import JobState
from ..language import tr
from ..theme import Theme
from .chooser import Chooser
from .dataset.dataset_contract import FindingRow
from .dataset.finding_list import FindingList
from .intake_contract import AUTOMATIC, IntakeOrder, IntakeOutcome, IntakeOutlook
from .labels import breakable, button, label, set_tone
from .work_part import WorkPart

WIDTH_PX = 720
SETTLE_MS = 400
REMARKS_SHOWN = 6


class IntakeDialog(QDialog):
    """Asks what is taken in, shows what it holds and what is left out, then the work.

    Closing it does not end the work; Cancel does, and what is in stays in.

    Signals:
        outlook_requested: an order to be looked into.
        intake_requested: an order to be carried out.
        stop_requested: the work is to be cancelled.
    """

    outlook_requested = Signal(object)
    intake_requested = Signal(object)
    stop_requested = Signal()

    def __init__(
        self, formats: tuple[str, ...], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._is_working = False
        self._has_outlook = False
        self.setWindowTitle(tr("Take in pictures"))
        self.setFixedWidth(round(WIDTH_PX * theme.text_px / 13))
        self.path = QLineEdit()
        self.path.setPlaceholderText(tr("a folder, an archive, or one file of labels"))
        self._folder = button(tr("Folder…"))
        self._file = button(tr("File…"))
        self.format = Chooser()
        self.format.addItem(tr("told by the content"), AUTOMATIC)
        for name in formats:
            self.format.addItem(name, name)
        self.group_by = Chooser()
        self.group_by.addItem(tr("each image by itself"), "")
        self.group_by.addItem(tr("the images of a folder"), "folder")
        self.new_classes = QCheckBox(tr("Add the classes that are new"))
        self.new_classes.setChecked(True)
        self.keep_splits = QCheckBox(tr("Keep the splits the files name"))
        self.keep_splits.setChecked(True)
        self._sentence = label("", wraps=True)
        self._lines = label("", "muted", wraps=True)
        self.remarks = FindingList(
            theme, most_rows=REMARKS_SHOWN, heads=(tr("Remark"), tr("where"))
        )
        self.work = WorkPart()
        self.stop = button(tr("Cancel"))
        self.leave = button(tr("Close"))
        self.yes = button(tr("Take it in"), "primary")
        self._settle = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._lay_out()
        self._connect()
        self._show_state()

    def _lay_out(self) -> None:
        self._fields = QWidget()
        fields = QVBoxLayout(self._fields)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(10)
        where = QHBoxLayout()
        where.setSpacing(10)
        where.addWidget(self.path, 1)
        where.addWidget(self._folder)
        where.addWidget(self._file)
        fields.addLayout(where)
        fields.addLayout(self._options())
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        for one in (self.leave, self.stop, self.yes):
            buttons.addWidget(one)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        column.addWidget(label(tr("Take in pictures"), "title"))
        words = tr("They may be dropped on the window, too. Nothing is fetched.")
        column.addWidget(label(words, "muted", wraps=True))
        column.addWidget(self._fields)
        for part in (self._sentence, self._lines, self.remarks, self.work):
            column.addWidget(part)
        column.addLayout(buttons)
        self.yes.setDefault(True)
        for one in (self.leave, self.stop, self._folder, self._file):
            one.setAutoDefault(False)

    def _options(self) -> QVBoxLayout:
        choices = QHBoxLayout()
        choices.setSpacing(10)
        for head, field in (
            (tr("Format"), self.format),
            (tr("Groups"), self.group_by),
        ):
            choices.addWidget(label(head, "muted"))
            choices.addWidget(field, 1)
        ticks = QHBoxLayout()
        ticks.setSpacing(18)
        ticks.addWidget(self.new_classes)
        ticks.addWidget(self.keep_splits)
        ticks.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addLayout(choices)
        column.addLayout(ticks)
        return column

    def _connect(self) -> None:
        self.path.textChanged.connect(lambda _text: self._on_changed())
        self.format.currentIndexChanged.connect(lambda _at: self._on_changed())
        self._settle.timeout.connect(self._ask_outlook)
        self._folder.clicked.connect(lambda: self._choose(is_folder=True))
        self._file.clicked.connect(lambda: self._choose(is_folder=False))
        self.yes.clicked.connect(self._ask)
        self.stop.clicked.connect(self._on_stop)
        self.leave.clicked.connect(self.reject)

    @property
    def order(self) -> IntakeOrder:
        """What the fields ask for."""
        text = self.path.text().strip()
        # What is dropped on the field itself comes as an address.
        place = QUrl(text).toLocalFile() if text.startswith("file:") else text
        return IntakeOrder(
            path=Path(place).expanduser().absolute(),
            format=self.format.currentData(),
            group_by=self.group_by.currentData(),
            add_classes=self.new_classes.isChecked(),
            ignore_splits=not self.keep_splits.isChecked(),
        )

    @property
    def words(self) -> str:
        """What is said of the data set."""
        shown = (self._sentence.text(), self._lines.text())
        return "\n".join(text for text in shown if text).replace("\u200b", "")

    def show_outlook(self, order: IntakeOrder, outlook: IntakeOutlook) -> None:
        """Show what would be taken in; an answer to an older question is left aside."""
        now = self.order
        if (order.path, order.format) != (now.path, now.format) or self._is_working:
            return
        self._has_outlook = True
        self._say(outlook.sentence, "", outlook.lines)
        self._show_remarks(outlook.remarks)
        self._show_state()

    def show_unknown(self, error: FieldsetError) -> None:
        """Say why it cannot be taken in."""
        if self._is_working:
            return
        hint = f"{tr('Next step')}: {error.hint}" if error.hint else ""
        self._say(error.message, "bad", (hint,) if hint else ())
        self._show_state()

    def show_working(self) -> None:
        """Show that the work has begun."""
        self._is_working = True
        self.work.begin()
        self._show_state()

    def show_step(self, state: JobState) -> None:
        """Show how far it is."""
        self.work.show_step(state)

    def show_outcome(self, outcome: IntakeOutcome) -> None:
        """Show what was taken in, and what was not."""
        self._is_working = self._has_outlook = False
        self._say("", "", ())
        self.work.show_outcome(outcome.sentence)
        self._show_remarks(outcome.remarks)
        self._show_state()

    def show_fault(self, error: FieldsetError) -> None:
        """Show why it ended; it can be tried again."""
        self._is_working = False
        self.work.show_fault(error)
        self._show_state()

    def show_stopped(self) -> None:
        """Say what became of cancelled work; keep what an error says."""
        if not self._is_working:
            return
        self._is_working = False
        words = tr("Cancelled; what is in stays in, going on takes in the rest.")
        self.work.show_words(words, "warn")
        self._show_state()

    def _on_changed(self) -> None:
        """Look again, a moment after the last change."""
        self._has_outlook = False
        self._say("", "", ())
        self._show_remarks(())
        self.work.clear()
        self._show_state()
        self._settle.start()

    def _ask_outlook(self) -> None:
        if self.path.text().strip() and not self._is_working:
            self._say(tr("Looking into it…"), "muted", ())
            self._fit()
            self.outlook_requested.emit(self.order)

    def _ask(self) -> None:
        if self.yes.isEnabled() and self.yes.isVisible():
            self.intake_requested.emit(self.order)

    def _on_stop(self) -> None:
        self.stop.setEnabled(False)
        self.stop_requested.emit()

    def _choose(self, *, is_folder: bool) -> None:
        dialog = QFileDialog(self, tr("Take in pictures"), str(Path.home()))
        kind = QFileDialog.FileMode
        dialog.setFileMode(kind.Directory if is_folder else kind.ExistingFile)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, is_folder)
        dialog.fileSelected.connect(self.path.setText)
        dialog.open()

    def _say(self, sentence: str, tone: str, lines: tuple[str, ...]) -> None:
        self._sentence.setText(breakable(sentence))
        set_tone(self._sentence, tone)
        self._sentence.setVisible(bool(sentence))
        self._lines.setText(breakable("\n".join(lines)))
        self._lines.setVisible(bool(lines))

    def _show_remarks(self, rows: tuple[FindingRow, ...]) -> None:
        self.remarks.show_rows(rows)
        self.remarks.setVisible(bool(rows))

    def _show_state(self) -> None:
        self.yes.setVisible(not self._is_working)
        self.yes.setEnabled(self._has_outlook)
        self.stop.setVisible(self._is_working)
        self.stop.setEnabled(self._is_working)
        words = tr("Go on in the background") if self._is_working else tr("Close")
        self.leave.setText(words)
        self._fields.setEnabled(not self._is_working)
        self._fit()

    def _fit(self) -> None:
        """Be as high as the parts that are shown."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.adjustSize()
