"""Small pieces of text that every page is made of."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QWidget,
)


def label(text: str, kind: str = "", *, wraps: bool = False) -> QLabel:
    """Give a label in the look `kind`; text is never read as markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("kind", kind)
    made.setWordWrap(wraps)
    return made


def breakable(text: str, every: int = 24) -> str:
    """Give text whose long words (digests, paths) may be broken to fit a label."""
    return " ".join(
        "\u200b".join(word[at : at + every] for at in range(0, len(word), every))
        for word in text.split(" ")
    )


def set_tone(widget: QWidget, tone: str) -> None:
    """Colour a widget as `ok`, `warn`, `bad`, `proposal`, `muted` or plain."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def bar(kind: str, height: int | None = None) -> tuple[QWidget, QHBoxLayout]:
    """Give a horizontal strip of chrome and the layout to fill it."""
    strip = QWidget()
    strip.setProperty("kind", kind)
    strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    if height is not None:
        strip.setFixedHeight(height)
    row = QHBoxLayout(strip)
    row.setContentsMargins(14, 0, 14, 0)
    row.setSpacing(10)
    return strip, row


def rule() -> QFrame:
    """Give a thin line."""
    line = QFrame()
    line.setProperty("kind", "rule")
    line.setFixedHeight(1)
    return line


def button(text: str, kind: str = "", *, touch: bool = False) -> QPushButton:
    """Give a button that leaves the keyboard to the page."""
    made = QPushButton(text)
    made.setProperty("kind", kind)
    made.setProperty("touch", "true" if touch else "false")
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made


def key_hint(keys: str, text: str) -> QWidget:
    """Give a key with the words that say what it does."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 6, 0)
    row.setSpacing(5)
    row.addWidget(label(keys, "key"), 0, Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(label(text), 0, Qt.AlignmentFlag.AlignVCenter)
    return holder


class ElidedLabel(QLabel):
    """One line of text that is cut with an ellipsis, and told in full on hover."""

    def __init__(self, text: str = "", kind: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("kind", kind)
        self.setIndent(0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Ask for a few letters only."""
        least = QFontMetrics(self.font()).horizontalAdvance("mmm…")
        return QSize(least, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what fits."""
        room = self.contentsRect()
        shown = QFontMetrics(self.font()).elidedText(
            self.text(), Qt.TextElideMode.ElideRight, room.width()
        )
        self.setToolTip(self.text() if shown != self.text() else "")
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(room, self.alignment() | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()
