"""Motion as a detector: what stands before the background of a fixed camera.

The background of a sample is the median of its session's neighbours: a block of the
session, sampled evenly, so that light may change over a long one. Large pictures are
looked at in a smaller size; what moves is seldom a few pixels large.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dataset.catalog import Catalog
from dataset.errors import BadImage
from dataset.findings import Finding, Severity
from dataset.image_store import ImageStore
from dataset.images.image_file import decode
from dataset.records import BoxOrigin, Sample

from .detector import Detection, nothing
from .motion import MotionModel, background_from

BLOCK: Final = 120
"""So many samples of a session share a background."""
IMAGES: Final = 15
FEWEST: Final = 4
"""With three, half the range between quartiles is all of it: what moves is noise."""
_PIXELS: Final = 1_600_000
_REDUCTIONS: Final = (1, 2, 4, 8)


class MotionDetector:
    """Finds what moves; its only class, 0, is named `moving`."""

    key = ""
    """It looks anew each time: a session that goes on gets another background."""
    origin = BoxOrigin.MOTION
    names: Mapping[int, str] = {0: "moving"}

    def __init__(
        self,
        catalog: Catalog,
        images: ImageStore,
        *,
        block: int = BLOCK,
        fewest: int = FEWEST,
    ) -> None:
        """Look at a catalog's samples.

        Args:
            catalog: knows the sessions.
            images: holds the pictures.
            block: so many samples of a session share a background.
            fewest: so many pictures make one, at least.
        """
        self._block = block
        self._fewest = fewest
        self._catalog = catalog
        self._images = images
        self._session: tuple[Sample, ...] = ()
        self._place: tuple[str, int, int, int] = ("", 0, 0, 0)
        self._model: MotionModel | None = None
        self._thin: set[str] = set()

    def detect(
        self, sample: Sample, *, waiting: Callable[[], None] = nothing
    ) -> Sequence[Detection]:
        """What moves on the sample, from left to right; () without a background.

        Raises:
            BadImage: the picture cannot be read.
        """
        model = self.background(sample, waiting)
        if model is None:
            self._thin.add(sample.session_id)
            return ()
        pixels = self.pixels(sample)
        if pixels.shape != model.background.shape:
            return ()
        factor_x = sample.width / pixels.shape[1]
        factor_y = sample.height / pixels.shape[0]
        return [
            Detection(
                class_index=0,
                score=one.box.score or 0.0,
                corners=(
                    one.box.x0 * factor_x,
                    one.box.y0 * factor_y,
                    one.box.x1 * factor_x,
                    one.box.y1 * factor_y,
                ),
            )
            for one in model.proposals(pixels, 0)
        ]

    def remarks(self) -> tuple[Finding, ...]:
        """A warning for each session that has too few pictures for a background."""
        names = sorted(self._catalog.sessions.get(one).name for one in self._thin)
        return tuple(
            Finding(
                severity=Severity.WARNING,
                what=f"A background needs {FEWEST} pictures of one size: {name}",
                next_step="label this session by hand, or name a model under [assist]",
            )
            for name in names
        )

    def background(
        self, sample: Sample, waiting: Callable[[], None]
    ) -> MotionModel | None:
        """The background of the sample's block, made once for all of it.

        None where too few pictures of its size are there.
        """
        if not self._session or self._session[0].session_id != sample.session_id:
            self._session = self._catalog.samples.of_session(sample.session_id)
        fits = [
            s
            for s in self._session
            if (s.width, s.height) == (sample.width, sample.height)
        ]
        at = next((i for i, one in enumerate(fits) if one.id == sample.id), 0)
        place = (sample.session_id, sample.width, sample.height, at // self._block)
        if place != self._place:
            self._model = self._made(
                _part(fits, at // self._block, self._block), waiting
            )
            self._place = place
        return self._model

    def _made(
        self, block: Sequence[Sample], waiting: Callable[[], None]
    ) -> MotionModel | None:
        images = []
        for one in _spread(block):
            waiting()
            try:
                images.append(self.pixels(one))
            except BadImage:
                # A neighbour that cannot be read is told of when its turn comes.
                continue
        return background_from(images) if len(images) >= self._fewest else None

    def pixels(self, sample: Sample) -> NDArray[np.uint8]:
        """The sample's picture as it is looked at, reduced where it is large.

        Raises:
            BadImage: it cannot be read.
        """
        path = self._images.path(sample.id, sample.suffix)
        fits = (
            r for r in _REDUCTIONS if sample.width * sample.height <= _PIXELS * r * r
        )
        try:
            return decode(path.read_bytes(), reduce=next(fits, _REDUCTIONS[-1]))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise BadImage(
                f"The image cannot be read ({reason}): {path.name}",
                hint="see what is missing: fieldset check",
            ) from error


def _part(fits: Sequence[Sample], number: int, size: int) -> Sequence[Sample]:
    """The samples of a block; a short rest belongs to the block before it."""
    start = number * size
    block = fits[start : start + size]
    return block if len(block) >= IMAGES else fits[max(len(fits) - size, 0) :]


def _spread(block: Sequence[Sample]) -> list[Sample]:
    """At most `IMAGES` samples, evenly over the block."""
    if len(block) <= IMAGES:
        return list(block)
    step = (len(block) - 1) / (IMAGES - 1)
    return [block[round(i * step)] for i in range(IMAGES)]
