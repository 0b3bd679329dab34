from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dataset.balance import judge
from dataset.catalog import ClassSplitCount
from dataset.coach import Advice, advise
from dataset.groups import GroupFacts
from dataset.records import LabelClass, Split, SplitKind
from dataset.settings import BalanceSettings, Target
from dataset.splitting.split_targets import SplitTargets
from tests.strategies import (
    CLASSES,
    SPLITS,
    balance_settings,
    conditions,
    group_sets,
)

FRUIT = (
    LabelClass(id=1, name="apple", colour="#E69F00"),
    LabelClass(id=2, name="banana", colour="#56B4E9"),
)
NIGHT, DAY = (("light", "night"),), (("light", "day"),)


def group(number: int, *boxes: tuple[int, int], light: str = "day") -> GroupFacts:
    return GroupFacts(
        id=f"g{number}", samples=5, boxes=boxes, conditions=(("light", light),)
    )


def advice(groups: list[GroupFacts], **wanted: Target) -> Advice:
    settings = BalanceSettings(targets=tuple(wanted.items()))
    return advise(judge(settings, FRUIT, groups).classes)


def fruit() -> Advice:
    """12 bananas are missing at night, apples by day are full."""
    groups = [group(1, (1, 40)), group(2, (2, 28), light="night")]
    return advice(
        groups,
        apple=Target(conditions=(("light=day", 40),)),
        banana=Target(conditions=(("light=night", 40),)),
    )


def test_the_line_says_what_is_missing_and_what_is_full() -> None:
    assert fruit().line == "12 more of banana at night; apple by day is full"


def test_sessions_are_asked_for_as_sessions() -> None:
    found = advice([group(1, (1, 4))], apple=Target(groups=3))

    assert found.line == "2 more sessions of apple"


def test_what_can_be_captured_under_the_sessions_conditions_comes_first() -> None:
    found = advice(
        [group(1, (1, 39)), group(2, (2, 1), light="night")],
        apple=Target(conditions=(("light=day", 40),)),
        banana=Target(conditions=(("light=night", 40),)),
    )

    assert found.line_under(NIGHT) == "39 more of banana at night"
    assert found.line_under(DAY) == "1 more of apple by day"


def test_a_full_class_is_warned_of_under_its_condition_only() -> None:
    assert fruit().warning(1, DAY) == "apple by day is full"
    assert fruit().warning(1, NIGHT) == "apple is full"
    assert fruit().warning(2, NIGHT) == ""


def test_everything_met_is_said_and_nothing_is_said_without_targets() -> None:
    met = advice([group(1, (1, 40))], apple=Target(boxes=40))
    none = advice([group(1, (1, 4), (2, 4))])

    assert (met.line, met.lines) == (
        "every target is met",
        ("every target is met",),
    )
    assert (none.line, none.lines) == ("", ())


def test_a_class_far_below_the_others_is_asked_for_without_targets() -> None:
    classes = (*FRUIT, LabelClass(id=3, name="pear", colour="#009E73"))
    groups = [group(1, (1, 50), (2, 50), (3, 5))]

    found = advise(judge(BalanceSettings(), classes, groups).classes)

    assert found.line == "45 more of pear"


def test_a_class_that_a_split_lacks_is_asked_for_in_another_session() -> None:
    rows = judge(
        BalanceSettings(targets=(("apple", Target(boxes=100)),)),
        FRUIT,
        [group(1, (1, 100))],
    ).classes
    table = [ClassSplitCount(class_id=1, split="train", boxes=100, samples=9, groups=1)]

    found = advise(rows, SPLITS, table, SplitTargets())

    assert [need.sentence for need in found.needs] == [
        "15 more of apple in another session, for test-main",
        "15 more of apple in another session, for val",
    ]


def test_what_waits_to_be_split_may_still_come_to_a_split() -> None:
    rows = judge(
        BalanceSettings(targets=(("apple", Target(boxes=100)),)),
        FRUIT,
        [group(1, (1, 100))],
    ).classes
    table = [
        ClassSplitCount(class_id=1, split="train", boxes=70, samples=9, groups=1),
        ClassSplitCount(class_id=1, split="", boxes=30, samples=9, groups=2),
    ]

    assert advise(rows, SPLITS, table, SplitTargets()).needs == ()


def test_a_sealed_set_asks_for_nothing() -> None:
    sealed = Split(
        name="test-main", kind=SplitKind.TEST, rule="random", share=0.5, sealed=True
    )
    train = Split(name="train", kind=SplitKind.TRAIN, share=0.5)
    rows = judge(
        BalanceSettings(targets=(("apple", Target(boxes=10)),)),
        FRUIT,
        [group(1, (1, 10))],
    ).classes
    table = [ClassSplitCount(class_id=1, split="train", boxes=10, samples=9, groups=1)]

    assert advise(rows, (train, sealed), table, SplitTargets()).needs == ()


@given(balance_settings(), group_sets())
def test_every_target_is_either_needed_or_full(
    settings: BalanceSettings, groups: list[GroupFacts]
) -> None:
    rows = judge(settings, CLASSES, groups).classes
    found = advise(rows)

    if not settings.targets:
        return
    needed = {(need.class_id, need.condition) for need in found.needs}
    full = {(one.class_id, one.condition) for one in found.full}
    assert not {pair for pair in needed & full if pair[1]}
    assert all(need.lack > 0 and 0 < need.urgency <= 1 for need in found.needs)
    for row in rows:
        for condition, *_ in (*row.conditions, *row.group_conditions):
            assert (row.id, condition) in needed | full


@given(balance_settings(), group_sets(), st.randoms(use_true_random=False))
def test_the_order_of_classes_and_groups_does_not_matter(
    settings: BalanceSettings, groups: list[GroupFacts], random: Random
) -> None:
    mixed = list(groups)
    random.shuffle(mixed)

    one = advise(judge(settings, CLASSES, groups).classes)
    other = advise(judge(settings, CLASSES[::-1], mixed).classes)

    assert one == other


@given(balance_settings(), group_sets(), conditions)
def test_a_class_that_is_warned_of_is_never_first_in_the_line(
    settings: BalanceSettings,
    groups: list[GroupFacts],
    under: tuple[tuple[str, str], ...],
) -> None:
    found = advise(judge(settings, CLASSES, groups).classes)

    for one in found.full:
        words = found.warning(one.class_id, under)
        same = [n for n in found.needs if n.class_id == one.class_id and n.condition]
        if any(tuple(n.condition.split("=")) in under for n in same):
            assert words == ""
