"""What camera health says of real clips, as they are and with faults put in.

    HEALTH_CLIPS=DIR python -m pytest tests/benchmarks/health_bench.py -m bench -s

Every clip (video file or folder of pictures under DIR, by default the one of the demo)
is split into two runs of time: the first is the reference. Unchanged, the second must
have no fault; then each fault is put into it at three strengths.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.camera_health import PortraitMaker, examine, spread_out
from dataset.health.portrait import Portrait
from tests.small_projects import TRAFFIC

pytestmark = pytest.mark.timeout(0)

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels, np.random.Generator], Pixels]
CLIPS = Path(os.environ.get("HEALTH_CLIPS", str(TRAFFIC)))
FRAMES = 400


def say(text: str) -> None:
    """One line of the account, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def clips() -> list[Path]:
    """Every video file and every folder of pictures."""
    found = [p for p in CLIPS.rglob("*") if p.suffix in {".mp4", ".avi", ".mkv"}]
    folders = {p.parent for p in CLIPS.rglob("*.jpg")}
    return sorted([*found, *(f for f in folders if len(list(f.glob("*.jpg"))) >= 60)])


def frames_of(clip: Path) -> list[Pixels]:
    """The frames of a clip in order, at most 400."""
    if clip.is_dir():
        paths = sorted(clip.glob("*.jpg"), key=lambda p: (len(p.name), p.name))
        return [np.asarray(cv2.imread(str(p)), np.uint8) for p in paths]
    video = cv2.VideoCapture(str(clip))
    found = list(_read(video))
    video.release()
    return spread_out(found, FRAMES)


def _read(video: cv2.VideoCapture) -> Iterator[Pixels]:
    while True:
        ok, frame = video.read()
        if not ok:
            return
        yield np.asarray(frame, np.uint8)


def portrait(frames: Sequence[Pixels], change: Change | None = None) -> Portrait:
    """The portrait of the frames, each changed first."""
    rng = np.random.default_rng(3)
    maker = PortraitMaker()
    for frame in spread_out(frames):
        maker.add(frame if change is None else change(frame, rng))
    return maker.portrait()


def clipped(values: NDArray[np.floating]) -> Pixels:
    """Back to 8 bits."""
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def blurred(sigma: float) -> Change:
    """Out of focus."""
    return lambda p, _: np.asarray(cv2.GaussianBlur(p, (0, 0), sigma), np.uint8)


def darkened(gain: float) -> Change:
    """Less exposure."""
    return lambda p, _: clipped(p * gain)


def cast(gain: float) -> Change:
    """More red, less blue."""
    return lambda p, _: clipped(p * np.array([1 / gain, 1.0, gain]))


