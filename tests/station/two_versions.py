"""A project with v1 (8 sessions), mended labels, and v2 (10 sessions).

`make_two_versions` goes through the command line, drift and report included;
`freeze_two` leaves those out, and the mending, and takes a tenth of the time.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from labeling.session import LabelingSession
from station.cli.main import run
from tests.small_projects import BEGAN_US, box, new_project, pixels, uid


def add_session(project: Project, number: int, *, darker: int = 0) -> None:
    """Three labelled samples of a camera of its own."""
    session = project.begin_session(
        name=f"session {number}",
        source=f"cam {number}",
        started_us=BEGAN_US + number * 3_600_000_000,
    )
    for position in range(3):
        seed = 100 * number + position
        picture = np.clip(pixels(seed, 96, 72).astype(int) - darker, 0, 255)
        data = cv2.imencode(".jpg", picture.astype(np.uint8))[1].tobytes()
        taken = project.take_in(
            data, session, captured_us=session.started_us + position * 1_000_000
        )
        labels = LabelState(
            state=SampleState.LABELED,
            boxes=(
                box("a", class_id=1 + number % 2, x0=4.0 + position),
                box("b", class_id=1, x0=40.0),
            ),
        )
        project.catalog.labels.put(taken.sample.id, labels)


def make_two_versions(root: Path) -> Path:
    """Make it through the labeling session and the command line."""
    with new_project(root) as project:
        for number in range(8):
            add_session(project, number)
        arguments = ["version", "create", "--project", str(root), "--author", "me"]
        assert run([*arguments, "-m", "first <b>"]) == 0
        labeling = LabelingSession(project, state="labeled")
        first, second = project.catalog.samples.queue_ids()[:2]
        labeling.go_to(first)
        labeling.delete(uid("b"))
        labeling.go_to(second)
        labeling.relabel(uid("b"), 2)
        for number in (8, 9):
            add_session(project, number, darker=60)
        assert run([*arguments, "-m", "second"]) == 0
    return root


def freeze_two(root: Path) -> Path:
    """Make a project of the same samples and freeze v1 and v2."""
    with new_project(root) as project:
        for count in (8, 2):
            first = 0 if count == 8 else 8
            for number in range(first, first + count):
                add_session(project, number)
            freeze(project, message=f"{count} sessions more", author="me")
    return root
