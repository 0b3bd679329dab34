"""One version against its parent: tiles, drift, and the boxes that changed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from dataset.records import Version

from ..language import tr
from ..pictures import ThumbnailLoader
from ..theme import Theme
from .box_changes import ChangeGrid
from .cards import Card
from .dataset_contract import DiffTile, VersionState
from .drift_table import DriftTable
from .labels import ElidedLabel, button, label

SIDE_PX = (268, 388)
SIDE_SHARE = 0.26
TILE_PX = 74


class Tile(QFrame):
    """One figure with the words under it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setFixedHeight(TILE_PX)
        self._figure = ElidedLabel("", "figure")
        self._text = ElidedLabel("", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(0)
        column.addWidget(self._figure)
        column.addWidget(self._text)

    def show_tile(self, tile: DiffTile) -> None:
        """Show a figure."""
        self._figure.setText(tile.figure)
        self._text.setText(tile.text)


class VersionView(QWidget):
    """Shows one version.

    Signals:
        report_requested, export_requested: a button was clicked.
    """

    report_requested = Signal()
    export_requested = Signal()

    def __init__(
        self, theme: Theme, thumbnails: ThumbnailLoader, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._title = label("", "title")
        self._about = ElidedLabel("", "muted")
        self._tiles = tuple(Tile() for _ in range(6))
        self.drift = DriftTable(theme)
        self._drift_card = Card(tr("Drift"))
        self._note = label("", "muted", wraps=True)
        self._moved_head = label("", "head")
        self._relabelled_head = label("", "head")
        self._moved = ChangeGrid(theme, thumbnails)
        self._relabelled = ChangeGrid(theme, thumbnails)
        self._report = button(tr("Report"))
        self._export = button(tr("Export"), "primary")
        self._report.clicked.connect(self.report_requested)
        self._export.clicked.connect(self.export_requested)
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._title)
        head.addWidget(self._about, 1)
        head.addWidget(self._report)
        head.addWidget(self._export)
        column.addLayout(head)
        tiles = QHBoxLayout()
        tiles.setSpacing(10)
        for tile in self._tiles:
            tiles.addWidget(tile, 1)
        column.addLayout(tiles)
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(self._fill_drift(), 1)
        row.addWidget(self._changes_card())
        column.addLayout(row, 1)

    def _fill_drift(self) -> Card:
        self._no_drift = label(
            tr(
                "No drift statistics yet. They compare a version with its parent; "
                "press Report to make them."
            ),
            "muted",
            wraps=True,
        )
        self._no_drift.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._drift_stack = QStackedWidget()
        self._drift_stack.addWidget(self._no_drift)
        self._drift_stack.addWidget(self.drift)
        self._drift_card.column.addWidget(self._drift_stack, 1)
        self._drift_card.column.addWidget(self._note)
        return self._drift_card

    def _changes_card(self) -> Card:
        card = Card(tr("Dashed: before, solid: after"))
        self._side_card = card
        card.column.addWidget(self._moved_head)
        card.column.addWidget(self._moved, 3)
        card.column.addWidget(self._relabelled_head)
        card.column.addWidget(self._relabelled, 2)
        return card

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the intervals their room in a small window."""
        super().resizeEvent(event)
        least, most = SIDE_PX
        wanted = int(self.width() * SIDE_SHARE)
        self._side_card.setFixedWidth(min(max(wanted, least), most))

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.drift.set_theme(theme)
        self._moved.set_theme(theme)
        self._relabelled.set_theme(theme)

    def show_version(self, version: Version, moment: str, short: str) -> None:
        """Show the head of a version while the comparison is worked out."""
        self._title.setText(version.alias)
        boxes = tr("{samples} samples, {boxes} boxes").format(
            samples=f"{version.samples:,}", boxes=f"{version.boxes:,}"
        )
        self._about.setText(f"{short} · {moment} · {boxes}")
        for tile in self._tiles:
            tile.show_tile(DiffTile(figure="…", text=""))

    def show_state(self, state: VersionState) -> None:
        """Show the comparison."""
        words = state.version.alias
        if state.against:
            words = tr("{new} against {old}").format(new=words, old=state.against)
        self._title.setText(words)
        for at, tile in enumerate(self._tiles):
            tile.setVisible(at < len(state.tiles))
            if at < len(state.tiles):
                tile.show_tile(state.tiles[at])
        self._drift_stack.setCurrentIndex(1 if state.drift else 0)
        self.drift.show_rows(state.drift)
        self._drift_card.show_head(tr("Drift"))
        self._drift_card.show_aside(state.drift_head)
        self._note.setText(state.drift_note)
        self._note.setVisible(bool(state.drift_note))
        self._moved.rows.replace(state.moved)
        self._relabelled.rows.replace(state.relabelled)
        self._moved_head.setText(f"{tr('Moved boxes')}, {len(state.moved)}")
        count = len(state.relabelled)
        self._relabelled_head.setText(f"{tr('Relabelled boxes')}, {count}")
