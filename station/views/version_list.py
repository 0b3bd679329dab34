"""The list of versions, newest first."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontDatabase, QPainter

from dataset.records import Version

from .rows import RowDelegate, bold

ID_SHOWN = 7


def short_id(version_id: str) -> str:
    """Give the beginning of a version's id."""
    head, sign, rest = version_id.partition("-")
    return f"{head}{sign}{rest[:ID_SHOWN]}…" if rest else version_id[:ID_SHOWN]


class VersionDelegate(RowDelegate):
    """Paints alias, id, samples and message of a version."""

    row_px = 58

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: Version, *, is_chosen: bool
    ) -> None:
        """Paint one version in two lines."""
        inner = rect.adjusted(12, 8, -12, -8)
        line = QRectF(inner.left(), inner.top(), inner.width(), inner.height() / 2)
        plain = painter.font()
        figure = f"{row.samples:,}"
        self.words(painter, line, figure, "muted", right=True)
        painter.setFont(bold(plain))
        self.words(painter, line, row.alias)
        along = painter.fontMetrics().horizontalAdvance(row.alias) + 10
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPixelSize(self.theme.head_px)
        painter.setFont(fixed)
        room = plain.pixelSize() * len(figure)
        self.words(
            painter, line.adjusted(along, 0, -room, 0), short_id(row.id), "muted"
        )
        painter.setFont(plain)
        below = QRectF(line)
        below.moveTop(line.bottom())
        self.words(painter, below, row.message, "muted")
