"""Sessions of one fixed camera in a real catalog, labeled, a session a day."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.project import Project
from dataset.records import LabelState, SampleState
from tests.small_projects import BEGAN_US, box

DAY_US = 86_400_000_000

Pixels = NDArray[np.uint8]


def add_session(
    project: Project,
    name: str,
    pictures: Sequence[Pixels],
    day: int,
    *,
    light: str = "day",
    source: str = "cam",
    station: str = "north",
    is_labeled: bool = False,
) -> None:
    """A session of those pictures, a second apart."""
    began = BEGAN_US + day * DAY_US
    session = project.begin_session(
        name=name,
        source=source,
        station=station,
        conditions=(("light", light),),
        started_us=began,
    )
    for number, picture in enumerate(pictures):
        sample = project.take_in(
            cv2.imencode(".png", picture)[1].tobytes(),
            session,
            captured_us=began + number * 1_000_000,
            source_name=f"{number}.png",
        ).sample
        if is_labeled:
            labels = LabelState(
                state=SampleState.LABELED,
                boxes=(box(f"{day}-{number}", x0=5.0 + number),),
            )
            project.catalog.labels.put(sample.id, labels)


def blurred(picture: Pixels) -> Pixels:
    """The picture out of focus."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.uint8)
