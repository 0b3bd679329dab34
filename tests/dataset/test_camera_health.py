"""What an examination says of a camera that is well, and of one that is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dataset.camera_health import (
    CameraHealth,
    HealthFinding,
    HealthVerdict,
    PortraitMaker,
    examine,
    health_from,
    spread_out,
)
from dataset.health.portrait import Portrait
from dataset.health.shift import UNKNOWN, Shift, shift_between
from dataset.health.wording import region, share_lost
from tests.dataset.camera_scene import HEIGHT, WIDTH, frames

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels], Pixels]


def portrait(pictures: Sequence[Pixels], times_s: Sequence[float] = ()) -> Portrait:
    maker = PortraitMaker()
    for picture in pictures:
        maker.add(picture)
    return maker.portrait(times_s)


def after(change: Change, count: int = 16) -> CameraHealth:
    changed = [change(picture) for picture in frames(count, seed=2)]
    return examine(portrait(frames()), portrait(changed), since="since 3 May 2026")


def finding(health: CameraHealth, name: str) -> HealthFinding:
    return next(one for one in health.findings if one.name == name)


def rounded(values: NDArray[np.floating]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def blurred(picture: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.2), np.uint8)


def smeared_left(picture: Pixels) -> Pixels:
    out = picture.copy()
    part = out[:, : WIDTH // 3]
    veil = np.asarray(cv2.GaussianBlur(part, (0, 0), 6), np.float32)
    out[:, : WIDTH // 3] = rounded(0.25 * part + 0.75 * veil)
    return out


def moved(picture: Pixels) -> Pixels:
    return np.roll(picture, (0, 24), axis=(0, 1))


def glowing(picture: Pixels) -> Pixels:
    out = picture.copy()
    out[190:310:20, 30:450:60] = 255
    return out


def with_dark_corners(picture: Pixels) -> Pixels:
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    return rounded(picture * (1 - 0.5 * ((x**2 + y**2) / 2))[..., None])


def noisier(picture: Pixels) -> Pixels:
    rng = np.random.default_rng(int(picture[0, 0, 0]))
    return rounded(picture + rng.normal(0, 8, picture.shape))


def test_the_same_camera_at_another_time_has_no_fault() -> None:
    health = after(lambda picture: picture)

    assert health.faults == ()
    known = [f for f in health.findings if f.name != "timing"]
    assert {f.verdict for f in known} == {HealthVerdict.FINE}


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        (blurred, "focus", "of its sharpness since 3 May 2026"),
        (smeared_left, "dirt", "The left third lost"),
        (moved, "view", "5% of the width right"),
        (lambda p: rounded(p * 0.6), "exposure", "darker since 3 May 2026"),
        (lambda p: rounded(p * np.array([1.0, 1.0, 1.15])), "colour", "turned red"),
        (noisier, "noise", "Noise grew"),
        (glowing, "pixels", "42 pixels glow"),
        (with_dark_corners, "vignetting", "corners darkened"),
    ],
)
def test_a_fault_is_found_and_told_with_its_next_step(
    change: Change, name: str, words: str
) -> None:
    health = after(change)

    found = finding(health, name)
    assert found.verdict is HealthVerdict.FAULT, found
    assert words in found.sentence
    assert found.next_step
    assert health.verdict is HealthVerdict.FAULT


def test_a_dirty_lens_is_no_loss_of_focus_and_names_its_tiles() -> None:
    health = after(smeared_left)

    assert finding(health, "focus").verdict is HealthVerdict.FINE
    assert {x for x, _ in finding(health, "dirt").places} == {0, 1}


def test_a_darker_picture_is_neither_blurred_nor_dirty_nor_moved() -> None:
    health = after(lambda picture: rounded(picture * 0.6))

    assert [one.name for one in health.faults] == ["exposure"]


def test_dead_pixels_are_counted_apart_from_hot_ones() -> None:
    def dark(picture: Pixels) -> Pixels:
        out = picture.copy()
        out[190:310:20, 30:450:60] = 0
        return out

    found = finding(after(dark), "pixels")

    assert "0 pixels glow and 42 are dark" in found.sentence


def test_pixels_that_glowed_in_the_reference_are_not_new() -> None:
    reference = portrait([glowing(picture) for picture in frames()])
    current = portrait([glowing(picture) for picture in frames(seed=2)])

    found = finding(examine(reference, current), "pixels")

    assert found.verdict is HealthVerdict.FINE
    assert found.effect == 0


def test_another_scene_is_a_moved_view_and_nothing_else_of_the_lens() -> None:
    other = portrait(frames(place=77))

    health = examine(portrait(frames()), other)

    assert finding(health, "view").verdict is HealthVerdict.FAULT
    open_ = {"focus", "dirt", "vignetting", "pixels"}
    assert {finding(health, name).verdict for name in open_} == {
        HealthVerdict.NOT_ENOUGH_DATA
    }


def test_a_carried_camera_has_no_view_to_compare() -> None:
    wandering = [frames(1, seed=number, place=number)[0] for number in range(16)]

    health = examine(portrait(frames()), portrait(wandering))

    assert finding(health, "view").verdict is HealthVerdict.NOT_ENOUGH_DATA
    assert "no steady view" in finding(health, "focus").sentence


def test_the_same_picture_again_and_again_is_a_frozen_camera() -> None:
    still = frames(1) * 16

    found = finding(examine(portrait(frames()), portrait(still)), "frozen")

    assert found.verdict is HealthVerdict.FAULT
    assert "16 times" in found.sentence


@pytest.mark.parametrize(("jitter_s", "verdict"), [(0.0, "fine"), (0.4, "fault")])
def test_an_uneven_beat_is_told_from_an_even_one(jitter_s: float, verdict: str) -> None:
    rng = np.random.default_rng(2)
    even = np.arange(60, dtype=np.float64)
    uneven = even + rng.uniform(-jitter_s, jitter_s, 60)

    health = examine(portrait(frames(), even), portrait(frames(seed=2), uneven))

    assert finding(health, "timing").verdict.value == verdict


def test_a_reference_that_a_trigger_chose_has_no_beat_to_compare() -> None:
    rng = np.random.default_rng(2)
    moved, moved_more = (np.cumsum(rng.exponential(s, 60)) for s in (1.0, 9.0))

    health = examine(portrait(frames(), moved), portrait(frames(seed=2), moved_more))

    assert finding(health, "timing").verdict is HealthVerdict.NOT_ENOUGH_DATA


def test_pictures_without_a_beat_have_no_finding_on_the_timing() -> None:
    health = examine(portrait(frames()), portrait(frames(seed=2)), has_beat=False)

    assert "timing" not in {one.name for one in health.findings}
    assert health.verdict is HealthVerdict.FINE


def test_findings_come_back_from_their_json() -> None:
    health = after(smeared_left)

    again = health_from(health.to_json())

    assert again.to_json() == health.to_json()
    assert again.faults[0].places == health.faults[0].places


def test_too_few_pictures_are_not_enough_data() -> None:
    health = after(blurred, count=7)

    assert health.verdict is HealthVerdict.NOT_ENOUGH_DATA
    assert "fewer than 8 pictures" in finding(health, "focus").sentence


def test_a_camera_of_another_size_is_named_and_not_judged() -> None:
    small = [cv2.resize(p, (240, 160)).astype(np.uint8) for p in frames(seed=2)]

    health = examine(portrait(frames()), portrait(small))

    assert "another size than the reference: 240x160" in (
        finding(health, "view").sentence
    )
    assert health.faults == ()


def test_pictures_of_another_size_in_a_session_are_counted_and_left_out() -> None:
    mixed = [*frames(8), np.zeros((10, 10, 3), np.uint8)]

    found = portrait(mixed)

    assert (found.frames, found.other_size) == (8, 1)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (60, 80)])
def test_tiny_pictures_are_not_enough_data(size: tuple[int, int]) -> None:
    tiny = [np.full((*size, 3), 100 + n, np.uint8) for n in range(16)]

    health = examine(portrait(tiny), portrait(tiny))

    assert health.faults == ()
    assert finding(health, "focus").verdict is HealthVerdict.NOT_ENOUGH_DATA


def test_black_pictures_have_nothing_to_compare() -> None:
    black = [np.zeros((HEIGHT, WIDTH, 3), np.uint8) for _ in range(16)]

    health = examine(portrait(black), portrait(black))

    assert [one.name for one in health.faults] == ["frozen"]
    assert finding(health, "colour").verdict is HealthVerdict.NOT_ENOUGH_DATA


def gray(picture: Pixels) -> Pixels:
    light = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    return np.repeat(light[..., None], 3, axis=2)


def test_a_gray_camera_is_healthy_and_a_camera_that_lost_its_colour_is_not() -> None:
    grays = [gray(picture) for picture in frames()]
    later = [gray(picture) for picture in frames(seed=2)]

    always = examine(portrait(grays), portrait(later))
    since = examine(portrait(frames()), portrait(later))

    assert always.faults == ()
    assert "lost its colour" in finding(since, "colour").sentence


def test_a_scene_full_of_detail_hides_its_defects() -> None:
    rng = np.random.default_rng(6)
    rough = rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)

    found = finding(examine(portrait([rough] * 8), portrait([rough] * 8)), "pixels")

    assert found.verdict is HealthVerdict.NOT_ENOUGH_DATA


def test_night_against_day_is_not_called_a_moved_view() -> None:
    night = [rounded(picture * 0.3) for picture in frames(place=77)]

    health = examine(portrait(frames()), portrait(night))

    assert finding(health, "view").verdict is HealthVerdict.NOT_ENOUGH_DATA
    assert finding(health, "exposure").verdict is HealthVerdict.FAULT


def test_without_any_picture_there_is_an_answer_and_no_fault() -> None:
    nothing = PortraitMaker().portrait()

    health = examine(nothing, nothing)

    assert {one.verdict for one in health.findings} == {HealthVerdict.NOT_ENOUGH_DATA}


def test_json_has_plain_numbers_for_every_finding() -> None:
    said = after(smeared_left).to_json()

    assert said["verdict"] == "fault"
    assert [list(one) for one in said["findings"]] == [
        [
            "name",
            "verdict",
            "effect",
            "margin",
            "limit",
            "unit",
            "places",
            "sentence",
            "next",
        ]
    ] * 10


def test_blocks_without_a_value_leave_nothing_known() -> None:
    known, unknown = np.array([1.0, 2.0]), np.array([np.nan, 3.0])

    assert shift_between(known, unknown) == UNKNOWN
    assert UNKNOWN.verdict(1.0) is HealthVerdict.NOT_ENOUGH_DATA


@given(st.floats(-10, 10), st.floats(0, 10), st.floats(0.01, 10), st.booleans())
def test_a_shift_and_its_mirror_have_one_verdict(
    effect: float, margin: float, limit: float, falls: bool
) -> None:
    shift, mirror = (Shift(effect=e, margin=margin) for e in (effect, -effect))

    assert shift.verdict(limit, falls=falls) == mirror.verdict(limit, rises=falls)


@given(st.lists(st.integers(), max_size=200, unique=True), st.integers(2, 30))
def test_spread_out_keeps_the_ends_and_the_order(items: list[int], most: int) -> None:
    chosen = spread_out(items, most)

    assert len(chosen) == min(most, len(items))
    assert chosen == [item for item in items if item in set(chosen)]
    assert chosen[:1] == items[:1]
    assert chosen[-1:] == items[-1:]


@pytest.mark.parametrize(
    ("decibels", "words"),
    [(-3.5, "a third"), (-6.0, "half"), (-40.0, "nearly all"), (0.5, "a tenth")],
)
def test_a_loss_is_told_as_a_share(decibels: float, words: str) -> None:
    assert share_lost(decibels) == words


@pytest.mark.parametrize(
    ("tiles", "words"),
    [
        ([0, 1, 6, 7, 12, 13], "the left third"),
        ([4, 5, 10, 11, 16, 22], "the right third"),
        (range(12), "the top half"),
        (range(24), "the whole picture"),
        ([23], "one part of the picture, at the bottom right,"),
        ([0, 23], "a spread of 2 in 24 parts of the picture"),
    ],
)
def test_tiles_are_told_as_a_region(tiles: Sequence[int], words: str) -> None:
    mask = np.zeros(24, bool)
    mask[list(tiles)] = True

    assert region(mask) == words
