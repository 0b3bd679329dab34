"""A session of a camera as an examination sees it: portrait and first moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..images.image_file import decode
from ..progress import SILENT, Progress
from ..project import Project
from ..records import Sample
from .portrait import Portrait, PortraitMaker, spread_out

Item = TypeVar("Item")
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """A portrait, and since when the camera looked so (0: not known)."""

    portrait: Portrait
    began_us: int = 0

    @property
    def since(self) -> str:
        """The end of a sentence on what changed since then, by the clock of here."""
        return since_words(self.began_us)


def since_words(began_us: int, zone: tzinfo | None = None) -> str:
    """The end of a sentence: `since 3 May 2026`; the zone of here where it is None.

    `began_us` is in microseconds since the epoch, 0 where it is not known.
    """
    if began_us <= 0:
        return "since the reference"
    moment = datetime.fromtimestamp(began_us / 1e6, UTC).astimezone(zone)
    return f"since {moment.day} {moment:%B %Y}"


def stored_sitting(
    project: Project, samples: Iterable[Sample], *, progress: Progress = SILENT
) -> Sitting:
    """The sitting of stored samples, at most `portrait.FRAMES` of them looked at.

    Raises:
        BadImage, ProjectError: a picture cannot be used or is missing.
    """
    ordered = sorted(samples, key=lambda sample: (sample.captured_us, sample.id))

    def pixels(sample: Sample) -> Pixels:
        return decode(project.images.read(sample.id, sample.suffix))

    times = [sample.captured_us / 1e6 for sample in ordered]
    return Sitting(
        portrait=draw_portrait(ordered, pixels, times_s=times, progress=progress),
        began_us=ordered[0].captured_us if ordered else 0,
    )


def draw_portrait(
    items: Sequence[Item],
    pixels: Callable[[Item], Pixels],
    *,
    times_s: Sequence[float] = (),
    progress: Progress = SILENT,
) -> Portrait:
    """The portrait of pictures in their order, spread over all of them.

    `pixels` gives the (H, W, 3) uint8 BGR of one; it is called in a thread, and is
    one picture ahead. `times_s` are the moments of all items, in seconds.
    """
    maker = PortraitMaker()
    chosen = spread_out(items)
    for done, picture in enumerate(_one_ahead(chosen, pixels), start=1):
        maker.add(picture)
        progress.step(done, len(chosen), "examining")
    return maker.portrait(times_s)


def _one_ahead(
    items: Sequence[Item], pixels: Callable[[Item], Pixels]
) -> Iterator[Pixels]:
    """The pictures in order; while one is looked at, the next is decoded."""
    with ThreadPoolExecutor(1, "portrait") as reader:
        waiting = [reader.submit(pixels, item) for item in items[:1]]
        for item in [*items[1:], None]:
            picture = waiting.pop().result() if waiting else None
            if item is not None:
                waiting.append(reader.submit(pixels, item))
            if picture is not None:
                yield picture
