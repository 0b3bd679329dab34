"""The walk of one person through a queue: where they are, what other windows hold.

Without a hold and a person nothing is written; with them the walk passes over what
another window has before it or has decided meanwhile, and the place is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dataset.errors import NotFound
from dataset.project import Project

from .choice import STATE_FILTERS, Choice, first_of, ids_of
from .hold import BLOCK, Hold
from .queue import Queue

# Ids kept of a place: so many samples may leave the queue before it is lost.
_KEPT = 20


class Walk:
    """Goes through the samples of a choice."""

    def __init__(
        self, project: Project, choice: Choice, hold: Hold | None, person: str
    ) -> None:
        self._catalog = project.catalog
        self._choice = choice
        self._hold = hold
        self._person = person
        ids = ids_of(project, choice)
        self.queue = Queue(ids)
        self._visited: set[str] = set()
        if hold is not None:
            hold.beat()
        if hold is not None or person:
            place = self._catalog.places.get(person)
            # A selection is gone through from its beginning, wherever one was before.
            is_same = place.choice.get("picked") == choice.picked
            ahead = place.ahead if is_same else ()
            self.queue.start_at(first_of(ids, ahead, self._others()))
        self.settle()

    @property
    def is_held_elsewhere(self) -> bool:
        """Whether another window has the current sample before it."""
        return self.queue.current in self._others()

    def held_elsewhere(self) -> int:
        """How many samples of the queue wait in other windows."""
        others = self._others()
        if not others:
            return 0
        states = STATE_FILTERS[self._choice.state]
        held = self._catalog.samples.many(self.queue.among(others))
        return sum(not states or each.state in states for each in held)

    def step(self, by: int) -> None:
        """Go on or back, past what other windows hold or have decided."""
        self.queue.step(by)
        others = self._others()
        way = 1 if by > 0 else -1
        while (sample_id := self.queue.current) is not None:
            before = self.queue.position
            if not self._is_passed_over(sample_id, others):
                break
            self.queue.step(way)
            if self.queue.position == before:
                break
        self.settle()

    def go_to(self, sample_id: str) -> None:
        """Go to one sample, whoever holds it."""
        self.queue.go_to(sample_id)
        self.settle()

    def find(self, words: str) -> str:
        """The id of the sample that a number in the queue or an id's beginning means.

        Raises:
            NotFound: there is no such sample.
        """
        wanted = words.strip().lower()
        if wanted.isdecimal() and (found := self.queue.at(int(wanted))):
            return found
        if wanted and (found := self.queue.beginning(wanted)):
            return found
        try:
            return self._catalog.samples.get(wanted).id
        except NotFound as error:
            raise NotFound(
                f"No sample has that number or begins so: {words.strip()}",
                hint=f"numbers go from 1 to {len(self.queue)}; of an id give 4 digits "
                "or more",
            ) from error

    def settle(self) -> None:
        """Hold what comes next, where the current sample is not held yet."""
        sample_id = self.queue.current
        if sample_id is None:
            return
        self._visited.add(sample_id)
        if self._hold is not None and not self._hold.holds(sample_id):
            self._hold.take(self.queue.ahead(4 * BLOCK))

    def keep_place(self) -> None:
        """Keep where the person is, for the next start."""
        ahead = self.queue.ahead(_KEPT)
        if self._person:
            self._catalog.places.keep(self._person, self._choice.to_words(), ahead)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """One transaction; where it fails the person stays at the sample."""
        position = self.queue.position
        try:
            with self._catalog.writing():
                yield
        except BaseException:
            self.queue.step(position - self.queue.position)
            raise

    def beat(self) -> None:
        """Keep hold and place alive."""
        with self._catalog.writing():
            if self._hold is not None:
                self._hold.beat()
            self.settle()
            self.keep_place()

    def pause(self) -> None:
        """Keep the place and let go of the samples: the person does something else."""
        with self._catalog.writing():
            self.keep_place()
            if self._hold is not None:
                self._hold.release()

    def _others(self) -> frozenset[str]:
        return frozenset() if self._hold is None else self._hold.others()

    def _is_passed_over(self, sample_id: str, others: frozenset[str]) -> bool:
        if sample_id in others:
            return True
        states = STATE_FILTERS[self._choice.state]
        if self._hold is None or not states or sample_id in self._visited:
            return False
        found = self._catalog.samples.many([sample_id])
        return bool(found) and found[0].state not in states
