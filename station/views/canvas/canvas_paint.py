"""How the picture, its boxes and the tools of the canvas are painted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPen,
    QRegion,
)

from labeling.geometry import Corners, handle_points

from ...theme import Theme, text_on
from .canvas_view import View

LABEL_HEIGHT = 17.0
LABEL_PAD = 6.0
HANDLE_SIDE = 8.0
MARGIN = 8
BEYOND = 40
"""How far outside the canvas lines still run: a dashed line of a box that reaches a
million pixels out of the picture would be computed dash by dash."""
PROPOSAL_MARK = "#C58CF0"
WEAK_MARK = "#F2B134"
# A picture is as dark by day as by night: its marks do not follow the theme.
LABELS_FOR_ALL = 60
"""With more boxes than this only those wide enough to carry one show a label."""
CROWD = 400
"""More boxes than this are painted all together, a colour and kind at a time."""
LOCK_PX = 13.0


class Look(StrEnum):
    """Who stands behind a box, and how sure.

    The line tells them apart without its colour: full for accepted, dash and dot for a
    proposal that stands still, dashes for one that moved (or that a model found),
    dots over a hatched ghost for a weak one.
    """

    ACCEPTED = "accepted"
    STILL = "still"
    PROPOSED = "proposed"
    WEAK = "weak"


DASHES: Mapping[Look, tuple[float, ...]] = {
    Look.STILL: (8.0, 2.5, 1.5, 2.5),
    Look.PROPOSED: (4.0, 2.5),
    Look.WEAK: (1.2, 1.6),
}
MARKS: Mapping[Look, str] = {
    Look.STILL: PROPOSAL_MARK,
    Look.PROPOSED: PROPOSAL_MARK,
    Look.WEAK: WEAK_MARK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One box on the canvas: corners in image pixels, label ready to be read."""

    id: str
    corners: Corners
    colour: str
    label: str
    look: Look = Look.ACCEPTED
    is_locked: bool = False


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

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in image pixels; close to them while only fitted."""
        if self.full is not None:
            return float(self.full.width()), float(self.full.height())
        if self.fitted is None:
            return 0.0, 0.0
        scale = self.fitted_scale
        return self.fitted.width() / scale, self.fitted.height() / scale


class CanvasPainter:
    """Paints the parts of a canvas in one theme."""

    def __init__(self, theme: Theme, font: QFont) -> None:
        self.theme = theme
        self._font = QFont(font)
        self._font.setPixelSize(theme.head_px)
        self._font.setWeight(QFont.Weight.DemiBold)
        self._metrics = QFontMetricsF(self._font)
        self._widths: dict[str, float] = {}
        self._pens: dict[tuple[Look, str, bool], QPen] = {}

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
        window: QRect,
        *,
        is_active: bool = False,
        with_label: bool = True,
        with_grips: bool = False,
    ) -> None:
        """Paint one box where `window` shows it; a chosen one with a tint."""
        whole = view.rect(item.corners)
        rect = within(whole, window)
        if rect.isEmpty():
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 110), 4 if is_active else 3.5))
        painter.drawRect(rect)
        if is_active or item.look is Look.WEAK:
            self._paint_inside(painter, item, rect, is_active=is_active)
        painter.setPen(self._pen(item.look, self._line_colour(item), is_active))
        painter.drawRect(rect)
        if with_label or is_active:
            place = self.label_rect(item, whole, float(window.width()))
            self._paint_label(painter, item, place)
        if with_grips and not item.is_locked:
            self._paint_handles(painter, item, view)
        elif is_active:
            self._paint_corners(painter, item, rect)

    def paint_crowd(
        self, painter: QPainter, items: Iterable[Shown], view: View, window: QRect
    ) -> None:
        """Paint very many boxes: lines alone, one call a colour and kind."""
        groups: dict[tuple[Look, str], list[QRectF]] = {}
        for item in items:
            rect = within(view.rect(item.corners), window)
            if not rect.isEmpty():
                key = (item.look, self._line_colour(item))
                groups.setdefault(key, []).append(rect)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for (look, colour), rects in groups.items():
            painter.setPen(QPen(QColor(0, 0, 0, 110), 3.0))
            painter.drawRects(rects)
            painter.setPen(self._pen(look, colour, is_active=False))
            painter.drawRects(rects)

    def _paint_inside(
        self, painter: QPainter, item: Shown, rect: QRectF, *, is_active: bool
    ) -> None:
        """Tint a chosen box; hatch a ghost, so that it is told from a sure one."""
        fill = QColor(self._line_colour(item))
        if item.look is Look.WEAK:
            fill.setAlpha(120 if is_active else 80)
            painter.fillRect(rect, QBrush(fill, Qt.BrushStyle.BDiagPattern))
        else:
            fill.setAlpha(36)
            painter.fillRect(rect, fill)

    def has_label(self, item: Shown, view: View, count: int) -> bool:
        """Say whether there is room for the label among `count` boxes."""
        if count <= LABELS_FOR_ALL or item.look is Look.WEAK:
            return True
        return view.rect(item.corners).width() >= self._item_width(item)

    def label_rect(self, item: Shown, rect: QRectF, width: float) -> QRectF:
        """Give where the label sits: above the box, else inside, never outside."""
        wide = self._item_width(item)
        left = min(rect.left() - 1, width - wide)
        top = rect.top() - LABEL_HEIGHT - 1
        if top < 0:
            top = max(rect.top() + 1, 0.0)
        return QRectF(max(left, 0.0), top, wide, LABEL_HEIGHT)

    def is_in_sight(self, item: Shown, view: View, window: QRect) -> bool:
        """Say whether any of the box, its label aside, lies in the window."""
        return not within(view.rect(item.corners), window, MARGIN).isEmpty()

    def bounds(self, item: Shown, view: View, window: QRect) -> QRect:
        """Give all that painting `item` can touch, in widget pixels."""
        rect = view.rect(item.corners)
        label = self.label_rect(item, rect, float(window.width()))
        both = within(rect, window).united(label)
        return both.toAlignedRect().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)

    def paint_rubber(self, painter: QPainter, rect: QRectF, colour: str) -> None:
        """Paint the box being drawn."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 120), 3))
        painter.drawRect(rect)
        painter.setPen(QPen(QColor(colour), 1.5))
        painter.drawRect(rect)

    def paint_band(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the part in which boxes will be chosen."""
        fill = self.theme.colour("accent")
        fill.setAlpha(40)
        painter.fillRect(rect, fill)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 140), 3))
        painter.drawRect(rect)
        painter.setPen(QPen(QColor("#FFFFFF"), 1, Qt.PenStyle.DashLine))
        painter.drawRect(rect)

    def paint_badges(self, painter: QPainter, words: Iterable[str]) -> None:
        """Paint, in the upper left corner, what is not as it usually is."""
        painter.setFont(self._font)
        left = 10.0
        for text in words:
            rect = QRectF(left, 10.0, self._label_width(text) + 6, LABEL_HEIGHT + 5)
            painter.setPen(QPen(QColor(255, 255, 255, 170), 1))
            painter.setBrush(QColor(13, 15, 17, 215))
            painter.drawRoundedRect(rect, 4, 4)
            painter.setPen(QColor("#FFFFFF"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
            left = rect.right() + 6

    def paint_message(self, painter: QPainter, window: QRect, text: str) -> None:
        """Paint, in the middle, why there is no picture."""
        font = QFont(self._font)
        font.setPixelSize(self.theme.text_px + 1)
        painter.setFont(font)
        painter.setPen(self.theme.colour("text"))
        room = window.adjusted(24, 24, -24, -24)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(room, int(flags), text)

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
        return MARKS.get(item.look, item.colour)

    def _pen(self, look: Look, colour: str, is_active: bool) -> QPen:
        key = (look, colour, is_active)
        if key not in self._pens:
            pen = QPen(QColor(colour), 2.5 if is_active else 2)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            if look in DASHES:
                pen.setDashPattern(list(DASHES[look]))
            self._pens[key] = pen
        return self._pens[key]

    def _item_width(self, item: Shown) -> float:
        return self._label_width(item.label) + (LOCK_PX if item.is_locked else 0.0)

    def _label_width(self, label: str) -> float:
        if label not in self._widths:
            advance = self._metrics.horizontalAdvance(label)
            self._widths[label] = advance + 2 * LABEL_PAD
        return self._widths[label]

    def _paint_label(self, painter: QPainter, item: Shown, rect: QRectF) -> None:
        colour = QColor(self._line_colour(item))
        words = QColor(text_on(colour.name()))
        if item.look is Look.WEAK:
            painter.setPen(QPen(colour, 1))
            painter.setBrush(QColor(13, 15, 17, 225))
            painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
            words = colour
        else:
            painter.fillRect(rect, colour)
        painter.setFont(self._font)
        left = LABEL_PAD
        if item.is_locked:
            _paint_padlock(painter, rect.left() + left, rect.center().y(), words)
            left += LOCK_PX
        painter.setPen(words)
        painter.drawText(
            rect.adjusted(left, 0, 0, 0),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            item.label,
        )

    def _paint_corners(self, painter: QPainter, item: Shown, rect: QRectF) -> None:
        """Mark a chosen box that has no grips, as one of several or as locked."""
        painter.setPen(QPen(QColor("#FFFFFF"), 1))
        painter.setBrush(QColor(self._line_colour(item)))
        half = HANDLE_SIDE / 2 - 0.5
        for x in (rect.left(), rect.right()):
            for y in (rect.top(), rect.bottom()):
                painter.drawRect(QRectF(x - half, y - half, 2 * half, 2 * half))

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


def within(rect: QRectF, window: QRect, beyond: int = BEYOND) -> QRectF:
    """Give the part of `rect` in the window or close outside; empty for none."""
    room = QRectF(window.adjusted(-beyond, -beyond, beyond, beyond))
    return rect.intersected(room)


def _paint_padlock(painter: QPainter, left: float, middle: float, ink: QColor) -> None:
    """Paint a padlock 8 pixels wide; few fonts have the letter."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink, 1.4))
    painter.drawArc(QRectF(left + 1.5, middle - 5.5, 5, 7), 0, 180 * 16)
    painter.fillRect(QRectF(left, middle - 1.5, 8, 6), ink)


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
