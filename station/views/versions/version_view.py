"""One version against another: figures, what changed with pictures, drift, proof."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dataset.errors import FieldsetError

from ...language import tr
from ...pictures import ThumbnailLoader
from ...theme import Theme
from ..cards import Card
from ..chooser import Chooser
from ..dataset.finding_list import FindingList
from ..labels import ElidedLabel, button, label, set_tone
from ..tabs import Tabs
from .box_changes import ChangeGrid
from .change_picture import ChangePicture
from .change_tree import ChangeView
from .drift_table import DriftTable
from .version_list import short_id
from .versions_contract import DiffTile, Proof, VersionRow, VersionState

PICTURE_PX, PICTURE_SHARE = (300, 1200), 0.44
SIDE_PX, SIDE_SHARE = (268, 388), 0.26
TILE_PX = 74
CHANGES, DRIFT, PROOF = range(3)


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
        set_tone(self._figure, tile.tone)


class VersionView(QWidget):
    """Shows one version.

    Signals:
        verify_requested, report_requested, export_requested: a button was clicked.
        other_chosen: the alias of the version to compare with.
    """

    verify_requested = Signal()
    report_requested = Signal()
    export_requested = Signal()
    other_chosen = Signal(str)

    def __init__(
        self, theme: Theme, thumbnails: ThumbnailLoader, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._drift_head = ""
        self._step = ""
        self._title = label("", "title")
        self._against = label(tr("against"), "muted")
        self.other = Chooser()
        self._about = ElidedLabel("", "muted")
        self._proven = label("", "muted")
        self._tiles = tuple(Tile() for _ in range(6))
        self.tabs = Tabs((tr("changes"), tr("drift"), tr("proof")))
        self.changes = ChangeView(theme)
        self.picture = ChangePicture(theme)
        self.drift = DriftTable(theme)
        self.proof = FindingList(theme)
        self._moved = ChangeGrid(theme, thumbnails)
        self._relabelled = ChangeGrid(theme, thumbnails)
        self.verify = button(tr("Verify"))
        self._report = button(tr("Report"))
        self._export = button(tr("Hand over…"), "primary")
        self._lay_out()
        self.verify.clicked.connect(self.verify_requested)
        self._report.clicked.connect(self.report_requested)
        self._export.clicked.connect(self.export_requested)
        self.other.activated.connect(
            lambda _at: self.other_chosen.emit(self.other.currentData() or "")
        )
        self.tabs.tab_chosen.connect(self._on_tab)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(10)
        for part in (self._title, self._against, self.other):
            head.addWidget(part)
        head.addWidget(self._about, 1)
        head.addWidget(self._proven)
        for one in (self.verify, self._report, self._export):
            head.addWidget(one)
        column.addLayout(head)
        tiles = QHBoxLayout()
        tiles.setSpacing(10)
        for tile in self._tiles:
            tiles.addWidget(tile, 1)
        column.addLayout(tiles)
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(self._main_card(), 1)
        row.addWidget(self._side())
        column.addLayout(row, 1)

    def _main_card(self) -> Card:
        self._card = Card("")
        self._card.line.insertWidget(0, self.tabs)
        self._changes_stack, self._no_changes = _with_words(self.changes)
        self._drift_stack, self._no_drift = _with_words(self._drift_part())
        self._proof_stack, self._no_proof = _with_words(self.proof)
        self._stack = QStackedWidget()
        for part in (self._changes_stack, self._drift_stack, self._proof_stack):
            self._stack.addWidget(part)
        self._card.column.addWidget(self._stack, 1)
        self._no_drift.setText(
            tr(
                "No drift statistics here. They compare a version with its parent; "
                "press Report to make them."
            )
        )
        self.show_proof(None)
        return self._card

    def _drift_part(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._note = label("", "muted", wraps=True)
        self.cameras = label("", "", wraps=True)
        self.cameras.setAccessibleName(tr("Camera health"))
        column.addWidget(self.drift, 1)
        column.addWidget(self._note)
        column.addWidget(self.cameras)
        self._below = QWidget()
        column.addWidget(self._below, 1)
        return holder

    def _side(self) -> QStackedWidget:
        self._side_stack = QStackedWidget()
        seen = Card(tr("The chosen change"))
        seen.column.addWidget(self.picture, 1)
        grids = Card(tr("Dashed: before, solid: after"))
        self._moved_head = label("", "head")
        self._relabelled_head = label("", "head")
        grids.column.addWidget(self._moved_head)
        grids.column.addWidget(self._moved, 300)
        grids.column.addWidget(self._relabelled_head)
        grids.column.addWidget(self._relabelled, 200)
        grids.column.addStretch(1)
        self._side_stack.addWidget(seen)
        self._side_stack.addWidget(grids)
        return self._side_stack

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the tree and the intervals their room in a small window."""
        super().resizeEvent(event)
        self._fit_side()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        for part in (
            self.changes,
            self.picture,
            self.drift,
            self.proof,
            self._moved,
            self._relabelled,
        ):
            part.set_theme(theme)

    def show_version(self, row: VersionRow, others: tuple[str, ...]) -> None:
        """Show the head of a version while the comparison is worked out."""
        version = row.version
        self._title.setText(version.alias)
        parts = [short_id(version.id), tr("frozen {moment}").format(moment=row.when)]
        if row.sealed:
            names = ", ".join(row.sealed)
            parts.append(tr("sealed: {names}").format(names=names))
        self._about.setText(" · ".join(parts))
        self.other.clear()
        for alias in others:
            self.other.addItem(alias, alias)
        for part in (self._against, self.other):
            part.setVisible(bool(others))
        for tile in self._tiles:
            tile.show_tile(DiffTile(figure="…", text=""))

    def show_state(self, state: VersionState) -> None:
        """Show the comparison."""
        at = self.other.findData(state.against)
        self.other.setCurrentIndex(at)
        if not state.against:
            self.other.setPlaceholderText(tr("none"))
        self._step = state.step
        for at, tile in enumerate(self._tiles):
            tile.setVisible(at < len(state.tiles))
            if at < len(state.tiles):
                tile.show_tile(state.tiles[at])
        self._show_changes(state)
        self._show_drift(state)
        self._on_tab(self.tabs.chosen)

    def show_fault(self, error: FieldsetError) -> None:
        """Say why the versions cannot be compared."""
        self.other.setCurrentIndex(-1)
        for tile in self._tiles:
            tile.hide()
        self._step = self._drift_head = ""
        self.changes.show_tree(None)
        self._changes_stack.setCurrentIndex(0)
        self._drift_stack.setCurrentIndex(0)
        words = tr("They cannot be compared. {message}").format(message=error.message)
        hint = tr("Next step: {hint}").format(hint=error.hint) if error.hint else ""
        self._no_changes.setText(f"{words}\n{hint}".strip())
        self.picture.show_words(tr("No change to show"))
        self._on_tab(self.tabs.chosen)

    def show_proof(self, proof: Proof | None) -> None:
        """Show what a proof found; None where none was made."""
        self.proof.show_rows(proof.findings if proof else ())
        self._proof_stack.setCurrentIndex(1 if proof and proof.findings else 0)
        self._no_proof.setText(
            proof.sentence
            if proof
            else tr(
                "Not proven yet. Verify reads every file of the version again and "
                "compares it with what was frozen."
            )
        )
        set_tone(self._no_proof, proof.level if proof else "muted")
        words = ""
        if proof is not None:
            words = tr("verified") if proof.level == "ok" else tr("NOT as frozen")
        self._proven.setText(words)
        self._proven.setVisible(bool(words))
        set_tone(self._proven, proof.level if proof else "")

    def _show_changes(self, state: VersionState) -> None:
        self.changes.show_tree(state.tree)
        has_changes = state.tree is not None and bool(state.tree.roots)
        self._changes_stack.setCurrentIndex(1 if has_changes else 0)
        if state.tree is None:
            words = tr("This is the first version: there is none to compare it with.")
        else:
            words = tr("Nothing differs: both hold the same samples, boxes and splits.")
        self._no_changes.setText(words)
        if not has_changes:
            self.picture.show_words(tr("Nothing changed"))

    def _show_drift(self, state: VersionState) -> None:
        self._drift_stack.setCurrentIndex(1 if state.drift or state.health else 0)
        self.drift.show_rows(state.drift)
        self.drift.setVisible(bool(state.drift))
        self._below.setVisible(not state.drift)
        self._show_health(state)
        self._drift_head = state.drift_head
        self._note.setText(state.drift_note)
        self._note.setVisible(bool(state.drift_note))
        self._moved.rows.replace(state.moved)
        self._relabelled.rows.replace(state.relabelled)
        self._moved_head.setText(f"{tr('Moved boxes')}, {len(state.moved)}")
        count = len(state.relabelled)
        self._relabelled_head.setText(f"{tr('Relabelled boxes')}, {count}")

    def _show_health(self, state: VersionState) -> None:
        words = "\n".join(state.health)
        self.cameras.setText(tr("Cameras: {words}").format(words=words))
        self.cameras.setVisible(bool(words))
        set_tone(self.cameras, state.health_tone)

    def _fit_side(self) -> None:
        is_drift = self.tabs.chosen == DRIFT
        least, most = SIDE_PX if is_drift else PICTURE_PX
        wanted = int(self.width() * (SIDE_SHARE if is_drift else PICTURE_SHARE))
        self._side_stack.setFixedWidth(min(max(wanted, least), most))

    def _on_tab(self, at: int) -> None:
        self._fit_side()
        self._stack.setCurrentIndex(at)
        asides = {CHANGES: self._step, DRIFT: self._drift_head}
        self._card.show_aside(asides.get(at, ""))
        self._side_stack.setCurrentIndex(1 if at == DRIFT else 0)
        self._side_stack.setVisible(at != PROOF)


def _with_words(part: QWidget) -> tuple[QStackedWidget, QLabel]:
    """Give a stack of a sentence and a part, and the sentence's label."""
    words = label("", "muted", wraps=True)
    words.setAlignment(Qt.AlignmentFlag.AlignTop)
    stack = QStackedWidget()
    stack.addWidget(words)
    stack.addWidget(part)
    return stack, words
