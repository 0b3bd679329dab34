"""The bar over the canvas: which samples, in which order, and how far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from dataset.records import LabelClass

from ...language import tr
from ..contracts import QueueChoice, QueueFilters
from ..labels import ElidedLabel, bar, button

TOOLBAR_PX = 44
CHIP_LETTERS = 24


def order_words(name: str) -> str:
    """Give an order of the queue in words; an unknown one by its name."""
    known = {
        "session": tr("session"),
        "uncertain": tr("model least certain first"),
        "wanted": tr("what is missing first"),
        "doubt": tr("doubtful first"),
        "emptiness": tr("emptiest first"),
    }
    return known.get(name, name)


def state_words(name: str) -> str:
    """Give a choice of states in words; an unknown one by its name."""
    known = {
        "todo": tr("to do"),
        "any": tr("any"),
        "new": tr("new"),
        "proposed": tr("proposed"),
        "labeled": tr("labeled"),
        "empty": tr("empty"),
        "skipped": tr("skipped"),
        "quiet": tr("probably empty"),
    }
    return known.get(name, name)


class LabelToolbar(QWidget):
    """Four chips that choose the queue and a sentence on where the person is.

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
        self._filters = QueueFilters()
        holder = QVBoxLayout(self)
        holder.setContentsMargins(0, 0, 0, 0)
        strip, row = bar("toolbar", TOOLBAR_PX)
        holder.addWidget(strip)
        self._order = self._chip(self._order_entries)
        self._state = self._chip(self._state_entries)
        self._class = self._chip(self._class_entries)
        self._more = self._more_chip()
        for chip in (self._order, self._state, self._class, self._more):
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

    def show_filters(self, filters: QueueFilters) -> None:
        """Offer these sessions, splits and conditions, and show the choice of now."""
        self._filters = filters
        self._choice = filters.choice
        self._show_choice()

    def _more_chip(self) -> QPushButton:
        """The chip of sessions, splits and conditions, a sub-menu for each."""
        chip = button("", "chip")
        chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        menu = QMenu(chip)
        chip.setMenu(menu)
        for words, entries in (
            (tr("Session"), self._session_entries),
            (tr("Split"), self._split_entries),
            (tr("Condition"), self._condition_entries),
        ):
            part = menu.addMenu(words)
            part.aboutToShow.connect(
                lambda part=part, entries=entries: self._fill(part, entries())
            )
        menu.addSeparator()
        menu.addAction(tr("No filter")).triggered.connect(self._clear)
        return chip

    def _clear(self) -> None:
        kept = QueueChoice(order=self._choice.order, state=self._choice.state)
        self._choose(kept)

    def _session_entries(self) -> tuple[tuple[str, QueueChoice], ...]:
        return (
            (tr("any"), replace(self._choice, session_id=None)),
            *(
                (name, replace(self._choice, session_id=session_id))
                for session_id, name in self._filters.sessions
            ),
        )

    def _split_entries(self) -> tuple[tuple[str, QueueChoice], ...]:
        return (
            (tr("any"), replace(self._choice, split=None)),
            *(
                (name or tr("no split yet"), replace(self._choice, split=name))
                for name in self._filters.splits
            ),
        )

    def _condition_entries(self) -> tuple[tuple[str, QueueChoice], ...]:
        return (
            (tr("any"), replace(self._choice, condition=None)),
            *(
                (each, replace(self._choice, condition=each))
                for each in self._filters.conditions
            ),
        )

    def _more_words(self) -> str:
        """The filters that are set, in words; "none" where there are none."""
        choice = self._choice
        sessions = dict(self._filters.sessions)
        parts = []
        if choice.session_id is not None:
            parts.append(sessions.get(choice.session_id, choice.session_id[:8]))
        if choice.split is not None:
            parts.append(choice.split or tr("no split yet"))
        if choice.condition is not None:
            parts.append(choice.condition)
        if choice.picked is not None:
            parts.append(tr("picked samples"))
        return ", ".join(parts) or tr("none")

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
        self._class.setText(f"{tr('Class:')} {_short(class_words)}")
        self._more.setText(f"{tr('Filter:')} {_short(self._more_words())}")


def _short(words: str) -> str:
    """The words as a chip shows them: short, and `&` no mark of a key."""
    cut = words if len(words) <= CHIP_LETTERS else f"{words[: CHIP_LETTERS - 1]}…"
    return cut.replace("&", "&&")
