"""The second pass: begin one, then label its samples again on the same canvas."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QScrollArea,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dataset.errors import FieldsetError
from dataset.records import LabelClass
from labeling.second_opinion.second_pass import PassChoice, Way

from ...jobs import Lane, Operation, Submitter
from ...language import tr
from ...theme import Theme
from ..canvas.canvas import Canvas
from ..contracts import ClassRow, Corners
from ..label.label_pictures import LabelPictures
from ..label.label_words import shown_boxes
from ..labels import ElidedLabel, bar, button, label
from ..rows import dress
from .review_contract import ReviewDesk, ReviewState, SecondScene

FORM_PX = 460
BAR_PX = 40
Verb = Callable[[], SecondScene | None]


def way_words(way: Way) -> str:
    """Give a way to choose samples in words."""
    return {
        Way.RANDOM: tr("at random, a share of each session"),
        Way.DOUBTFUL: tr("least sure first, a share of each session"),
        Way.DISPUTED: tr("those with an open dispute"),
    }[way]


class PassForm(QWidget):
    """Asks which samples a second pass takes.

    Signals:
        begin_requested: the `PassChoice`.
    """

    begin_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "page")
        self.way = QComboBox()
        for way in Way:
            self.way.addItem(way_words(way), way)
        self.share = QSpinBox(minimum=1, maximum=100, value=10, suffix=" %")
        self.seed = QSpinBox(minimum=0, maximum=2_000_000_000, value=1)
        for number in (self.share, self.seed):
            # With a style sheet, NoButtons leaves one pixel for the number.
            dress(number, "number")
        self.blind = QCheckBox(tr("blind: the first boxes are hidden"))
        self.blind.setChecked(True)
        self.begin = button(tr("Begin the second pass"), "primary")
        self.begin.clicked.connect(lambda: self.begin_requested.emit(self.choice))
        self._note = label("", "muted", wraps=True)
        self._lay_out()
        self.way.currentIndexChanged.connect(lambda _at: self._show_way())

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setFixedWidth(FORM_PX)
        column = QVBoxLayout(inner)
        column.setSpacing(10)
        column.addWidget(label(tr("A second pass"), "title"))
        column.addWidget(
            label(
                tr(
                    "Another person, or you on another day, labels some samples "
                    "again. Where both agree the sample is reviewed; where they "
                    "differ the dispute is settled with one key. Second boxes are "
                    "kept apart: nothing counts or exports them."
                ),
                "muted",
                wraps=True,
            )
        )
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow(label(tr("Samples")), self.way)
        form.addRow(label(tr("Share")), self.share)
        form.addRow(label(tr("Seed")), self.seed)
        form.addRow("", self.blind)
        column.addLayout(form)
        column.addWidget(self._note)
        line = QHBoxLayout()
        line.addWidget(self.begin)
        line.addStretch(1)
        column.addLayout(line)
        holder = QVBoxLayout(self)
        holder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        holder.addWidget(inner)

    @property
    def choice(self) -> PassChoice:
        """What the form says."""
        return PassChoice(
            way=Way(self.way.currentData()),
            share=self.share.value() / 100,
            seed=self.seed.value(),
            blind=self.blind.isChecked(),
        )

    def show_note(self, words: str) -> None:
        """Say what became of the pass before."""
        self._note.setText(words)
        self._note.setVisible(bool(words))

    def _show_way(self) -> None:
        self.share.setEnabled(self.choice.way is not Way.DISPUTED)


class ClassChips(QWidget):
    """The classes with their keys, one chosen.

    Signals:
        class_chosen: the id of the class that was clicked.
    """

    class_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._group = QButtonGroup(self)

    def show_classes(self, rows: tuple[ClassRow, ...], chosen: int | None) -> None:
        """Show these classes."""
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for row in rows:
            known = row.label_class
            key = "" if known.key is None else f"{known.key}  "
            chip = button(f"{key}{known.name}".replace("&", "&&"), "chip")
            chip.setCheckable(True)
            chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            chip.setChecked(known.id == chosen)
            chip.clicked.connect(
                lambda _checked=False, i=known.id: self.class_chosen.emit(i)
            )
            self._group.addButton(chip)
            self._row.addWidget(chip)
        self._row.addStretch(1)


class SecondPassView(QWidget):
    """Shows the samples of a pass one after the other, without the first boxes.

    Signals:
        error_came: a `FieldsetError` to show.
        notice_came: a sentence and its tone.
        pass_changed: a sample was finished, or a pass begun or given up.
    """

    error_came = Signal(object)
    notice_came = Signal(str, str)
    pass_changed = Signal()

    def __init__(
        self,
        desk: ReviewDesk,
        runner: Submitter,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._scene: SecondScene | None = None
        self._rows: tuple[ClassRow, ...] = ()
        self._classes: dict[int, LabelClass] = {}
        self._class_id: int | None = None
        self._pending = 0
        self.canvas = Canvas(theme, self)
        self._pictures = LabelPictures(self.canvas, runner, self)
        self.form = PassForm()
        self.chips = ClassChips()
        self._sentence = ElidedLabel("", "muted")
        self._give_up = button(tr("Give the pass up"), "chip")
        self._lay_out()
        self.canvas.box_drawn.connect(self._on_drawn)
        self.canvas.box_moved.connect(self._on_moved)
        self.chips.class_chosen.connect(self.choose_class)
        self.form.begin_requested.connect(self.begin)
        self._give_up.clicked.connect(self.give_up)
        self._pictures.picture_failed.connect(self.error_came)

    def _lay_out(self) -> None:
        strip, row = bar("toolbar", BAR_PX)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self.chips)
        row.addWidget(area, 1)
        row.addWidget(self._sentence)
        row.addWidget(self._give_up)
        labeling = QWidget()
        column = QVBoxLayout(labeling)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(strip)
        column.addWidget(self.canvas, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.form)
        self.stack.addWidget(labeling)
        holder = QVBoxLayout(self)
        holder.setContentsMargins(0, 0, 0, 0)
        holder.addWidget(self.stack)

    @property
    def scene(self) -> SecondScene | None:
        """The sample at hand, as last saved."""
        return self._scene

    @property
    def is_saved(self) -> bool:
        """True when every edit is on disk."""
        return self._pending == 0

    def open(self) -> None:
        """Show the sample at hand of the pass under way."""
        self._ask(self._desk.second)

    def begin(self, choice: PassChoice) -> None:
        """Begin a pass."""
        self._ask(lambda: self._desk.begin_pass(choice), tells=True)

    def give_up(self) -> None:
        """End the pass; what is finished stays."""

        def verb() -> SecondScene | None:
            self._desk.give_up_pass()
            return self._desk.second()

        self.canvas.flush()
        self._ask(verb, tells=True)

    def show_classes(self, rows: tuple[ClassRow, ...]) -> None:
        """Offer these classes."""
        self._rows = rows
        self._classes = {row.label_class.id: row.label_class for row in rows}
        if self._class_id not in self._classes:
            self._class_id = next(iter(self._classes), None)
        self._show_class()

    def show_state(self, state: ReviewState) -> None:
        """Say on the form what became of the pass before."""
        done = 0 if state.agreement is None else state.agreement.samples
        words = tr("{done} samples were labeled twice, {open} disputes are open.")
        count = f"{len(state.disputes):,}"
        note = words.format(done=f"{done:,}", open=count) if done else ""
        self.form.show_note(note)

    def choose_class(self, class_id: int) -> None:
        """New boxes get this class; so does the selected one."""
        self._class_id = class_id
        self._show_class()
        if box_id := self._selected():
            self._ask(lambda: self._desk.second_relabel(box_id, class_id))

    def finish(self, *, empty: bool = False) -> None:
        """Keep what is drawn, or that nothing is there, and go on."""
        if self._scene is None:
            return
        self.canvas.set_locked(True)
        self._ask(lambda: self._desk.second_finish(empty=empty), tells=True)

    def step(self, by: int) -> None:
        """Go on or back without deciding anything."""
        if self._scene is not None:
            self.canvas.set_locked(True)
            self._ask(lambda: self._desk.second_step(by))

    def delete(self) -> None:
        """Delete the selected box."""
        if box_id := self._selected():
            self._ask(lambda: self._desk.second_delete(box_id))

    def undo(self) -> None:
        """Take the newest edit of this sample's second boxes back."""
        self._turn(self._desk.second_undo)

    def redo(self) -> None:
        """Make it again."""
        self._turn(self._desk.second_redo)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.canvas.set_theme(theme)

    def _turn(self, verb: Verb) -> None:
        if self._scene is not None:
            self.canvas.flush()
            self._ask(verb)

    def _selected(self) -> str:
        """The id of the selected box where it is saved already."""
        ids = () if self._scene is None else [b.id for b in self._scene.scene.boxes]
        return self.canvas.selected if self.canvas.selected in ids else ""

    def _show_class(self) -> None:
        self.chips.show_classes(self._rows, self._class_id)
        if self._class_id is not None:
            self.canvas.set_drawing_colour(self._classes[self._class_id].colour)

    def _on_drawn(self, corners: Corners) -> None:
        class_id = self._class_id
        if class_id is None:
            words = tr("Add a class first: fieldset class add NAME")
            self.notice_came.emit(words, "warn")
            return
        self._ask(lambda: self._desk.second_draw(corners, class_id))

    def _on_moved(self, box_id: str, corners: Corners) -> None:
        self._ask(lambda: self._desk.second_move(box_id, corners))

    def _ask(self, verb: Verb, *, tells: bool = False) -> None:
        self._pending += 1

        def on_done(scene: SecondScene | None) -> None:
            self._pending -= 1
            if self._pending == 0:
                self._show(scene)
            if tells:
                self.pass_changed.emit()

        self._runner.submit(
            Operation(
                title=tr("Save the second pass"),
                function=lambda _progress: verb(),
                on_done=on_done,
                on_error=self._on_error,
                on_stopped=self._on_stopped,
                lane=Lane.CATALOG,
                quiet=True,
            )
        )

    def _on_error(self, error: FieldsetError) -> None:
        self.error_came.emit(error)

    def _on_stopped(self) -> None:
        """Show what is saved: it may have changed elsewhere."""
        self._pending -= 1
        self.canvas.set_locked(False)
        if self._scene is not None and self._pending == 0:
            self._ask(self._desk.second)

    def _show(self, scene: SecondScene | None) -> None:
        before, self._scene = self._scene, scene
        self.canvas.set_locked(False)
        self.stack.setCurrentIndex(0 if scene is None else 1)
        if scene is None:
            return
        sample = scene.scene.sample
        is_new = before is None or before.scene.sample.id != sample.id
        if is_new:
            self.canvas.show_boxes(())
            self._pictures.show(scene.scene)
        touched = scene.scene.touched
        chosen = touched or ("" if is_new else self.canvas.selected)
        self.canvas.show_boxes(shown_boxes(scene.scene, self._classes), chosen)
        if is_new:
            self._pictures.look_ahead()
        self._sentence.setText(_sentence(scene))


def _sentence(scene: SecondScene) -> str:
    parts = [
        tr("sample {at} of {total}").format(
            at=f"{scene.scene.position:,}", total=f"{scene.scene.total:,}"
        ),
        tr("{left} left").format(left=f"{scene.left:,}"),
        tr("first boxes hidden") if scene.blind else tr("begun from the first boxes"),
    ]
    if scene.is_done:
        parts.append(tr("finished before"))
    return " · ".join(parts)
