"""Moving things before a fixed camera, on pictures made here."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.records import BoxOrigin, Verdict
from labeling.detection.motion import MotionModel, background_from, blobs
from labeling.geometry import Corners, iou

WIDTH, HEIGHT = 320, 240
Pixels = NDArray[np.uint8]


def _ground() -> Pixels:
    noise = np.random.default_rng(7).integers(60, 140, (HEIGHT // 8, WIDTH // 8, 3))
    wide = cv2.resize(noise.astype(np.uint8), (WIDTH, HEIGHT))
    return np.asarray(wide, np.uint8)


def _with_noise(image: Pixels, seed: int) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, 2, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _with_things(*things: Corners, seed: int = 1) -> Pixels:
    image = _ground()
    for x0, y0, x1, y1 in things:
        image[int(y0) : int(y1), int(x0) : int(x1)] = (30, 30, 220)
    return _with_noise(image, seed)


def _model() -> MotionModel:
    passing = [(20 + 30 * k, 60, 50 + 30 * k, 90) for k in range(7)]
    return background_from([_with_things(p, seed=k) for k, p in enumerate(passing)])


def _found(image: Pixels) -> list[Corners]:
    return [
        (p.box.x0, p.box.y0, p.box.x1, p.box.y1) for p in _model().proposals(image, 1)
    ]


def test_the_median_forgets_what_only_passed() -> None:
    model = _model()

    apart = np.abs(model.background.astype(int) - _ground()).max()

    assert apart < 15


def test_each_moving_thing_gets_a_tight_box() -> None:
    things: list[Corners] = [(40, 100, 80, 130), (200, 150, 230, 210)]

    found = _found(_with_things(*things))

    assert len(found) == 2
    assert all(iou(a, b) > 0.8 for a, b in zip(found, things, strict=True))


def test_a_thing_cut_off_by_the_border_keeps_its_whole_box() -> None:
    found = _found(_with_things((180, 90, 320, 240)))

    assert len(found) == 1
    assert iou(found[0], (180, 90, 320, 240)) > 0.85


def test_an_empty_picture_gives_no_box() -> None:
    assert _found(_with_noise(_ground(), 99)) == []


def test_a_soft_shadow_gives_no_box() -> None:
    shade = np.ones((HEIGHT, WIDTH, 1), np.float32)
    shade[80:160, 60:200] = 0.7
    shade = cv2.GaussianBlur(shade, (0, 0), 9)[..., None]
    image = (_ground() * shade).astype(np.uint8)

    assert _found(_with_noise(image, 5)) == []


def test_another_light_over_the_whole_picture_gives_no_box() -> None:
    image = np.random.default_rng(3).integers(0, 255, (HEIGHT, WIDTH, 3))

    assert _model().proposals(image.astype(np.uint8), 1) == ()


def test_proposals_carry_class_origin_and_the_ids_they_were_given() -> None:
    names = iter(["first", "second"])
    image = _with_things((40, 100, 80, 130), (200, 150, 230, 210))

    found = _model().proposals(image, 5, new_id=lambda: next(names))

    assert [p.box.id for p in found] == ["first", "second"]
    assert {p.box.class_id for p in found} == {5}
    assert {p.box.origin for p in found} == {BoxOrigin.MOTION}
    assert {p.verdict for p in found} == {Verdict.MOVED}
    assert all(0 < (p.box.score or 0) < 1 for p in found)


def test_a_running_background_learns_a_parked_thing_slowly() -> None:
    image = _with_things((40, 100, 80, 130))
    model = _model()
    for _ in range(30):
        model = model.seen(image)

    early = len(model.proposals(image, 1))
    for _ in range(200):
        model = model.seen(image)

    assert early == 1
    assert model.proposals(image, 1) == ()


def test_seeing_an_image_leaves_the_model_as_it_was() -> None:
    model = _model()
    before = model.background.copy()

    model.seen(_with_things((40, 100, 80, 130)))

    assert np.array_equal(model.background, before)


def test_parts_stacked_closely_become_one_box() -> None:
    mask = np.zeros((100, 100), np.uint8)
    mask[20:60, 30:60] = 255
    mask[63:75, 32:58] = 255

    assert blobs(mask, smallest=8) == ((30, 20, 60, 75),)


def test_specks_are_no_boxes() -> None:
    mask = np.zeros((100, 100), np.uint8)
    mask[50:53, 50:53] = 255

    assert blobs(mask, smallest=8) == ()


def test_a_background_wants_three_images_of_one_size() -> None:
    with pytest.raises(ValueError, match="3 images"):
        background_from([_ground(), _ground()])
    with pytest.raises(ValueError, match="one size"):
        background_from([_ground(), _ground(), _ground()[:100]])


def test_an_image_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        _model().proposals(np.zeros((10, 10, 3), np.uint8), 1)


def test_vehicles_on_a_real_motorway_are_found(shared_data: Path) -> None:
    clip = cv2.VideoCapture(
        str(shared_data / "video-traffic-camera" / "traffic_camera.mp4")
    )
    frames = []
    for index in range(376):
        is_there = clip.grab()
        if is_there and index % 25 == 0:
            frames.append(np.asarray(clip.retrieve()[1], np.uint8))
    clip.release()
    model = background_from(frames)
    # Read off frame 300 by eye: white van, silver car at the lower right.
    truth: list[Corners] = [(188, 427, 303, 510), (1031, 600, 1205, 720)]

    found = [
        (p.box.x0, p.box.y0, p.box.x1, p.box.y1)
        for p in model.proposals(frames[300 // 25], 1)
    ]

    assert all(max(iou(thing, box) for box in found) > 0.6 for thing in truth)
