"""Steps of the journal taken back or made again without going through the queue."""

from __future__ import annotations

from dataset.catalog import Turned
from dataset.errors import FieldsetError
from dataset.project import Project

from .hold import Hold


def turn_steps(
    project: Project, count: int, *, back: bool
) -> tuple[tuple[Turned, ...], FieldsetError | None]:
    """Undo that many steps, or redo them, the next one first.

    Each step is saved by itself. What another window that is open did is left to it;
    edits of windows that are gone are anybody's. It ends before `count` where there is
    nothing more, or where a step cannot be turned: the error that says why comes
    beside what was turned.
    """
    labels = project.catalog.labels
    turned: list[Turned] = []
    journal, hold = project.catalog.journal, Hold(project.catalog)
    holder = journal.holder
    hold.beat()
    try:
        for _ in range(count):
            step = labels.undo() if back else labels.redo()
            if step is None:
                break
            turned.append(step)
    except FieldsetError as error:
        return tuple(turned), error
    finally:
        hold.leave()
        journal.holder = holder
    return tuple(turned), None
