"""What the colours and shapes of the map stand for; each can be hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QListView, QVBoxLayout, QWidget

from dataset.records import CLASS_COLOURS
from dataset.sample_map import Colouring

from ...language import tr
from ...theme import Theme
from ..rows import ROW_ROLE, RowDelegate, RowList, fit_height, plain_list
from .point_raster import SHAPES, Ink, Layer, mixed, paint

NAMED = len(SHAPES)
ROWS_SHOWN = 9
ROW_PX = 23
GLYPH_PX = 18
GLYPH_RADIUS = 4.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendRow:
    """One look of points: the codes it stands for, in words, and how many there are.

    `colour` "" is the quiet grey of what has no colour of its own, quieter still where
    it stands for no value at all.
    """

    codes: frozenset[int]
    words: str
    count: int
    colour: str
    shape: str
    shown: bool = True
    is_none: bool = False


def legend_rows(
    colouring: Colouring, colours: Mapping[str, str]
) -> tuple[LegendRow, ...]:
    """The seven largest values with a colour and a shape each, the others as one.

    `colours` are those of classes, by name; other values take them in turn.
    """
    counts = colouring.counts
    named = [at for at, value in enumerate(colouring.values) if value and counts[at]]
    ranked = sorted(named, key=lambda at: (-counts[at], colouring.values[at]))
    rows = [
        LegendRow(
            codes=frozenset((at,)),
            words=colouring.values[at],
            count=counts[at],
            colour=colours.get(colouring.values[at], CLASS_COLOURS[place]),
            shape=SHAPES[place],
        )
        for place, at in enumerate(ranked[:NAMED])
    ]
    rest = ranked[NAMED:]
    if rest:
        words = tr("{count} others").format(count=f"{len(rest):,}")
        if len(rest) == 1:
            words = colouring.values[rest[0]]
        rows.append(_quiet(frozenset(rest), words, sum(counts[at] for at in rest)))
    none = [at for at, value in enumerate(colouring.values) if not value]
    if none and counts[none[0]]:
        row = _quiet(frozenset(none), none_words(colouring.by), counts[none[0]])
        rows.append(replace(row, is_none=True))
    return tuple(rows)


def none_words(by: str) -> str:
    """Say what a sample without a value has not."""
    known = {"class": tr("no box, or closed"), "split": tr("no split yet")}
    return known.get(by, tr("not said"))


def by_words(by: str) -> str:
    """Name a way to colour."""
    known = {
        "class": tr("class"),
        "split": tr("split"),
        "session": tr("session"),
        "state": tr("state"),
    }
    return known.get(by, by.removeprefix("condition:"))


def rgb(colour: QColor) -> int:
    """A colour as 0xFFRRGGBB."""
    return int(colour.rgb()) | 0xFF000000


def ink_of(row: LegendRow, theme: Theme, *, is_faded: bool = False) -> Ink:
    """How the points of a row look; faded where others are chosen."""
    ground = rgb(theme.colour("canvas"))
    core = rgb(QColor(row.colour)) if row.colour else rgb(theme.colour("muted"))
    if not row.colour:
        core = mixed(core, ground, 0.65 if row.is_none else 0.25)
    is_light = theme.colour("canvas").lightnessF() > 0.5
    rim = mixed(core, 0xFF000000, 0.4) if is_light else mixed(core, ground, 0.6)
    if is_faded:
        core, rim = mixed(core, ground, 0.68), mixed(core, ground, 0.82)
    return Ink(core=core, rim=rim, shape=row.shape)


class LegendDelegate(RowDelegate):
    """Paints shape, words and number; a hidden one is struck through."""

    row_px = ROW_PX

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: LegendRow, *, is_chosen: bool
    ) -> None:
        """Paint one row of the legend."""
        painter.drawImage(self._glyph_place(rect), self._glyph(painter, row))
        count = f"{row.count:,}"
        room = painter.fontMetrics().horizontalAdvance(count)
        room += 4
        right = QRectF(rect.right() - room - 2, rect.top(), room, rect.height())
        self.words(painter, right, count, "muted", right=True)
        left = rect.left() + GLYPH_PX + 8
        place = QRectF(left, rect.top(), right.left() - left - 8, rect.height())
        font = painter.font()
        font.setStrikeOut(not row.shown)
        painter.setFont(font)
        self.words(painter, place, row.words, "text" if row.shown else "muted")

    def _glyph_place(self, rect: QRectF) -> QRectF:
        top = rect.center().y() - GLYPH_PX / 2
        return QRectF(rect.left(), top, GLYPH_PX, GLYPH_PX)

    def _glyph(self, painter: QPainter, row: LegendRow) -> QImage:
        ratio = painter.device().devicePixelRatioF()
        side = round(GLYPH_PX * ratio)
        ground = rgb(self.theme.colour("panel"))
        ink = ink_of(row, self.theme, is_faded=not row.shown)
        middle = np.full((1, 2), side / 2, np.float32)
        layer = Layer(points=middle, ink=ink, radius=GLYPH_RADIUS * ratio)
        pixels = paint(side, side, ground, [layer]).copy()
        image = QImage(
            pixels.data, side, side, side * 4, QImage.Format.Format_RGB32
        ).copy()
        image.setDevicePixelRatio(ratio)
        return image


class MapLegend(QWidget):
    """Lists what is on the map; a click hides or shows, Shift+click shows it alone.

    Signals:
        shown_changed: the codes that are shown, as a frozenset.
    """

    shown_changed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._delegate = LegendDelegate(theme, self)
        self.rows: RowList[LegendRow] = RowList(_row_words, self)
        self.view: QListView = plain_list(self.rows, self._delegate)
        self.view.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.view.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        self.view.clicked.connect(lambda index: self._on_click(index.data(ROW_ROLE)))

    def show_colouring(
        self,
        colouring: Colouring,
        colours: Mapping[str, str],
        *,
        keeps_hidden: bool = True,
    ) -> None:
        """Show the values of a colouring; what was hidden by name stays so."""
        hidden = {row.words for row in self.rows.rows if not row.shown}
        made = legend_rows(colouring, colours)
        if keeps_hidden:
            made = tuple(_shown(row, row.words not in hidden) for row in made)
        self._put(made)

    def toggle(self, row: LegendRow) -> None:
        """Hide a row, or show it again."""
        self._put(
            tuple(
                _shown(known, not known.shown) if known.codes == row.codes else known
                for known in self.rows.rows
            )
        )

    def isolate(self, row: LegendRow) -> None:
        """Show one row alone; everything where it is alone already."""
        others = any(k.shown for k in self.rows.rows if k.codes != row.codes)
        self._put(
            tuple(
                _shown(known, not others or known.codes == row.codes)
                for known in self.rows.rows
            )
        )

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._delegate.theme = theme
        self.view.viewport().update()

    def _on_click(self, row: LegendRow) -> None:
        shift = Qt.KeyboardModifier.ShiftModifier
        if QApplication.keyboardModifiers() & shift:
            self.isolate(row)
        else:
            self.toggle(row)

    def _put(self, rows: tuple[LegendRow, ...]) -> None:
        self.rows.replace(rows)
        fit_height(self.view, self._delegate, 1, ROWS_SHOWN)
        codes = frozenset(c for row in rows if row.shown for c in row.codes)
        self.shown_changed.emit(codes)


def _quiet(codes: frozenset[int], words: str, count: int) -> LegendRow:
    return LegendRow(codes=codes, words=words, count=count, colour="", shape=SHAPES[0])


def _shown(row: LegendRow, is_shown: bool) -> LegendRow:
    return replace(row, shown=is_shown)


def _row_words(row: LegendRow) -> str:
    hidden = "" if row.shown else f", {tr('hidden')}"
    return f"{row.words}, {row.count:,}{hidden}"
