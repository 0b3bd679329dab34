"""What must hold after every assignment; checked, not assumed.

Errors: a group that moved or was put into two splits, one that left a test set for
anything but validation, a split nobody defined. Warnings, each named: a split without
a group, a class missing from a split, a place or camera that is held out and trained
on at once, and shares missed by more than the largest group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .findings import Finding, Severity
from .groups import GroupFacts
from .recipes import is_stress
from .records import LabelClass, LedgerAction, LedgerRow, Split, SplitKind
from .split import current_split, is_full
from .split_rule import parse_rule


def check_split(
    groups: Sequence[GroupFacts],
    splits: Sequence[Split],
    ledger: Sequence[LedgerRow],
    classes: Sequence[LabelClass] = (),
) -> tuple[Finding, ...]:
    """What is wrong (errors first) or weak (warnings) about a split; () is good.

    Args:
        groups: the facts of all groups that have labels.
        splits: all splits that are defined.
        ledger: all rows, oldest first.
        classes: the taxonomy; retired classes are not missed anywhere. Without it
            the classes that have boxes are looked for.
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
        *_missed_shares(splits, members),
    )


def _moved(splits: Sequence[Split], ledger: Sequence[LedgerRow]) -> Iterable[Finding]:
    kinds = {split.name: split.kind for split in splits}
    last: dict[str, LedgerRow] = {}
    tested: dict[str, str] = {}
    for row in ledger:
        before = last.get(row.group_id)
        last[row.group_id] = row
        if row.action is not LedgerAction.ASSIGNED:
            continue
        if row.split not in kinds:
            yield _error(f"The ledger names a split nobody defined: {row.split}")
            continue
        if before is not None and before.action is not LedgerAction.WITHDRAWN:
            yield _error(
                f"A group was put into {before.split or 'no split'} and into "
                f"{row.split}: {row.group_id}"
            )
        was = tested.get(row.group_id)
        if was is not None and kinds[row.split] is SplitKind.TRAIN:
            yield _error(f"A group left {was} for {row.split}: {row.group_id}")
        if kinds[row.split] is SplitKind.TEST:
            tested[row.group_id] = row.split


def _empty(
    splits: Sequence[Split], members: Mapping[str, Sequence[GroupFacts]]
) -> Iterable[Finding]:
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
    members: Mapping[str, Sequence[GroupFacts]],
    classes: Sequence[LabelClass],
) -> Iterable[Finding]:
    names = {item.id: item.name for item in classes}
    wanted = {item.id for item in classes if not item.retired} if classes else {
        class_id for group in groups for class_id, count in group.boxes if count
    }  # fmt: skip
    for split in splits:
        inside = members.get(split.name, ())
        if not inside:
            continue
        there = {class_id for group in inside for class_id, n in group.boxes if n}
        for class_id in sorted(wanted - there):
            having = sum(any(c == class_id and n for c, n in g.boxes) for g in groups)
            name = names.get(class_id, f"class {class_id}")
            yield _warning(
                f"{name} is missing from {split.name}, of all groups so many have it: "
                f"{having}",
                f"capture {name} in another session",
            )


def _held_out(
    splits: Sequence[Split], members: Mapping[str, Sequence[GroupFacts]]
) -> Iterable[Finding]:
    trains = [s.name for s in splits if s.kind is SplitKind.TRAIN]
    seen = [group for name in trains for group in members.get(name, ())]
    for split in splits:
        rule = parse_rule(split.rule)
        if rule.kind not in ("place", "camera", "after"):
            continue
        if rule.kind == "after":
            inside = [g for g in seen if g.ended_us >= rule.after_us - rule.embargo_us]
        else:
            inside = [g for g in seen if getattr(g, rule.kind) == rule.value]
        if inside:
            yield _warning(
                f"{split.name} is meant to be held out ({split.rule}), yet train holds "
                f"such groups: {len(inside)}",
                "define such a test set before the groups are assigned",
            )


def _missed_shares(
    splits: Sequence[Split], members: Mapping[str, Sequence[GroupFacts]]
) -> Iterable[Finding]:
    # A sealed set takes nothing more: no new group will mend its share.
    pool = [s for s in splits if parse_rule(s.rule).is_shortfall and not is_full(s)]
    sizes = {s.name: sum(g.samples for g in members.get(s.name, ())) for s in pool}
    total, shares = sum(sizes.values()), sum(split.share for split in pool)
    if not total or not shares:
        return
    largest = max(g.samples for s in pool for g in members.get(s.name, ()))
    for split in pool:
        wanted = total * split.share / shares
        if abs(sizes[split.name] - wanted) > largest:
            yield _warning(
                f"{split.name} should hold {wanted:.0f} samples, it holds: "
                f"{sizes[split.name]}",
                "new groups will mend it",
            )


def _error(what: str) -> Finding:
    return Finding(severity=Severity.ERROR, what=what, next_step="restore the catalog")


def _warning(what: str, step: str) -> Finding:
    return Finding(severity=Severity.WARNING, what=what, next_step=step)
