from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import UsageError
from dataset.findings import Finding, Severity
from dataset.groups import GroupFacts, GroupLink
from dataset.records import LabelClass, LedgerAction, LedgerRow, Split, SplitKind
from dataset.split import (
    Assignment,
    SplitTargets,
    assign,
    current_split,
    quarantine,
)
from dataset.splitting.split_check import check_split
from dataset.splitting.split_rule import Answer, keyed_order, parse_rule
from tests.strategies import CLASSES, SPLITS, group_sets, split_sets, split_targets

SALT = b"salt of a project"
DAY_US = 86_400_000_000
ZERO_TO_TWO = [LabelClass(id=n, name=f"class {n}", colour="#E69F00") for n in range(3)]


def rows(
    assignments: Sequence[Assignment], before: Sequence[LedgerRow] = ()
) -> tuple[LedgerRow, ...]:
    return (
        *before,
        *(
            LedgerRow(
                group_id=a.group_id,
                split=a.split,
                action=a.action,
                reason=a.reason,
                at_us=0,
            )
            for a in assignments
        ),
    )


def row(
    group_id: str, split: str, action: LedgerAction = LedgerAction.ASSIGNED
) -> LedgerRow:
    return LedgerRow(group_id=group_id, split=split, action=action, reason="", at_us=0)


def group(number: int, *, cars: int = 10, **changes: object) -> GroupFacts:
    facts = GroupFacts(id=f"group-{number:03}", samples=10, boxes=((1, cars),))
    return replace(facts, **changes)  # type: ignore[arg-type]


def errors(findings: Sequence[Finding]) -> list[str]:
    return [f.what for f in findings if f.severity is Severity.ERROR]


