"""A person at the labeling queue, as a process that can be killed: PROJECT SEED.

Before each verb it prints {"will": verb, "sample": id}; after the verb returned,
{"did": verb, "sample": id, "state": ..., "boxes": [...]} as the catalog then has it.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

from dataset.catalog import JournalEntry
from dataset.project import Project
from labeling.session import LabelingSession

CLASSES = (1, 2)


class Labeler:
    """Draws, accepts, undoes; about as often as a hasty person would."""

    def __init__(self, project: Project, seed: int) -> None:
        self._project = project
        self._session = LabelingSession(project)
        self._random = random.Random(seed)

    def label_all(self) -> None:
        """Go through the queue."""
        while self._session.current is not None:
            self._label_one()

    def _label_one(self) -> None:
        session, chance = self._session, self._random.random
        self._offer()
        for _ in range(self._random.randint(1, 3)):
            self._draw()
        if chance() < 0.25:
            self._undo()
            self._draw()
        view = session.current
        assert view is not None
        sample_id = view.sample.id
        verb = self._random.choices(("accept", "empty", "skip"), (8, 1, 1))[0]
        verbs: dict[str, Callable[[], object]] = {
            "accept": session.accept,
            "empty": session.mark_empty,
            "skip": lambda: session.skip("too dark"),
        }
        self._do(verb, sample_id, verbs[verb])
        if chance() < 0.15:
            self._undo()
            self._do("accept" if self._has_boxes() else "empty", *self._last_word())

    def _last_word(self) -> tuple[str, Callable[[], object]]:
        view = self._session.current
        assert view is not None
        verb = self._session.accept if view.boxes else self._session.mark_empty
        return view.sample.id, verb

    def _has_boxes(self) -> bool:
        view = self._session.current
        return view is not None and bool(view.boxes)

    def _offer(self) -> None:
        request = self._session.carry_request()
        if request is not None and self._random.random() < 0.3:
            self._session.offer(request.sample_id, request.run())

    def _draw(self) -> None:
        view = self._session.current
        assert view is not None
        x0, y0 = self._random.uniform(0, 250), self._random.uniform(0, 120)
        corners = (x0, y0, x0 + self._random.uniform(5, 60), y0 + 40.0)
        class_id = self._random.choice(CLASSES)
        self._do("draw", view.sample.id, lambda: self._session.draw(corners, class_id))

    def _undo(self) -> None:
        for entry in self._project.catalog.journal.last_step()[:1]:
            assert isinstance(entry, JournalEntry)
            self._do("undo", entry.sample_id, self._session.undo)

    def _do(self, verb: str, sample_id: str, act: Callable[[], object]) -> None:
        _tell({"will": verb, "sample": sample_id})
        act()
        labels = self._project.catalog.labels.get(sample_id)
        boxes = [
            [box.id, box.class_id, box.x0, box.y0, box.x1, box.y1, box.origin.value]
            for box in labels.boxes
        ]
        _tell(
            {
                "did": verb,
                "sample": sample_id,
                "state": labels.state.value,
                "boxes": boxes,
            }
        )


def _tell(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with Project.open(Path(sys.argv[1])) as opened:
        Labeler(opened, int(sys.argv[2])).label_all()
