from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from random import Random

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dataset.groups import GroupLink, UnionFind, join_groups
from dataset.near_duplicates.duplicates import (
    SampleLink,
    Sighting,
    distance,
    find_links,
    group_links,
    is_repeat,
)
from dataset.near_duplicates.fingerprint import Fingerprint, fingerprint
from dataset.records import Box
from tests import strategies

IDS = tuple(f"group-{letter}" for letter in "abcdefgh")
Pixels = NDArray[np.uint8]


def link(first: str, second: str) -> GroupLink:
    return GroupLink(
        first=f"group-{first}", second=f"group-{second}", reason="the same picture"
    )


links_of_ids = st.lists(strategies.group_links(IDS), max_size=12)
held_of_ids = st.dictionaries(
    st.sampled_from(IDS), st.sampled_from(["train", "val", "test-main"]), max_size=3
)


@given(links_of_ids, held_of_ids, st.randoms())
def test_joining_does_not_depend_on_order(
    links: list[GroupLink], held: dict[str, str], random: Random
) -> None:
    shuffled_links, shuffled_ids = list(links), list(IDS)
    random.shuffle(shuffled_links)
    random.shuffle(shuffled_ids)

    assert join_groups(IDS, links, held) == join_groups(
        shuffled_ids, shuffled_links, held
    )


@given(links_of_ids, held_of_ids)
def test_a_joined_group_never_lies_in_two_splits(
    links: list[GroupLink], held: dict[str, str]
) -> None:
    found = join_groups(IDS, links, held)

    for root in set(found.roots.values()):
        members = [m for m, r in found.roots.items() if r == root]
        assert len({held[m] for m in members if m in held}) <= 1
        assert root in members
        assert found.roots[root] == root


@given(links_of_ids)
def test_linked_groups_without_splits_are_one(links: list[GroupLink]) -> None:
    found = join_groups(IDS, links, {})

    assert all(found.roots[x.first] == found.roots[x.second] for x in links)
    assert found.conflicts == ()


@given(links_of_ids, links_of_ids, held_of_ids)
def test_a_group_that_holds_a_split_keeps_its_id(
    links: list[GroupLink], more: list[GroupLink], held: dict[str, str]
) -> None:
    once = join_groups(IDS, links, held)

    again = join_groups(IDS, [*links, *more], held)

    for group_id in held:
        for found in (once, again):
            root = found.roots[group_id]
            assert held[root] == held[group_id]


def test_groups_between_train_and_test_are_named() -> None:
    held = {"group-a": "train", "group-c": "test-main"}

    found = join_groups(IDS[:4], [link("a", "b"), link("b", "c")], held)

    assert found.conflicts == (link("a", "b"), link("b", "c"))
    assert found.between == ("group-b",)
    assert found.roots == {group_id: group_id for group_id in IDS[:4]}


def test_sets_are_listed_by_their_smallest_id() -> None:
    sets = UnionFind(["c", "a", "b", "d"])
    sets.union("d", "b")

    assert sets.sets() == (("a",), ("b", "d"), ("c",))


@pytest.mark.parametrize(("first", "second"), [("b", "a"), ("a", "a")])
def test_a_link_has_an_order(first: str, second: str) -> None:
    with pytest.raises(ValueError, match="in order"):
        link(first, second)