def mixed_groups(count: int, seed: int) -> list[GroupFacts]:
    """Groups with unequal classes: the rarest is in about one of twelve."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        chances = {1: 0.9, 2: 0.4, 3: 0.08}
        boxes = tuple(
            (class_id, int(rng.integers(1, 40)))
            for class_id, chance in chances.items()
            if rng.random() < chance
        )
        light = "night" if rng.random() < 0.25 else "day"
        found.append(
            GroupFacts(
                id=f"group-{seed}-{number:04}",
                samples=int(rng.integers(5, 60)),
                boxes=boxes,
                conditions=(("light", light),),
            )
        )
    return found


@given(group_sets(), split_sets())
def test_every_group_gets_one_row(
    groups: list[GroupFacts], splits: tuple[Split, ...]
) -> None:
    found = assign(groups, splits, (), salt=SALT)

    assert sorted(a.group_id for a in found) == sorted(g.id for g in groups)
    assert errors(check_split(groups, splits, rows(found), CLASSES)) == []


@given(group_sets(), split_sets(), st.randoms())
def test_the_order_of_groups_does_not_matter(
    groups: list[GroupFacts], splits: tuple[Split, ...], random: Random
) -> None:
    shuffled = list(groups)
    random.shuffle(shuffled)

    assert assign(groups, splits, (), salt=SALT) == assign(
        shuffled, splits, (), salt=SALT
    )


@given(group_sets(max_size=20), st.integers(0, 20), split_sets())
def test_more_groups_never_move_anybody(
    groups: list[GroupFacts], cut: int, splits: tuple[Split, ...]
) -> None:
    first = rows(assign(groups[:cut], splits, (), salt=SALT))

    then = assign(groups, splits, first, salt=SALT)

    assert {a.group_id for a in then} == {g.id for g in groups[cut:]}
    after = current_split(rows(then, first))
    assert {g: after[g] for g in current_split(first)} == current_split(first)


@given(group_sets(), split_sets())
def test_a_second_run_adds_nothing(
    groups: list[GroupFacts], splits: tuple[Split, ...]
) -> None:
    ledger = rows(assign(groups, splits, (), salt=SALT))

    assert assign(groups, splits, ledger, salt=SALT) == ()


@given(group_sets(), split_targets(SPLITS), st.integers(0, 20), st.randoms())
def test_other_shares_move_nobody_and_leave_nobody_out(
    groups: list[GroupFacts], targets: SplitTargets, cut: int, random: Random
) -> None:
    first = rows(assign(groups[:cut], SPLITS, (), salt=SALT))
    shuffled = list(groups)
    random.shuffle(shuffled)

    then = assign(groups, SPLITS, first, salt=SALT, targets=targets)

    assert {a.group_id for a in then} == {g.id for g in groups[cut:]}
    assert then == assign(shuffled, SPLITS, first, salt=SALT, targets=targets)
    ledger = rows(then, first)
    assert errors(check_split(groups, SPLITS, ledger, CLASSES, targets)) == []


@given(split_targets(SPLITS), st.sampled_from([("size", ""), ("class", 1)]))
def test_shares_of_every_dimension_add_up(
    targets: SplitTargets, name: tuple[str, object]
) -> None:
    shares = targets.shares(SPLITS, name)

    assert sum(shares) == pytest.approx(1.0)
    assert min(shares) >= 0.0


def test_what_is_said_of_one_split_is_taken_from_the_others_evenly() -> None:
    targets = SplitTargets(class_shares={("test-main", 1): 0.30})

    shares = targets.shares(SPLITS, ("class", 1))

    assert shares == pytest.approx([0.7 * 0.7 / 0.85, 0.7 * 0.15 / 0.85, 0.30])
    assert targets.shares(SPLITS, ("class", 2)) == pytest.approx([0.7, 0.15, 0.15])


def test_a_share_of_a_class_is_met_within_the_largest_group() -> None:
    groups = mixed_groups(150, 3)
    targets = SplitTargets(class_shares={("test-main", 3): 0.5})

    splits = current_split(rows(assign(groups, SPLITS, (), salt=SALT, targets=targets)))

    counts = {g.id: dict(g.boxes).get(3, 0) for g in groups}
    have = sum(n for g, n in counts.items() if splits[g] == "test-main")
    assert abs(have - 0.5 * sum(counts.values())) <= max(counts.values())


@pytest.mark.parametrize("seed", range(6))
def test_images_that_are_groups_of_their_own_meet_every_class(seed: int) -> None:
    """Where groups are small F alone now and then left a class a box too far off."""
    rng = np.random.default_rng(seed)
    groups = [
        GroupFacts(
            id=f"image-{seed}-{number:03}",
            samples=1,
            boxes=tuple(
                (c, int(n)) for c, n in enumerate(rng.integers(0, [3, 27, 7])) if n
            ),
        )
        for number in range(300)
    ]

    found = check_split(
        groups, SPLITS, rows(assign(groups, SPLITS, (), salt=SALT)), ZERO_TO_TWO
    )

    assert found == ()


def test_another_salt_gives_another_split() -> None:
    groups = [group(n) for n in range(40)]

    here = assign(groups, SPLITS, (), salt=b"one")
    there = assign(groups, SPLITS, (), salt=b"two")

    assert current_split(rows(here)) != current_split(rows(there))


@pytest.mark.parametrize("count", [3, 4, 12])
def test_few_groups_still_fill_every_split(count: int) -> None:
    groups = [group(n) for n in range(count)]

    found = Counter(a.split for a in assign(groups, SPLITS, (), salt=SALT))

    assert set(found) == {"train", "val", "test-main"}
    assert found["train"] == max(found.values())


def test_a_single_group_is_for_training() -> None:
    (found,) = assign([group(1)], SPLITS, (), salt=SALT)

    assert found.split == "train"


def test_groups_that_come_one_by_one_fill_every_split_too() -> None:
    ledger: tuple[LedgerRow, ...] = ()
    groups: list[GroupFacts] = []
    for number in range(20):
        groups.append(group(number))
        ledger = rows(assign(groups, SPLITS, ledger, salt=SALT), ledger)

    found = Counter(current_split(ledger).values())

    assert found["train"] >= 12
    assert min(found["val"], found["test-main"]) >= 2


@pytest.mark.parametrize("seed", range(8))
def test_shares_are_met_within_the_largest_group(seed: int) -> None:
    groups = mixed_groups(150, seed)

    splits = current_split(rows(assign(groups, SPLITS, (), salt=SALT)))

    total = sum(g.samples for g in groups)
    largest = max(g.samples for g in groups)
    for split in SPLITS:
        have = sum(g.samples for g in groups if splits[g.id] == split.name)
        assert abs(have - split.share * total) <= largest


@pytest.mark.parametrize("seed", range(8))
def test_each_class_is_met_within_the_largest_group(seed: int) -> None:
    groups = mixed_groups(150, seed)

    splits = current_split(rows(assign(groups, SPLITS, (), salt=SALT)))

    for class_id in (1, 2, 3):
        counts = {g.id: dict(g.boxes).get(class_id, 0) for g in groups}
        total, largest = sum(counts.values()), max(counts.values())
        for split in SPLITS:
            have = sum(n for g, n in counts.items() if splits[g] == split.name)
            assert abs(have - split.share * total) <= largest


@pytest.mark.parametrize("seed", range(8))
def test_a_class_in_three_groups_is_in_every_split(seed: int) -> None:
    groups = [
        replace(g, boxes=(*g.boxes, (9, 5))) if place % 15 == 4 else g
        for place, g in enumerate(mixed_groups(40, seed))
    ]

    splits = current_split(rows(assign(groups, SPLITS, (), salt=SALT)))

    having = {splits[g.id] for g in groups if any(c == 9 for c, _ in g.boxes)}
    assert having == {"train", "val", "test-main"}


def test_rules_take_whole_groups_before_the_shortfall() -> None:
    splits = (
        *SPLITS,
        Split(name="test-time", kind=SplitKind.TEST, rule="after:1970-01-11/2d"),
        Split(name="test-north", kind=SplitKind.TEST, rule="place:north"),
        Split(name="test-cam", kind=SplitKind.TEST, rule="camera:cam 9"),
        Split(name="test-night", kind=SplitKind.TEST, rule="condition:light=night"),
        Split(name="stress", kind=SplitKind.TEST, rule="hand"),
    )
    groups = [
        group(1, started_us=10 * DAY_US, ended_us=11 * DAY_US),
        group(2, started_us=9 * DAY_US, ended_us=9 * DAY_US),
        group(3, places=("north",)),
        group(4, cameras=("cam 9",)),
        group(5, conditions=(("light", "night"),)),
        group(6, places=("north",), started_us=20 * DAY_US, ended_us=20 * DAY_US),
        group(7),
    ]

    found = {a.group_id: a for a in assign(groups, splits, (), salt=SALT)}

    assert {key[-1]: a.split for key, a in found.items()} == {
        "1": "test-time",
        "2": "",
        "3": "test-north",
        "4": "test-cam",
        "5": "test-night",
        "6": "test-time",
        "7": "train",
    }
    assert found["group-002"].action is LedgerAction.QUARANTINED
    assert "embargo of test-time" in found["group-002"].reason
    assert found["group-003"].reason == "rule place:north"


def test_every_third_group_is_taken_by_keyed_hash() -> None:
    splits = (
        *SPLITS,
        Split(name="test-night", kind=SplitKind.TEST, rule="condition:light=night/3"),
    )
    groups = [group(n, conditions=(("light", "night"),)) for n in range(300)]

    splits_of = current_split(rows(assign(groups, splits, (), salt=SALT)))

    taken = {g for g, split in splits_of.items() if split == "test-night"}
    assert 70 <= len(taken) <= 130
    assert taken == {
        g.id for g in groups if keyed_order(SALT, f"test-night\0{g.id}") % 3 == 0
    }


def test_a_border_group_without_embargo_goes_by_shortfall() -> None:
    rule = parse_rule("after:1970-01-11")
    across = group(1, started_us=9 * DAY_US, ended_us=12 * DAY_US)

    assert rule.answer(across, "t", SALT) is Answer.LEAVES


@pytest.mark.parametrize(
    "rule", ["weekly", "after:2026-13-01", "after:", "place:", "condition:light", "x=y"]
)
def test_a_rule_that_does_not_exist_is_refused(rule: str) -> None:
    splits = (*SPLITS, Split(name="test-x", kind=SplitKind.TEST, rule=rule))

    with pytest.raises(UsageError, match="no such rule"):
        assign([group(1)], splits, (), salt=SALT)


def test_a_share_for_one_class_overrides_that_of_the_split() -> None:
    groups = [group(n, boxes=((1, 10),)) for n in range(60)]
    groups += [group(100 + n, boxes=((2, 10),)) for n in range(60)]
    targets = SplitTargets(
        size=0.0,
        class_shares={("train", 2): 0.0, ("val", 2): 0.0, ("test-main", 2): 1.0},
    )

    splits = current_split(rows(assign(groups, SPLITS, (), salt=SALT, targets=targets)))

    assert {splits[g.id] for g in groups if g.boxes[0][0] == 2} == {"test-main"}
    assert Counter(splits[g.id] for g in groups if g.boxes[0][0] == 1)["train"] == 42


def test_reasons_name_classes() -> None:
    groups = [group(n) for n in range(6)]

    found = assign(
        groups, SPLITS, (), salt=SALT, targets=SplitTargets(class_names={1: "car"})
    )

    assert Counter(a.reason for a in found) == {
        "the only one with car": 2,
        "car at 71 % of its share without it": 4,
    }


def test_a_group_without_boxes_or_samples_is_placed() -> None:
    (found,) = assign([GroupFacts(id="g", samples=0)], SPLITS, (), salt=SALT)

    assert found.split == "train"


def test_quarantined_and_withdrawn_groups_are_not_assigned_again() -> None:
    ledger = (
        row("group-001", "train"),
        row("group-001", "train", LedgerAction.QUARANTINED),
        row("group-002", "test-main"),
        row("group-002", "test-main", LedgerAction.WITHDRAWN),
    )

    found = assign([group(1), group(2), group(3)], SPLITS, ledger, salt=SALT)

    assert [a.group_id for a in found] == ["group-003"]
    assert current_split(ledger) == {"group-001": "", "group-002": ""}


def test_the_ledger_is_read_in_its_order() -> None:
    ledger = (
        row("a", "test-main"),
        row("a", "train"),
        row("b", "test-main"),
        row("b", "test-main", LedgerAction.WITHDRAWN),
        row("b", "val"),
        row("c", "train"),
        row("c", "train", LedgerAction.QUARANTINED),
        row("c", "train"),
    )

    assert current_split(ledger) == {"a": "test-main", "b": "val", "c": ""}


def link(first: str, second: str) -> GroupLink:
    return GroupLink(first=first, second=second, reason="the same picture")


def test_a_late_link_quarantines_the_side_nearer_to_training() -> None:
    ledger = tuple(
        row(group_id, split)
        for group_id, split in [
            ("a", "train"),
            ("b", "test-main"),
            ("c", "val"),
            ("d", "train"),
            ("f", "val"),
        ]
    )

    found = quarantine(
        [
            link("a", "b"),
            link("b", "c"),
            link("a", "d"),
            link("d", "e"),
            link("d", "f"),
        ],
        SPLITS,
        ledger,
    )

    assert [(a.group_id, a.split, a.action) for a in found] == [
        ("a", "train", LedgerAction.QUARANTINED),
        ("c", "val", LedgerAction.QUARANTINED),
        ("d", "train", LedgerAction.QUARANTINED),
    ]
    assert found[0].reason == "the same picture as in test-main (b)"
    assert current_split(rows(found, ledger))["b"] == "test-main"


def test_a_second_quarantine_adds_nothing() -> None:
    ledger = (row("a", "train"), row("b", "test-main"))
    once = rows(quarantine([link("a", "b")], SPLITS, ledger), ledger)

    assert quarantine([link("a", "b")], SPLITS, once) == ()


@pytest.mark.parametrize(
    ("ledger", "sentence"),
    [
        (
            (row("group-001", "train"), row("group-001", "val")),
            "A group was put into train and into val: group-001",
        ),
        (
            (
                row("group-001", "test-main"),
                row("group-001", "test-main", LedgerAction.WITHDRAWN),
                row("group-001", "train"),
            ),
            "A group left test-main for train: group-001",
        ),
        (
            (row("group-001", "test-old"),),
            "The ledger names a split nobody defined: test-old",
        ),
    ],
)
def test_what_must_not_happen_is_an_error(
    ledger: tuple[LedgerRow, ...], sentence: str
) -> None:
    assert errors(check_split([group(1)], SPLITS, ledger)) == [sentence]


def test_a_retired_test_set_may_become_validation() -> None:
    ledger = (
        row("group-001", "test-main"),
        row("group-001", "test-main", LedgerAction.WITHDRAWN),
        row("group-001", "val"),
    )

    assert errors(check_split([group(1)], SPLITS, ledger)) == []


def test_leaving_a_test_set_by_any_way_is_an_error() -> None:
    out = row("group-001", "test-main", LedgerAction.QUARANTINED)
    gone = row("group-001", "test-main", LedgerAction.WITHDRAWN)
    inside = row("group-001", "test-main")
    splits = (*SPLITS, Split(name="test-b", kind=SplitKind.TEST, rule="hand"))

    def found(*ledger: LedgerRow) -> list[str]:
        return errors(check_split([group(1)], splits, ledger))

    assert found(inside, out) == ["A group was quarantined out of test-main: group-001"]
    assert found(inside, gone, row("group-001", "test-b")) == [
        "A group left test-main for test-b: group-001"
    ]
    assert found(inside, gone, row("group-001", "test-main")) == []


def test_conditions_that_are_held_out_and_trained_on_are_named() -> None:
    night = Split(name="test-n", kind=SplitKind.TEST, rule="condition:light=night")
    dark = group(1, conditions=(("light", "night"),))

    found = check_split([dark], (*SPLITS, night), (row("group-001", "train"),))

    assert (
        "test-n is meant to be held out (condition:light=night), yet train holds such "
        "groups: 1" in [f.what for f in found]
    )


def test_missed_shares_of_a_class_are_named() -> None:
    groups = [group(n) for n in range(20)]
    groups[:3] = [replace(g, boxes=()) for g in groups[:3]]
    ledger = tuple(row(g.id, "train" if n > 3 else "val") for n, g in enumerate(groups))

    found = [f.what for f in check_split(groups, SPLITS[:2], ledger, CLASSES[:1])]

    assert found == [
        "train should hold 82 % of the boxes of car, it holds: 94 %",
        "val should hold 18 % of the boxes of car, it holds: 6 %",
    ]


def test_weaknesses_are_named() -> None:
    splits = (*SPLITS, Split(name="test-n", kind=SplitKind.TEST, rule="place:north"))
    groups = [group(1, places=("north",)), group(2, boxes=((1, 3), (2, 3)))]
    ledger = (row("group-001", "train"), row("group-002", "val"))

    found = [f.what for f in check_split(groups, splits, ledger, CLASSES[:2])]

    assert found == [
        "A split holds no group yet: test-main",
        "A split holds no group yet: test-n",
        "bike is missing from train, groups that have it: 1",
        "test-n is meant to be held out (place:north), yet train holds such groups: 1",
    ]


def test_missed_shares_are_named() -> None:
    groups = [group(n) for n in range(20)]
    ledger = tuple(row(g.id, "train") for g in groups)

    found = [f.what for f in check_split(groups, SPLITS[:2], ledger)]

    assert "val should hold 35 samples, it holds: 0" in found


def test_a_good_split_has_no_findings() -> None:
    groups = [group(n) for n in range(60)]
    ledger = rows(assign(groups, SPLITS, (), salt=SALT))

    assert check_split(groups, SPLITS, ledger) == ()
