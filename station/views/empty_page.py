"""What a page says when it has nothing to show: what to do first."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ..language import tr
from .labels import button, label
from .rows import dress

TEXT_PX = 460


class EmptyNote(QWidget):
    """One sentence, what to do next, and the buttons that do it.

    Signals:
        action_requested: the id of the action whose button was clicked.
    """

    action_requested = Signal(str)

    def __init__(
        self,
        title: str,
        text: str,
        buttons: tuple[tuple[str, str], ...] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "page")
        column = QVBoxLayout(self)
        column.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.setSpacing(10)
        middle = Qt.AlignmentFlag.AlignHCenter
        self._title = label(title, "title")
        self._text = label(text, "muted", wraps=True)
        self._text.setAlignment(middle)
        self._text.setFixedWidth(TEXT_PX)
        column.addWidget(self._title, 0, middle)
        column.addWidget(self._text, 0, middle)
        for at, (action_id, words) in enumerate(buttons):
            one = button(words, "primary" if at == 0 else "")
            one.clicked.connect(
                lambda _checked=False, name=action_id: self.action_requested.emit(name)
            )
            column.addWidget(one, 0, middle)

    @property
    def words(self) -> tuple[str, str]:
        """The sentence and what to do next."""
        return self._title.text(), self._text.text()

    def set_words(self, title: str, text: str) -> None:
        """Say something else."""
        self._title.setText(title)
        self._text.setText(text)


def welcome() -> EmptyNote:
    """Give what the window shows before a project is open."""
    return EmptyNote(
        tr("No project is open"),
        tr(
            "A project is a folder that keeps pictures, labels and versions together. "
            "Make a new one, open one, or look round in the demonstration: "
            "fieldset demo."
        ),
        (
            ("project.new", tr("New project…")),
            ("project.open", tr("Open a project…")),
        ),
    )