def scene(seed: int, *, height: int = 240, width: int = 320) -> Pixels:
    """A picture with coarse structure, as photographs have."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(20, 235, (8, 10, 3), dtype=np.uint8)
    return np.asarray(
        cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8
    )


def pasted(background: Pixels, seed: int, x: int, y: int) -> tuple[Pixels, Box]:
    picture = background.copy()
    picture[y : y + 60, x : x + 60] = scene(seed, height=60, width=60)
    box = Box(id=str(uuid.UUID(int=seed)), class_id=1, x0=x, y0=y, x1=x + 60, y1=y + 60)
    return picture, box


def sighting(
    name: str, pixels: Pixels, *boxes: Box, camera: str = "", at: int = 0
) -> Sighting:
    return Sighting(
        sample_id=name,
        session=f"session of {name}",
        camera=camera,
        captured_us=at,
        fingerprint=fingerprint(pixels, boxes),
    )


def re_encoded(pixels: Pixels) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 40])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def brighter(pixels: Pixels) -> Pixels:
    return np.clip(pixels * 1.15 + 5, 0, 255).astype(np.uint8)


def halved(pixels: Pixels) -> Pixels:
    return np.asarray(
        cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8
    )


@pytest.mark.parametrize("copy", [re_encoded, brighter, halved])
@pytest.mark.parametrize("seed", range(5))
def test_a_copy_of_a_picture_is_found(
    copy: Callable[[Pixels], Pixels], seed: int
) -> None:
    original = scene(seed)

    found = find_links([sighting("b", copy(original))], [sighting("a", original)])

    assert found == (SampleLink(first="a", second="b", reason="the same picture"),)


def test_a_crop_is_found_by_what_is_in_its_boxes() -> None:
    first, left = pasted(scene(1), 50, 90, 80)
    picture, right = pasted(first, 51, 200, 100)
    moved = [
        replace(b, x0=b.x0 - 60, x1=b.x1 - 60, y0=b.y0 - 50, y1=b.y1 - 50)
        for b in (left, right)
    ]

    found = find_links(
        [
            sighting("a", picture, left, right),
            sighting("b", picture[50:200, 60:300], *moved),
        ]
    )

    assert [x.reason for x in found] == ["the same objects"]


def test_different_pictures_are_not_linked() -> None:
    found = find_links([sighting(f"s{seed}", scene(seed)) for seed in range(60)])

    assert found == ()


def test_flat_pictures_are_not_linked() -> None:
    black = np.zeros((100, 100, 3), np.uint8)

    found = find_links([sighting("a", black), sighting("b", black + 3)])

    assert found == ()


@pytest.mark.parametrize("camera", ["north cam-1", ""])
def test_a_fixed_camera_does_not_become_one_group(camera: str) -> None:
    background = scene(7)
    day_us = 86_400_000_000
    sightings = []
    for number in range(30):
        picture, box = pasted(background, 100 + number, 20 + 6 * number, 90)
        sightings.append(
            sighting(f"s{number}", picture, box, camera=camera, at=number * day_us + 1)
        )

    assert find_links(sightings) == ()


def test_a_session_that_was_cut_in_two_is_joined() -> None:
    picture, box = pasted(scene(7), 3, 40, 40)
    later, shifted = pasted(scene(7), 3, 46, 40)
    second_us = 1_000_000

    found = find_links(
        [
            sighting("a", picture, box, camera="cam", at=100 * second_us),
            sighting("b", later, shifted, camera="cam", at=102 * second_us),
        ]
    )

    assert [x.reason for x in found] == ["the same camera, moments apart"]


def test_samples_of_one_session_are_not_linked() -> None:
    one = sighting("a", scene(1))

    assert find_links([one, replace(one, sample_id="b")]) == ()


def test_known_samples_are_not_compared_among_themselves() -> None:
    known = [sighting("a", scene(1)), sighting("b", scene(1))]

    assert find_links([sighting("c", scene(2))], known) == ()
    assert len(find_links([sighting("c", scene(1))], known)) == 2


def test_adding_in_two_steps_finds_what_one_step_finds() -> None:
    everything = [sighting(f"s{n:02}", scene(n % 9)) for n in range(30)]

    at_once = find_links(everything)
    stepwise = {
        *find_links(everything[:17]),
        *find_links(everything[17:], everything[:17]),
    }

    assert set(at_once) == stepwise
    assert at_once


def test_a_crowd_of_copies_hangs_together_by_few_links() -> None:
    crowd = [sighting(f"s{n:03}", scene(1)) for n in range(200)]

    found = find_links(crowd)

    sets = UnionFind(one.session for one in crowd)
    for x in found:
        sets.union(f"session of {x.first}", f"session of {x.second}")
    assert len(sets.sets()) == 1
    assert len(found) <= 12 * len(crowd)


def test_links_of_samples_become_links_of_groups() -> None:
    links = [
        SampleLink(first="a", second="b", reason="x"),
        SampleLink(first="a", second="c", reason="y"),
    ]

    found = group_links(links, {"a": "two", "b": "one", "c": "two"})

    assert found == (GroupLink(first="one", second="two", reason="x"),)


hashes = st.binary(min_size=16, max_size=16)
fingerprints = st.builds(
    Fingerprint, whole=hashes | st.just(b""), crops=st.lists(hashes).map(tuple)
)


@given(fingerprints)
def test_a_fingerprint_survives_storing(found: Fingerprint) -> None:
    assert Fingerprint.from_bytes(found.to_bytes()) == found


@given(st.binary(max_size=60))
def test_a_foreign_fingerprint_is_no_fingerprint(data: bytes) -> None:
    found = Fingerprint.from_bytes(data)

    assert found is None or found.to_bytes() == data


@given(hashes, hashes)
def test_distance_is_symmetric(first: bytes, second: bytes) -> None:
    assert distance(first, second) == distance(second, first)
    assert distance(first, first) == 0


def test_boxes_that_are_small_or_outside_have_no_crop() -> None:
    def at(x: float, side: float) -> Box:
        return Box(
            id=str(uuid.UUID(int=1)), class_id=1, x0=x, y0=x, x1=x + side, y1=x + side
        )

    found = fingerprint(scene(1), [at(3, 5), at(5000, 60), at(50, 60)])

    assert len(found.crops) == 1


def cropped(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    return pixels[: round(height * 0.92), round(width * 0.08) :]


LOOKS = [
    fingerprint(change(scene(seed)))
    for seed in range(3)
    for change in (re_encoded, brighter, cropped)
]


def hanging_together(
    everything: list[Sighting], links: list[SampleLink]
) -> tuple[tuple[str, ...], ...]:
    session_of = {one.sample_id: one.session for one in everything}
    sets = UnionFind(session_of.values())
    for x in links:
        sets.union(session_of[x.first], session_of[x.second])
    return sets.sets()


@given(strategies.sightings(LOOKS), st.randoms())
def test_groups_do_not_depend_on_the_order_of_arrival(
    everything: list[Sighting], random: Random
) -> None:
    at_once = hanging_together(everything, list(find_links(everything)))
    arriving = list(everything)
    random.shuffle(arriving)

    known: list[Sighting] = []
    links: list[SampleLink] = []
    while arriving:
        batch = [
            arriving.pop() for _ in range(min(len(arriving), random.randint(1, 4)))
        ]
        links += find_links(batch, known)
        known += batch

    assert hanging_together(everything, links) == at_once


@given(links_of_ids)
def test_joining_twice_is_joining_once(links: list[GroupLink]) -> None:
    once, twice = UnionFind(IDS), UnionFind(IDS)
    for x in links:
        once.union(x.first, x.second)
    for x in [*links, *reversed(links)]:
        twice.union(x.second, x.first)

    assert once.sets() == twice.sets()
    assert all(once.find(once.find(i)) == once.find(i) for i in IDS)


@pytest.mark.parametrize("seed", range(5))
def test_a_cropped_picture_is_found_without_boxes(seed: int) -> None:
    found = find_links(
        [sighting("b", cropped(scene(seed)))], [sighting("a", scene(seed))]
    )

    assert [x.reason for x in found] == ["a part of the same picture"]


def test_a_thing_that_moved_tells_two_pictures_of_one_view_apart() -> None:
    one, _ = pasted(scene(1), 50, 90, 80)
    other, _ = pasted(scene(1), 50, 220, 150)

    assert find_links([sighting("a", one), sighting("b", other)]) == ()


def test_a_repeat_needs_several_moments_that_differ() -> None:
    moments = [fingerprint(pasted(scene(1), s, 30 * s, 80)[0]) for s in range(1, 7)]
    again = [
        fingerprint(re_encoded(pasted(scene(1), s, 30 * s, 80)[0])) for s in range(1, 7)
    ]
    others = [fingerprint(pasted(scene(1), s, 30 * s, 20)[0]) for s in range(1, 7)]

    assert is_repeat(moments, again)
    assert is_repeat(again[:3], moments)
    assert not is_repeat(moments, others)
    assert not is_repeat(moments[:1] * 6, again[:1] * 6)
    assert not is_repeat(moments[:2], again[:2])
