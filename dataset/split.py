"""The split: which group goes where, decided once and never taken back.

The unit is the group, the memory is an append-only ledger. Only groups without a row
are assigned: first those that a test set's rule takes whole, then the others, in an
order that HMAC-SHA-256 with the project's salt gives, each to the split where it mends
most of the shortfall over size, classes and conditions.

How a split is chosen is `shortfall`'s matter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from .groups import GroupFacts, GroupLink
from .records import LedgerAction, LedgerRow, Split
from .splitting.shortfall import KIND_ORDER, Shortfall
from .splitting.split_rule import Answer, SplitRule, keyed_order, parse_rule
from .splitting.split_targets import SplitTargets

__all__ = [
    "Assignment",
    "SplitTargets",
    "assign",
    "current_split",
    "is_full",
    "quarantine",
    "relatives",
    "waiting",
]

_LIKE = re.compile(r" as in \S+ \(([^()]+)\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What to write into the ledger for one group; `reason` is a sentence's part."""

    group_id: str
    split: str
    action: LedgerAction
    reason: str


def current_split(ledger: Iterable[LedgerRow]) -> dict[str, str]:
    """The split that each group of the ledger is in; "" for one that is in none.

    Rows count in their order. A group that has a split keeps it whatever a later
    ASSIGNED row says; QUARANTINED takes it out for good; after WITHDRAWN a new
    ASSIGNED row counts again (a test set that was retired into val).
    """
    current: dict[str, str] = {}
    closed: set[str] = set()
    for row in ledger:
        if row.action is LedgerAction.ASSIGNED:
            if row.group_id not in closed and not current.get(row.group_id):
                current[row.group_id] = row.split
        else:
            current[row.group_id] = ""
            if row.action is LedgerAction.QUARANTINED:
                closed.add(row.group_id)
    return current


def assign(
    groups: Sequence[GroupFacts],
    splits: Sequence[Split],
    ledger: Iterable[LedgerRow],
    *,
    salt: bytes,
    targets: SplitTargets | None = None,
) -> tuple[Assignment, ...]:
    """What to add to the ledger for the groups it does not know yet.

    The same groups, splits, ledger and salt give the same answer whatever their
    order, except that of `splits`: where two rules take a group, the first has it.
    Nothing that has a row gets another one. A sealed set takes no group, a vault set
    does; a group that a sealed set holds out (by place, camera, date or condition)
    waits without a row, for in train it would spoil that set.

    Args:
        groups: all groups, the assigned ones too: shares are shares of everything.
        splits: train, val and the test sets.
        ledger: all rows so far, oldest first.
        salt: the project's secret, so that nobody can steer a group into a test.
        targets: weights and differing shares; by default `SplitTargets()`.

    Raises:
        UsageError: a split has a rule that does not exist.
    """
    current = current_split(ledger)
    rules = _rules(splits)
    fresh = sorted(
        (group for group in groups if group.id not in current),
        key=lambda group: (keyed_order(salt, group.id), group.id),
    )
    closed = {split.name for split, _ in rules if is_full(split)}
    found: list[Assignment] = []
    open_groups: list[GroupFacts] = []
    for group in fresh:
        ruled = _ruled(group, rules, salt)
        if ruled is None:
            open_groups.append(group)
        elif ruled.split not in closed:
            found.append(ruled)
    pool = [split for split, rule in rules if rule.is_shortfall]
    if pool and open_groups:
        names = {split.name for split in pool}
        held = [group for group in groups if current.get(group.id) in names]
        held.sort(key=lambda group: group.id)
        shortfall = Shortfall(pool, targets or SplitTargets(), [*held, *open_groups])
        for group in held:
            shortfall.note(group.id, current[group.id])
        found += [
            Assignment(
                group_id=group_id,
                split=split,
                action=LedgerAction.ASSIGNED,
                reason=reason,
            )
            for group_id, split, reason in shortfall.fill([g.id for g in open_groups])
        ]
    return tuple(found)


def is_full(split: Split) -> bool:
    """Whether a split takes no further group: it is sealed, and no vault set."""
    return split.sealed and not parse_rule(split.rule).is_vault


def waiting(
    groups: Iterable[GroupFacts],
    splits: Sequence[Split],
    ledger: Iterable[LedgerRow],
    *,
    salt: bytes,
) -> tuple[tuple[str, str], ...]:
    """(group, sealed set) for the groups that `assign` leaves without a row."""
    rules = _rules(splits)
    closed = {split.name for split, _ in rules if is_full(split)}
    if not closed:
        return ()
    current = current_split(ledger)
    found = []
    for group in groups:
        if group.id not in current:
            ruled = _ruled(group, rules, salt)
            if ruled is not None and ruled.split in closed:
                found.append((group.id, ruled.split))
    return tuple(sorted(found))


def relatives(ledger: Iterable[LedgerRow], groups: Collection[str]) -> frozenset[str]:
    """Groups that were quarantined because they are like one of `groups`.

    So says the reason that `quarantine`, and the catalog when groups join, write:
    "... as in SPLIT (GROUP)".
    """
    return frozenset(
        row.group_id
        for row in ledger
        if row.action is LedgerAction.QUARANTINED
        and (match := _LIKE.search(row.reason))
        and match[1] in groups
    )


def quarantine(
    links: Iterable[GroupLink], splits: Sequence[Split], ledger: Iterable[LedgerRow]
) -> tuple[Assignment, ...]:
    """Takes the train side of links between splits out, for good.

    Of two linked groups in different splits the one nearer to training leaves: train
    before val, val before a test. Nothing leaves a test set; two test sets may share
    a link. Groups without a split are `groups.join_groups`' matter.
    """
    current = current_split(ledger)
    rank = {split.name: KIND_ORDER[split.kind] for split in splits}
    found: dict[str, Assignment] = {}
    for link in sorted(set(links)):
        sides = [
            (rank[current[group_id]], group_id)
            for group_id in (link.first, link.second)
            if current.get(group_id) in rank
        ]
        if len(sides) < 2 or sides[0][0] == sides[1][0]:
            continue
        (_, loser), (_, keeper) = sorted(sides)
        found.setdefault(
            loser,
            Assignment(
                group_id=loser,
                split=current[loser],
                action=LedgerAction.QUARANTINED,
                reason=f"{link.reason} as in {current[keeper]} ({keeper})",
            ),
        )
    return tuple(found[group_id] for group_id in sorted(found))


def _rules(splits: Sequence[Split]) -> list[tuple[Split, SplitRule]]:
    """The splits with their rules, without those that can neither take nor hold out."""
    rules = [(split, parse_rule(split.rule)) for split in splits]
    return [(s, rule) for s, rule in rules if not is_full(s) or rule.is_held_out]


def _ruled(
    group: GroupFacts, rules: Sequence[tuple[Split, SplitRule]], salt: bytes
) -> Assignment | None:
    """What the rules of the test sets make of a group; None if they leave it."""
    embargo: Assignment | None = None
    for split, rule in rules:
        answer = rule.answer(group, split.name, salt)
        if answer is Answer.TAKES:
            return Assignment(
                group_id=group.id,
                split=split.name,
                action=LedgerAction.ASSIGNED,
                reason=f"rule {split.rule}",
            )
        if answer is Answer.EMBARGO and embargo is None:
            embargo = Assignment(
                group_id=group.id,
                split="",
                action=LedgerAction.QUARANTINED,
                reason=f"inside the embargo of {split.name}, {split.rule}",
            )
    return embargo
