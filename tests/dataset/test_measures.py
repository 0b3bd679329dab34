"""What the measures say of images and boxes whose answer is known."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from dataset import measures
from dataset.records import Box

Pixels = NDArray[np.uint8]


def flat(blue: int, green: int, red: int, height: int = 60, width: int = 80) -> Pixels:
    return np.full((height, width, 3), (blue, green, red), dtype=np.uint8)


def noisy(sigma: float, level: float = 128.0) -> Pixels:
    rng = np.random.default_rng(4)
    gray = rng.normal(level, sigma, (720, 1280, 1)).round().clip(0, 255)
    return np.repeat(gray, 3, axis=2).astype(np.uint8)


def textured() -> Pixels:
    rng = np.random.default_rng(9)
    coarse = rng.integers(0, 256, (45, 80, 3), dtype=np.uint8)
    return cv2.resize(coarse, (1280, 720), interpolation=cv2.INTER_NEAREST).astype(
        np.uint8
    )


def box(x0: float, y0: float, x1: float, y1: float) -> Box:
    return Box(id=f"{x0}-{y0}-{x1}-{y1}", class_id=1, x0=x0, y0=y0, x1=x1, y1=y1)


def test_every_metric_has_a_name_a_unit_a_range_and_plain_words() -> None:
    every = measures.EVERY_METRIC

    for words in ("name", "label", "about"):
        said = [getattr(metric, words) for metric in every]
        assert len(set(said)) == len(said)
    assert all(m.unit and m.label and m.about for m in every)
    assert all(m.low < m.high for m in every)


def test_an_image_gives_exactly_the_pixel_metrics() -> None:
    values = measures.measure_image(textured())

    assert list(values) == [metric.name for metric in measures.PIXEL_METRICS]
    assert all(math.isfinite(value) for value in values.values())


def test_what_the_shutter_measures_is_a_part_of_all_measures() -> None:
    pixels = np.random.default_rng(9).integers(0, 256, (300, 500, 3), np.uint8)

    some, every = (
        measures.measure_light_and_detail(pixels),
        measures.measure_image(pixels),
    )

    assert {"brightness", "clip_low", "clip_high", "sharpness"} <= set(some)
    assert some == {name: every[name] for name in some}


def test_black_and_white_halves_have_known_tones() -> None:
    pixels = flat(0, 0, 0)
    pixels[:, 40:] = 255

    values = measures.measure_image(pixels)

    assert values["brightness"] == pytest.approx(0.5)
    assert values["contrast"] == pytest.approx(0.5)
    assert values["luma_spread"] == pytest.approx(1.0)
    assert values["clip_low"] == pytest.approx(0.5)
    assert values["clip_high"] == pytest.approx(0.5)
    assert values["entropy"] == pytest.approx(1.0)


def test_a_flat_image_has_no_contrast_detail_or_noise() -> None:
    values = measures.measure_image(flat(128, 128, 128))

    still = ("luma_spread", "contrast", "sharpness", "noise", "entropy", "saturation")
    assert [values[name] for name in still] == [0.0] * len(still)


def test_brightness_is_the_luma_of_the_colour() -> None:
    values = measures.measure_image(flat(30, 120, 200))

    assert values["brightness"] == pytest.approx(
        (0.299 * 200 + 0.587 * 120 + 0.114 * 30) / 255, abs=1 / 255
    )


def test_colour_ratios_are_red_and_blue_over_green() -> None:
    values = measures.measure_image(flat(50, 100, 200))

    assert values["red_green"] == pytest.approx(2.0)
    assert values["blue_green"] == pytest.approx(0.5)
    assert values["saturation"] == pytest.approx(0.75, abs=0.01)


def test_colour_ratios_are_unknown_without_green() -> None:
    values = measures.measure_image(flat(0, 0, 255))

    assert math.isnan(values["red_green"])
    assert math.isnan(values["blue_green"])
    assert values["saturation"] == pytest.approx(1.0)


@pytest.mark.parametrize("sigma", [2.0, 5.0, 10.0])
def test_noise_is_close_to_the_noise_that_was_added(sigma: float) -> None:
    values = measures.measure_image(noisy(sigma))

    assert values["noise"] == pytest.approx(sigma, rel=0.06)


def test_noise_leaves_clipped_tiles_out() -> None:
    pixels = noisy(6.0)
    pixels[:400] = 255

    values = measures.measure_image(pixels)

    assert values["noise"] == pytest.approx(6.0, rel=0.1)


def test_sharpness_falls_with_every_step_of_blur() -> None:
    sharp = textured()
    blurred = [cv2.GaussianBlur(sharp, (0, 0), sigma) for sigma in (0.8, 1.6, 3.2)]

    values = [
        measures.measure_image(image.astype(np.uint8))["sharpness"]
        for image in (sharp, *blurred)
    ]

    assert values == sorted(values, reverse=True)
    assert all(a - b > 3 for a, b in itertools.pairwise(values))


def test_half_the_edge_contrast_is_six_decibel_less_sharp() -> None:
    sharp = textured()
    soft = (128 + (sharp.astype(np.float64) - 128) / 2).astype(np.uint8)

    before = measures.measure_image(sharp)["sharpness"]
    after = measures.measure_image(soft)["sharpness"]

    assert before - after == pytest.approx(6.02, abs=0.1)


@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 9), (9, 2), (3, 3), (5, 900), (23, 24), (24, 27)]
)
def test_tiny_images_are_measured_as_far_as_they_go(shape: tuple[int, int]) -> None:
    values = measures.measure_image(flat(90, 90, 90, *shape))

    gaps = {metric.name: metric.gap for metric in measures.PIXEL_METRICS}
    told = {"a side under 3 pixels": 3, "a side under 16 pixels": 16}
    unknown = {name for name, value in values.items() if math.isnan(value)}
    assert unknown == {n for n, gap in gaps.items() if min(shape) < told.get(gap, 0)}
    assert values["brightness"] == pytest.approx(90 / 255)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), dtype=np.uint8),
        np.zeros((4, 4, 4), dtype=np.uint8),
        np.zeros((4, 4, 3), dtype=np.float32),
        np.zeros((0, 4, 3), dtype=np.uint8),
    ],
)
def test_what_is_no_image_is_refused(pixels: Pixels) -> None:
    with pytest.raises(ValueError, match="an image"):
        measures.measure_image(pixels)
    with pytest.raises(ValueError, match="an image"):
        measures.embed(pixels)


@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)),
    )
)
def test_measures_of_any_image_stay_in_their_range(pixels: Pixels) -> None:
    before = pixels.copy()

    values = measures.measure_image(pixels)

    assert np.array_equal(pixels, before)
    for metric in measures.PIXEL_METRICS:
        value = values[metric.name]
        is_known = metric.low <= value <= metric.high
        assert is_known or (metric.gap and math.isnan(value)), metric.name
    arrow = math.hypot(values["hue_red"], values["hue_yellow"])
    assert arrow <= values["saturation"] + 1e-6


def test_boxes_give_exactly_the_box_metrics_with_known_values() -> None:
    boxes = [box(0, 0, 20, 10), box(50, 40, 60, 60)]

    values = measures.measure_boxes(boxes, 100, 100)

    assert list(values) == [metric.name for metric in measures.BOX_METRICS]
    assert values == pytest.approx(
        {
            "boxes": 2.0,
            "box_area": (0.02 + 0.02) / 2,
            "box_aspect": 0.0,
            "box_x": (0.1 + 0.55) / 2,
            "box_y": (0.05 + 0.5) / 2,
            "box_edge": 0.5,
            "box_overlap": 0.0,
        }
    )


def test_an_image_without_boxes_has_a_count_and_nothing_else() -> None:
    values = measures.measure_boxes([], 100, 100)

    known = {name for name, value in values.items() if not math.isnan(value)}
    assert known == {"boxes"}
    assert values["boxes"] == 0


def test_boxes_beyond_the_image_are_clipped() -> None:
    values = measures.measure_boxes([box(-50, -50, 150, 150)], 100, 100)

    assert values["box_area"] == pytest.approx(1.0)
    assert values["box_edge"] == 1.0


def test_boxes_of_an_image_without_size_are_refused() -> None:
    with pytest.raises(ValueError, match="0x5"):
        measures.measure_boxes([], 0, 5)


@given(
    st.lists(
        st.tuples(
            st.floats(-50, 150),
            st.floats(-50, 150),
            st.floats(0.1, 80),
            st.floats(0.1, 80),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_box_measures_do_not_depend_on_order(
    corners: list[tuple[float, float, float, float]],
) -> None:
    boxes = [box(x, y, x + width, y + height) for x, y, width, height in corners]

    values = measures.measure_boxes(boxes, 100, 60)

    assert values == pytest.approx(measures.measure_boxes(boxes[::-1], 100, 60))
    places = ("box_area", "box_x", "box_y", "box_edge", "box_overlap")
    assert all(0 <= values[name] <= 1 for name in places)


def test_the_embedding_is_the_same_for_the_same_image_and_differs_for_another() -> None:
    first = measures.embed(textured())
    again = measures.embed(textured())
    darker = measures.embed((textured() // 2).astype(np.uint8))

    assert first.shape == (measures.EMBEDDING_LENGTH,)
    assert first.dtype == np.float32
    assert np.array_equal(first, again)
    assert np.linalg.norm(first - darker) > 0.5


def test_the_embedding_tells_upright_edges_from_level_ones() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::8] = 255

    upright = measures.embed(stripes)[64:].reshape(4, 8)
    level = measures.embed(np.ascontiguousarray(stripes.transpose(1, 0, 2)))[64:]

    assert (upright.argmax(axis=1) == 0).all()
    assert set(level.reshape(4, 8).argmax(axis=1).tolist()) <= {3, 4}


def test_the_embedding_of_a_single_pixel_is_finite() -> None:
    vector = measures.embed(flat(10, 20, 30, 1, 1))

    assert np.isfinite(vector).all()
    assert not vector[64:].any()


def test_numbers_stay_what_they_were() -> None:
    """Other numbers below make drift between an old and a new version: say so."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 256, (18, 32, 3), dtype=np.uint8)
    pixels = cv2.resize(coarse, (640, 360), interpolation=cv2.INTER_LINEAR)

    values = measures.measure_image(pixels.astype(np.uint8))

    assert values == pytest.approx(
        {
            "brightness": 0.503,
            "luma_spread": 0.4471,
            "clip_low": 0.0,
            "clip_high": 0.0,
            "contrast": 0.135,
            "sharpness": 7.335,
            "edge_strength": 29.6,
            "noise": 0.3293,
            "entropy": 7.142,
            "saturation": 0.495,
            "hue_red": 0.03284,
            "hue_yellow": 0.02839,
            "red_green": 1.018,
            "blue_green": 0.9585,
            "black_point": 0.2,
            "white_point": 0.796,
            "sharpness_least": 7.0,
            "sharpness_middle": 7.3,
            "edge_least": 29.0,
            "edge_middle": 29.3,
            "blockiness": 0.0515,
        },
        rel=0.01,
    )


