"""Which samples of the map are chosen: by lasso, rectangle, click, or by name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt

from dataset.mapping.lasso import within_polygon, within_rectangle
from dataset.sample_map import MapRow, SampleMap

from ...language import tr
from .explore_panel import ExplorePanel
from .map_surface import NOBODY, MapSurface

Mask = NDArray[np.bool_]
Held = Qt.KeyboardModifier


class MapChoice(QObject):
    """Keeps the choice, and shows it on the map and in the panel.

    What the legend hides is not chosen. Shift adds to a choice, Ctrl takes away.
    """

    def __init__(
        self, surface: MapSurface, panel: ExplorePanel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._surface = surface
        self._panel = panel
        self._map = SampleMap()
        self._root = Path()
        self.mask: Mask = np.zeros(0, np.bool_)
        self.samples: tuple[MapRow, ...] = ()
        surface.lassoed.connect(self._on_lasso)
        surface.framed.connect(self._on_frame)
        surface.picked.connect(self._on_pick)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the chosen samples, session by session."""
        return tuple(row.id for row in self.samples)

    def show_map(self, found: SampleMap, root: Path) -> None:
        """Go on with another map; what was chosen stays so where it is on it."""
        kept = self.ids
        self._map, self._root = found, root
        self.mask = found.mask_of(kept)

    def refresh(self) -> None:
        """Show the choice again; what is hidden by now leaves it."""
        self.choose(self.mask)

    def choose(self, mask: Mask) -> None:
        """Choose the samples of a mask (N,), and no others."""
        self.mask = mask & self._surface.seen
        self._surface.show_chosen(self.mask)
        self.samples = self._map.chosen(self.mask)
        closed = int((self.mask & self._map.closed).sum())
        aside = tr("{count} sealed").format(count=f"{closed:,}") if closed else ""
        self._panel.show_chosen(self.samples, len(self._map), self._root, aside)

    def choose_ids(self, sample_ids: Iterable[str]) -> None:
        """Choose these samples, those of them that are on the map."""
        self.choose(self._map.mask_of(sample_ids))

    def choose_all(self) -> None:
        """Choose all that the legend shows."""
        self.choose(self._surface.seen.copy())

    def choose_none(self) -> None:
        """Choose nothing."""
        self.choose(np.zeros(len(self._map), np.bool_))

    def drop_marked(self) -> None:
        """Take the pictures that are marked out of the choice."""
        marked = self._panel.grid.marked
        if marked:
            gone = self._map.mask_of(row.id for row in marked)
            self.choose(self.mask & ~gone)

    def _combine(self, mask: Mask, held: Held) -> None:
        if held & Held.ShiftModifier:
            mask = self.mask | mask
        elif held & Held.ControlModifier:
            mask = self.mask & ~mask
        self.choose(mask)

    def _on_lasso(self, polygon: list[tuple[float, float]], held: Held) -> None:
        self._combine(within_polygon(self._map.places, polygon), held)

    def _on_frame(self, corners: tuple[float, float, float, float], held: Held) -> None:
        self._combine(within_rectangle(self._map.places, corners), held)

    def _on_pick(self, at: int, held: Held) -> None:
        mask = np.zeros(len(self._map), np.bool_)
        if at != NOBODY:
            mask[at] = True
            if held & Held.ControlModifier and not self.mask[at]:
                # As in lists: Ctrl+click adds what is not chosen, and takes what is.
                held = Held.ShiftModifier
        elif held & (Held.ShiftModifier | Held.ControlModifier):
            return
        self._combine(mask, held)
