"""The pictures of what was chosen on the map, read as they come into sight."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from dataset.records import SampleState
from dataset.sample_map import MapRow

from ...pictures import ThumbnailLoader, load_thumbnail
from ...theme import Theme
from ..picture_tiles import PictureDelegate, PictureGrid
from ..rows import ROW_ROLE
from ..state_marks import MARK_PX, paint_state

PICTURE = QSize(95, 72)
GAP_PX = 7


class SampleDelegate(PictureDelegate):
    """Paints one sample's picture with the mark of its state."""

    def __init__(
        self,
        theme: Theme,
        thumbnails: ThumbnailLoader,
        words: Callable[[MapRow], str],
    ) -> None:
        super().__init__(theme, thumbnails, PICTURE, GAP_PX)
        self.sample_words = words
        self.root = Path()
        self.hovered_id = ""

    def name_of(self, row: MapRow) -> tuple[Hashable, ...]:
        """The sample."""
        return (row.id,)

    def loader_of(self, row: MapRow, size: QSize) -> Callable[[], QImage]:
        """What reads the sample's small picture."""
        longest = max(row.width, row.height)
        return partial(load_thumbnail, self.root / row.path, size, longest)

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: MapRow, *, is_chosen: bool
    ) -> None:
        """Paint the picture, its state, and whether it is marked or pointed at."""
        place = self.paint_picture(painter, rect, row)
        mark = QRectF(place.right() - MARK_PX - 3, place.top() + 3, MARK_PX, MARK_PX)
        if row.state is not SampleState.NEW:
            white = QColor("#FFFFFF")
            paint_state(painter, mark, row.state, white, twice=False)
        if is_chosen or row.id == self.hovered_id:
            self.paint_ring(painter, place, "accent" if is_chosen else "text")


class SampleGrid(PictureGrid[MapRow]):
    """Shows the samples that are chosen, session by session; some can be marked.

    Signals:
        pointed: the id of the sample under the pointer, "" for none.
    """

    pointed = Signal(str)

    def __init__(
        self,
        theme: Theme,
        thumbnails: ThumbnailLoader,
        words: Callable[[MapRow], str],
        parent: QWidget | None = None,
    ) -> None:
        self._delegate = SampleDelegate(theme, thumbnails, words)
        super().__init__(thumbnails, self._delegate, words, parent)
        self._pointed = ""
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.viewport().setMouseTracking(True)

    @property
    def marked(self) -> tuple[MapRow, ...]:
        """The samples that are marked among those shown."""
        rows = self.rows.rows
        indexes = self.selectionModel().selectedIndexes()
        return tuple(rows[at] for at in sorted(index.row() for index in indexes))

    def show_samples(self, samples: tuple[MapRow, ...], root: Path) -> None:
        """Show these samples of the project in that folder.

        The same ones again keep their place and their marks.
        """
        self._delegate.root = root
        if _are_same(samples, self.rows.rows):
            self.rows.replace(samples)
            return
        self.selectionModel().clear()
        self.rows.show(samples)
        self.updateGeometries()
        self.verticalScrollBar().setValue(0)
        self._settle.start()

    def show_pointed(self, sample_id: str) -> None:
        """Ring a sample that is pointed at on the map."""
        if self._delegate.hovered_id != sample_id:
            self._delegate.hovered_id = sample_id
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        row = self.indexAt(event.position().toPoint()).data(ROW_ROLE)
        self._point("" if row is None else row.id)

    def leaveEvent(self, event: object) -> None:
        self._point("")

    def _point(self, sample_id: str) -> None:
        if sample_id != self._pointed:
            self._pointed = sample_id
            self.pointed.emit(sample_id)


def _are_same(samples: tuple[MapRow, ...], others: tuple[MapRow, ...]) -> bool:
    """Whether these are the same samples, whatever is known of them by now."""
    return len(samples) == len(others) and all(
        one.id == other.id for one, other in zip(samples, others, strict=True)
    )
