"""Class work in the window: the classes, and what can be done to the chosen one."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QColorDialog,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from dataset.errors import FieldsetError
from dataset.records import CLASS_NAME_LIMIT, LabelClass
from labeling.class_work import ClassAct, ClassVerb

from ...keys import CLASS_KEYS
from ...language import tr
from ...theme import Theme
from ..chooser import Chooser
from ..labels import breakable, button, label, set_tone
from ..rows import ROW_ROLE, RowDelegate, RowList, plain_list
from .class_contract import ActPreview

DIALOG_SIZE = (640, 460)
LIST_PX = 240
# Acts that touch many boxes are shown with their counts before they are done.
ASKED = (ClassVerb.MERGE, ClassVerb.RETIRE)


class KnownClassDelegate(RowDelegate):
    """Paints a class: colour, name, key; a retired one says so."""

    row_px = 30

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: LabelClass, *, is_chosen: bool
    ) -> None:
        """Paint one class."""
        middle = rect.center().y()
        self.swatch(painter, QRectF(rect.left() + 8, middle - 6, 12, 12), row.colour)
        aside = tr("retired") if row.retired else ""
        if row.key is not None:
            aside = str(row.key)
        room = painter.fontMetrics().horizontalAdvance(aside) + 4
        right = rect.right() - 10
        place = QRectF(right - room, rect.top(), room, rect.height())
        self.words(painter, place, aside, "muted", right=True)
        left = rect.left() + 30
        name = QRectF(left, rect.top(), right - room - left - 6, rect.height())
        self.words(painter, name, row.name, "muted" if row.retired else "text")


class ClassDialog(QDialog):
    """Shows the classes and asks for one act at a time.

    Signals:
        preview_requested: a `ClassAct` whose counts are wanted first.
        act_requested: a `ClassAct` that is wanted.
    """

    preview_requested = Signal(object)
    act_requested = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Classes"))
        self.setMinimumSize(*DIALOG_SIZE)
        self._classes: RowList[LabelClass] = RowList(_words, self)
        self._delegate = KnownClassDelegate(theme, self)
        self.view = plain_list(self._classes, self._delegate)
        self._asked: ClassAct | None = None
        self._build_fields()
        self._build_buttons()
        self._lay_out()
        self._connect()
        self._show_chosen()

    def _build_fields(self) -> None:
        self.name = QLineEdit()
        self.name.setMaxLength(CLASS_NAME_LIMIT)
        self.colour = QLineEdit()
        self.colour.setMaxLength(7)
        self.key = Chooser()
        self.key.addItem(tr("no key"), None)
        for digit in CLASS_KEYS:
            self.key.addItem(digit, int(digit))
        self.target = Chooser()
        self._said = label("", wraps=True)
        self._said.setMinimumHeight(72)
        self._said.setAlignment(Qt.AlignmentFlag.AlignTop)

    def _build_buttons(self) -> None:
        self.add = button(tr("Add a class of that name"))
        self.save = button(tr("Save"), "primary")
        self.pick = button(tr("Choose…"))
        self.merge = button(tr("Merge into"))
        self.retire = button(tr("Retire"))
        self.confirm = button("", "primary")
        self.confirm.hide()

    def _lay_out(self) -> None:
        form = QVBoxLayout()
        form.setSpacing(6)
        for words, parts in (
            (tr("Name"), (self.name,)),
            (tr("Colour, written #RRGGBB"), (self.colour, self.pick)),
            (tr("Digit key"), (self.key,)),
        ):
            form.addWidget(label(words, "small"))
            form.addLayout(_row(*parts))
        form.addLayout(_row(self.save, self.add))
        form.addSpacing(8)
        form.addLayout(_row(self.merge, self.target))
        form.addLayout(_row(self.retire))
        form.addWidget(self._said)
        form.addLayout(_row(self.confirm))
        form.addStretch(1)
        shut = button(tr("Close"))
        shut.clicked.connect(self.accept)
        form.addLayout(_row(shut))
        self.view.setFixedWidth(LIST_PX)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(16)
        row.addWidget(self.view)
        row.addLayout(form, 1)

    def _connect(self) -> None:
        self.view.clicked.connect(lambda _index: self._show_chosen())
        self.add.clicked.connect(self._ask_add)
        self.save.clicked.connect(self._ask_save)
        self.pick.clicked.connect(self._ask_colour)
        self.merge.clicked.connect(self._ask_merge)
        self.retire.clicked.connect(self._ask_retire)
        self.confirm.clicked.connect(self._on_confirmed)

    def show_classes(self, classes: tuple[LabelClass, ...]) -> None:
        """Show these classes; the chosen one stays chosen."""
        chosen = self.chosen
        self._classes.replace(classes)
        ids = [each.id for each in classes]
        at = ids.index(chosen.id) if chosen is not None and chosen.id in ids else 0
        self.view.setCurrentIndex(self._classes.index(at) if ids else QModelIndex())
        self._show_chosen()

    def choose(self, class_id: int) -> None:
        """Choose a class as a click does."""
        for at, each in enumerate(self._classes.rows):
            if each.id == class_id:
                self.view.setCurrentIndex(self._classes.index(at))
                self._show_chosen()

    @property
    def chosen(self) -> LabelClass | None:
        """The class that is worked on."""
        found = self.view.currentIndex().data(ROW_ROLE)
        return found if isinstance(found, LabelClass) else None

    @property
    def said(self) -> str:
        """The sentences shown over the answers."""
        return self._said.text().replace("\u200b", "")

    def show_preview(self, preview: ActPreview) -> None:
        """Show what an act would touch, and offer to do it where it can be done."""
        words = "\n".join((*preview.sentences, preview.refusal)).strip()
        self._say(words, "bad" if preview.refusal else "")
        self._asked = None if preview.refusal else preview.act
        is_merge = preview.act.verb is ClassVerb.MERGE
        self.confirm.setText(tr("Merge them") if is_merge else tr("Retire it"))
        self.confirm.setVisible(not preview.refusal)

    def show_done(self, sentence: str) -> None:
        """Say what was done."""
        self._forget_asked()
        self._say(sentence, "ok")

    def show_refusal(self, error: FieldsetError) -> None:
        """Say why nothing was done, and what to do."""
        self._forget_asked()
        self._say(f"{error.message}\n{error.hint}".strip(), "bad")

    def _show_chosen(self) -> None:
        known = self.chosen
        self._forget_asked()
        self._say("", "")
        for widget in (self.save, self.retire, self.merge, self.target):
            widget.setEnabled(known is not None)
        if known is None:
            return
        self.name.setText(known.name)
        self.colour.setText(known.colour)
        self.key.setCurrentIndex(self.key.findData(known.key))
        self.key.setEnabled(not known.retired)
        self.retire.setText(tr("Bring back") if known.retired else tr("Retire…"))
        self.target.clear()
        for other in self._classes.rows:
            if other.id != known.id and not other.retired:
                self.target.addItem(other.name, other.id)
        self.merge.setEnabled(self.target.count() > 0)

    def _ask_add(self) -> None:
        name = self.name.text()
        self.act_requested.emit(ClassAct(verb=ClassVerb.ADD, name=name))

    def _ask_save(self) -> None:
        """Ask for each thing that differs: name, colour, key."""
        known = self.chosen
        if known is None:
            return
        name, colour = self.name.text().strip(), self.colour.text().strip()
        key = self.key.currentData()
        acts = []
        if name != known.name:
            acts.append(ClassAct(verb=ClassVerb.RENAME, class_id=known.id, name=name))
        if colour != known.colour:
            acts.append(
                ClassAct(verb=ClassVerb.COLOUR, class_id=known.id, colour=colour)
            )
        if key != known.key and not known.retired:
            acts.append(ClassAct(verb=ClassVerb.KEY, class_id=known.id, key=key))
        for act in acts:
            self.act_requested.emit(act)

    def _ask_merge(self) -> None:
        known, target = self.chosen, self.target.currentData()
        if known is not None and target is not None:
            self.preview_requested.emit(
                ClassAct(verb=ClassVerb.MERGE, class_id=known.id, target_id=target)
            )

    def _ask_retire(self) -> None:
        known = self.chosen
        if known is None:
            return
        if known.retired:
            act = ClassAct(verb=ClassVerb.BRING_BACK, class_id=known.id)
            self.act_requested.emit(act)
        else:
            act = ClassAct(verb=ClassVerb.RETIRE, class_id=known.id)
            self.preview_requested.emit(act)

    def _on_confirmed(self) -> None:
        if self._asked is not None:
            self.act_requested.emit(self._asked)

    def _ask_colour(self) -> None:
        dialog = QColorDialog(QColor(self.colour.text()), self)
        dialog.colorSelected.connect(
            lambda colour: self.colour.setText(colour.name().upper())
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _forget_asked(self) -> None:
        self._asked = None
        self.confirm.hide()

    def _say(self, words: str, tone: str) -> None:
        self._said.setText("\n".join(breakable(line) for line in words.split("\n")))
        set_tone(self._said, tone)


def _row(*parts: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for at, part in enumerate(parts):
        row.addWidget(part, 1 if at == 0 and isinstance(part, QLineEdit) else 0)
    if not isinstance(parts[0], QLineEdit):
        row.addStretch(1)
    return row


def _words(known: LabelClass) -> str:
    return f"{known.name}, {tr('retired')}" if known.retired else known.name
