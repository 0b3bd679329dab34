"""Samples that a person picked, kept under a name so that a queue can be made of them.

The name follows from the ids: two windows that pick differently do not meet, and a
queue is the same again after a restart. The newest eight selections are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from dataset.errors import NotFound, UsageError
from dataset.project import Project

KEPT = 8
_INDEX = "picked"
_NAME_DIGITS = 16


def keep_picked(project: Project, sample_ids: Iterable[str]) -> str:
    """Keep a selection and give its name; ids that are not there are left out.

    Raises:
        UsageError: nothing was picked.
        NotFound: none of these samples is there any more.
    """
    wanted = tuple(dict.fromkeys(sample_ids))
    if not wanted:
        raise UsageError("No sample is picked", hint="give the ids of samples")
    catalog = project.catalog
    with catalog.writing():
        here = sorted(sample.id for sample in catalog.samples.many(wanted))
        if not here:
            raise NotFound(f"There are no such samples any more: {len(wanted)}")
        content = " ".join(here)
        name = hashlib.sha256(content.encode()).hexdigest()[:_NAME_DIGITS]
        others = [known for known in _names(project) if known != name]
        catalog.set_fact(_fact(name), content)
        for old in others[KEPT - 1 :]:
            catalog.set_fact(_fact(old), "")
        catalog.set_fact(_INDEX, " ".join((name, *others[: KEPT - 1])))
    return name


def picked_ids(project: Project, name: str) -> frozenset[str]:
    """The ids of a kept selection.

    Raises:
        NotFound: it is not kept any more.
    """
    content = project.catalog.fact(_fact(name))
    if not content:
        raise NotFound(
            f"This selection is not kept any more: {name}",
            hint="pick the samples again",
        )
    return frozenset(content.split())


def _names(project: Project) -> tuple[str, ...]:
    return tuple((project.catalog.fact(_INDEX) or "").split())


def _fact(name: str) -> str:
    return f"picked:{name}"
