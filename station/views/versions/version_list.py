"""The list of versions, newest first; one whose files are damaged says so."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QFontDatabase, QPainter

from ...language import tr
from ..rows import RowDelegate, bold
from .versions_contract import VersionRow

ID_SHOWN = 7
LINES = 4


def short_id(version_id: str) -> str:
    """Give the beginning of a version's id."""
    head, sign, rest = version_id.partition("-")
    return f"{head}{sign}{rest[:ID_SHOWN]}…" if rest else version_id[:ID_SHOWN]


class VersionDelegate(RowDelegate):
    """Paints alias, numbers, id and samples, the message, and when and by whom."""

    row_px = 92

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: VersionRow, *, is_chosen: bool
    ) -> None:
        """Paint one version in four lines."""
        inner = rect.adjusted(12, 8, -12, -8)
        line = QRectF(inner)
        line.setHeight(inner.height() / LINES)
        plain = painter.font()
        self._paint_head(painter, line, row, plain)
        line.moveTop(line.bottom())
        if row.fault:
            self.words(painter, line, row.fault, "bad")
        else:
            self.words(painter, line, row.version.message or tr("no message"), "muted")
        line.moveTop(line.bottom())
        small = QFont(plain)
        small.setPixelSize(self.theme.head_px)
        painter.setFont(small)
        who = " · ".join(part for part in (row.when, row.version.author) if part)
        self.words(painter, line, who, "muted")
        line.moveTop(line.bottom())
        boxes = tr("{count} boxes").format(count=f"{row.version.boxes:,}")
        self.words(painter, line, boxes, "muted", right=True)
        room = painter.fontMetrics().horizontalAdvance(boxes) + 10
        self.words(painter, line.adjusted(0, 0, -room, 0), split_words(row), "muted")
        painter.setFont(plain)

    def _paint_head(
        self, painter: QPainter, line: QRectF, row: VersionRow, plain: QFont
    ) -> None:
        figure = f"{row.version.samples:,}"
        self.words(painter, line, figure, "muted", right=True)
        room = painter.fontMetrics().horizontalAdvance(figure) + 10
        painter.setFont(bold(plain))
        self.words(painter, line, row.alias)
        along = painter.fontMetrics().horizontalAdvance(row.alias) + 10
        if row.semver:
            painter.setFont(plain)
            self.words(painter, line.adjusted(along, 0, -room, 0), row.semver, "muted")
            along += painter.fontMetrics().horizontalAdvance(row.semver) + 10
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPixelSize(self.theme.head_px)
        painter.setFont(fixed)
        place = line.adjusted(along, 0, -room, 0)
        self.words(painter, place, short_id(row.version.id), "muted")
        painter.setFont(plain)


def split_words(row: VersionRow) -> str:
    """Say how many splits a version holds, and how many of them are sealed."""
    if not row.splits:
        return ""
    words = tr("{count} splits").format(count=len(row.splits))
    if not row.sealed:
        return words
    return tr("{splits}, {count} sealed").format(splits=words, count=len(row.sealed))


def version_words(row: VersionRow) -> str:
    """Say all that is known of a version, for the hover text and for reading aloud."""
    version = row.version
    size = tr("{samples} samples, {boxes} boxes").format(
        samples=f"{version.samples:,}", boxes=f"{version.boxes:,}"
    )
    head = "  ".join(part for part in (row.alias, row.semver, version.id) if part)
    lines = [head, version.message, size]
    if row.fault:
        lines.append("; ".join(p for p in (row.fault, row.detail, row.hint) if p))
    if row.splits:
        lines.append(tr("splits: {names}").format(names=", ".join(row.splits)))
    if row.sealed:
        lines.append(tr("sealed: {names}").format(names=", ".join(row.sealed)))
    lines.append(" · ".join(part for part in (row.when, version.author) if part))
    return "\n".join(line for line in lines if line)