def dirty(share: float) -> Change:
    """A soft smudge over the left third that blurs and veils by `share`."""

    def smear(pixels: Pixels, _: np.random.Generator) -> Pixels:
        height, width = pixels.shape[:2]
        mask = np.zeros((height, width, 1), np.float32)
        cv2.ellipse(
            mask, (width // 6, height // 2), (width // 6, height // 2), 0, 0, 360, 1, -1
        )
        mask = cv2.GaussianBlur(mask, (0, 0), width / 40)[..., None] * share
        veil = np.asarray(cv2.GaussianBlur(pixels, (0, 0), width / 60), np.float32)
        return clipped(pixels * (1 - mask) + (0.7 * veil + 0.3 * 110) * mask)

    return smear


def shifted(share: float) -> Change:
    """Turned a little: `share` of the width right, half of it down."""

    def turn(pixels: Pixels, _: np.random.Generator) -> Pixels:
        height, width = pixels.shape[:2]
        move = np.array([[1, 0, share * width], [0, 1, share * width / 2]], np.float32)
        turned = cv2.warpAffine(
            pixels, move, (width, height), borderMode=cv2.BORDER_REFLECT
        )
        return np.asarray(turned, np.uint8)

    return turn


def noisy(sigma: float) -> Change:
    """More gain."""
    return lambda p, rng: clipped(p + rng.normal(0, sigma, p.shape))


def hot(count: int) -> Change:
    """Pixels that always glow, at fixed places."""

    def glow(pixels: Pixels, _: np.random.Generator) -> Pixels:
        places = np.random.default_rng(8)
        y = places.integers(8, pixels.shape[0] - 8, count)
        x = places.integers(8, pixels.shape[1] - 8, count)
        out = pixels.copy()
        out[y, x] = 250
        return out

    return glow


def vignetted(loss: float) -> Change:
    """Corners darker by `loss`."""

    def shade(pixels: Pixels, _: np.random.Generator) -> Pixels:
        height, width = pixels.shape[:2]
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        return clipped(pixels * (1 - loss * ((x**2 + y**2) / 2) ** 1.5)[..., None])

    return shade


FAULTS: dict[str, tuple[str, tuple[tuple[str, Change], ...]]] = {
    "blur": ("focus", tuple((f"sigma {s}", blurred(s)) for s in (0.7, 1.2, 2.5))),
    "dark": ("exposure", tuple((f"x {g}", darkened(g)) for g in (0.8, 0.6, 0.35))),
    "cast": ("colour", tuple((f"x {g}", cast(g)) for g in (1.05, 1.12, 1.3))),
    "dirt": ("dirt", tuple((f"{s:.0%}", dirty(s)) for s in (0.3, 0.6, 0.9))),
    "shift": ("view", tuple((f"{s:.1%}", shifted(s)) for s in (0.015, 0.04, 0.1))),
    "noise": ("noise", tuple((f"sd {s}", noisy(s)) for s in (3, 6, 12))),
    "hot": ("pixels", tuple((f"{n} px", hot(n)) for n in (10, 40, 160))),
    "corners": (
        "vignetting",
        tuple((f"{s:.0%}", vignetted(s)) for s in (0.2, 0.4, 0.7)),
    ),
}


@pytest.mark.parametrize("clip", clips(), ids=lambda clip: clip.name)
def test_faults_found_at_three_strengths(clip: Path) -> None:
    """A table: what is wrongly found in the clip itself, then each fault."""
    frames = frames_of(clip)
    half = len(frames) // 2
    began, cpu = time.perf_counter(), time.process_time()
    reference = portrait(frames[:half])
    took = time.perf_counter() - began, time.process_time() - cpu
    say(
        f"\n{clip.parent.name}/{clip.name}: {len(frames)} frames of "
        f"{reference.width}x{reference.height}; a portrait takes {took[0]:.1f} s "
        f"({took[1]:.1f} s of processor) for {reference.frames}"
    )
    for one, other in (
        (slice(half), slice(half, None)),
        (slice(half, None), slice(half)),
        (slice(None, None, 2), slice(1, None, 2)),
    ):
        health = examine(portrait(frames[one]), portrait(frames[other]))
        said = {f.name: f.verdict.value for f in health.findings}
        faults = (
            ", ".join(f"{f.name}: {f.sentence}" for f in health.faults) or "no fault"
        )
        open_ = [name for name, verdict in said.items() if verdict.startswith("not")]
        say(f"  unchanged: {faults}; open: {', '.join(open_) or 'none'}")
    for fault, (name, strengths) in FAULTS.items():
        cells = []
        for label, change in strengths:
            health = examine(reference, portrait(frames[half:], change))
            finding = next(f for f in health.findings if f.name == name)
            others = [f.name for f in health.faults if f.name != name]
            effect = "-" if finding.effect is None else f"{finding.effect:+.2f}"
            margin = "" if finding.margin is None else f"±{finding.margin:.2f}"
            cells.append(
                f"{label}: {finding.verdict.value} ({effect}{margin})"
                + (f" +{'+'.join(others)}" if others else "")
            )
        say(f"  {fault:8}" + " | ".join(cells))