def test_real_frames_are_measured_and_darker_copies_are_darker(
    shared_data: Path,
) -> None:
    clip = next((shared_data / "video-traffic-camera").glob("*.mp4"))
    capture = cv2.VideoCapture(str(clip))
    frame = capture.read()[1].astype(np.uint8)
    capture.release()

    plain = measures.measure_image(frame)
    dark = measures.measure_image((frame * 0.6).astype(np.uint8))

    assert dark["brightness"] == pytest.approx(0.6 * plain["brightness"], rel=0.02)
    assert dark["clip_high"] < plain["clip_high"]
    assert dark["red_green"] == pytest.approx(plain["red_green"], rel=0.02)


@pytest.mark.parametrize(
    ("bgr", "red", "yellow"),
    [
        ((0, 0, 255), 1.0, 0.0),
        ((255, 255, 0), -1.0, 0.0),
        ((0, 255, 128), 0.0, 1.0),
        ((255, 0, 128), 0.0, -1.0),
        ((90, 90, 90), 0.0, 0.0),
    ],
)
def test_hue_is_an_arrow_as_long_as_its_saturation(
    bgr: tuple[int, int, int], red: float, yellow: float
) -> None:
    values = measures.measure_image(flat(*bgr))

    assert values["hue_red"] == pytest.approx(red, abs=0.04)
    assert values["hue_yellow"] == pytest.approx(yellow, abs=0.04)


