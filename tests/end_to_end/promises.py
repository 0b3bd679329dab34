"""What commands said before they died, and whether the project keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dataset.errors import FieldsetError
from dataset.project import Project
from dataset.records import LabelState, SampleState

Line = dict[str, Any]
# A sample's labels in plain words: its state, and its boxes in any order.
Word = tuple[str, tuple[tuple[Any, ...], ...]]
NEW: Word = (SampleState.NEW.value, ())


class Promises:
    """Everything acknowledged in one project, over many processes."""

    def __init__(self) -> None:
        self.samples: set[str] = set()
        self.versions: set[str] = set()
        self.labels: dict[str, Word] = {}
        self._fresh: set[str] = set()
        self._history: dict[str, list[Word]] = {}
        self._pending: Line | None = None

    def take_captured(self, lines: Iterable[Line]) -> int:
        """Note the samples that a capture acknowledged; gives their number."""
        found = [str(line["sample"]) for line in lines if "sample" in line]
        self._fresh = set(found)
        self.samples |= self._fresh
        return len(found)

    def take_labeled(self, lines: Iterable[Line]) -> int:
        """Note the label edits that returned, and the one that may have."""
        count = 0
        for line in lines:
            if "will" in line:
                self._pending = line
                continue
            self._pending = None
            self._settle(str(line["sample"]), _word_of_line(line))
            count += 1
        return count

    def take_version(self, version_id: str) -> None:
        """Note a version that was acknowledged."""
        self.versions.add(version_id)

    def broken(self, project: Project, *, deep: bool = False) -> Iterator[str]:
        """The promises that the project does not keep.

        Samples of the newest run are proven by hash, with `deep` all of them.
        """
        for sample_id in sorted(self.samples if deep else self._fresh):
            try:
                sample = project.catalog.samples.get(sample_id)
                project.images.verify(sample.id, sample.suffix)
            except FieldsetError as error:
                yield f"an acknowledged sample is lost: {error!r}"
        yield from self._broken_edit(project)
        for sample_id, promised in self.labels.items():
            found = _word(project.catalog.labels.get(sample_id))
            if found != promised:
                yield f"an acknowledged edit is lost: {promised} became {found}"

    def _broken_edit(self, project: Project) -> Iterator[str]:
        """The edit that was under way: done as a whole, or not at all."""
        line, self._pending = self._pending, None
        if line is None:
            return
        sample_id, verb = str(line["sample"]), str(line["will"])
        before = self.labels.get(sample_id, NEW)
        after = _word(project.catalog.labels.get(sample_id))
        earlier = [NEW, *self._history.get(sample_id, [])]
        if after != before and not _follows(verb, before, after, earlier):
            yield f"half a {verb}: {before} became {after}"
        self._settle(sample_id, after)

    def _settle(self, sample_id: str, word: Word) -> None:
        self.labels[sample_id] = word
        self._history.setdefault(sample_id, []).append(word)


def _follows(verb: str, before: Word, after: Word, earlier: list[Word]) -> bool:
    """Whether a verb may have made `after` of `before`."""
    old, new = set(before[1]), set(after[1])
    if verb == "undo":
        return after in earlier
    if verb == "draw":
        return after[0] == "proposed" and old < new and len(new - old) == 1
    if verb == "accept":
        return after[0] == "labeled" and old <= new
    if verb == "empty":
        return after == ("empty", ())
    return after == ("skipped", before[1])


def _word(labels: LabelState) -> Word:
    boxes = (
        (b.id, b.class_id, b.x0, b.y0, b.x1, b.y1, b.origin.value) for b in labels.boxes
    )
    return labels.state.value, tuple(sorted(boxes))


def _word_of_line(line: Line) -> Word:
    return str(line["state"]), tuple(sorted(tuple(box) for box in line["boxes"]))
