"""How the camera moved between two images: a similarity, and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from dataset.records import Box

from ..geometry import Corners

POINTS = 140
WINDOW = (15, 15)
LEVELS = 3
CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03)
INLIER_PX = 1.5
LEAST_INLIERS = 12
TRUSTED = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraMotion:
    """A similarity from the earlier image's pixels to the later one's.

    `matrix` is (2, 3) float64. `quality` is the share of tracked background points
    that agree with it, 0 to 1; below TRUSTED the matrix is the identity.
    """

    matrix: NDArray[np.float64]
    quality: float

    @property
    def is_trusted(self) -> bool:
        """True where the background's points agree on one motion."""
        return self.quality >= TRUSTED

    @property
    def scale(self) -> float:
        """How much larger things became, 1 for no zoom."""
        return float(np.hypot(self.matrix[0, 0], self.matrix[1, 0]))

    def apply(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the earlier image lies in the later one."""
        moved = self.matrix @ np.array([x, y, 1.0])
        return float(moved[0]), float(moved[1])

    def carry(self, corners: Corners) -> Corners:
        """The box with its centre moved and its sides scaled by the camera's motion."""
        x0, y0, x1, y1 = corners
        x, y = self.apply((x0 + x1) / 2, (y0 + y1) / 2)
        half_w, half_h = self.scale * (x1 - x0) / 2, self.scale * (y1 - y0) / 2
        return x - half_w, y - half_h, x + half_w, y + half_h

    def warp(self, image: NDArray[np.uint8], shrink: float = 1.0) -> NDArray[np.uint8]:
        """The earlier image, shrunk so much, as the later camera would have seen it."""
        if np.array_equal(self.matrix, np.eye(2, 3)):
            return image
        matrix = self.matrix * np.array([[1, 1, shrink]])
        warped = cv2.warpAffine(
            image,
            matrix,
            (image.shape[1], image.shape[0]),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(warped, np.uint8)


STEADY = CameraMotion(matrix=np.eye(2, 3), quality=0.0)


def estimate(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    boxes: Sequence[Box],
    shrink: float = 1.0,
) -> CameraMotion:
    """The camera's motion between two grey images of one size, (H, W) uint8.

    `shrink` says how much the images were shrunk; boxes and the answer are in pixels
    of the full size. Corners outside the boxes are followed by pyramidal Lucas-Kanade
    flow, checked forward and backward, and a similarity is fitted by RANSAC (OpenCV
    seeds its own generator with a constant, so the answer is the same each time).
    """
    mask = np.full(before.shape, 255, np.uint8)
    for box in boxes:
        x0, y0, x1, y1 = (int(v * shrink) for v in (box.x0, box.y0, box.x1, box.y1))
        mask[max(y0 - 2, 0) : y1 + 2, max(x0 - 2, 0) : x1 + 2] = 0
    found = cv2.goodFeaturesToTrack(before, POINTS, 0.01, 6, mask=mask)
    if not _enough(found):
        return STEADY
    there, good = _followed(before, after, np.asarray(found, np.float32))
    if good.sum() < LEAST_INLIERS:
        return STEADY
    matrix, inliers = cv2.estimateAffinePartial2D(
        found[good], there[good], ransacReprojThreshold=INLIER_PX
    )
    if not _enough(matrix, 2) or inliers.sum() < LEAST_INLIERS:
        return STEADY
    return _judged(
        np.asarray(matrix, np.float64), int(inliers.sum()), len(found), shrink
    )


def _enough(found: MatLike | None, least: int = LEAST_INLIERS) -> bool:
    """False for None, which OpenCV's types do not tell of."""
    return found is not None and len(found) >= least


def _followed(
    before: NDArray[np.uint8], after: NDArray[np.uint8], points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    there, seen = _flow(before, after, points, points)
    back, back_seen = _flow(after, before, there, points)
    error = np.linalg.norm((back - points).reshape(-1, 2), axis=1)
    return there, seen & back_seen & (error < 1.0)


def _flow(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    points: NDArray[np.float32],
    guess: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    there, seen, _ = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        points,
        guess.copy(),
        winSize=WINDOW,
        maxLevel=LEVELS,
        criteria=CRITERIA,
    )
    return np.asarray(there, np.float32), seen.ravel() > 0


def _judged(
    matrix: NDArray[np.float64], inliers: int, points: int, shrink: float
) -> CameraMotion:
    matrix[:, 2] /= shrink
    quality = inliers / points
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if quality < TRUSTED or not 0.5 < scale < 2.0:
        return CameraMotion(matrix=np.eye(2, 3), quality=min(quality, 0.99 * TRUSTED))
    still = np.abs(matrix - np.eye(2, 3))
    if still[:, :2].max() < 2e-3 and still[:, 2].max() < 0.75:
        matrix = np.eye(2, 3)
    return CameraMotion(matrix=matrix, quality=quality)
