from __future__ import annotations

import pytest
from hypothesis import given

from dataset.balance import BalanceVerdict, judge, speak
from dataset.groups import GroupFacts
from dataset.records import LabelClass
from dataset.settings import BalanceSettings, Target
from tests.strategies import CLASSES, group_sets

NO_TARGETS = BalanceSettings()


def group(number: int, *boxes: tuple[int, int], light: str = "day") -> GroupFacts:
    return GroupFacts(
        id=f"g{number}", samples=5, boxes=boxes, conditions=(("light", light),)
    )


def targets(policy: str = "", **wanted: Target) -> BalanceSettings:
    return BalanceSettings(policy=policy, targets=tuple(wanted.items()))


@given(group_sets())
def test_boxes_and_groups_are_counted(groups: list[GroupFacts]) -> None:
    found = judge(NO_TARGETS, CLASSES, groups)

    for row in found.classes:
        counts = [dict(g.boxes).get(row.id, 0) for g in groups]
        assert row.boxes == sum(counts)
        assert row.groups == sum(1 for count in counts if count)


def test_what_is_missing_under_a_condition_is_said_in_words() -> None:
    settings = targets(bike=Target(conditions=(("light=night", 80),)))
    groups = [group(1, (2, 51), light="night"), group(2, (2, 500))]

    found = judge(settings, CLASSES, groups)

    assert found.next == ("bike, at night: 29 more",)
    assert found.reasons == ("bike, at night: 51 of 80 boxes",)
    assert found.verdict is BalanceVerdict.REFUSE


def test_sessions_under_a_condition_are_a_target_too() -> None:
    target = Target(
        conditions=(("light=night", 9),), group_conditions=(("light=night", 3),)
    )
    wanted = BalanceSettings(targets=(("car", target),))
    groups = [group(n, (1, 5), light="night" if n < 2 else "day") for n in range(4)]

    found = judge(wanted, CLASSES, groups)

    assert found.reasons == ("car, at night: 2 of 3 sessions",)
    assert found.next == ("car, at night: 1 more session",)
    assert found.full == ()


def test_the_largest_part_missing_comes_first() -> None:
    settings = targets(
        car=Target(boxes=100, groups=2), bike=Target(boxes=100), person=Target(boxes=50)
    )
    groups = [group(1, (1, 90), (2, 20), (3, 50))]

    found = judge(settings, CLASSES, groups)

    assert found.next == ("bike: 80 more", "car: 1 more session", "car: 10 more")


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        ("", BalanceVerdict.REFUSE),
        ("refuse", BalanceVerdict.REFUSE),
        ("warn", BalanceVerdict.WARN),
        ("undersample", BalanceVerdict.WARN),
        ("repeat", BalanceVerdict.WARN),
        ("augment", BalanceVerdict.WARN),
    ],
)
def test_the_policy_decides_what_a_shortfall_means(
    policy: str, verdict: BalanceVerdict
) -> None:
    found = judge(targets(policy, car=Target(boxes=5)), CLASSES, [group(1, (1, 4))])

    assert found.verdict is verdict


def test_targets_that_are_met_are_balanced() -> None:
    settings = targets(car=Target(boxes=4, groups=1, conditions=(("light=day", 4),)))

    found = judge(settings, CLASSES[:1], [group(1, (1, 4))])

    assert found.verdict is BalanceVerdict.BALANCED
    assert found.classes[0].is_full
    assert (found.reasons, found.next) == ((), ())


def test_without_targets_only_the_ratio_is_judged() -> None:
    equal = judge(NO_TARGETS, CLASSES[:2], [group(1, (1, 50), (2, 10))])
    unequal = judge(NO_TARGETS, CLASSES[:2], [group(1, (1, 250), (2, 10))])

    assert (equal.ratio, equal.verdict) == (5.0, BalanceVerdict.BALANCED)
    assert (unequal.ratio, unequal.verdict) == (25.0, BalanceVerdict.WARN)
    assert unequal.reasons == (
        "car has 25.0 times as many boxes as bike, the limit is 10",
    )
    assert unequal.next == ("bike: 240 more",)


def test_a_class_without_boxes_is_named_and_has_no_ratio() -> None:
    found = judge(NO_TARGETS, CLASSES, [group(1, (1, 5), (2, 5))])

    assert found.to_json() == {
        "full": [],
        "ratio": None,
        "verdict": "warn",
        "reasons": ["person has no box yet"],
    }


def test_retired_classes_are_left_out() -> None:
    retired = LabelClass(id=4, name="old", colour="#000000", retired=True)

    found = judge(NO_TARGETS, (*CLASSES[:2], retired), [group(1, (1, 5), (2, 5))])

    assert [row.name for row in found.classes] == ["car", "bike"]


def test_a_target_for_an_unknown_class_is_named() -> None:
    found = judge(targets(tank=Target(boxes=1)), CLASSES[:1], [group(1, (1, 4))])

    assert found.reasons == ("a target names a class that is not there: tank",)


def test_nothing_at_all_is_judged_without_failing() -> None:
    found = judge(NO_TARGETS, (), [])

    assert (found.ratio, found.verdict) == (None, BalanceVerdict.BALANCED)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("light=night", "at night"),
        ("weather=rain", "in rain"),
        ("lens=dirty", "with lens=dirty"),
    ],
)
def test_conditions_are_spoken(condition: str, words: str) -> None:
    assert speak(condition) == words
