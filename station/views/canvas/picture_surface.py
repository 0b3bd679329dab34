"""One picture in a widget: fitted, zoomed, moved about, shown brighter or darker."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...theme import Theme
from ...tone import PLAIN, Tone
from .canvas_layers import CanvasLayers
from .canvas_paint import CanvasPainter, Picture
from .canvas_view import View, fitted, fitting_scale, panned, zoomed


class PictureSurface(QWidget):
    """Shows one picture; what lies on it is painted by who builds on this.

    Signals:
        view_changed: scale in device pixels an image pixel.
    """

    view_changed = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        expanding = QSizePolicy.Policy.Expanding
        self.setSizePolicy(expanding, expanding)
        self._picture: Picture | None = None
        self._message = ""
        self._size = (1, 1)
        self._view = View()
        self._is_fitted = True
        self._tone = PLAIN
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._brush = CanvasPainter(theme, self.font())
        self._layers = CanvasLayers(self._brush)
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for the larger part of the window."""
        return QSize(900, 600)

    def minimumSizeHint(self) -> QSize:
        """Stay usable in the smallest window."""
        return QSize(320, 240)

    def show_picture(self, picture: Picture | None, size: tuple[int, int]) -> None:
        """Show another picture of `size` upright pixels; zoom and place are kept.

        None shows an empty canvas of that size until the picture is there.
        """
        has_new_size = size != self._size
        self._picture, self._size, self._message = picture, size, ""
        if self._is_fitted or has_new_size:
            self.fit()
        self._layers.drop_image()
        self.update()

    def show_message(self, words: str) -> None:
        """Say, in place of the picture, why there is none."""
        self._message = words
        self.update()

    def set_tone(self, tone: Tone) -> None:
        """Show the picture brighter or darker; its pixels stay as they are."""
        if tone != self._tone:
            self._tone = tone
            self._layers.drop_image()
            self.update()

    @property
    def tone(self) -> Tone:
        """How the picture is shown."""
        return self._tone

    @property
    def view(self) -> View:
        """Where the picture lies in the widget."""
        return self._view

    @property
    def is_fitted(self) -> bool:
        """True while the whole picture is kept in sight."""
        return self._is_fitted

    @property
    def has_picture(self) -> bool:
        """True once the picture itself is shown."""
        return self._picture is not None

    def device_scale(self, size: tuple[int, int]) -> float:
        """Give device pixels an image pixel that a picture of `size` will have."""
        is_same = size == self._size and not self._is_fitted
        scale = self._view.scale if is_same else fitting_scale(self.size(), size)
        return scale * self.devicePixelRatioF()

    def fit(self) -> None:
        """Show the whole picture in the middle."""
        self._is_fitted = True
        self._set_view(fitted(self.size(), self._size))

    def zoom_to(self, scale: float) -> None:
        """Show `scale` widget pixels an image pixel, keeping the middle."""
        middle = QPointF(self.width() / 2, self.height() / 2)
        self.zoom_by(scale / self._view.scale, middle)

    def zoom_middle(self, factor: float) -> None:
        """Zoom by a factor, keeping the middle."""
        self.zoom_to(self._view.scale * factor)

    @property
    def image_size(self) -> tuple[int, int]:
        """Width and height of the picture, in its own pixels."""
        return self._size

    def image_point(self, point: QPointF) -> tuple[float, float]:
        """Give the image point under a widget point."""
        return self._view.to_image(point)

    def image_length(self, pixels: float) -> float:
        """Give how many image pixels `pixels` of the widget are."""
        return pixels / self._view.scale

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the picture; part of it stays in sight."""
        self._is_fitted = False
        self._set_view(panned(self._view, dx, dy, self.size(), self._size))

    def zoom_by(self, factor: float, at: QPointF) -> None:
        """Zoom, keeping the image point under `at` where it is."""
        self._is_fitted = False
        self._set_view(zoomed(self._view, factor, at, self.size(), self._size))

    def show_cursor(self, shape: Qt.CursorShape) -> None:
        """Show this pointer."""
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    # Events and painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep a fitted picture fitted."""
        super().resizeEvent(event)
        self._layers.drop()
        if self._is_fitted:
            self.fit()

    def _paint_picture(self, painter: QPainter) -> None:
        """Copy what stands still, or say why there is no picture."""
        self._layers.copy_image(
            painter, self.size(), self._view, self._picture, self._tone
        )
        if self._picture is None and self._message:
            self._brush.paint_message(painter, self.rect(), self._message)

    def _set_view(self, view: View) -> None:
        if view != self._view:
            self._view = view
            self._layers.drop()
            self.update()
            self.view_changed.emit(view.scale * self.devicePixelRatioF())
