"""The boxes on a canvas: which are chosen, locked, hidden, and moved but not saved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labeling.geometry import Corners, encloses, is_shape

from .canvas_paint import Shown


class CanvasBoxes:
    """What is on the canvas beside the picture; plain values, no painting.

    A locked box is seen and can be chosen from the list, but no pointer picks it and
    nothing moves it. A hidden box is not seen and not chosen. Locks are kept by id, so
    they follow an object from picture to picture; hiding ends with the picture, for
    nobody should accept what is not seen. A box without a width, a height or finite
    corners cannot be shown; it is counted.
    """

    def __init__(self) -> None:
        self.items: tuple[Shown, ...] = ()
        self.chosen: tuple[str, ...] = ()
        self.unsaved: dict[str, Corners] = {}
        self.locked: set[str] = set()
        self.hidden: set[str] = set()
        self.are_all_locked = False
        self.are_all_hidden = False
        self.unshowable = 0
        self._by_id: dict[str, Shown] = {}
        self._places: dict[str, int] = {}
        self._table: NDArray[np.float64] | None = None

    def show(self, items: tuple[Shown, ...]) -> None:
        """Show these boxes; the choice is kept as far as it is among them."""
        self.items = tuple(item for item in items if is_shape(item.corners))
        self.unshowable = len(items) - len(self.items)
        self._by_id = {item.id: item for item in self.items}
        self._places = {item.id: at for at, item in enumerate(self.items)}
        self.choose(self.chosen)
        self._table = None

    def choose(self, ids: Iterable[str]) -> None:
        """Choose these of the boxes in sight, the last one as the first among them."""
        known = dict.fromkeys(name for name in ids if self._can_be_chosen(name))
        self.chosen = tuple(known)

    @property
    def first(self) -> str:
        """The box that was chosen last and has the grips, "" for none."""
        return self.chosen[-1] if self.chosen else ""

    @property
    def movable(self) -> tuple[str, ...]:
        """The chosen boxes that are not locked."""
        return tuple(name for name in self.chosen if not self.is_locked(name))

    @property
    def shown(self) -> tuple[Shown, ...]:
        """All boxes in painting order, with their corners as painted."""
        return tuple(map(self._current, self.items))

    @property
    def active(self) -> tuple[Shown, ...]:
        """The chosen boxes as painted, the one with the grips last."""
        return tuple(self._current(self._by_id[name]) for name in self.chosen)

    @property
    def still(self) -> tuple[Shown, ...]:
        """The boxes that are seen and not chosen."""
        chosen = set(self.chosen)
        return tuple(
            self._current(item)
            for item in self.items
            if item.id not in chosen and not self.is_hidden(item.id)
        )

    @property
    def still_count(self) -> int:
        """How many boxes are seen and not chosen."""
        return len(self.items) - len(self.chosen) - self.hidden_count

    def still_near(self, part: Corners) -> tuple[Shown, ...]:
        """Those of the still boxes that touch a part of the picture."""
        table, (x0, y0, x1, y1) = self._pickable(), part
        touches = (
            (table[:, 0] <= x1)
            & (table[:, 2] >= x0)
            & (table[:, 1] <= y1)
            & (table[:, 3] >= y0)
        )
        chosen = set(self.chosen)
        found = (self.items[at] for at in np.flatnonzero(touches))
        return tuple(
            self._current(item)
            for item in found
            if item.id not in chosen and not self.is_hidden(item.id)
        )

    def following(self, box_id: str, step: int = 1) -> str:
        """The box in sight after (step 1) or before (-1) one, round; "" for none.

        Without `box_id` it is the first one, or the last.
        """
        count = len(self.items)
        start = self._places.get(box_id, -1 if step > 0 else 0)
        places = ((start + step * n) % count for n in range(1, count + 1))
        names = (self.items[at].id for at in places)
        return next((name for name in names if not self.is_hidden(name)), "")

    def corners_of(self, box_id: str) -> Corners:
        """The corners of a box as painted."""
        return self.unsaved.get(box_id, self._by_id[box_id].corners)

    def has(self, box_id: str) -> bool:
        """Whether such a box is here."""
        return box_id in self._by_id

    def is_locked(self, box_id: str) -> bool:
        """Whether neither pointer nor keys may change the box."""
        return self.are_all_locked or box_id in self.locked

    def is_hidden(self, box_id: str) -> bool:
        """Whether the box is not painted."""
        return self.are_all_hidden or box_id in self.hidden

    def preview(self, moves: Mapping[str, Corners]) -> None:
        """Give boxes other corners, not saved yet."""
        self.unsaved.update(moves)
        self._table = None

    def toggle_locks(self) -> None:
        """Lock the chosen boxes, or unlock them where all of them are locked."""
        self._toggle(self.locked)

    def toggle_hidden(self) -> None:
        """Hide the chosen boxes; with none chosen show every hidden one again."""
        if self.chosen:
            self.hidden.update(self.chosen)
        else:
            self.hidden.clear()
        self.choose(self.chosen)
        self._table = None

    def unhide(self, ids: Collection[str]) -> None:
        """Show these boxes again, unless all are hidden."""
        if not self.hidden.isdisjoint(ids):
            self.hidden.difference_update(ids)
            self._table = None

    def reveal(self) -> bool:
        """Show every box again; True where one was hidden."""
        was = self.has_hidden
        self.hidden.clear()
        self.are_all_hidden = False
        self._table = None
        return was

    @property
    def has_hidden(self) -> bool:
        """True while a box of this picture is not seen."""
        return self.hidden_count > 0

    @property
    def hidden_count(self) -> int:
        """How many boxes of this picture are not seen."""
        if self.are_all_hidden:
            return len(self.items)
        return sum(name in self._by_id for name in self.hidden)

    def set_all_hidden(self, are_hidden: bool) -> None:
        """Hide everything, or show what is not hidden by itself."""
        self.are_all_hidden = are_hidden
        self.choose(self.chosen)
        self._table = None

    def set_all_locked(self, are_locked: bool) -> None:
        """Lock everything, or only what is locked by itself."""
        self.are_all_locked = are_locked
        self._table = None

    def near(self, x: float, y: float, reach: float) -> tuple[tuple[str, Corners], ...]:
        """The boxes a pointer can pick within `reach` image pixels of a point."""
        table = self._pickable()
        if not len(table):
            return ()
        is_near = (
            (table[:, 0] - reach <= x)
            & (x <= table[:, 2] + reach)
            & (table[:, 1] - reach <= y)
            & (y <= table[:, 3] + reach)
            & (table[:, 4] > 0)
        )
        ids = [self.items[at].id for at in np.flatnonzero(is_near)]
        return tuple((name, self.corners_of(name)) for name in ids)

    def inside(self, band: Corners) -> tuple[str, ...]:
        """The boxes a pointer can pick that lie wholly inside `band`."""
        return tuple(
            item.id
            for item in self.shown
            if self._is_pickable(item.id) and encloses(band, item.corners)
        )

    def pickable(self) -> tuple[str, ...]:
        """The boxes that a pointer can pick, in painting order."""
        return tuple(item.id for item in self.items if self._is_pickable(item.id))

    def _pickable(self) -> NDArray[np.float64]:
        if self._table is None:
            rows = [
                (*self.corners_of(item.id), float(self._is_pickable(item.id)))
                for item in self.items
            ]
            self._table = np.array(rows, np.float64).reshape(-1, 5)
        return self._table

    def _is_pickable(self, box_id: str) -> bool:
        return not self.is_locked(box_id) and not self.is_hidden(box_id)

    def _can_be_chosen(self, box_id: str) -> bool:
        return box_id in self._by_id and not self.is_hidden(box_id)

    def _current(self, item: Shown) -> Shown:
        corners = self.unsaved.get(item.id)
        is_locked = self.is_locked(item.id)
        if corners is None and not is_locked:
            return item
        return replace(item, corners=corners or item.corners, is_locked=is_locked)

    def _toggle(self, marked: set[str]) -> None:
        if all(name in marked for name in self.chosen):
            marked.difference_update(self.chosen)
        else:
            marked.update(self.chosen)
        self._table = None
