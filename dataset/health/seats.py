"""Seats: the sessions of one station's camera at one place, and what to compare.

The reference of a session is the seat's commissioning: its first session under the
same conditions, for a camera at night is not the camera by day; where those were
never met before, its first session of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..records import Session

Seat = tuple[str, str, str]


# Pictures for which short sessions are taken together: four a block of the portrait.
ENOUGH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The first and the last sessions of a seat, and the sessions of its trend.

    `reference` and `current` are one session each where those hold enough pictures,
    else several that follow one another; never the same one. All oldest first;
    `course` ends with the last of `current`.
    """

    reference: tuple[Session, ...]
    current: tuple[Session, ...]
    course: tuple[Session, ...]

    @property
    def moment(self) -> tuple[int, str]:
        """When the last session began, and its name."""
        return _moment(self.current[-1])


def seat_of(session: Session) -> Seat:
    """Station, source and place."""
    return session.station, session.source, session.place


def of_seat(sessions: Iterable[Session], session: Session) -> list[Session]:
    """The sessions of the same seat, oldest first."""
    seat = seat_of(session)
    return sorted((one for one in sessions if seat_of(one) == seat), key=_moment)


def reference_for(sessions: Iterable[Session], session: Session) -> Session | None:
    """The commissioning that a session is compared with; None for the first one."""
    before = [
        one for one in of_seat(sessions, session) if _moment(one) < _moment(session)
    ]
    alike = [one for one in before if one.conditions == session.conditions]
    return next(iter(alike or before), None)


def course_of(sessions: Iterable[Session], session: Session) -> list[Session]:
    """The sessions of a trend that ends with `session`, oldest first.

    Those under the same conditions; all of the seat where there is no other such.
    """
    known = [
        one for one in of_seat(sessions, session) if _moment(one) <= _moment(session)
    ]
    alike = [one for one in known if one.conditions == session.conditions]
    return alike if len(alike) > 1 else known


def pairings(
    sessions: Sequence[Session], pictures: Mapping[str, int]
) -> tuple[tuple[Pairing, ...], int]:
    """What to compare in a set of sessions, the newest first, and the lone seats.

    For each seat and each set of conditions that came at least twice the last session
    with the first one; the seat's very last session in any case. Sessions without a
    source (imports) are of no camera. A seat with a single session has nothing to
    compare and is only counted.

    Args:
        sessions: in any order.
        pictures: how many each session has, by its id.
    """
    seats: dict[Seat, list[Session]] = {}
    for session in sorted(sessions, key=_moment):
        if session.source:
            seats.setdefault(seat_of(session), []).append(session)
    found = [
        pairing
        for members in seats.values()
        if len(members) > 1
        for pairing in _of_members(members, pictures)
    ]
    found.sort(key=lambda pairing: pairing.moment, reverse=True)
    return tuple(found), sum(len(members) == 1 for members in seats.values())


def _of_members(
    members: Sequence[Session], pictures: Mapping[str, int]
) -> list[Pairing]:
    """The pairings of one seat, whose sessions come oldest first."""
    alike: dict[tuple[tuple[str, str], ...], list[Session]] = {}
    for session in members:
        alike.setdefault(session.conditions, []).append(session)
    found = [
        Pairing(
            reference=tuple(_enough(group, pictures)),
            current=tuple(reversed(_enough(group[::-1], pictures))),
            course=tuple(group),
        )
        for group in alike.values()
        if len(group) > 1
    ]
    if len(alike[members[-1].conditions]) == 1:
        found.append(
            Pairing(
                reference=tuple(_enough(members, pictures)),
                current=(members[-1],),
                course=tuple(members),
            )
        )
    return found


def _enough(sessions: Sequence[Session], pictures: Mapping[str, int]) -> list[Session]:
    """The first of the sessions that hold ENOUGH pictures, at most half of all."""
    found: list[Session] = []
    count = 0
    for session in sessions[: len(sessions) // 2]:
        found.append(session)
        count += pictures[session.id]
        if count >= ENOUGH:
            break
    return found


def _moment(session: Session) -> tuple[int, str]:
    return session.started_us, session.name
