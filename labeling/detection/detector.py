"""What a detector is to this room: a file that finds things, whoever runs it.

No network and no model runtime here; the station runs models in a child process
(`station.models`) and hands over what they found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dataset.findings import Finding
from dataset.records import BoxOrigin, Sample

from ..geometry import Corners


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One thing that was found: the detector's own class, a score from 0 to 1."""

    class_index: int
    score: float
    corners: Corners


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """An input or output of a model; a side that is not fixed is None.

    `kind` is the name of a NumPy type, such as `float32`.
    """

    name: str
    shape: tuple[int | None, ...]
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What a model's file says of itself."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    notes: Mapping[str, str]
    """The metadata, keys as the exporter wrote them."""


def nothing() -> None:
    """Nobody waits for the answer, and nobody wants it to stop."""


class Detector(Protocol):
    """Finds things on samples.

    Attributes:
        key: names the detector and how it is used, so that what it found can be kept;
            "" where it must look anew each time.
        origin: what its proposals are marked with.
        names: of its classes, by its own numbers.
    """

    key: str
    origin: BoxOrigin
    names: Mapping[int, str]

    def detect(
        self, sample: Sample, *, waiting: Callable[[], None] = nothing
    ) -> Sequence[Detection]:
        """What is on the sample, the surest first, in pixels of the upright image.

        `waiting` is called now and then; what it raises ends the search.

        Raises:
            BadImage: the picture cannot be read.
            BadFile: the detector failed on it.
        """

    def remarks(self) -> Sequence[Finding]:
        """What there is to say after a run, beside what it found."""
