"""Groups in the words of the Dataset page: where each is, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from dataset.catalog import GroupLine
from dataset.records import LedgerAction
from dataset.split import Assignment

from ..language import tr
from ..views.dataset.dataset_contract import GroupFilter, GroupRow

SPLIT_KEY = "split:"
NEW, WAITING, UNLABELED = "new", "waiting", "unlabeled"
QUARANTINED, JOINED = "quarantined", "joined"


def group_rows(
    lines: Iterable[GroupLine], labeled: Collection[str], held: Mapping[str, str]
) -> tuple[GroupRow, ...]:
    """Give every group as a row.

    Args:
        lines: the groups with their newest ledger row.
        labeled: the ids of those that hold something labeled.
        held: for groups that wait without a split, the sealed set that holds them out.
    """
    return tuple(_group_row(line, labeled, held) for line in lines)


def _group_row(
    line: GroupLine, labeled: Collection[str], held: Mapping[str, str]
) -> GroupRow:
    split, why, level, key = _standing(line, labeled, held)
    return GroupRow(
        id=line.id,
        sessions=line.sessions,
        samples=line.samples,
        split=split,
        why=why,
        level=level,
        keys=_keys(key, is_joined=len(line.sessions) > 1),
        words="\n".join((line.id, *line.sessions, split, why)).casefold(),
    )


@cache
def _keys(key: str, *, is_joined: bool) -> frozenset[str]:
    """The keys of the filters that show a group; one set for all that are alike."""
    return frozenset((key, JOINED) if is_joined else (key,))


def _standing(
    line: GroupLine, labeled: Collection[str], held: Mapping[str, str]
) -> tuple[str, str, str, str]:
    """Where a group is, why, the tone of it, and the filter's key."""
    if line.action == LedgerAction.QUARANTINED:
        return tr("quarantined"), line.reason, "bad", QUARANTINED
    if line.action == LedgerAction.WITHDRAWN:
        return tr("withdrawn"), line.reason, "bad", QUARANTINED
    if line.split:
        return line.split, line.reason, "ok", f"{SPLIT_KEY}{line.split}"
    if line.id in held:
        words = tr("{name} is sealed and holds out what this is; it waits")
        return tr("waits"), words.format(name=held[line.id]), "warn", WAITING
    if line.id not in labeled:
        return tr("not labeled"), tr("nothing in it is labeled yet"), "ok", UNLABELED
    return tr("new"), tr("not assigned yet; a split decides"), "warn", NEW


def planned_rows(
    assigned: Sequence[Assignment], lines: Mapping[str, GroupLine]
) -> tuple[GroupRow, ...]:
    """Give the groups that a split would assign."""
    rows = []
    for one in assigned:
        line = lines.get(one.group_id)
        is_away = one.action is not LedgerAction.ASSIGNED
        rows.append(
            GroupRow(
                id=one.group_id,
                sessions=line.sessions if line else (),
                samples=line.samples if line else 0,
                split=tr("quarantined") if is_away else one.split,
                why=one.reason,
                level="bad" if is_away else "ok",
            )
        )
    return tuple(rows)


def group_filters(rows: Iterable[GroupRow]) -> tuple[GroupFilter, ...]:
    """Give the choices there are, each with its number of groups."""
    counts = Counter(key for row in rows for key in row.keys)
    total = sum(n for key, n in counts.items() if key != JOINED)
    names = {
        NEW: tr("new"),
        WAITING: tr("waiting"),
        QUARANTINED: tr("quarantined"),
        UNLABELED: tr("not labeled"),
        JOINED: tr("of several sessions"),
    }
    splits = sorted(key for key in counts if key.startswith(SPLIT_KEY))
    found = [("", tr("all groups"), total)]
    found += [(key, key.removeprefix(SPLIT_KEY), counts[key]) for key in splits]
    found += [(key, name, counts[key]) for key, name in names.items() if counts[key]]
    return tuple(
        GroupFilter(key=key, text=f"{name} ({count:,})") for key, name, count in found
    )


def groups_text(rows: Sequence[GroupRow]) -> str:
    """Say how many groups there are, and which of them are special."""
    counts = Counter(key for row in rows for key in row.keys)
    parts = [tr("{count} groups").format(count=f"{len(rows):,}")]
    for key, words in (
        (JOINED, tr("{count} of several sessions")),
        (QUARANTINED, tr("{count} in quarantine")),
        (WAITING, tr("{count} waiting")),
    ):
        if counts[key]:
            parts.append(words.format(count=f"{counts[key]:,}"))
    return ", ".join(parts)
