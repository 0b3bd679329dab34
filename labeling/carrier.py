"""Carry-over along a walk: what is asked of it now, and what will be asked next."""

from __future__ import annotations

from dataclasses import replace

from dataset.errors import UsageError
from dataset.project import Project
from dataset.records import LabelState, SampleState

from . import edits
from .carry_request import (
    Answers,
    Assumed,
    CarryRequest,
    CleanStart,
    PixelCache,
    carry_request,
    clean_start,
)
from .carrying.tracker import Tracker

AHEAD_MOST = 32
"""With more boxes nothing is asked ahead: an accept would wait for what was begun for
boxes that were changed since."""


class Carrier:
    """Makes the requests of one labeling session, which share pictures and answers.

    A request for what comes next, run while the person still looks, finds the answer
    to the request after the accept. Where the person changes a box instead, the
    questions differ, and what was found in vain is forgotten.
    """

    def __init__(self, project: Project, tracker: Tracker | None = None) -> None:
        """Ask for samples of `project`; `tracker` is one of the user's."""
        self._project = project
        self._tracker = tracker
        self._cache = PixelCache()
        self._answers = Answers()

    def request(self, sample_id: str) -> CarryRequest | None:
        """What carry-over needs for a sample; None where nothing carries."""
        return self._request(sample_id, None)

    def request_ahead(
        self, sample_id: str, shown: LabelState, next_id: str
    ) -> CarryRequest | None:
        """What `request` of the next sample will be once `shown` is accepted.

        `shown` are the labels of the sample before it with what is offered for it.
        None where nothing would carry, or there is nothing or too much to accept.
        """
        try:
            boxes = edits.accept(shown).boxes
        except UsageError:
            return None
        if len(boxes) > AHEAD_MOST:
            return None
        sample = self._project.catalog.samples.get(sample_id)
        assumed = Assumed(
            sample=replace(sample, state=SampleState.LABELED),
            boxes=tuple(sorted(boxes, key=lambda box: box.id)),
        )
        return self._request(next_id, assumed)

    def clean_start(self, sample_id: str) -> CleanStart | None:
        """Why nothing is carried onto a sample; None where something is."""
        with self._project.catalog.reading():
            sample = self._project.catalog.samples.get(sample_id)
            return clean_start(self._project, sample)

    def _request(self, sample_id: str, assumed: Assumed | None) -> CarryRequest | None:
        with self._project.catalog.reading():
            return carry_request(
                self._project,
                self._project.catalog.samples.get(sample_id),
                self._cache,
                self._tracker,
                answers=self._answers,
                assumed=assumed,
            )
