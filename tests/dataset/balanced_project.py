"""A project whose classes are unequal in train, and its policy files."""

from __future__ import annotations

from pathlib import Path

from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.settings import FILE_NAME
from tests.small_projects import BEGAN_US, HEIGHT, WIDTH, box, jpeg, new_project

_SESSION_US = 100_000_000_000
TESTS = '[split.tests.test-main]\nrule = "random"\nshare = 0.15\n'
STRESS = '[split.tests.test-dark]\nrule = "stress:dark/3"\n'
BALANCE = '[balance]\npolicy = "{}"\nratio = 2.0\n'


def policy_text(policy: str, *more: str) -> str:
    """A `fieldset.toml` with that balance policy and further tables."""
    shares = "[split]\ntrain = 0.70\nval = 0.15\n"
    return "\n".join([shares, TESTS, BALANCE.format(policy), *more])


def write_policy(project: Project, text: str) -> Project:
    """The project, opened again under another `fieldset.toml`."""
    project.close()
    (project.root / FILE_NAME).write_text(text)
    return Project.open(project.root)


def unequal_project(
    root: Path, text: str, *, sessions: int = 8, size: int = 1
) -> Project:
    """Four samples a session: one with a bike, three with one or two cars.

    The pictures are `size` times as wide and high as elsewhere, the boxes are not.
    """
    project = new_project(root)
    for number in range(sessions):
        session = project.begin_session(
            name=f"session {number}",
            place=f"place {number}",
            source="cam",
            conditions=(("light", "night" if number % 2 else "day"),),
            started_us=BEGAN_US + number * _SESSION_US,
        )
        for at in range(4):
            taken = project.take_in(
                jpeg(100 * number + at, WIDTH * size, HEIGHT * size),
                session,
                captured_us=BEGAN_US + number * _SESSION_US + at,
            )
            boxes = tuple(
                box(f"{number}-{at}-{k}", 1 if at else 2, x0=5.0 + 20 * k)
                for k in range(1 + at % 2)
            )
            state = LabelState(state=SampleState.LABELED, boxes=boxes)
            project.catalog.labels.put(taken.sample.id, state)
    return write_policy(project, text)
