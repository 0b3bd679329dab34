"""What the pointer is at on the map: its picture and what is known of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from dataset.sample_map import MapRow

from ...language import tr
from ...pictures import ThumbnailLoader, load_thumbnail
from ..labels import ElidedLabel

PICTURE = QSize(192, 120)
AWAY_PX = 16
PAD_PX = 8


class CardPicture(QWidget):
    """The small picture; grey until it is read, in words where it cannot be."""

    def __init__(self, thumbnails: ThumbnailLoader, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(PICTURE)
        self._thumbnails = thumbnails
        self._row: MapRow | None = None
        self._root = Path()
        thumbnails.thumbnail_loaded.connect(lambda *_: self.update())

    def show_sample(self, row: MapRow, root: Path) -> None:
        """Show another sample."""
        self._row, self._root = row, root
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        row = self._row
        if row is not None:
            path, size = self._root / row.path, PICTURE * self.devicePixelRatioF()
            longest = max(row.width, row.height)
            image = self._thumbnails.get(
                (row.id, "card", self.devicePixelRatioF()),
                lambda: load_thumbnail(path, size, longest),
            )
            if image is not None and not image.isNull():
                painter.drawImage(self.rect(), image)
            elif image is not None:
                middle = Qt.AlignmentFlag.AlignCenter
                painter.drawText(self.rect(), middle, tr("no picture"))
        painter.end()


class HoverCard(QFrame):
    """Stands beside the pointer and never under it."""

    def __init__(self, thumbnails: ThumbnailLoader, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setProperty("kind", "notice")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.picture = CardPicture(thumbnails, self)
        self._first = ElidedLabel("")
        self._second = ElidedLabel("", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD_PX, PAD_PX, PAD_PX, PAD_PX)
        column.setSpacing(4)
        for part in (self.picture, self._first, self._second):
            column.addWidget(part)
        self.hide()

    @property
    def words(self) -> tuple[str, str]:
        """Both lines below the picture."""
        return self._first.text(), self._second.text()

    def show_sample(
        self, row: MapRow, root: Path, words: tuple[str, str], where: QPoint
    ) -> None:
        """Show a sample beside a point of the parent."""
        self._first.setText(words[0])
        self._second.setText(words[1])
        self.picture.show_sample(row, root)
        self.adjustSize()
        self.setFixedWidth(PICTURE.width() + 2 * PAD_PX + 2)
        self.move(self._place(where))
        self.raise_()
        self.show()

    def _place(self, where: QPoint) -> QPoint:
        """Right below the pointer, on the other side where there is no room."""
        room = self._over.size()
        x, y = where.x() + AWAY_PX, where.y() + AWAY_PX
        if x + self.width() > room.width():
            x = where.x() - AWAY_PX - self.width()
        if y + self.height() > room.height():
            y = where.y() - AWAY_PX - self.height()
        return QPoint(max(x, 0), max(y, 0))
