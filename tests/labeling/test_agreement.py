from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.records import Box
from labeling.agreement import (
    KAPPA_PAIRS,
    agreement,
    cohens_kappa,
    compare,
)
from tests.small_projects import box, uid
from tests.strategies import box_sets

twice_labeled = st.lists(st.tuples(box_sets(), box_sets()), max_size=4)


def far(number: int, class_id: int = 1) -> Box:
    """Boxes that never overlap."""
    return box(f"f{number}", class_id, x0=100.0 * number)


@given(twice_labeled)
def test_agreement_is_the_same_from_both_sides(
    samples: list[tuple[Sequence[Box], Sequence[Box]]],
) -> None:
    there = agreement(compare(a, b) for a, b in samples)
    back = agreement(compare(b, a) for a, b in samples)

    assert (there.first, there.second) == (back.second, back.first)
    assert there.matched == back.matched
    assert there.mean_iou == back.mean_iou
    assert (there.f1, there.f1_strict) == (back.f1, back.f1_strict)
    assert there.confusion == {(b, a): n for (a, b), n in back.confusion.items()}
    assert (there.only_first, there.only_second) == (back.only_second, back.only_first)
    assert there.kappa == pytest.approx(back.kappa)


@given(twice_labeled, st.randoms())
def test_agreement_does_not_depend_on_any_order(
    samples: list[tuple[Sequence[Box], Sequence[Box]]], random: object
) -> None:
    mixed = [
        (sorted(a, key=lambda _: random.random()), tuple(reversed(b)))  # type: ignore[attr-defined]
        for a, b in reversed(samples)
    ]

    assert agreement(compare(a, b) for a, b in mixed) == agreement(
        compare(a, b) for a, b in samples
    )


@given(box_sets())
def test_the_same_boxes_agree_wholly(boxes: tuple[Box, ...]) -> None:
    found = agreement([compare(boxes, boxes)])

    whole = 1.0 if boxes else None
    assert (found.mean_iou, found.f1, found.f1_strict) == (
        pytest.approx(whole),
        whole,
        whole,
    )
    assert not found.only_first
    assert not found.only_second
    assert all(a == b for a, b in found.confusion)


@given(box_sets(), box_sets())
def test_every_box_is_paired_or_named_once(
    first: tuple[Box, ...], second: tuple[Box, ...]
) -> None:
    found = compare(first, second)

    ours = [pair.first for pair in found.pairs] + list(found.only_first)
    theirs = [pair.second for pair in found.pairs] + list(found.only_second)
    assert sorted(ours, key=lambda b: b.id) == list(first)
    assert sorted(theirs, key=lambda b: b.id) == list(second)
    assert all(0.5 <= pair.iou <= 1.0 for pair in found.pairs)


def test_a_box_dragged_to_another_object_is_not_the_same_box() -> None:
    dragged = replace(far(1), x0=500.0, x1=520.0)

    found = compare([far(1)], [dragged])

    assert not found.pairs
    assert (found.only_first, found.only_second) == ((far(1),), (dragged,))


def test_figures_of_a_sample_counted_by_hand() -> None:
    first = (far(1), far(2), far(3, class_id=2), far(4))
    loose = replace(far(2), id=uid("s2"), x1=far(2).x1 + 10)  # IoU 20 / 30
    second = (
        replace(far(1), id=uid("s1")),
        loose,
        replace(far(3), id=uid("s3")),
        far(5),
    )

    found = agreement([compare(first, second)])

    assert (found.first, found.second, found.matched) == (4, 4, 3)
    assert found.mean_iou == pytest.approx((1 + 2 / 3 + 1) / 3)
    assert found.f1 == pytest.approx(2 * 2 / 8)
    assert found.f1_strict == pytest.approx(2 * 1 / 8)
    assert found.confusion == {(1, 1): 2, (2, 1): 1}
    assert (found.only_first, found.only_second) == ({1: 1}, {1: 1})
    assert [(row.class_id, row.first, row.second) for row in found.classes] == [
        (1, 3, 4),
        (2, 1, 0),
    ]


def test_nothing_on_either_side_is_no_figure() -> None:
    found = agreement([compare((), ())])

    assert found.samples == 1
    assert (found.mean_iou, found.f1, found.kappa) == (None, None, None)
    assert found.matched_share is None


def test_kappa_of_the_table_in_cohens_own_words() -> None:
    # 20 + 15 of 50 agree; by chance 25 would: (0.7 - 0.5) / (1 - 0.5).
    kappa, note = cohens_kappa({(1, 1): 20, (1, 2): 5, (2, 1): 10, (2, 2): 15})

    assert kappa == pytest.approx(0.4)
    assert not note


@pytest.mark.parametrize(
    ("confusion", "why"),
    [
        ({}, "pairs"),
        ({(1, 1): KAPPA_PAIRS - 1}, "pairs"),
        ({(1, 1): KAPPA_PAIRS}, "one class"),
    ],
)
def test_kappa_says_when_it_means_nothing(
    confusion: dict[tuple[int, int], int], why: str
) -> None:
    kappa, note = cohens_kappa(confusion)

    assert kappa is None
    assert why in note


def test_json_names_the_classes() -> None:
    found = agreement([compare((far(1),), (replace(far(1), class_id=2),))])

    told = found.to_json({1: "car", 2: "van"})

    assert told["confusion"] == [{"first": "car", "second": "van", "boxes": 1}]
    names = [row["name"] for row in told["classes"]]
    assert all(a < b for a, b in pairwise(names))
