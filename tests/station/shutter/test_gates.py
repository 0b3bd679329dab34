from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dataset.capture_settings import GateSettings
from dataset.images.image_file import decode
from station.shutter.gate_reading import Gate, GateReading, first_fault
from station.shutter.gates import (
    Recent,
    Sight,
    as_stored,
    judge,
    least_sharpness,
    thumb_of,
)
from station.shutter.torn_rows import row_steps
from tests.small_projects import TRAFFIC

SETTINGS = GateSettings()
OFF = GateSettings(
    blur=None, dark=None, clipped=None, alike=None, frozen=None, torn=None, dead=None
)


@pytest.fixture(scope="module")
def road() -> NDArray[np.uint8]:
    return decode((TRAFFIC / "1.jpg").read_bytes())


def reading(picture: NDArray[np.uint8], gate: Gate, **around: object) -> GateReading:
    found = judge(picture, SETTINGS, **around)  # type: ignore[arg-type]
    return next(one for one in found.readings if one.gate is gate)


def test_ordinary_picture_passes_every_gate(road: NDArray[np.uint8]) -> None:
    readings = judge(road, SETTINGS).readings

    assert {one.gate for one in readings} == set(Gate)
    assert first_fault(readings) is None


def test_blurred_picture_fails(road: NDArray[np.uint8]) -> None:
    soft = np.asarray(cv2.GaussianBlur(road, (0, 0), 9), np.uint8)

    found = reading(soft, Gate.BLUR)

    assert not found.passed
    assert found.reason == "too blurred"


def test_picture_softer_than_the_samples_before_fails(
    road: NDArray[np.uint8],
) -> None:
    soft = np.asarray(cv2.GaussianBlur(road, (0, 0), 1), np.uint8)
    usual = judge(road, SETTINGS).sharpness
    assert usual is not None
    recent = Recent(sharpness=(usual,) * 5)

    assert reading(soft, Gate.BLUR).passed
    assert not reading(soft, Gate.BLUR, recent=recent).passed
    assert reading(road, Gate.BLUR, recent=recent).passed


def test_few_samples_say_nothing_of_sharpness() -> None:
    assert least_sharpness(SETTINGS, (40.0,) * 4) == SETTINGS.blur
    assert least_sharpness(SETTINGS, (40.0,) * 5) == 30.0
    assert least_sharpness(replace(SETTINGS, blur=None), (40.0,) * 5) is None


def test_dark_picture_fails(road: NDArray[np.uint8]) -> None:
    assert not reading(road // 30, Gate.DARK).passed


@pytest.mark.parametrize("level", [0, 255])
def test_clipped_picture_fails(level: int, road: NDArray[np.uint8]) -> None:
    clipped = road.copy()
    clipped[: clipped.shape[0] * 19 // 20] = level

    assert not reading(clipped, Gate.CLIPPED).passed


def test_still_scene_is_too_alike_and_one_that_changed_is_not(
    road: NDArray[np.uint8],
) -> None:
    noise = np.random.default_rng(1).normal(0, 3, road.shape)
    again = (road + noise).clip(0, 255).astype(np.uint8)
    later = decode((TRAFFIC / "2.jpg").read_bytes())
    recent = Recent(thumbs=(thumb_of(road),))

    assert not reading(again, Gate.ALIKE, recent=recent).passed
    assert reading(later, Gate.ALIKE, recent=recent).passed


def test_picture_that_stood_still_for_long_is_frozen(road: NDArray[np.uint8]) -> None:
    assert reading(road, Gate.FROZEN, sight=Sight(frozen_s=4.9)).passed
    assert not reading(road, Gate.FROZEN, sight=Sight(frozen_s=5.1)).passed


def test_lower_half_of_another_moment_is_torn() -> None:
    before, after = (
        decode((TRAFFIC / name).read_bytes()) for name in ("1.jpg", "4.jpg")
    )
    moved = np.roll(before, 60, axis=1)
    half = before.shape[0] // 2
    torn = np.vstack([moved[:half], before[half:]])

    def seen(picture: NDArray[np.uint8]) -> GateReading:
        return reading(picture, Gate.TORN, sight=Sight(steps_before=row_steps(before)))

    assert not seen(torn).passed
    assert seen(after).passed
    assert seen(moved).passed


def test_without_the_picture_before_nothing_is_called_torn(
    road: NDArray[np.uint8],
) -> None:
    banner = road.copy()
    banner[-30:] = (200, 40, 10)

    assert reading(banner, Gate.TORN).value is None


@pytest.mark.parametrize("colour", [(128, 128, 128), (0, 135, 0)])
def test_blocks_of_the_decoders_colours_are_missing_parts(
    colour: tuple[int, int, int], road: NDArray[np.uint8]
) -> None:
    broken = road.copy()
    broken[48:96, 32:160] = colour

    found = reading(broken, Gate.DEAD)

    assert not found.passed
    assert found.value == pytest.approx(24 / (11 * 20))


def test_cut_jpeg_is_missing_a_part(road: NDArray[np.uint8]) -> None:
    data = cv2.imencode(".jpg", road)[1].tobytes()
    half = data[: len(data) * 6 // 10] + b"\xff\xd9"
    cut = cv2.imdecode(np.frombuffer(half, np.uint8), cv2.IMREAD_COLOR)

    found = reading(np.asarray(cut, np.uint8), Gate.DEAD)

    assert found.value is not None
    assert found.value > 0.2


def test_black_bars_are_no_missing_parts(road: NDArray[np.uint8]) -> None:
    wide = cv2.copyMakeBorder(road, 40, 40, 0, 0, cv2.BORDER_CONSTANT, value=(0, 0, 0))

    assert reading(np.asarray(wide, np.uint8), Gate.DEAD).value == 0.0


def test_gates_that_are_off_say_nothing(road: NDArray[np.uint8]) -> None:
    assert judge(road, OFF).readings == ()


def test_every_gate_has_a_setting_a_unit_and_words() -> None:
    settings = {one.name for one in fields(GateSettings)} - {"by_hand", "blur_drop"}

    assert {gate.value for gate in Gate} == settings
    assert len({gate.reason for gate in Gate}) == len(Gate)
    assert all(gate.unit for gate in Gate)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 50, 3), (20, 2, 3), (31, 31, 3)])
