"""A fixed camera's frames of a scene with texture, noise and something that moves."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 480, 320

Pixels = NDArray[np.uint8]


def scene(place: int = 5) -> NDArray[np.float32]:
    """The scene without noise; each place is another one."""
    rng = np.random.default_rng(place)
    layers = [
        _enlarged(rng.uniform(-1, 1, (HEIGHT // step, WIDTH // step, 3)))
        for step in (2, 4, 8, 32)
    ]
    for layer in layers[:2]:  # the lower half is plain enough to see defects in
        layer[HEIGHT // 2 :] *= np.float32(0.2)
    light = 120 + 12 * layers[0] + 18 * layers[1] + 22 * layers[2] + 25 * layers[3]
    return np.asarray(light, np.float32)


def _enlarged(layer: NDArray[np.float64]) -> NDArray[np.float32]:
    size = (WIDTH, HEIGHT)
    return np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_CUBIC), "f4")


def frames(count: int = 16, *, seed: int = 1, place: int = 5) -> list[Pixels]:
    """Frames of that scene, each with noise of its own and a bar further on."""
    rng = np.random.default_rng(seed)
    still = scene(place)
    found = []
    for number in range(count):
        picture = still + rng.normal(0, 2, still.shape)
        x = (number * 37 + seed * 11) % (WIDTH - 40)
        picture[100:180, x : x + 40] = 200
        found.append(np.clip(np.rint(picture), 0, 255).astype(np.uint8))
    return found
