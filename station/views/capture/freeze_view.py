"""A live picture held still, with the canvas of the Label page to draw on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dataset.errors import FieldsetError
from dataset.records import LabelClass, LabelState, Proposal
from labeling.frozen import FrozenLabels

from ...jobs import Lane, Operation, Submitter
from ...language import tr
from ...pictures import full_picture
from ...theme import Theme
from ..canvas.canvas import Canvas
from ..canvas.canvas_paint import Picture
from ..contracts import Corners
from ..label.label_words import shown_boxes
from ..labels import bar, button, key_hint, label
from .capture_contract import LiveFrame
from .capture_protocols import CarryWork

BAR_PX = 52
HINTS_FROM_PX = 760
FREEZE_ACTS = ("delete", "adopt", "drop", "undo", "redo")
"""What keys do to the boxes of a frozen picture."""


class FreezeView(QWidget):
    """Shows the frozen picture; what is drawn is saved when it is let go.

    Nothing waits: boxes are drawn on values (`FrozenLabels`), the picture is made ready
    and boxes are carried in workers.

    Signals:
        notice_came: a sentence and its tone.
        keep_requested: the picture and its boxes are to be saved.
        discard_requested: they are not.
    """

    notice_came = Signal(str, str)
    keep_requested = Signal()
    discard_requested = Signal()

    def __init__(
        self, runner: Submitter, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._frozen: FrozenLabels | None = None
        self._classes: Mapping[int, LabelClass] = {}
        self._class_id: int | None = None
        self.keys = self.drags = 0
        self.canvas = Canvas(theme, self)
        self._lay_out()
        self.canvas.box_drawn.connect(self._on_drawn)
        self.canvas.box_moved.connect(lambda name, to: self._on_moved({name: to}))
        self.canvas.boxes_moved.connect(self._on_moved)
        self.canvas.refused.connect(lambda words: self.notice_came.emit(words, "warn"))

    def _lay_out(self) -> None:
        strip, row = bar("toolbar", BAR_PX)
        self._head = label(tr("Frozen"), "title")
        row.addWidget(self._head)
        self._hints = QWidget()
        hints = QHBoxLayout(self._hints)
        hints.setContentsMargins(0, 0, 0, 0)
        for keys, words in (
            (tr("Drag"), tr("draws")),
            ("1 … 9", tr("class")),
            ("Esc", tr("lets go unsaved")),
        ):
            hints.addWidget(key_hint(keys, words))
        row.addWidget(self._hints)
        row.addStretch(1)
        self._discard = button(tr("Let go"), touch=True)
        self._keep = button(tr("Save and go on"), "primary", touch=True)
        self._discard.clicked.connect(self.discard_requested)
        self._keep.clicked.connect(self.keep_requested)
        row.addWidget(self._discard)
        row.addWidget(self._keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(strip)
        column.addWidget(self.canvas, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the hints out where there is no room for them."""
        super().resizeEvent(event)
        self._hints.setVisible(self.width() >= HINTS_FROM_PX)

    @property
    def frozen(self) -> FrozenLabels | None:
        """What is held still, None for nothing."""
        return self._frozen

    @property
    def labels(self) -> LabelState:
        """The boxes drawn so far."""
        return LabelState() if self._frozen is None else self._frozen.labels

    def begin(self, frame: LiveFrame, carry: CarryWork | None) -> None:
        """Show a picture; boxes carried from the freeze before come a moment later."""
        self._frozen = frozen = FrozenLabels(frame.pixels, frame.captured_us)
        self.keys = self.drags = 0
        self.canvas.show_picture(None, frozen.size)
        self.canvas.show_boxes(())
        self.set_saving(False)
        self._ask(
            tr("Show the frozen picture"),
            Lane.IMAGES,
            lambda: full_picture(frame.pixels),
            lambda picture: self._on_picture(frozen, picture),
        )
        if carry is not None:
            self._ask(
                tr("Carry boxes"),
                Lane.ASSIST,
                carry,
                lambda found: self._on_carried(frozen, found),
            )

    def end(self) -> None:
        """Forget the picture."""
        self._frozen = None
        self.canvas.show_boxes(())
        self.canvas.show_picture(None, (1, 1))

    def set_saving(self, is_saving: bool) -> None:
        """Take no gestures while the picture is being saved."""
        self.canvas.set_locked(is_saving)
        self._keep.setEnabled(not is_saving)
        self._discard.setEnabled(not is_saving)
        self._keep.setText(tr("Saving…") if is_saving else tr("Save and go on"))

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.canvas.set_theme(theme)

    def show_classes(self, classes: Mapping[int, LabelClass]) -> None:
        """Take the classes of the project."""
        self._classes = classes
        self._show()

    def choose_class(self, class_id: int | None) -> None:
        """New boxes get this class; so do the chosen ones."""
        self._class_id = class_id
        known = None if class_id is None else self._classes.get(class_id)
        if known is not None:
            self.canvas.set_drawing_colour(known.colour)
        if known is not None and (ids := self._chosen()):
            self.change(lambda frozen: frozen.relabel(ids, known.id))

    def do(self, act: str) -> None:
        """Do one of `FREEZE_ACTS`; with nothing chosen some of them do nothing."""
        ids = self._chosen()
        proposed = {each.box.id for each in self.labels.proposals}
        adopted = tuple(name for name in ids if name in proposed)
        acts: dict[str, Callable[[FrozenLabels], object] | None] = {
            "delete": (lambda frozen: frozen.delete(ids)) if ids else None,
            "adopt": (lambda frozen: frozen.adopt(adopted)) if adopted else None,
            "drop": lambda frozen: frozen.drop_proposals(),
            "undo": lambda frozen: frozen.undo(),
            "redo": lambda frozen: frozen.redo(),
        }
        if (wanted := acts[act]) is not None:
            self.change(wanted)

    def change(self, act: Callable[[FrozenLabels], object]) -> None:
        """Change the labels and show them; what cannot be is told."""
        if self._frozen is None:
            return
        self.canvas.flush()
        self.keys += 1
        try:
            act(self._frozen)
        except FieldsetError as error:
            self.notice_came.emit(error.message, "warn")
        self._show()

    def _chosen(self) -> tuple[str, ...]:
        return tuple(n for n in self.canvas.chosen if not self.canvas.is_box_locked(n))

    def _on_drawn(self, corners: Corners) -> None:
        self.drags += 1
        class_id = self._class_id
        if class_id is None:
            class_id = next(iter(self._classes), None)
        if class_id is None:
            words = tr("Add a class first: fieldset class add NAME")
            self.notice_came.emit(words, "warn")
            return
        chosen: list[str] = []
        self.change(lambda frozen: chosen.append(frozen.draw(corners, class_id)))
        self.canvas.choose(tuple(chosen))

    def _on_moved(self, moves: Mapping[str, Corners]) -> None:
        self.drags += 1
        self.change(lambda frozen: frozen.move(moves))

    def _on_picture(self, frozen: FrozenLabels, picture: Picture) -> None:
        if frozen is self._frozen:
            self.canvas.show_picture(picture, frozen.size)

    def _on_carried(self, frozen: FrozenLabels, found: tuple[Proposal, ...]) -> None:
        if frozen is self._frozen and frozen.offer(found):
            self._show()

    def _show(self) -> None:
        self.canvas.show_boxes(
            shown_boxes(self.labels, self._classes), self.canvas.chosen
        )

    def _ask(
        self,
        title: str,
        lane: Lane,
        work: Callable[[], object],
        done: Callable[..., None],
    ) -> None:
        self._runner.submit(
            Operation(
                title=title,
                function=lambda _progress: work(),
                on_done=done,
                on_error=lambda error: self.notice_came.emit(error.message, "warn"),
                lane=lane,
                quiet=True,
            )
        )