def test_tiny_pictures_are_judged_as_far_as_that_goes(
    shape: tuple[int, int, int],
) -> None:
    picture = np.full(shape, 90, np.uint8)
    sight = Sight(steps_before=row_steps(picture))

    readings = judge(picture, SETTINGS, sight=sight).readings

    values = {one.gate: one.value for one in readings}
    assert values[Gate.DARK] == pytest.approx(90 / 255, abs=0.01)
    assert values[Gate.TORN] is None
    assert values[Gate.DEAD] is None


@given(
    st.sampled_from([(), (1,), (3,), (4,)]),
    st.sampled_from([np.uint8, np.uint16]),
    st.integers(1, 40),
    st.integers(1, 40),
)
def test_grey_deep_and_transparent_pictures_are_judged(
    channels: tuple[int, ...], kind: type[np.uint8], height: int, width: int
) -> None:
    top = np.iinfo(kind).max
    picture = np.full((height, width, *channels), top // 2, kind)

    stored = as_stored(picture)

    assert (stored.shape, stored.dtype) == ((height, width, 3), np.uint8)
    assert set(np.unique(stored)) == {127}
    assert judge(picture, SETTINGS).readings


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros(4, np.uint8),
    ],
)
def test_what_is_no_picture_is_told(array: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="no picture"):
        judge(array, SETTINGS)


def ordinary(shared_data: Path) -> Iterator[NDArray[np.uint8]]:
    for name in (
        "boxes-bccd",
        "boxes-cards",
        "boxes-fruit-yolo",
        "boxes-traffic-coco",
        "ei-dog-ball-toy",
        "images-exif-orientation",
        "formats-labelme",
    ):
        paths = sorted((shared_data / name).rglob("*.jp*g"))
        for path in paths[:: max(1, len(paths) // 12)]:
            yield decode(path.read_bytes())


def test_ordinary_pictures_of_real_sets_are_not_refused(shared_data: Path) -> None:
    faults = [
        fault.name
        for picture in ordinary(shared_data)
        if (fault := first_fault(judge(picture, SETTINGS).readings)) is not None
    ]

    assert faults == []


@pytest.mark.parametrize(
    "clip", ["video-vtest/vtest.avi", "video-traffic-camera/traffic_camera.mp4"]
)
def test_clips_of_fixed_cameras_are_neither_torn_nor_missing_parts(
    clip: str, shared_data: Path
) -> None:
    from station.camera.source import open_source

    faults, before = [], None
    with open_source(str(shared_data / clip)) as source:
        while (frame := source.read(30.0)) is not None and frame.index < 200:
            readings = judge(
                frame.pixels, SETTINGS, sight=Sight(steps_before=before)
            ).readings
            faults += [one.name for one in readings if not one.passed]
            before = row_steps(frame.pixels)

    assert faults == []
