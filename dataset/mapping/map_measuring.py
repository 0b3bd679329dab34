"""Measures what the map lacks; an image that cannot be read stops nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..errors import BadFile, BadImage, ProjectError, ReadOnlyProject, StorageFull
from ..findings import Finding, Severity
from ..measuring import Backbone, Measurable, measured
from ..progress import SILENT, Progress
from ..project import Project
from ..sample_map import measured_ids

# What `measured` keeps at once: a bad image is most likely among the first so many
# that are left; those are tried one by one.
_KEPT_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class MapMeasured:
    """How many samples were measured, and an error for each that could not be."""

    measured: int
    findings: tuple[Finding, ...] = ()


def measure_missing(
    project: Project,
    samples: Sequence[Measurable],
    *,
    backbone: Backbone | None = None,
    progress: Progress = SILENT,
) -> MapMeasured:
    """Measure those samples and keep the numbers as they come.

    A run that was stopped goes on where it was. A missing or damaged image is named.

    Raises:
        BadFile: the backbone cannot be used.
        ReadOnlyProject: the project cannot be written.
        StorageFull: there is no room for the numbers.
    """
    if project.catalog.read_only:
        raise ReadOnlyProject(
            f"What is measured cannot be kept: {project.root}",
            hint="make the project's folder writable",
        )
    findings = list(_gone(project, samples))
    away = {finding.sample for finding in findings}
    rest = [sample for sample in samples if sample.id not in away]
    while rest:
        before = len(samples) - len(rest)
        onward = _Onward(progress, before, len(samples))
        try:
            measured(project, rest, backbone=backbone, progress=onward)
            break
        except (BadFile, ReadOnlyProject, StorageFull):
            raise
        except (BadImage, ProjectError):
            known = measured_ids(project, backbone=backbone)
            rest = [sample for sample in rest if sample.id not in known]
            first, rest = rest[:_KEPT_AT_ONCE], rest[_KEPT_AT_ONCE:]
            findings += _measured_alone(project, first, backbone)
    progress.step(len(samples), len(samples), "measuring")
    return MapMeasured(
        measured=len(samples) - len(findings),
        findings=tuple(_finding(one) for one in findings),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unread:
    sample: str
    why: str


class _Onward:
    """Progress over all samples while a part of them is measured."""

    def __init__(self, progress: Progress, before: int, total: int) -> None:
        self._progress = progress
        self._before = before
        self._total = total

    def step(self, done: int, total: int | None, what: str) -> None:  # noqa: ARG002
        """Tell how much of all is done."""
        self._progress.step(self._before + done, self._total, what)


def _gone(project: Project, samples: Sequence[Measurable]) -> Iterator[_Unread]:
    for sample in samples:
        if not (project.root / sample.path).is_file():
            yield _Unread(sample=sample.id, why="The image is missing")


def _measured_alone(
    project: Project, samples: Sequence[Measurable], backbone: Backbone | None
) -> list[_Unread]:
    """Measure one after the other; those that cannot be read."""
    found: list[_Unread] = []
    for sample in samples:
        try:
            measured(project, [sample], backbone=backbone)
        except (BadFile, ReadOnlyProject, StorageFull):
            raise
        except (BadImage, ProjectError) as error:
            found.append(_Unread(sample=sample.id, why=error.message))
    return found


def _finding(one: _Unread) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        what=f"{one.why}: sample {one.sample[:12]}",
        next_step="fieldset check --deep",
    )
