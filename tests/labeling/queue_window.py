"""A window at the queue without Qt, as a process: `queue_window PROJECT PERSON`.

It reads commands from its input, one a line, and answers each with one line of JSON:
`show`, `accept`, `next`, `draw X`, `undo`, `beat`, `leave`. It leaves nothing behind
by itself: a test ends it with `leave`, or kills it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    """Do what is asked until the input ends."""
    from dataset.errors import FieldsetError
    from dataset.project import Project
    from labeling.hold import Hold
    from labeling.session import LabelingSession

    root, person = sys.argv[1:3]
    with Project.open(Path(root)) as project:
        hold = Hold(project.catalog)
        labeling = LabelingSession(project, hold=hold, person=person)
        verbs = {
            "show": lambda: labeling.current,
            "next": labeling.next,
            "empty": labeling.mark_empty,
            "accept": labeling.accept,
            "undo": labeling.undo,
            "beat": labeling.beat,
            "leave": hold.leave,
        }
        for line in sys.stdin:
            word, _, rest = line.strip().partition(" ")
            try:
                if word == "draw":
                    x = float(rest)
                    labeling.draw((x, 1.0, x + 20.0, 20.0), 1)
                else:
                    verbs[word]()
                told = {}
            except FieldsetError as error:
                told = {"refused": error.message, "hint": error.hint}
            view = labeling.current
            told["sample"] = None if view is None else view.sample.id
            told["boxes"] = 0 if view is None else len(view.boxes)
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
