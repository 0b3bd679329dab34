"""The bar over the grid: which boxes, in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from ...language import tr
from ..contracts import ClassRow
from ..labels import button
from .review_contract import GridChoice, GridOrder, ReviewState

Entries = tuple[tuple[str, GridChoice], ...]


def grid_order_words(order: GridOrder) -> str:
    """Give an order of the grid in words."""
    return {
        GridOrder.UNLIKE: tr("odd first"),
        GridOrder.SMALLEST: tr("smallest first"),
        GridOrder.LARGEST: tr("largest first"),
        GridOrder.SCORE: tr("least score first"),
        GridOrder.NEWEST: tr("newest first"),
        GridOrder.STORED: tr("not reviewed first"),
    }[order]


class ReviewFilters(QWidget):
    """Three chips, each with a menu; the last holds what is asked for less often.

    Signals:
        choice_made: the `GridChoice` the person wants.
    """

    choice_made = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = GridChoice()
        self._classes: tuple[ClassRow, ...] = ()
        self._state = ReviewState()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._chips = {
            name: self._chip(fill)
            for name, fill in (
                ("class", self._class_menu),
                ("order", self._order_menu),
                ("only", self._only_menu),
            )
        }
        for chip in self._chips.values():
            row.addWidget(chip)
        row.addStretch(1)
        self._show_choice()

    def show_classes(self, rows: tuple[ClassRow, ...]) -> None:
        """Offer these classes; one that is gone is chosen no more."""
        self._classes = rows
        known = {row.label_class.id for row in rows}
        if self.choice.class_id is not None and self.choice.class_id not in known:
            self.choice = replace(self.choice, class_id=None)
        self._show_choice()

    def show_state(self, state: ReviewState) -> None:
        """Offer the sessions and splits there are."""
        self._state = state
        self._show_choice()

    def choose(self, choice: GridChoice) -> None:
        """Choose as a click does."""
        self.choice = choice
        self._show_choice()
        self.choice_made.emit(choice)

    def _chip(self, fill: Callable[[QMenu], None]) -> QPushButton:
        chip = button("", "chip")
        menu = QMenu(chip)
        chip.setMenu(menu)

        def show() -> None:
            menu.clear()
            fill(menu)

        menu.aboutToShow.connect(show)
        return chip

    def _class_menu(self, menu: QMenu) -> None:
        self._fill(menu, self._class_entries())

    def _order_menu(self, menu: QMenu) -> None:
        self._fill(menu, self._order_entries())

    def _only_menu(self, menu: QMenu) -> None:
        for words, entries in (
            (tr("Session"), self._session_entries()),
            (tr("Split"), self._split_entries()),
            (tr("Reviewed"), self._reviewed_entries()),
        ):
            self._fill(menu.addMenu(words), entries)

    def _fill(self, menu: QMenu, entries: Entries) -> None:
        for words, choice in entries:
            action = menu.addAction(words.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(choice == self.choice)
            action.triggered.connect(
                lambda _checked=False, made=choice: self.choose(made)
            )

    def _class_entries(self) -> Entries:
        return (
            (tr("all"), replace(self.choice, class_id=None)),
            *(
                (
                    f"{row.label_class.name}  {row.boxes:,}",
                    replace(self.choice, class_id=row.label_class.id),
                )
                for row in self._classes
            ),
        )

    def _order_entries(self) -> Entries:
        return tuple(
            (grid_order_words(order), replace(self.choice, order=order))
            for order in GridOrder
        )

    def _session_entries(self) -> Entries:
        return (
            (tr("any"), replace(self.choice, session_id="")),
            *(
                (name, replace(self.choice, session_id=session_id))
                for session_id, name in self._state.sessions
            ),
        )

    def _split_entries(self) -> Entries:
        return (
            (tr("any"), replace(self.choice, split="")),
            *((name, replace(self.choice, split=name)) for name in self._state.splits),
        )

    def _reviewed_entries(self) -> Entries:
        return tuple(
            (words, replace(self.choice, reviewed=value))
            for value, words in _reviewed_words().items()
        )

    def _show_choice(self) -> None:
        choice = self.choice
        classes = {row.label_class.id: row.label_class.name for row in self._classes}
        words = {
            "class": (
                tr("Class:"),
                tr("all")
                if choice.class_id is None
                else classes.get(choice.class_id, str(choice.class_id)),
            ),
            "order": (tr("Order:"), grid_order_words(choice.order)),
            "only": (tr("Only:"), ", ".join(self._only_words()) or tr("any")),
        }
        for name, (head, value) in words.items():
            shown = value if len(value) <= 24 else f"{value[:23]}…"
            self._chips[name].setText(f"{head} {shown}".replace("&", "&&"))
            self._chips[name].setToolTip(value if shown != value else "")

    def _only_words(self) -> list[str]:
        """What the boxes are narrowed down to besides their class."""
        choice = self.choice
        words = [dict(self._state.sessions).get(choice.session_id, ""), choice.split]
        if choice.reviewed is not None:
            words.append(tr("reviewed") if choice.reviewed else tr("not reviewed"))
        return [one for one in words if one]


def _reviewed_words() -> dict[bool | None, str]:
    return {None: tr("any"), False: tr("not yet"), True: tr("yes")}
