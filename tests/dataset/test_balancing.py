from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dataset.policies.balancing import (
    Levels,
    Need,
    TrainRow,
    levels,
    lift,
    ratio_of,
    repeats_of,
    repeats_to_json,
    still_short,
    undersample,
)
from dataset.settings import BalanceSettings, Target
from tests.strategies import CLASSES, train_rows

BY_RATIO = BalanceSettings(policy="undersample", ratio=2.0)
BY_TARGETS = BalanceSettings(
    policy="undersample",
    targets=(
        ("car", Target(boxes=10)),
        ("bike", Target(boxes=20, conditions=(("light=night", 8),))),
    ),
)
both = st.sampled_from([BY_RATIO, BY_TARGETS])


def _row(number: int, group: str, conditions: str = "", **boxes: int) -> TrainRow:
    ids = {item.name: item.id for item in CLASSES}
    return TrainRow(
        id=f"{number:064x}",
        group=group,
        conditions=tuple(conditions.split()),
        boxes=tuple(sorted((ids[name], count) for name, count in boxes.items())),
    )


def _levels(rows: list[TrainRow], settings: BalanceSettings) -> Levels:
    return levels(rows, settings, CLASSES, train_share=0.7)


def _boxes(rows: list[TrainRow], times: dict[str, int] | None = None) -> Counter[int]:
    found = Counter[int]()
    for row in rows:
        for class_id, count in row.boxes:
            found[class_id] += count * (times or {}).get(row.id, 1)
    return found


def _without(rows: list[TrainRow], gone: tuple[str, ...]) -> list[TrainRow]:
    return [row for row in rows if row.id not in gone]


@given(train_rows(), both)
def test_undersampling_keeps_every_level(
    rows: list[TrainRow], settings: BalanceSettings
) -> None:
    wanted = _levels(rows, settings)
    before = _boxes(rows)

    after = _boxes(_without(rows, undersample(rows, wanted)))

    for class_id, count in before.items():
        cap = wanted.caps.get(class_id, count)
        assert after[class_id] >= min(count, max(1, cap))
        if count <= cap:
            assert after[class_id] == count


@given(train_rows(), both)
def test_undersampling_leaves_a_class_in_each_of_its_groups(
    rows: list[TrainRow], settings: BalanceSettings
) -> None:
    kept = _without(rows, undersample(rows, _levels(rows, settings)))

    def held(some: list[TrainRow]) -> set[tuple[str, int]]:
        return {(row.group, class_id) for row in some for class_id, _ in row.boxes}

    assert held(kept) == held(rows)


@given(train_rows(), both)
def test_undersampling_twice_does_nothing_the_second_time(
    rows: list[TrainRow], settings: BalanceSettings
) -> None:
    kept = _without(rows, undersample(rows, _levels(rows, settings)))

    assert undersample(kept, _levels(kept, settings)) == ()


