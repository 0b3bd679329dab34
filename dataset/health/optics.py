"""What the lens does to the picture: focus, dirt by tiles, darkened corners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .health_finding import HealthFinding, HealthVerdict
from .portrait import Portrait
from .shift import MARGIN_T, UNKNOWN, shift_between
from .shift_finding import Words, shift_finding
from .tile_detail import COLUMNS, ROWS, TEXTURE, TILES, TileDetail, decibels
from .wording import region, share_lost

# A quarter of the fine detail's amplitude; 2.5 dB. Less is not seen at normal size.
FOCUS_DB = 2.5
# A third of a tile's detail against the other tiles. Light that wanders over the scene
# changes single tiles by up to 3 dB on the clips that were tried.
DIRT_DB = 3.5
# Corners a tenth darker against the middle: 0.15 of a stop.
CORNER_STOPS = 0.15
# Tiles that must show something before the focus is judged: a quarter.
LEAST_TILES = TILES // 4


def focus(reference: Portrait, current: Portrait, since: str) -> HealthFinding:
    """Loss of fine against coarse detail, the median over the tiles with texture."""
    known = _textured(reference, current)
    shift = UNKNOWN
    if reference.detail and current.detail and known.sum() >= LEAST_TILES:
        shift = shift_between(
            np.median(_fineness(reference.detail)[:, known], axis=1),
            np.median(_fineness(current.detail)[:, known], axis=1),
        )
    return shift_finding(
        "focus",
        shift,
        shift.verdict(FOCUS_DB, rises=False),
        ("dB", FOCUS_DB),
        Words(
            fault=f"The picture lost {share_lost(shift.effect)} of its sharpness "
            f"{since}.",
            fine="The picture is as sharp as it was.",
            open="Sharpness cannot be compared: too little detail stands still, or it "
            "varies too much.",
            next_step="focus the lens anew, then look for a film on it",
        ),
    )


def dirt(reference: Portrait, current: Portrait, since: str) -> HealthFinding:
    """Tiles that lost detail against the other tiles; places are (column, row)."""
    known = _textured(reference, current)
    if reference.detail is None or current.detail is None or known.sum() < LEAST_TILES:
        return _dirt(HealthVerdict.NOT_ENOUGH_DATA, "Too few parts of the picture "
                     "have detail that could be lost.")  # fmt: skip
    lost, margin = _relative_loss(reference.detail, current.detail, known)
    bad = known & (lost + margin < -DIRT_DB)
    if bad.any():
        part = share_lost(float(np.median(lost[bad])))
        return _dirt(
            HealthVerdict.FAULT,
            f"{region(bad).capitalize()} lost {part} of its detail {since}.",
            effect=float(lost[bad].min()),
            places=tuple(
                (t % COLUMNS, t // COLUMNS) for t in np.flatnonzero(bad).tolist()
            ),
            next_step="clean the lens, then look for what stands before it",
        )
    worst = float(lost[known].min())
    if worst < -DIRT_DB:
        return _dirt(
            HealthVerdict.NOT_ENOUGH_DATA,
            "A part of the picture may have lost detail: it varies too much to tell.",
            effect=worst,
        )
    return _dirt(
        HealthVerdict.FINE, "No part of the picture lost detail.", effect=worst
    )


def vignetting(reference: Portrait, current: Portrait, since: str) -> HealthFinding:
    """Light of the corners against that of the middle, in stops."""
    shift = shift_between(_corners(reference), _corners(current))
    return shift_finding(
        "vignetting",
        shift,
        shift.verdict(CORNER_STOPS, rises=False),
        ("stops", CORNER_STOPS),
        Words(
            fault=f"The corners darkened against the middle {since}.",
            fine="The corners are as light as they were.",
            open="The light of the corners varies too much to be compared.",
            next_step="look for a hood or filter that slipped",
        ),
    )


def _dirt(
    verdict: HealthVerdict,
    sentence: str,
    *,
    effect: float | None = None,
    places: tuple[tuple[int, int], ...] = (),
    next_step: str = "",
) -> HealthFinding:
    return HealthFinding(
        name="dirt",
        verdict=verdict,
        sentence=sentence,
        unit="dB",
        effect=effect,
        limit=DIRT_DB,
        places=places,
        next_step=next_step,
    )


def _textured(reference: Portrait, current: Portrait) -> NDArray[np.bool_]:
    """The tiles that showed detail in every block of the reference."""
    if reference.detail is None or current.detail is None:
        return np.zeros(TILES, bool)
    if not len(reference.detail.coarse) or not len(current.detail.coarse):
        return np.zeros(TILES, bool)
    return np.asarray((reference.detail.coarse >= TEXTURE).all(axis=0))


def _fineness(detail: TileDetail) -> NDArray[np.float64]:
    return decibels(detail.fine) - decibels(detail.coarse)


def _relative_loss(
    reference: TileDetail, current: TileDetail, known: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Change of each tile's detail against the median tile in dB, and its margin.

    A tile's own spread over four blocks is a poor guess: it counts at least as much
    as that of the middle tile.
    """
    old, new = decibels(reference.fine), decibels(current.fine)
    change = new.mean(axis=0) - old.mean(axis=0)
    spread = old.var(axis=0, ddof=1) / len(old) + new.var(axis=0, ddof=1) / len(new)
    spread = np.maximum(spread, np.median(spread[known]))
    margin: NDArray[np.float64] = MARGIN_T * np.sqrt(spread)
    return change - np.median(change[known]), margin


def _corners(portrait: Portrait) -> NDArray[np.float64]:
    """The median corner's light over that of the middle, in stops, a value a block."""
    blocks, height, width = portrait.views.shape
    if min(height, width) < 2 * ROWS or not blocks:
        return np.zeros(0)
    views = portrait.views.astype(np.float64) + 1.0
    y, x = height // ROWS, width // COLUMNS
    corners = np.stack(
        [
            views[:, rows, columns].mean(axis=(1, 2))
            for rows in (slice(y), slice(-y, None))
            for columns in (slice(x), slice(-x, None))
        ]
    )
    middle = views[:, y:-y, x:-x].mean(axis=(1, 2))
    return np.asarray(np.log2(np.median(corners, axis=0) / middle))
