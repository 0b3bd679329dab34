"""What must hold after every assignment; checked, not assumed.

Errors: a group that moved or was put into two splits, one that left a test set for
anything but validation, a split nobody defined. Warnings, each named: a split without
a group, a class missing from a split, what is held out and trained on at once, and
shares missed by more than the largest group, of samples and of each class.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ..findings import Finding, Severity
from ..groups import GroupFacts
from ..policies.recipes import is_stress
from ..records import LabelClass, LedgerAction, LedgerRow, Split, SplitKind
from ..split import current_split, is_full
from .split_rule import SplitRule, parse_rule
from .split_targets import SplitTargets

Members = Mapping[str, Sequence[GroupFacts]]
# Rounding of shares that are no binary parts.
_HAIR = 1e-6


def check_split(
    groups: Sequence[GroupFacts],
    splits: Sequence[Split],
    ledger: Sequence[LedgerRow],
    classes: Sequence[LabelClass] = (),
    targets: SplitTargets | None = None,
) -> tuple[Finding, ...]:
    """What is wrong (errors first) or weak (warnings) about a split; () is good.

    Args:
        groups: the facts of all groups that have labels.
        splits: all splits that are defined.
        ledger: all rows, oldest first.
        classes: the taxonomy; retired classes are not missed anywhere. Without it
            the classes that have boxes are looked for.
        targets: the shares that were wanted; by default `SplitTargets()`.
    """
    current = current_split(ledger)
    members: dict[str, list[GroupFacts]] = defaultdict(list)
    for group in groups:
        members[current.get(group.id, "")].append(group)
    return (
        *_moved(splits, ledger),
        *_empty(splits, members),
        *_missing_classes(groups, splits, members, classes),
        *_held_out(splits, members),
        *_missed_shares(splits, members, classes, targets or SplitTargets()),
    )


def _moved(splits: Sequence[Split], ledger: Sequence[LedgerRow]) -> Iterable[Finding]:
    kinds = {split.name: split.kind for split in splits}
    last: dict[str, LedgerRow] = {}
    tested: dict[str, str] = {}
    for row in ledger:
        before = last.get(row.group_id)
        last[row.group_id] = row
        was = tested.get(row.group_id)
        if row.action is LedgerAction.WITHDRAWN:
            continue
        if row.action is LedgerAction.QUARANTINED:
            if was is not None and before is not None and before.split == was:
                yield _error(f"A group was quarantined out of {was}: {row.group_id}")
            continue
        if row.split not in kinds:
            yield _error(f"The ledger names a split nobody defined: {row.split}")
            continue
        if before is not None and before.action is not LedgerAction.WITHDRAWN:
            yield _error(
                f"A group was put into {before.split or 'no split'} and into "
                f"{row.split}: {row.group_id}"
            )
        if was not in (None, row.split) and kinds[row.split] is not SplitKind.VAL:
            yield _error(f"A group left {was} for {row.split}: {row.group_id}")
        if kinds[row.split] is SplitKind.TEST:
            tested[row.group_id] = row.split


def _empty(splits: Sequence[Split], members: Members) -> Iterable[Finding]:
    for split in splits:
        # A stress set holds copies of another set's samples, never a group.
        holds_groups = split.rule != "hand" and not is_stress(split.rule)
        if not members.get(split.name) and holds_groups:
            yield _warning(
                f"A split holds no group yet: {split.name}",
                "capture and label more sessions",
            )


def _missing_classes(
    groups: Sequence[GroupFacts],
    splits: Sequence[Split],
    members: Members,
    classes: Sequence[LabelClass],
) -> Iterable[Finding]:
    names = {item.id: item.name for item in classes}
    wanted = {item.id for item in classes if not item.retired} if classes else {
        class_id for group in groups for class_id, count in group.boxes if count
    }  # fmt: skip
    having = Counter(c for group in groups for c, n in group.boxes if n)
    for class_id in sorted(wanted - set(having)) if groups else ():
        name = names[class_id]
        yield _warning(f"No group has a box of a class yet: {name}", f"capture {name}")
    for split in splits:
        inside = members.get(split.name, ())
        if not inside:
            continue
        there = {class_id for group in inside for class_id, n in group.boxes if n}
        for class_id in sorted((wanted & set(having)) - there):
            name = names.get(class_id, f"class {class_id}")
            yield _warning(
                f"{name} is missing from {split.name}, groups that have it: "
                f"{having[class_id]}",
                f"capture {name} in another session",
            )


def _held_out(splits: Sequence[Split], members: Members) -> Iterable[Finding]:
    trains = [s.name for s in splits if s.kind is SplitKind.TRAIN]
    seen = [group for name in trains for group in members.get(name, ())]
    for split in splits:
        rule = parse_rule(split.rule)
        inside = [g for g in seen if rule.is_held_out and _is_meant(rule, g)]
        if inside:
            yield _warning(
                f"{split.name} is meant to be held out ({split.rule}), yet train holds "
                f"such groups: {len(inside)}",
                "define such a test set before the groups are assigned",
            )


def _is_meant(rule: SplitRule, group: GroupFacts) -> bool:
    """Whether any of a group is what the rule holds out, its embargo too."""
    if rule.kind == "after":
        return group.ended_us >= rule.after_us - rule.embargo_us
    if rule.kind == "condition":
        return (rule.key, rule.value) in group.conditions
    return rule.value in (group.places if rule.kind == "place" else group.cameras)


def _missed_shares(
    splits: Sequence[Split],
    members: Members,
    classes: Sequence[LabelClass],
    targets: SplitTargets,
) -> Iterable[Finding]:
    # A sealed set takes nothing more: no new group will mend its share.
    pool = [s for s in splits if parse_rule(s.rule).is_shortfall and not is_full(s)]
    off = set()
    # Where a class is to be split otherwise the size goes along with it.
    if targets.is_plain:
        for split, wanted, have in _off_in_size(pool, members):
            off.add(split.name)
            yield _warning(
                f"{split.name} should hold {wanted:.0f} samples, it holds: {have}",
                "new groups will mend it",
            )
    for split, name, wanted, part in _off_in_classes(pool, members, classes, targets):
        if split.name not in off:
            yield _warning(
                f"{split.name} should hold {100 * wanted:.0f} % of the boxes of "
                f"{name}, it holds: {100 * part:.0f} %",
                "new groups will mend it",
            )


def _off_in_size(
    pool: Sequence[Split], members: Members
) -> Iterable[tuple[Split, float, int]]:
    """(split, samples wanted, samples there) of those off by more than a group."""
    sizes = {s.name: sum(g.samples for g in members.get(s.name, ())) for s in pool}
    total, shares = sum(sizes.values()), sum(split.share for split in pool)
    if not total or not shares:
        return
    largest = max(g.samples for s in pool for g in members.get(s.name, ()))
    for split in pool:
        wanted = total * split.share / shares
        if abs(sizes[split.name] - wanted) > largest:
            yield split, wanted, sizes[split.name]


def _off_in_classes(
    pool: Sequence[Split],
    members: Members,
    classes: Sequence[LabelClass],
    targets: SplitTargets,
) -> Iterable[tuple[Split, str, float, float]]:
    """(split, class, part wanted, part there) of those off by more than a group."""
    boxes: dict[str, dict[int, int]] = {split.name: {} for split in pool}
    largest: dict[int, int] = {}
    holders: dict[int, int] = {}
    for name, own in boxes.items():
        for group in members.get(name, ()):
            for class_id, count in group.boxes:
                own[class_id] = own.get(class_id, 0) + count
                holders[class_id] = holders.get(class_id, 0) + 1
                largest[class_id] = max(count, largest.get(class_id, 0))
    for item in classes:
        # A class in no more groups than there are splits goes to one after the other.
        if item.retired or holders.get(item.id, 0) <= len(pool):
            continue
        total = sum(own.get(item.id, 0) for own in boxes.values())
        shares = targets.shares(pool, ("class", item.id))
        for split, share in zip(pool, shares, strict=True):
            have = boxes[split.name].get(item.id, 0)
            if any(shares) and abs(have - total * share) > largest[item.id] + _HAIR:
                yield split, item.name, share, have / total


def _error(what: str) -> Finding:
    return Finding(severity=Severity.ERROR, what=what, next_step="restore the catalog")


def _warning(what: str, step: str) -> Finding:
    return Finding(severity=Severity.WARNING, what=what, next_step=step)
