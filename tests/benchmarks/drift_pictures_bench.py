"""Drift on real clips: against themselves, and against copies that were spoiled.

    python -m tests.benchmarks.drift_pictures_bench CLIP...

Each clip is cut into blocks of two seconds; even blocks are the base, odd ones the
current set, so that both see the same hours. Each kind of damage comes at three
strengths, done to the decoded frames. Prints a table of verdicts with the metric that
moved furthest, and the smallest strength that was found.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset import drift
from dataset.drift import DriftVerdict, SampleTable
from dataset.drift_statistics.drift_tables import table_from_rows
from dataset.measures import embed, measure_image
from tests.benchmarks.drift_bench import say

Pixels = NDArray[np.uint8]
Damage = Callable[[Pixels, float], Pixels]
BLOCKS, FRAMES_A_BLOCK = 40, 6
_DIRT = np.random.default_rng(20)


def _cut(pixels: NDArray[np.floating] | Pixels) -> Pixels:
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def darkened(pixels: Pixels, stops: float) -> Pixels:
    """Exposed by so many stops less."""
    return _cut(pixels * 2.0**-stops)


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Out of focus: a Gaussian of that many pixels."""
    return cv2.GaussianBlur(pixels, (0, 0), sigma).astype(np.uint8, copy=False)


def reddened(pixels: Pixels, share: float) -> Pixels:
    """White balance: red that much stronger, blue that much weaker."""
    return _cut(pixels * np.array([1 - share, 1.0, 1 + share]))


def dirty(pixels: Pixels, share: float) -> Pixels:
    """A milky spot over that share of the picture, upper left."""
    height, width = pixels.shape[:2]
    radius = int(np.sqrt(share * height * width / np.pi))
    mask = np.zeros((height, width), dtype=np.float32)
    cv2.circle(mask, (width // 3, height // 3), radius, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, radius / 4))[..., None]
    haze = cv2.GaussianBlur(pixels, (0, 0), 12).astype(np.float32) * 0.6 + 70
    return _cut(pixels * (1 - mask) + haze * mask)


def shifted(pixels: Pixels, share: float) -> Pixels:
    """A view moved sideways by that share of the width, the edge repeated."""
    move = np.array([[1, 0, share * pixels.shape[1]], [0, 1, 0]], dtype=np.float64)
    size = (pixels.shape[1], pixels.shape[0])
    moved = cv2.warpAffine(pixels, move, size, borderMode=cv2.BORDER_REFLECT)
    return moved.astype(np.uint8, copy=False)


def noisy(pixels: Pixels, levels: float) -> Pixels:
    """Sensor noise of that standard deviation, in grey levels."""
    return _cut(pixels + _DIRT.normal(0, levels, pixels.shape))


DAMAGES: Sequence[tuple[Damage, tuple[float, float, float]]] = (
    (darkened, (0.1, 0.3, 1.0)),
    (blurred, (0.5, 1.0, 2.0)),
    (reddened, (0.02, 0.05, 0.15)),
    (dirty, (0.01, 0.05, 0.15)),
    (shifted, (0.01, 0.03, 0.1)),
    (noisy, (1.0, 3.0, 8.0)),
)


def frames_of(clip: Path) -> list[list[Pixels]]:
    """Blocks of frames, evenly over the clip."""
    capture = cv2.VideoCapture(str(clip))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = np.linspace(0, count - 1, BLOCKS * FRAMES_A_BLOCK).astype(int)
    keep, found = set(wanted.tolist()), []
    for index in range(count):
        if not capture.grab():
            break
        if index in keep:
            found.append(capture.retrieve()[1].astype(np.uint8, copy=False))
    capture.release()
    size = FRAMES_A_BLOCK
    return [found[at : at + size] for at in range(0, len(found), size)]


def table_of(blocks: Sequence[Sequence[Pixels]], name: str) -> SampleTable:
    """The measured frames, each block a session."""
    rows, vectors = [], {}
    for number, block in enumerate(blocks):
        for turn, pixels in enumerate(block):
            key = f"{name}-{number:03}-{turn}"
            rows.append((key, f"{name}-{number:03}", "", measure_image(pixels)))
            vectors[key] = embed(pixels)
    return table_from_rows(rows, vectors)


def verdict(base: SampleTable, current: SampleTable) -> tuple[bool, str]:
    """Whether there is drift, and the answer in words."""
    report = drift.compare(base, current)
    if report.verdict is not DriftVerdict.DRIFT:
        return False, str(report.verdict)
    names = ", ".join(
        f"{metric.name} {metric.effect:+.3g}" for metric in report.drifted[:4]
    )
    return True, f"drift of {len(report.drifted)}: {names}"


def run(clip: Path) -> None:
    """The table of one clip."""
    blocks = frames_of(clip)
    base, held = table_of(blocks[::2], "base"), blocks[1::2]
    sessions = f"{len(blocks[::2])} against {len(held)} sessions"
    say(f"\n{clip.name}, {sessions}")
    say(f"  as it is: {verdict(base, table_of(held, 'current'))[1]}")
    for damage, strengths in DAMAGES:
        smallest = None
        for strength in strengths:
            spoiled = [[damage(p, strength) for p in block] for block in held]
            is_drift, words = verdict(base, table_of(spoiled, "current"))
            smallest = strength if is_drift and smallest is None else smallest
            say(f"  {damage.__name__} {strength:g}: {words}")
        say(f"  {damage.__name__}: smallest strength found {smallest}")


if __name__ == "__main__":
    for address in sys.argv[1:]:
        run(Path(address))
