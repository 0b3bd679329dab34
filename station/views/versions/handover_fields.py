"""The fields of the hand-over: formats, where to, sealed sets."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ...language import tr
from ..labels import button, label
from ..segments import Segments
from .handover_contract import Place

COLUMNS = 4
TEXT_LIMIT = 500
PLACES = (Place.FOLDER, Place.ARCHIVE, Place.CLOUD)


class FormatGrid(QWidget):
    """Shows a box to tick for each format.

    Signals:
        formats_changed: another choice.
    """

    formats_changed = Signal()

    def __init__(self, formats: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes = {name: QCheckBox(name) for name in formats}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(6)
        for at, (name, box) in enumerate(self.boxes.items()):
            box.setChecked(at == 0)
            box.setAccessibleName(name)
            box.toggled.connect(lambda _is_on: self.formats_changed.emit())
            grid.addWidget(box, at // COLUMNS, at % COLUMNS)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The formats that are ticked, in their order."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())


class TargetFields(QWidget):
    """Asks where to: a folder, an archive or a container.

    What the person wrote for one kind of place stays when another one is looked at.

    Signals:
        target_changed: another place.
    """

    target_changed = Signal()

    def __init__(self, home: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._written: dict[Place, str] = {}
        self._suggested = ""
        self._place = Place.FOLDER
        self.places = Segments((tr("Folder"), tr("Archive"), tr("Azure container")))
        self.field = QLineEdit()
        self.field.setMinimumWidth(220)
        self._choose = button(tr("Choose…"))
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.field, 1)
        row.addWidget(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.places)
        column.addLayout(row)
        self.places.chosen_changed.connect(self._on_place)
        self.field.textEdited.connect(self._on_edited)
        self._choose.clicked.connect(self._ask)

    @property
    def place(self) -> Place:
        """The kind of place."""
        return self._place

    @property
    def target(self) -> str:
        """What the person wrote."""
        return self.field.text().strip()

    def suggest(self, name: str) -> None:
        """Suggest a name; what the person wrote stays."""
        self._suggested = name
        if self._place not in self._written:
            self.field.setText(self._suggestion())

    def allow_archive(self, is_allowed: bool) -> None:
        """Offer an archive, or go back to a folder: a push makes none."""
        archive = self.places.button_at(PLACES.index(Place.ARCHIVE))
        archive.setVisible(is_allowed)
        if not is_allowed and self._place is Place.ARCHIVE:
            self.places.choose(PLACES.index(Place.FOLDER))

    def write(self, target: str) -> None:
        """Fill in a place as if the person wrote it."""
        self.field.setText(target)
        self._on_edited(target)

    def _suggestion(self) -> str:
        if self._place is Place.CLOUD:
            return ""
        suffix = ".zip" if self._place is Place.ARCHIVE else ""
        return str(self._home / f"{self._suggested}{suffix}")

    def _on_place(self, at: int) -> None:
        self._place = PLACES[at]
        is_cloud = self._place is Place.CLOUD
        self._choose.setVisible(not is_cloud)
        example = f"azure://container/{self._suggested}" if is_cloud else ""
        self.field.setPlaceholderText(example)
        self.field.setText(self._written.get(self._place, self._suggestion()))
        self.target_changed.emit()

    def _on_edited(self, text: str) -> None:
        self._written[self._place] = text
        self.target_changed.emit()

    def _ask(self) -> None:
        dialog = QFileDialog(self, tr("Where to"), str(self._home))
        if self._place is Place.ARCHIVE:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setNameFilters([tr("Archives (*.zip *.tar)")])
            dialog.setDefaultSuffix("zip")
        else:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.write)
        dialog.open()


class SealedFields(QWidget):
    """Asks whether sealed sets go along, and then why and who says so.

    Signals:
        sealed_changed: another answer.
    """

    sealed_changed = Signal()

    def __init__(
        self, names: tuple[str, ...], operator: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        words = tr("Sealed test sets go along, too: {names}")
        self.box = QCheckBox(words.format(names=", ".join(names)))
        self.reason, self.operator = QLineEdit(), QLineEdit(operator)
        for field in (self.reason, self.operator):
            field.setMaxLength(TEXT_LIMIT)
            field.textEdited.connect(lambda _text: self.sealed_changed.emit())
        self._why = QWidget()
        row = QHBoxLayout(self._why)
        row.setContentsMargins(24, 0, 0, 0)
        row.setSpacing(10)
        for head, field, share in (
            (tr("Why; kept in the ledger"), self.reason, 2),
            (tr("Who"), self.operator, 1),
        ):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(label(head, "muted"))
            column.addWidget(field)
            row.addLayout(column, share)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(6)
        whole.addWidget(self.box)
        whole.addWidget(self._why)
        self._why.hide()
        self.setVisible(bool(names))
        self.box.toggled.connect(self._on_toggled)

    @property
    def is_wanted(self) -> bool:
        """Whether they go along."""
        return self.box.isChecked()

    @property
    def is_answered(self) -> bool:
        """Whether a reason is given where one is needed."""
        named = self.reason.text().strip() and self.operator.text().strip()
        return not self.is_wanted or bool(named)

    def _on_toggled(self, is_on: bool) -> None:
        self._why.setVisible(is_on)
        if is_on:
            self.reason.setFocus()
        self.sealed_changed.emit()