@given(train_rows(), both, st.randoms(use_true_random=False))
def test_plans_do_not_depend_on_the_order_of_rows(
    rows: list[TrainRow], settings: BalanceSettings, random: object
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    wanted = _levels(rows, settings)

    assert wanted == _levels(shuffled, settings)
    assert undersample(rows, wanted) == undersample(shuffled, wanted)
    assert lift(rows, wanted, limit=3) == lift(shuffled, wanted, limit=3)


@given(train_rows(), both, st.integers(1, 5))
def test_lifting_stays_within_its_limit_and_stops_when_it_is_enough(
    rows: list[TrainRow], settings: BalanceSettings, limit: int
) -> None:
    wanted = _levels(rows, settings)

    extra = lift(rows, wanted, limit=limit)

    assert all(1 <= times <= limit for _, times in extra)
    assert {sample_id for sample_id, _ in extra} <= {row.id for row in rows}
    have = Counter[Need]()
    for row in rows:
        have.update(dict(row.needs()))
    if all(have[need] >= floor for need, floor in wanted.floors.items()):
        assert extra == ()


@given(train_rows())
def test_lifting_reaches_every_floor_that_the_limit_allows(
    rows: list[TrainRow],
) -> None:
    wanted = _levels(rows, BY_RATIO)

    times = {i: 1 + n for i, n in lift(rows, wanted, limit=1000)}

    after = _boxes(rows, times)
    assert all(after[c] >= floor for (c, _), floor in wanted.floors.items())


@given(train_rows(), st.integers(1, 4))
def test_a_repeat_list_survives_the_policy(rows: list[TrainRow], limit: int) -> None:
    extra = lift(rows, _levels(rows, BY_RATIO), limit=limit)

    policy = {"repeat": repeats_to_json(extra)}

    assert repeats_of(policy) == {i: 1 + times for i, times in extra}


def test_the_largest_group_loses_first() -> None:
    large = [_row(i, "large", car=1) for i in range(10)]
    small = [_row(i, "small", car=1) for i in range(10, 13)]
    bikes = [_row(20, "large", bike=4)]
    rows = [*large, *small, *bikes]

    gone = undersample(rows, _levels(rows, BY_RATIO))

    assert len(gone) == 13 - 8
    assert {row.group for row in rows if row.id in gone} == {"large"}


def test_a_sample_with_a_rare_object_is_not_left_out() -> None:
    rows = [_row(i, "g", car=1) for i in range(10)]
    mixed = _row(99, "g", car=5, bike=1)

    gone = undersample([*rows, mixed], _levels([*rows, mixed], BY_RATIO))

    assert mixed.id not in gone


def test_what_a_condition_needs_stays() -> None:
    settings = BalanceSettings(
        policy="undersample",
        targets=(("car", Target(boxes=10, conditions=(("light=night", 10),))),),
    )
    night = [_row(i, "g", "light=night", car=1) for i in range(9)]
    day = [_row(i, "h", "light=day", car=1) for i in range(10, 40)]

    gone = undersample([*night, *day], _levels([*night, *day], settings))

    left = [row.id for row in night if row.id not in gone]
    assert len(left) == 7
    assert len(gone) > 20


def test_a_condition_that_is_short_is_lifted_by_its_own_samples() -> None:
    rows = [
        _row(1, "g", "light=night", bike=2),
        *(_row(i, "h", "light=day", bike=2) for i in range(2, 20)),
    ]

    extra = lift(rows, _levels(rows, BY_TARGETS), limit=5)

    assert extra == ((rows[0].id, 2),)


def test_a_target_counts_for_train_by_its_share() -> None:
    wanted = _levels([_row(1, "g", car=1)], BY_TARGETS)

    assert wanted.caps == {1: 7, 2: 14}
    assert wanted.floors[2, "light=night"] == 6


def test_a_class_without_a_target_is_left_alone() -> None:
    rows = [_row(i, "g", person=3) for i in range(50)]

    wanted = _levels(rows, BY_TARGETS)

    assert undersample(rows, wanted) == ()
    assert lift(rows, wanted, limit=3) == ()


def test_what_cannot_be_met_is_said() -> None:
    rows = [_row(1, "g", car=1)]
    settings = BalanceSettings(
        policy="repeat",
        targets=(
            ("car", Target(boxes=100)),
            ("tram", Target(boxes=5)),
            ("bike", Target(boxes=5, conditions=(("light=nihgt", 3),))),
        ),
    )

    wanted = _levels(rows, settings)
    times = dict(lift(rows, wanted, limit=3))
    short = still_short({(1, ""): 4}, wanted, {1: "car", 2: "bike"})

    assert times == {rows[0].id: 3}
    assert short[0] == "car stays short in train, of 70 boxes it has: 4"
    assert wanted.notes == (
        "No policy can mend a class without a box in train: bike",
        "No policy can mend a class without a box in train: person",
        "All boxes of a class in train come from one group, capture it in another "
        "session: car",
        "A target names a class that is not there: tram",
        "A target names a condition that no session has: light=nihgt",
    )


def test_no_rows_need_nothing() -> None:
    wanted = _levels([], BY_RATIO)

    assert undersample([], wanted) == ()
    assert lift([], wanted, limit=3) == ()
    assert ratio_of([]) is None
