"""Groups: samples that must share a split.

A group begins as a session. Links (near-duplicates, the same bytes in two sessions)
join groups by union-find. The id of a joined group follows from the groups and the
splits they hold alone, never from the order in which links were found, so that two
stations that know the same come to the same groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeVar

NO_TIMES: Final[Mapping[str, tuple[int, int]]] = MappingProxyType({})
_Item = TypeVar("_Item", str, tuple[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """What split and balance need to know of a group.

    `boxes` holds (class id, number of boxes); `conditions` (key, value), those of all
    its sessions, as `places` and `cameras` are. Times are those of the first and last
    sample, in microseconds since the epoch.
    """

    id: str
    samples: int
    boxes: tuple[tuple[int, int], ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()
    places: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    started_us: int = 0
    ended_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class GroupLink:
    """Two groups that hold alike samples, the smaller id first; `reason` says why."""

    first: str
    second: str
    reason: str

    def __post_init__(self) -> None:
        if self.first >= self.second:
            raise ValueError(f"a link joins two groups in order: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What links make of groups.

    `roots` gives the surviving id of each group. `conflicts` are links inside a
    component that two splits hold parts of: nothing is joined there. `between` are
    the groups without a split that such a component holds: in any split they would
    tie train to a test.
    """

    roots: Mapping[str, str]
    conflicts: tuple[GroupLink, ...]
    between: tuple[str, ...]


def whole_groups(
    parts: Iterable[GroupFacts], times: Mapping[str, tuple[int, int]] = NO_TIMES
) -> tuple[GroupFacts, ...]:
    """One of each group, of what its sessions brought; in the order of the first ones.

    Args:
        parts: by session, the id is the group's.
        times: of the first and last sample, by group.
    """
    found: dict[str, list[GroupFacts]] = {}
    for part in parts:
        found.setdefault(part.id, []).append(part)
    groups = (own[0] if len(own) == 1 else _whole(own) for own in found.values())
    if not times:
        return tuple(groups)
    return tuple(
        replace(group, started_us=first, ended_us=last)
        for group in groups
        for first, last in (times.get(group.id, (0, 0)),)
    )


def _whole(parts: Sequence[GroupFacts]) -> GroupFacts:
    boxes = Counter[int]()
    for part in parts:
        boxes.update(dict(part.boxes))
    return GroupFacts(
        id=parts[0].id,
        samples=sum(part.samples for part in parts),
        boxes=tuple(sorted(boxes.items())),
        conditions=_distinct(pair for part in parts for pair in part.conditions),
        places=_distinct(place for part in parts for place in part.places),
        cameras=_distinct(camera for part in parts for camera in part.cameras),
    )


def _distinct(items: Iterable[_Item]) -> tuple[_Item, ...]:
    return tuple(dict.fromkeys(items))


class UnionFind:
    """Disjoint sets of group ids; the smallest id stands for its set.

    Tarjan's union-find with path halving; see Tarjan and van Leeuwen, 1984.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._parent = {group_id: group_id for group_id in ids}

    def find(self, group_id: str) -> str:
        """The smallest id of the set that holds `group_id`, which is added if new."""
        parent = self._parent
        at = parent.setdefault(group_id, group_id)
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    def union(self, first: str, second: str) -> None:
        """Make the sets of two ids one."""
        low, high = sorted((self.find(first), self.find(second)))
        self._parent[high] = low

    def sets(self) -> tuple[tuple[str, ...], ...]:
        """All sets, each sorted, ordered by their smallest id."""
        found: dict[str, list[str]] = {}
        for group_id in sorted(self._parent):
            found.setdefault(self.find(group_id), []).append(group_id)
        return tuple(tuple(members) for members in found.values())


def join_groups(
    ids: Iterable[str], links: Iterable[GroupLink], held: Mapping[str, str]
) -> Joined:
    """What `links` make of the groups `ids`.

    The survivor of a set is its smallest id that holds a split, else its smallest.

    Args:
        ids: all groups; a link to another one adds it.
        links: in any order.
        held: the split that a group holds now; without an entry, or "", none.
    """
    sets = UnionFind(ids)
    ordered = sorted(set(links))
    for link in ordered:
        sets.union(link.first, link.second)
    roots: dict[str, str] = {}
    torn: set[str] = set()
    for members in sets.sets():
        keepers = [member for member in members if held.get(member)]
        if len({held[keeper] for keeper in keepers}) > 1:
            torn.update(members)
            roots.update({member: member for member in members})
        else:
            root = keepers[0] if keepers else members[0]
            roots.update(dict.fromkeys(members, root))
    return Joined(
        roots=roots,
        conflicts=tuple(link for link in ordered if link.first in torn),
        between=tuple(sorted(m for m in torn if not held.get(m))),
    )
