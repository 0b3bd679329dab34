"""The Review page: accepted boxes side by side, so that the odd one shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ..jobs import Lane, Operation, Submitter
from ..keys import CLASS_KEYS, Action, Page
from ..language import tr
from ..pictures import ThumbnailLoader
from ..theme import Theme
from .contracts import ClassRow, Commands
from .dataset_contract import ReviewDesk, ReviewItem
from .empty_page import EmptyNote
from .label_hints import HintBar
from .labels import ElidedLabel, bar, button
from .review_grid import ReviewGrid
from .rows import dress

TOOLBAR_PX = 44
CROPS_KEPT = 2500


class ReviewPage(QWidget):
    """Shows accepted boxes by class; relabels, deletes or confirms the chosen.

    Signals:
        error_came: a `FieldsetError` to show.
        notice_came: a sentence and its tone.
        sample_requested: the id of a sample to open in Label.
    """

    error_came = Signal(object)
    notice_came = Signal(str, str)
    sample_requested = Signal(str)

    def __init__(
        self,
        desk: ReviewDesk,
        runner: Submitter,
        theme: Theme,
        actions: tuple[Action, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "page")
        self._desk = desk
        self._runner = runner
        self._classes: tuple[ClassRow, ...] = ()
        self._class_id: int | None = None
        thumbnails = ThumbnailLoader(runner, CROPS_KEPT, self)
        self.grid = ReviewGrid(theme, thumbnails, self)
        self._sentence = ElidedLabel("", "muted")
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._group = QButtonGroup(self)
        self._hints = HintBar(actions, Page.REVIEW, self)
        self._nothing = EmptyNote(
            tr("No accepted box yet"),
            tr("Boxes come here once they were accepted on the Label page."),
        )
        self._lay_out()
        self.grid.chosen_changed.connect(lambda _count: self._show_sentence())
        self.grid.opened.connect(self._open_item)

    def _lay_out(self) -> None:
        strip, row = bar("toolbar", TOOLBAR_PX)
        holder = QWidget()
        self._chips = QHBoxLayout(holder)
        self._chips.setContentsMargins(0, 0, 0, 0)
        self._chips.setSpacing(8)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(holder)
        row.addWidget(area, 1)
        row.addWidget(self._sentence)
        grid = QWidget()
        inner = QVBoxLayout(grid)
        inner.setContentsMargins(8, 8, 8, 8)
        inner.addWidget(self.grid)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(grid)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(strip)
        column.addWidget(self._stack, 1)
        column.addWidget(self._hints)

    def commands(self) -> Commands:
        """Give what each action of this page does, by the action's id."""
        made: dict[str, Callable[[], object]] = {
            "review.reviewed": self.mark_reviewed,
            "review.open": self.open_chosen,
            "review.delete": self.delete,
        }
        for key in CLASS_KEYS:
            made[f"review.class.{key}"] = partial(self.relabel, key)
        return made

    def open(self) -> None:
        """Read classes and boxes; call when the page is shown."""
        self._ask(tr("Count the classes"), self._desk.classes, self._show_classes)
        self.refresh()

    def refresh(self) -> None:
        """Read the boxes of the chosen class again."""
        class_id = self._class_id
        self._ask(
            tr("Read the boxes"), lambda: self._desk.items(class_id), self._show_items
        )

    def mark_reviewed(self) -> None:
        """Say a second yes to the samples of the chosen boxes."""
        ids = tuple(item.sample_id for item in self.grid.chosen)
        if ids:
            self._change(lambda: self._desk.mark_reviewed(ids))

    def delete(self) -> None:
        """Delete the chosen boxes; Undo on the Label page brings them back."""
        chosen = self.grid.chosen
        if chosen:
            self._change(lambda: self._desk.delete(chosen))

    def relabel(self, key: str) -> None:
        """Give the chosen boxes the class on a key."""
        chosen = self.grid.chosen
        ids = [
            row.label_class.id
            for row in self._classes
            if str(row.label_class.key) == key
        ]
        if chosen and ids:
            self._change(lambda: self._desk.relabel(chosen, ids[0]))

    def open_chosen(self) -> None:
        """Open the sample of the first chosen box in Label."""
        if self.grid.chosen:
            self._open_item(self.grid.chosen[0])

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.grid.set_theme(theme)

    def _open_item(self, item: ReviewItem) -> None:
        self.sample_requested.emit(item.sample_id)

    def _show_classes(self, rows: tuple[ClassRow, ...]) -> None:
        self._classes = rows
        self.grid.set_names({row.label_class.id: row.label_class.name for row in rows})
        while (item := self._chips.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._add_chip(tr("all"), None)
        for row in rows:
            words = f"{row.label_class.name} {row.boxes:,}"
            self._add_chip(words, row.label_class.id)
        self._chips.addStretch(1)

    def _add_chip(self, words: str, class_id: int | None) -> None:
        chip = button(words.replace("&", "&&"), "chip")
        chip.setCheckable(True)
        chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        chip.setChecked(class_id == self._class_id)
        chip.clicked.connect(lambda _checked=False: self._choose_class(class_id))
        self._group.addButton(chip)
        self._chips.addWidget(chip)

    def _choose_class(self, class_id: int | None) -> None:
        self._class_id = class_id
        self.refresh()

    def _show_items(self, items: tuple[ReviewItem, ...]) -> None:
        self.grid.rows.replace(items)
        self._stack.setCurrentIndex(1 if items else 0)
        self._show_sentence()

    def _show_sentence(self) -> None:
        items = self.grid.rows.rows
        words = tr("{count} boxes, {reviewed} reviewed, {chosen} chosen").format(
            count=f"{len(items):,}",
            reviewed=f"{sum(item.reviewed for item in items):,}",
            chosen=f"{len(self.grid.chosen):,}",
        )
        self._sentence.setText(words)

    def _change(self, change: Callable[[], None]) -> None:
        self._ask(tr("Save the review"), change, lambda _none: self.open())

    def _ask(
        self, title: str, function: Callable[[], object], on_done: Callable[..., None]
    ) -> None:
        self._runner.submit(
            Operation(
                title=title,
                function=lambda _progress: function(),
                on_done=on_done,
                on_error=self.error_came.emit,
                lane=Lane.CATALOG,
                quiet=True,
            )
        )
