"""How the picture, its boxes and the tools of the canvas are painted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPen,
    QRegion,
)

from labeling.geometry import Corners, handle_points

from ..theme import Theme, text_on
from .canvas_view import View

LABEL_HEIGHT = 17.0
LABEL_PAD = 6.0
HANDLE_SIDE = 8.0
MARGIN = 8
PROPOSAL_MARK = "#C58CF0"
WEAK_MARK = "#F2B134"
# A picture is as dark by day as by night: its marks do not follow the theme.
LABELS_FOR_ALL = 60
"""With more boxes than this only those wide enough to carry one show a label."""


class Look(StrEnum):
    """Who stands behind a box, and how sure."""

    ACCEPTED = "accepted"
    PROPOSED = "proposed"
    WEAK = "weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One box on the canvas: corners in image pixels, label ready to be read."""

    id: str
    corners: Corners
    colour: str
    label: str
    look: Look = Look.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A decoded image at the size that just fits, in full, and halved (widest first).

    `fitted` was shrunk to `fitted_scale` device pixels an image pixel, away from the
    main thread; at that zoom painting is a plain copy. Its device pixel ratio is set.
    `full` is None until somebody stays at the picture; one of the two is there.
    """

    full: QImage | None = None
    halves: tuple[QImage, ...] = ()
    fitted: QImage | None = None
    fitted_scale: float = 0.0


class CanvasPainter:
    """Paints the parts of a canvas in one theme."""

    def __init__(self, theme: Theme, font: QFont) -> None:
        self.theme = theme
        self._font = QFont(font)
        self._font.setPixelSize(theme.head_px)
        self._font.setWeight(QFont.Weight.DemiBold)
        self._metrics = QFontMetricsF(self._font)
        self._widths: dict[str, float] = {}

    def paint_image(
        self, painter: QPainter, picture: Picture, view: View, viewport: QRect
    ) -> None:
        """Paint the part of the picture that the viewport shows."""
        ratio = painter.device().devicePixelRatioF()
        wanted = view.scale * ratio
        if picture.fitted is not None and abs(picture.fitted_scale - wanted) < 1e-6:
            painter.drawImage(QPointF(view.x, view.y), picture.fitted)
            return
        if picture.full is None:
            self._paint_stretched(painter, picture, view)
            return
        source, shrink = _source_for(picture.full, picture.halves, wanted)
        x0, y0 = view.to_image(QPointF(viewport.topLeft()))
        x1, y1 = view.to_image(QPointF(viewport.right() + 1, viewport.bottom() + 1))
        full = picture.full
        x0, x1 = max(int(x0) - 1, 0), min(int(x1) + 2, full.width())
        y0, y1 = max(int(y0) - 1, 0), min(int(y1) + 2, full.height())
        if x1 <= x0 or y1 <= y0:
            return
        fx, fy = source.width() / full.width(), source.height() / full.height()
        part = QRectF(x0 * fx, y0 * fy, (x1 - x0) * fx, (y1 - y0) * fy)
        # Beyond 2:1 the pixels themselves are what the person wants to see.
        smooth = wanted * shrink < 2.0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(view.rect((x0, y0, x1, y1)), source, part)

    def _paint_stretched(self, painter: QPainter, picture: Picture, view: View) -> None:
        """Paint the fitted picture at another zoom until the full one is there."""
        if picture.fitted is not None:
            wide = picture.fitted.width() / picture.fitted_scale
            high = picture.fitted.height() / picture.fitted_scale
            painter.drawImage(view.rect((0.0, 0.0, wide, high)), picture.fitted)

    def paint_item(
        self,
        painter: QPainter,
        item: Shown,
        view: View,
        width: float,
        *,
        is_active: bool = False,
        with_label: bool = True,
    ) -> None:
        """Paint one box; the active one with its eight grips."""
        rect = view.rect(item.corners)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 110), 4 if is_active else 3.5))
        painter.drawRect(rect)
        if is_active:
            fill = QColor(self._line_colour(item))
            fill.setAlpha(36)
            painter.fillRect(rect, fill)
        painter.setPen(self._pen(item, is_active=is_active))
        painter.drawRect(rect)
        if with_label or is_active:
            self._paint_label(painter, item, self.label_rect(item, rect, width))
        if is_active:
            self._paint_handles(painter, item, view)

    def has_label(self, item: Shown, view: View, count: int) -> bool:
        """Say whether there is room for the label among `count` boxes."""
        if count <= LABELS_FOR_ALL or item.look is Look.WEAK:
            return True
        return view.rect(item.corners).width() >= self._label_width(item.label)

    def label_rect(self, item: Shown, rect: QRectF, width: float) -> QRectF:
        """Give where the label sits: above the box, else inside, never outside."""
        wide = self._label_width(item.label)
        left = min(rect.left() - 1, width - wide)
        top = rect.top() - LABEL_HEIGHT - 1
        if top < 0:
            top = max(rect.top() + 1, 0.0)
        return QRectF(max(left, 0.0), top, wide, LABEL_HEIGHT)

    def bounds(self, item: Shown, view: View, width: float) -> QRect:
        """Give all that painting `item` can touch, in widget pixels."""
        rect = view.rect(item.corners)
        both = rect.united(self.label_rect(item, rect, width))
        return both.toAlignedRect().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)

    def paint_rubber(self, painter: QPainter, rect: QRectF, colour: str) -> None:
        """Paint the box being drawn."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 120), 3))
        painter.drawRect(rect)
        painter.setPen(QPen(QColor(colour), 1.5))
        painter.drawRect(rect)

    def paint_crosshair(self, painter: QPainter, at: QPointF, size: QRect) -> None:
        """Paint the two lines through the pointer."""
        for colour, width in ((QColor(0, 0, 0, 110), 3.0), (self._accent(), 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QPointF(0, at.y()), QPointF(size.width(), at.y()))
            painter.drawLine(QPointF(at.x(), 0), QPointF(at.x(), size.height()))

    def _accent(self) -> QColor:
        colour = self.theme.colour("accent")
        colour.setAlpha(220)
        return colour

    def _line_colour(self, item: Shown) -> str:
        if item.look is Look.PROPOSED:
            return PROPOSAL_MARK
        if item.look is Look.WEAK:
            return WEAK_MARK
        return item.colour

    def _pen(self, item: Shown, *, is_active: bool) -> QPen:
        pen = QPen(QColor(self._line_colour(item)), 2.5 if is_active else 2)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if item.look is Look.PROPOSED:
            pen.setDashPattern([4.0, 2.5])
        elif item.look is Look.WEAK:
            pen.setDashPattern([1.2, 1.6])
        return pen

    def _label_width(self, label: str) -> float:
        if label not in self._widths:
            advance = self._metrics.horizontalAdvance(label)
            self._widths[label] = advance + 2 * LABEL_PAD
        return self._widths[label]

    def _paint_label(self, painter: QPainter, item: Shown, rect: QRectF) -> None:
        colour = self._line_colour(item)
        painter.fillRect(rect, QColor(colour))
        painter.setFont(self._font)
        painter.setPen(QColor(text_on(colour)))
        painter.drawText(
            rect.adjusted(LABEL_PAD, 0, 0, 0),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            item.label,
        )

    def _paint_handles(self, painter: QPainter, item: Shown, view: View) -> None:
        rect = view.rect(item.corners)
        corners = (rect.left(), rect.top(), rect.right(), rect.bottom())
        is_small = min(rect.width(), rect.height()) < 3 * HANDLE_SIDE
        painter.setPen(QPen(QColor(self._line_colour(item)), 1.5))
        painter.setBrush(QColor("#FFFFFF"))
        half = HANDLE_SIDE / 2
        for handle, (x, y) in handle_points(corners).items():
            if is_small and not handle.is_corner:
                continue
            painter.drawRect(QRectF(x - half, y - half, HANDLE_SIDE, HANDLE_SIDE))


def _source_for(
    full: QImage, halves: tuple[QImage, ...], wanted: float
) -> tuple[QImage, float]:
    """Give the smallest image that need not be enlarged, and how it was shrunk."""
    source, shrink = full, 1.0
    for half in halves:
        if half.width() < full.width() * wanted:
            break
        source, shrink = half, shrink * 2.0
    return source, shrink


def rubber_bounds(rect: QRectF | None) -> QRect:
    """Give all that painting the box being drawn can touch."""
    if rect is None:
        return QRect()
    return rect.toAlignedRect().adjusted(-3, -3, 3, 3)


def crosshair_bounds(at: QPointF | None, window: QRect) -> QRegion:
    """Give all that painting the crosshair can touch."""
    if at is None:
        return QRegion()
    x, y = int(at.x()), int(at.y())
    flat = QRegion(0, y - 3, window.width(), 7)
    return flat.united(QRegion(x - 3, 0, 7, window.height()))
