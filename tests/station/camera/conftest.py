"""Real frames for the camera's tests."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from dataset.images import image_file

TRAFFIC = Path(__file__).resolve().parents[2] / "data" / "traffic"


@pytest.fixture(scope="session")
def traffic() -> tuple[bytes, ...]:
    """Six JPEGs of a road, 320x180."""
    return tuple(path.read_bytes() for path in sorted(TRAFFIC.glob("*.jpg")))


@pytest.fixture(scope="session")
def small_traffic(traffic: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The same at 320x176: RTP/JPEG counts in blocks of 8 pixels."""
    pictures = [image_file.decode(data) for data in traffic]
    return tuple(
        cv2.imencode(".jpg", picture[:176])[1].tobytes() for picture in pictures
    )