def test_reds_on_both_sides_of_the_circle_have_red_for_their_mean() -> None:
    pixels = flat(0, 40, 255)
    pixels[:, 40:] = (40, 0, 255)

    values = measures.measure_image(pixels)

    assert values["hue_red"] > 0.95
    assert abs(values["hue_yellow"]) < 0.02


def test_blur_takes_strength_from_the_edges() -> None:
    sharp = textured()
    soft = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 3), np.uint8)

    before = measures.measure_image(sharp)["edge_strength"]
    after = measures.measure_image(soft)["edge_strength"]

    assert after < before - 1


@pytest.mark.parametrize(
    ("boxes", "share"),
    [
        ([(0, 0, 10, 10)], 0.0),
        ([(0, 0, 10, 10), (10, 0, 20, 10)], 0.0),
        ([(0, 0, 10, 10), (5, 5, 15, 15), (30, 30, 40, 40), (60, 0, 70, 9)], 0.5),
        ([(0, 0, 80, 60), (5, 5, 15, 15), (30, 30, 40, 40)], 1.0),
    ],
)
def test_boxes_that_share_pixels_are_counted(
    boxes: list[tuple[float, float, float, float]], share: float
) -> None:
    values = measures.measure_boxes([box(*corners) for corners in boxes], 80, 60)

    assert values["box_overlap"] == pytest.approx(share)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40),
            st.integers(0, 40),
            st.integers(1, 30),
            st.integers(1, 30),
        ),
        min_size=1,
        max_size=12,
        unique=True,
    )
)
def test_overlap_is_what_comparing_every_pair_says(
    places: list[tuple[int, int, int, int]],
) -> None:
    boxes = [box(x, y, x + w, y + h) for x, y, w, h in places]
    touched = {
        one.id
        for one, other in itertools.permutations(boxes, 2)
        if one.x0 < other.x1
        and other.x0 < one.x1
        and one.y0 < other.y1
        and other.y0 < one.y1
    }

    values = measures.measure_boxes(boxes, 80, 80)

    assert values["box_overlap"] == pytest.approx(len(touched) / len(boxes))
