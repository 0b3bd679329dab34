"""What lies in a project after a command, proven by hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from dataset.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The images of a project by id; refusals and gaps of its newest session."""

    images: dict[str, bytes]
    sizes: frozenset[tuple[int, int]]
    refused: dict[str, int]
    gaps: tuple[tuple[int, int, str], ...]
    is_ended: bool


def stored(root: Path) -> Stored:
    """Read it; every image's bytes are held against its id."""
    with Project.open(root, read_only=True) as project:
        sessions = project.catalog.sessions.all()
        samples = tuple(project.catalog.samples.each())
        images = {s.id: project.images.read(s.id, s.suffix) for s in samples}
        wrong = [i for i in images if hashlib.sha256(images[i]).hexdigest() != i]
        assert not wrong
        newest = sessions[-1].id if sessions else ""
        return Stored(
            images=images,
            sizes=frozenset((s.width, s.height) for s in samples),
            refused=project.catalog.sessions.refusals(newest),
            gaps=project.catalog.sessions.gaps(newest),
            is_ended=all(session.ended_us is not None for session in sessions),
        )
