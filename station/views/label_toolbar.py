"""The bar over the canvas: which samples, in which order, and how far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from dataset.records import LabelClass

from ..language import tr
from .contracts import QueueChoice
from .labels import ElidedLabel, bar, button

TOOLBAR_PX = 44


def order_words(name: str) -> str:
    """Give an order of the queue in words; an unknown one by its name."""
    known = {
        "session": tr("session"),
        "newest": tr("newest first"),
        "oldest": tr("oldest first"),
        "uncertain": tr("least certain first"),
        "wanted": tr("most wanted first"),
        "random": tr("random"),
    }
    return known.get(name, name)


def state_words(name: str) -> str:
    """Give a choice of states in words; an unknown one by its name."""
    known = {
        "todo": tr("to do"),
        "all": tr("all"),
        "new": tr("new"),
        "proposed": tr("proposed"),
        "labeled": tr("labeled"),
        "empty": tr("empty"),
        "skipped": tr("skipped"),
    }
    return known.get(name, name)


class LabelToolbar(QWidget):
    """Three chips that choose the queue and a sentence on the pace.

    Signals:
        choice_made: the `QueueChoice` the person wants.
    """

    choice_made = Signal(object)

    def __init__(
        self,
        choices: Mapping[str, tuple[str, ...]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._choices = choices
        self._choice = QueueChoice()
        self._classes: tuple[LabelClass, ...] = ()
        holder = QVBoxLayout(self)
        holder.setContentsMargins(0, 0, 0, 0)
        strip, row = bar("toolbar", TOOLBAR_PX)
        holder.addWidget(strip)
        self._order = self._chip(self._order_entries)
        self._state = self._chip(self._state_entries)
        self._class = self._chip(self._class_entries)
        for chip in (self._order, self._state, self._class):
            row.addWidget(chip)
        self._sentence = ElidedLabel("", "muted")
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignRight)
        row.addWidget(self._sentence, 1)
        self._show_choice()

    def show_sentence(self, words: str) -> None:
        """Show where the person is in the queue."""
        self._sentence.setText(words)

    def show_classes(self, classes: tuple[LabelClass, ...]) -> None:
        """Offer these classes."""
        self._classes = classes
        self._show_choice()

    def _chip(
        self, entries: Callable[[], tuple[tuple[str, QueueChoice], ...]]
    ) -> QPushButton:
        chip = button("", "chip")
        chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        menu = QMenu(chip)
        chip.setMenu(menu)
        menu.aboutToShow.connect(lambda: self._fill(menu, entries()))
        return chip

    def _fill(self, menu: QMenu, entries: tuple[tuple[str, QueueChoice], ...]) -> None:
        menu.clear()
        for words, choice in entries:
            action = menu.addAction(words.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(choice == self._choice)
            action.triggered.connect(
                lambda _checked=False, made=choice: self._choose(made)
            )

    def _choose(self, choice: QueueChoice) -> None:
        self._choice = choice
        self._show_choice()
        self.choice_made.emit(choice)

    def _order_entries(self) -> tuple[tuple[str, QueueChoice], ...]:
        return tuple(
            (order_words(name), replace(self._choice, order=name))
            for name in self._choices.get("order", ("session",))
        )

    def _state_entries(self) -> tuple[tuple[str, QueueChoice], ...]:
        return tuple(
            (state_words(name), replace(self._choice, state=name))
            for name in self._choices.get("state", ("todo",))
        )

    def _class_entries(self) -> tuple[tuple[str, QueueChoice], ...]:
        anything = (tr("any"), replace(self._choice, class_id=None))
        return (
            anything,
            *(
                (known.name, replace(self._choice, class_id=known.id))
                for known in self._classes
            ),
        )

    def _show_choice(self) -> None:
        names = {known.id: known.name for known in self._classes}
        chosen = self._choice.class_id
        class_words = tr("any") if chosen is None else names.get(chosen, str(chosen))
        order = order_words(self._choice.order)
        state = state_words(self._choice.state)
        self._order.setText(f"{tr('Order:')} {order}")
        self._state.setText(f"{tr('State:')} {state}")
        self._class.setText(f"{tr('Class:')} {class_words}".replace("&", "&&"))
