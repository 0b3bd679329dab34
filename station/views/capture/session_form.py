"""The form a person fills in before a session begins."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from dataset.errors import UsageError

from ...camera.modes import parse_mode
from ...conditions import parse_conditions
from ...language import tr
from ..chooser import Chooser
from ..labels import button, label, set_tone
from .capture_contract import FoundCamera, SessionForm
from .mode_field import ModeField

ASK_MS = 300
CLIPS = "*.mp4 *.avi *.mov *.mkv *.webm *.m4v"


class SessionFormPanel(QWidget):
    """Asks for the source and for what is known of the session.

    Whoever shows it places its `foot` too: the button, and what is wrong.

    Signals:
        form_given: the `SessionForm`; the source is to be opened.
        cameras_requested: the person wants the cameras looked for again.
        modes_requested: the source whose modes can be chosen from; see `show_modes`.
    """

    form_given = Signal(object)
    cameras_requested = Signal()
    modes_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source = Chooser()
        self._source.setEditable(True)
        self._source.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._source.setMinimumContentsLength(12)
        self._source.setProperty("touch", "true")
        edit = QLineEdit()
        edit.setPlaceholderText(tr("0, /dev/video2, rtsp://, a clip"))
        self._source.setLineEdit(edit)
        self._fields = {
            "name": _field(tr("empty: its start")),
            "operator": _field(tr("who captures")),
            "place": _field(tr("bridge 4")),
            "conditions": _field("light=day weather=rain"),
        }
        self._mode = ModeField()
        self._mode_part = QWidget()
        self._modes_of = ""
        self._has_modes = True
        self._asking = QTimer(self, singleShot=True, interval=ASK_MS)
        self._problem = label("", wraps=True)
        set_tone(self._problem, "bad")
        self._problem.hide()
        self._open = button(tr("Open the source"), "primary", touch=True)
        self.foot = self._foot_part()
        self._lay_out()
        self._open.clicked.connect(self.submit)
        self._source.currentTextChanged.connect(lambda _text: self._asking.start())
        self._asking.timeout.connect(self._ask_modes)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(label(tr("Source"), "head"))
        column.addWidget(self._source)
        pick = QHBoxLayout()
        pick.setSpacing(6)
        for words, do in (
            (tr("Find"), self.cameras_requested.emit),
            (tr("Clip…"), self._ask_clip),
            (tr("Folder…"), self._ask_folder),
        ):
            one = button(words, touch=True)
            one.clicked.connect(do)
            pick.addWidget(one, 1)
        column.addLayout(pick)
        column.addSpacing(2)
        self._mode_part.setLayout(_named(self._mode, tr("Mode")))
        self._mode_part.hide()
        column.addWidget(self._mode_part)
        column.addSpacing(2)
        column.addLayout(_named(self._fields["name"], tr("Session")))
        column.addSpacing(2)
        # Others in each session; who captures and where is mostly as before.
        conditions = self._fields["conditions"]
        column.addLayout(_named(conditions, tr("Conditions, key=value")))
        column.addSpacing(2)
        column.addLayout(
            self._beside(("operator", tr("Operator")), ("place", tr("Place")))
        )

    def _foot_part(self) -> QWidget:
        """Give what must be in sight however far the form is scrolled."""
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._problem)
        column.addWidget(self._open)
        return part

    def _beside(self, *named: tuple[str, str]) -> QHBoxLayout:
        """Give fields side by side, each under its name."""
        row = QHBoxLayout()
        row.setSpacing(10)
        for name, words in named:
            row.addLayout(_named(self._fields[name], words))
        return row

    def fill(self, source: str, operator: str, place: str) -> None:
        """Put in what was used last."""
        self._source.setEditText(source)
        self._fields["operator"].setText(operator)
        self._fields["place"].setText(place)

    def show_cameras(self, cameras: tuple[FoundCamera, ...]) -> None:
        """Offer these cameras; what is typed stays."""
        typed = self.source
        self._source.clear()
        for camera in cameras:
            self._source.addItem(f"{camera.name} ({camera.address})", camera.address)
        self._source.setEditText(typed or (cameras[0].address if cameras else ""))

    def show_modes(self, source: str, modes: tuple[str, ...] | None) -> None:
        """Offer the modes of a source, if it is still the one in the form.

        None: the mode is set at the camera itself, and is not asked for.
        """
        if source == self.source:
            self._has_modes = modes is not None
            self._mode.offer(modes or ())
            self._mode_part.setVisible(self._has_modes)

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes that are offered."""
        return self._mode.offered

    @property
    def mode(self) -> str:
        """The mode that is asked for, "" where none is or can be."""
        return self._mode.currentText().strip() if self._has_modes else ""

    @property
    def source(self) -> str:
        """The address that is typed or chosen."""
        text = self._source.currentText().strip()
        at = self._source.findText(text, Qt.MatchFlag.MatchExactly)
        return text if at < 0 else str(self._source.itemData(at))

    @property
    def problem(self) -> str:
        """What is said to be wrong with the form, "" for nothing."""
        return self._problem.text() if not self._problem.isHidden() else ""

    def set_text(self, name: str, words: str) -> None:
        """Fill one field in: source, name, mode, operator, place or conditions."""
        if name == "source":
            self._source.setEditText(words)
        elif name == "mode":
            self._mode.setEditText(words)
        else:
            self._fields[name].setText(words)

    def submit(self) -> None:
        """Give the form, or say what is wrong with it."""
        if not self.source:
            self._show_problem(tr("Name the source first."))
            return
        try:
            conditions = parse_conditions(self._fields["conditions"].text())
            if mode := self.mode:
                parse_mode(mode)
        except UsageError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self._show_problem(f"{error.message}{hint}")
            return
        self._problem.hide()
        self.form_given.emit(
            SessionForm(
                source=self.source,
                name=self._fields["name"].text().strip(),
                mode=mode,
                operator=self._fields["operator"].text().strip(),
                place=self._fields["place"].text().strip(),
                conditions=conditions,
            )
        )

    def _ask_modes(self) -> None:
        if self.source != self._modes_of:
            self._modes_of = self.source
            self._has_modes = True  # until it is known better
            self._mode.offer(())
            self._mode_part.hide()
            self.modes_requested.emit(self.source)

    def _show_problem(self, words: str) -> None:
        self._problem.setText(words)
        self._problem.show()

    def set_opening(self, is_opening: bool) -> None:
        """Show that the source is being opened."""
        self._open.setEnabled(not is_opening)
        words = tr("Opening…") if is_opening else tr("Open the source")
        self._open.setText(words)

    def _ask_clip(self) -> None:
        dialog = QFileDialog(self, tr("Choose a clip"), str(Path.home()))
        dialog.setNameFilter(f"{tr('Clips')} ({CLIPS})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._source.setEditText)
        dialog.open()

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, tr("Choose a folder of pictures"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._source.setEditText)
        dialog.open()


def _named(field: QWidget, words: str) -> QVBoxLayout:
    """Give a field under its name."""
    part = QVBoxLayout()
    part.setContentsMargins(0, 0, 0, 0)
    part.setSpacing(4)
    part.addWidget(label(words, "head"))
    part.addWidget(field)
    return part


def _field(hint: str) -> QLineEdit:
    made = QLineEdit()
    made.setPlaceholderText(hint)
    made.setProperty("touch", "true")
    made.setMaxLength(200)
    return made
