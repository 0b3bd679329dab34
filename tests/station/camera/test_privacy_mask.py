from __future__ import annotations

import math

import numpy as np
from hypothesis import given

from dataset.provenance.record import Zone
from station.camera.frames import Frame
from station.camera.privacy_mask import masked
from tests.strategies import zones


def frame(width: int = 40, height: int = 30) -> Frame:
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels.setflags(write=False)
    return Frame(
        index=1, captured_us=5, elapsed_s=0.5, pixels=pixels, encoded=b"x", suffix="jpg"
    )


def test_without_zones_the_frame_is_the_same_one() -> None:
    given_frame = frame()

    assert masked(given_frame, ()) is given_frame


def test_zone_is_black_and_the_rest_is_as_it_was() -> None:
    seen = masked(frame(), [(0.5, 0.0, 1.0, 0.5)])

    assert not seen.pixels[:15, 20:].any()
    assert (seen.pixels[15:] == 255).all()
    assert (seen.pixels[:, :20] == 255).all()


def test_bytes_of_the_camera_are_gone_and_the_zones_are_told() -> None:
    zone = (0.0, 0.0, 0.1, 0.1)
    original = frame()

    seen = masked(original, [zone])

    assert (seen.encoded, seen.suffix, seen.masks) == (None, "", (zone,))
    assert not seen.pixels.flags.writeable
    assert (original.pixels == 255).all()


@given(zones())
def test_every_pixel_that_a_zone_touches_is_filled(zone: Zone) -> None:
    x0, y0, x1, y1 = zone

    seen = masked(frame(), [zone])

    rows = slice(math.floor(y0 * 30), math.ceil(y1 * 30))
    columns = slice(math.floor(x0 * 40), math.ceil(x1 * 40))
    assert not seen.pixels[rows, columns].any()
    filled = seen.pixels[rows, columns].shape[:2]
    assert (seen.pixels == 0).all(axis=2).sum() == filled[0] * filled[1]


def test_masking_twice_is_masking_once() -> None:
    once = masked(frame(), [(0.0, 0.0, 0.5, 0.5)])

    assert masked(once, [(0.0, 0.0, 0.5, 0.5)]) is once
