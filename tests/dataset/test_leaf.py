from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import ProjectError
from dataset.records import Box, SampleState, VersionSample
from dataset.sample_batch import batch_of, leaf_columns, samples_of
from dataset.versions import leaf
from tests.strategies import boxes, sample_sets, version_samples

ONE = uuid.UUID(int=1)


def sample(**changes: object) -> VersionSample:
    plain = VersionSample(
        id="ab" * 32,
        width=640,
        height=480,
        suffix="jpg",
        state=SampleState.LABELED,
        group="g",
        split="train",
        boxes=(Box(id=str(ONE), class_id=7, x0=0.0, y0=1.0, x1=2.5, y1=3.0),),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_leaf_bytes_are_the_documented_ones() -> None:
    frozen = sample()

    images, labels, splits = (
        leaf.images_bytes(frozen),
        leaf.labels_bytes(frozen),
        leaf.splits_bytes(frozen),
    )

    assert images == b"fsi1" + b"\xab" * 32 + b"\0\0\x02\x80" + b"\0\0\x01\xe0"
    assert labels == (
        b"fsl1" + b"\x02" + b"\0\0\0\x01" + ONE.bytes + b"\0\0\0\x07"
        b"\0\0\0\0" + b"\0\0\x04\0" + b"\0\0\x0a\0" + b"\0\0\x0c\0"
    )
    assert splits == b"fss1" + b"\0\x01g" + b"\0\x05train"


def test_leaves_are_the_sha256_of_the_bytes() -> None:
    frozen = sample()

    found = leaf.leaves(frozen)

    assert found[0] == hashlib.sha256(leaf.images_bytes(frozen)).digest()


@pytest.mark.parametrize(
    "outside",
    [
        {"session": "s"},
        {"place": "p"},
        {"camera": "c"},
        {"conditions": (("light", "night"),)},
        {"captured_us": 5},
        {"source_name": "x.jpg"},
        {"size_bytes": 9},
        {"suffix": "png"},
        {"reviewed": True},
        {"orientation": 6},
    ],
)
def test_provenance_stays_outside_of_the_leaves(outside: dict[str, object]) -> None:
    assert leaf.leaves(sample(**outside)) == leaf.leaves(sample())


@pytest.mark.parametrize(
    ("inside", "which"),
    [
        ({"width": 641}, 0),
        ({"state": SampleState.EMPTY}, 1),
        ({"boxes": ()}, 1),
        ({"group": "h"}, 2),
        ({"split": ""}, 2),
    ],
)
def test_content_changes_its_own_leaf_only(
    inside: dict[str, object], which: int
) -> None:
    before, after = leaf.leaves(sample()), leaf.leaves(sample(**inside))

    assert [a != b for a, b in zip(before, after, strict=True)] == [
        place == which for place in range(3)
    ]


def test_group_and_split_do_not_run_into_each_other() -> None:
    assert leaf.leaves(sample(group="ab", split="c")) != leaf.leaves(
        sample(group="a", split="bc")
    )


@given(version_samples(), st.randoms())
def test_labels_leaf_ignores_the_order_of_boxes(
    frozen: VersionSample, random: Random
) -> None:
    shuffled = list(frozen.boxes)
    random.shuffle(shuffled)

    assert leaf.leaves(replace(frozen, boxes=tuple(shuffled))) == leaf.leaves(frozen)


@given(boxes())
def test_quantising_twice_changes_nothing(box: Box) -> None:
    once = leaf.quantise(box)
    x0, y0, x1, y1 = (value / leaf.UNITS_PER_PIXEL for value in once)

    again = leaf.quantise(replace(box, x0=x0, y0=y0, x1=x1, y1=y1))

    assert again == once


@given(boxes())
def test_quantising_moves_a_corner_by_half_a_unit_at_most(box: Box) -> None:
    found = leaf.quantise(box)

    exact = (box.x0 * 1024, box.y0 * 1024, box.x1 * 1024, box.y1 * 1024)
    assert all(abs(a - b) <= 0.5 for a, b in zip(found, exact, strict=True))


def test_a_hair_thin_box_keeps_a_width() -> None:
    thin = Box(id=str(ONE), class_id=1, x0=5.0, y0=5.0, x1=5.00001, y1=6.0)

    x0, _, x1, _ = leaf.quantise(thin)

    assert x1 == x0 + 1


def test_a_corner_far_outside_is_refused() -> None:
    far = Box(id=str(ONE), class_id=1, x0=0.0, y0=0.0, x1=3e6, y1=1.0)

    with pytest.raises(ValueError, match="too far out"):
        leaf.quantise(far)


@pytest.mark.parametrize("box_id", ["", "box-1", "00" * 15, "zz" * 16])
def test_a_box_id_that_is_no_uuid_is_refused(box_id: str) -> None:
    with pytest.raises(ValueError, match="a box id is a UUID"):
        leaf.uuid_bytes(box_id)


@given(sample_sets())
def test_columns_give_the_leaves_of_single_samples(
    samples: tuple[VersionSample, ...],
) -> None:
    columns = leaf_columns(batch_of(samples))

    found = zip(columns.images, columns.labels, columns.splits, strict=True)
    assert [tuple(part.tobytes() for part in row) for row in found] == [
        leaf.leaves(frozen) for frozen in samples
    ]


@given(sample_sets(grid=True))
def test_columns_give_the_samples_back(samples: tuple[VersionSample, ...]) -> None:
    found = samples_of(batch_of(samples))

    assert found == list(samples)


def test_columns_take_boxes_in_any_order() -> None:
    own = [
        Box(id=str(uuid.UUID(int=i)), class_id=1, x0=0, y0=0, x1=i, y1=1)
        for i in (3, 1, 2)
    ]
    frozen = sample(boxes=tuple(own))

    columns = leaf_columns(batch_of([frozen]))

    assert columns.labels[0].tobytes() == leaf.leaves(frozen)[1]


def test_a_box_id_twice_in_a_sample_is_refused() -> None:
    box = sample().boxes[0]

    with pytest.raises(ProjectError, match="share an id"):
        leaf_columns(batch_of([sample(boxes=(box, replace(box, x1=9.0)))]))


def test_one_box_id_in_two_samples_is_an_object_followed() -> None:
    pair = [sample(), sample(id="cd" * 32)]

    columns = leaf_columns(batch_of(pair))

    assert columns.labels[0].tobytes() == columns.labels[1].tobytes()
