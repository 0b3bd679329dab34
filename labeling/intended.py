"""What a sample was captured for: the class a person had chosen at the shutter.

Where the motion trigger knows what moved, that area with the class is the sample's
first proposal, a doubtful one: the area is rough, so one key does not take it. Without
an area nobody knows where the thing is, and the class is kept as a hint alone. Neither
is counted or exported; a proposal can be dropped and brought back like any other.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from dataset.project import Project
from dataset.records import Box, BoxOrigin, Proposal, Sample, SampleState, Verdict

from .assist import place
from .geometry import Corners, clip


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A sample and the class it was captured for.

    `area` is what moved, x0, y0, x1, y1 in shares of width and height; None where
    nothing says it.
    """

    sample_id: str
    class_id: int
    area: Corners | None = None


def note_intent(project: Project, intent: Intent) -> None:
    """Keep the class, and propose the area; a sample that is somebody's is left alone.

    Raises:
        NotFound: there is no such class.
    """
    catalog = project.catalog
    with catalog.writing():
        if not catalog.samples.has(intent.sample_id):
            return
        catalog.class_hints.put(intent.sample_id, intent.class_id)
        sample = catalog.samples.get(intent.sample_id)
        if intent.area is None:
            return
        x0, y0, x1, y1 = intent.area
        wide, high = sample.width, sample.height
        corners = clip((x0 * wide, y0 * high, x1 * wide, y1 * high), wide, high)
        if corners is not None:
            place(catalog, sample.id, (_proposal(corners, intent.class_id),))


def hint_for(project: Project, sample: Sample, boxes: Sequence[Box]) -> int | None:
    """The class that labeling a sample begins with, None for the one chosen last.

    Only while it waits for its labels and nothing is drawn on it yet.
    """
    if boxes or sample.state not in (SampleState.NEW, SampleState.PROPOSED):
        return None
    return project.catalog.class_hints.get(sample.id)


def _proposal(corners: Corners, class_id: int) -> Proposal:
    x0, y0, x1, y1 = corners
    return Proposal(
        box=Box(
            id=str(uuid.uuid4()),
            class_id=class_id,
            x0=x0,
            y0=y0,
            x1=x1,
            y1=y1,
            origin=BoxOrigin.MOTION,
        ),
        verdict=Verdict.WEAK,
    )
