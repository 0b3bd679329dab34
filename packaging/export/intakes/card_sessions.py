"""What the pictures of a camera's memory card say of sessions, and of its clock.

A card holds folders named after the DCF rule (CIPA DC-009: three digits and five
letters, such as `100RECNX`), usually below `DCIM`; what lies above is one camera.
Pictures numbered by that rule (`IMG_0042`) keep their order whatever the clock did;
others are put in order of time. A pause, or a clock that was set, begins a session.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Final

from ..contract import Problem

_DCF_FOLDER: Final = re.compile(r"[1-9][0-9]{2}[0-9A-Z_]{5}", re.IGNORECASE)
_DCF_FILE: Final = re.compile(r"[0-9A-Z_]{4}[0-9]{4}", re.IGNORECASE)
_DCIM: Final = "DCIM"
# No card of a digital camera trap is older: such a clock was never set.
_OLDEST_US: Final = 1_104_537_600_000_000  # 2005-01-01
_AHEAD_US: Final = 2 * 86_400_000_000
_BACK_US: Final = 1_800_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture of a card, before it is taken in.

    `taken_us` is what the camera wrote into it (EXIF), 0 where nothing; `written_us`
    the file's own time, which may be that of a copy. Both in microseconds, UTC.
    """

    name: str
    taken_us: int = 0
    written_us: int = 0
    device: str = ""

    @property
    def at_us(self) -> int:
        """When it was taken, as far as anything says so."""
        return self.taken_us or self.written_us


def is_of_card(name: str) -> bool:
    """Whether a picture of that relative path lies as on a card."""
    return any(_is_card_folder(part) for part in PurePosixPath(name).parts[:-1])


def root_of(name: str) -> str:
    """The folders above those of the card, "" where there are none."""
    parts = PurePosixPath(name).parts[:-1]
    own = next((i for i, part in enumerate(parts) if _is_card_folder(part)), len(parts))
    return "/".join(parts[:own])


def by_camera(shots: Iterable[Shot], card_name: str) -> dict[str, tuple[Shot, ...]]:
    """The shots of each camera, in order; the key says which camera that is.

    A camera is a place on the card and the device that the pictures name.
    """
    found: dict[tuple[str, str], list[Shot]] = {}
    for shot in shots:
        found.setdefault((root_of(shot.name), shot.device), []).append(shot)
    labels = {key: _label(*key, card_name) for key in found}
    return {labels[key]: in_order(found[key]) for key in sorted(found)}


def in_order(shots: Sequence[Shot]) -> tuple[Shot, ...]:
    """The shots as they were taken: by number where all are numbered, else by time."""
    if all(_DCF_FILE.fullmatch(PurePosixPath(one.name).stem) for one in shots):
        return tuple(sorted(shots, key=lambda one: one.name))
    return tuple(sorted(shots, key=lambda one: (one.at_us, one.name)))


def sessions_of(shots: Sequence[Shot], gap_us: int) -> tuple[tuple[Shot, ...], ...]:
    """The shots of one camera, in their order, cut where a pause is above `gap_us`.

    A step back in time of more than that is a clock that was set, and cuts, too. A shot
    without a time of its own stays with the one before; where none has one the times of
    the files count.
    """
    has_times = any(shot.taken_us for shot in shots)
    found: list[list[Shot]] = []
    newest_us = 0
    for shot in shots:
        at_us = shot.taken_us if has_times else shot.written_us
        is_new = bool(at_us and newest_us) and abs(at_us - newest_us) > gap_us
        if is_new or not found:
            found.append([])
        found[-1].append(shot)
        newest_us = at_us or newest_us
    return tuple(map(tuple, found))


def clock_faults(
    shots_of: Mapping[str, Sequence[Shot]], *, now_us: int
) -> tuple[Problem, ...]:
    """What is wrong with the clock of each camera, at its first picture of the kind."""
    return tuple(
        fault for shots in shots_of.values() for fault in _faults(shots, now_us)
    )


def _faults(shots: Sequence[Shot], now_us: int) -> Iterable[Problem]:
    timed = [shot for shot in shots if shot.taken_us]
    if timed and len(timed) < len(shots):
        silent = next(shot for shot in shots if not shot.taken_us)
        yield _problem(silent, len(shots) - len(timed), "without a time of capture")
    elif shots and not timed:
        yield _problem(shots[0], len(shots), "without a time; those of the files count")
    early = [shot for shot in timed if shot.taken_us < _OLDEST_US]
    if early:
        what = f"of a clock that was never set: {_day(early[0].taken_us)}"
        yield _problem(early[0], len(early), what)
    late = [shot for shot in timed if shot.taken_us > now_us + _AHEAD_US]
    if late:
        what = f"of a clock that goes ahead: {_day(late[0].taken_us)}"
        yield _problem(late[0], len(late), what)
    for before, after in pairwise(timed):
        if before.taken_us - after.taken_us > _BACK_US:
            back = _duration(before.taken_us - after.taken_us)
            yield Problem(
                path=after.name, what=f"the clock was set back here by {back}"
            )


def _problem(first: Shot, count: int, what: str) -> Problem:
    noun = "1 picture" if count == 1 else f"{count} pictures from here on"
    return Problem(path=first.name, what=f"{noun} {what}")


def _is_card_folder(part: str) -> bool:
    return part.upper() == _DCIM or _DCF_FOLDER.fullmatch(part) is not None


def _label(root: str, device: str, card_name: str) -> str:
    place = root or card_name
    return f"{place} ({device})" if device else place


def _duration(length_us: int) -> str:
    hours = length_us / 3.6e9
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:,.0f} days"


def _day(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%d")
