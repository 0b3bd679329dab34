"""The part of a dialog that shows work under way, and what came of it."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from dataset.errors import FieldsetError

from ..jobs import JobState
from ..language import tr
from .labels import ElidedLabel, breakable, label, set_tone

LINES_SHOWN = 6


class WorkPart(QWidget):
    """Shows a bar with words while work goes on, then a sentence with lines."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._step = ElidedLabel("", "muted")
        self._sentence = label("", wraps=True)
        self._lines = label("", "muted", wraps=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for part in (self._bar, self._step, self._sentence, self._lines):
            column.addWidget(part)
        self.clear()

    @property
    def words(self) -> str:
        """The sentence and the lines that are shown."""
        shown = (self._sentence.text(), self._lines.text())
        return "\n".join(text for text in shown if text).replace("\u200b", "")

    @property
    def step_words(self) -> str:
        """How far the work is, in words."""
        return self._step.text()

    def clear(self) -> None:
        """Show nothing."""
        self._show_bar(False)
        self._say("", "", ())

    def begin(self) -> None:
        """Show that work has begun."""
        self._say("", "", ())
        self._bar.setRange(0, 0)
        self._step.setText(tr("beginning"))
        self._show_bar(True)

    def show_step(self, state: JobState) -> None:
        """Show how far it is."""
        self._bar.setRange(0, state.total or 0)
        self._bar.setValue(state.done if state.total else 0)
        words = state.what
        if state.total:
            counts = tr("{done} of {total}")
            words += " · " + counts.format(
                done=f"{state.done:,}", total=f"{state.total:,}"
            )
        self._step.setText(words)

    def show_outcome(self, sentence: str, lines: tuple[str, ...] = ()) -> None:
        """Show what was done."""
        self._show_bar(False)
        self._say(sentence, "ok", lines)

    def show_fault(self, error: FieldsetError) -> None:
        """Show why it ended, and the next step."""
        self._show_bar(False)
        hint = f"{tr('Next step')}: {error.hint}" if error.hint else ""
        self._say(error.message, "bad", (hint,) if hint else ())

    def show_words(self, sentence: str, tone: str = "muted") -> None:
        """Show another sentence."""
        self._show_bar(False)
        self._say(sentence, tone, ())

    def _show_bar(self, is_shown: bool) -> None:
        self._bar.setVisible(is_shown)
        self._step.setVisible(is_shown)

    def _say(self, sentence: str, tone: str, lines: tuple[str, ...]) -> None:
        shown = list(lines[:LINES_SHOWN])
        if len(lines) > LINES_SHOWN:
            more = tr("and {count} more")
            shown.append(more.format(count=len(lines) - LINES_SHOWN))
        self._sentence.setText(breakable(sentence))
        set_tone(self._sentence, tone)
        self._sentence.setVisible(bool(sentence))
        self._lines.setText(breakable("\n".join(shown)))
        self._lines.setToolTip("\n".join(lines))
        self._lines.setVisible(bool(shown))
