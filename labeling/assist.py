"""Proposals by a detector: for the samples that no person has begun to label.

A run goes over them one by one and keeps what it found, so that a second run looks
only at what is new. A sample that a person decided, drew on or edited is theirs and is
not touched; visiting writes nothing. Proposals of carry-over and of a detector for the
same thing become one, see `merged`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dataset.assist_settings import AssistSettings
from dataset.catalog import Catalog
from dataset.errors import BadFile, BadImage
from dataset.findings import Finding, Severity
from dataset.progress import SILENT, Progress
from dataset.project import Project
from dataset.records import (
    Box,
    BoxOrigin,
    LabelState,
    Proposal,
    Sample,
    SampleState,
    Verdict,
)

from .detection.class_map import ClassMap
from .detection.detector import Detection, Detector
from .geometry import iou

SAME_THING = 0.5
"""The IoU from which two proposals of one class are about one thing."""
PATIENCE = 3
"""So many samples in a row on which the detector fails, and it is given up."""
BY_MACHINES = frozenset({BoxOrigin.MODEL, BoxOrigin.MOTION})
_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistOutcome:
    """What a run did.

    `looked` counts samples, `known` those of them that were answered from an earlier
    run, `proposed` those that have proposals now, `boxes` the proposals. `held` are
    proposals for samples that somebody has open; `place` puts them in.
    """

    looked: int = 0
    known: int = 0
    proposed: int = 0
    boxes: int = 0
    held: Mapping[str, tuple[Proposal, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def propose_all(
    project: Project,
    detector: Detector,
    classes: ClassMap,
    settings: AssistSettings,
    *,
    session_id: str | None = None,
    is_open: Callable[[str], bool] = lambda _sample_id: False,
    progress: Progress = SILENT,
) -> AssistOutcome:
    """Propose on every sample that no person has begun with, in capture order.

    What was done stays done when it is cancelled. A picture that cannot be read is
    named in an error and passed over; `is_open` tells of samples that somebody looks
    at, which are left to `place`.

    Raises:
        BadFile: the detector failed on several samples in a row.
        Cancelled: `progress` said so.
    """
    run = _Run(project, detector, classes, settings, is_open)
    ids = project.catalog.detections.open_ids(session_id=session_id)
    done = 0
    for start in range(0, len(ids), _AT_ONCE):
        for sample in project.catalog.samples.many(ids[start : start + _AT_ONCE]):
            what = sample.source_name or sample.id[:12]
            progress.step(done, len(ids), what)
            waiting = _waiting(progress, done, len(ids), what)
            run.propose(sample, waiting)
            done += 1
    progress.step(len(ids), len(ids), "")
    return run.outcome(_class_findings(classes))


def place(catalog: Catalog, sample_id: str, found: Sequence[Proposal]) -> bool:
    """Keep a detector's proposals for a sample that is still nobody's; else False.

    Earlier ones of a detector are replaced, carried ones merged.
    """
    with catalog.writing():
        if not catalog.samples.has(sample_id):
            return False
        if not catalog.detections.is_open(sample_id):
            return False
        before = catalog.labels.get(sample_id)
        others = [p for p in before.proposals if p.box.origin not in BY_MACHINES]
        wanted = merged(others, found)
        if _content(wanted) == _content(before.proposals):
            # A second run of the same model writes nothing.
            return True
        return catalog.labels.propose(sample_id, wanted)


def takes_carried(labels: LabelState) -> bool:
    """Whether carry-over may still add to the proposals of a sample.

    So it is where nobody drew anything, and a detector alone proposed.
    """
    if labels.boxes:
        return False
    if labels.state is SampleState.NEW:
        return not labels.proposals
    is_proposed = labels.state is SampleState.PROPOSED
    return is_proposed and all(p.box.origin in BY_MACHINES for p in labels.proposals)


def merged(
    carried: Sequence[Proposal], found: Sequence[Proposal]
) -> tuple[Proposal, ...]:
    """Carried proposals and a detector's, one for each thing; carried ones first.

    Where both are of one class and lie on one another the carried identity stays (it
    follows the object through the session), with the box of the surer one. What a
    detector sees is not doubtful and did not leave: a ghost becomes a proposal.
    """
    left = sorted(found, key=lambda one: (-(one.box.score or 0.0), one.box.id))
    together: list[Proposal] = []
    for one in carried:
        best = max(left, key=lambda other: _same(one, other), default=None)
        if best is None or _same(one, best) < SAME_THING:
            together.append(one)
            continue
        left.remove(best)
        together.append(_joined(one, best))
    return (*together, *left)


def proposals_of(
    detections: Sequence[Detection],
    classes: ClassMap,
    settings: AssistSettings,
    origin: BoxOrigin = BoxOrigin.MODEL,
) -> tuple[Proposal, ...]:
    """Proposals for what is sure enough and has a class; MOVED from `sure` on.

    Less sure ones are WEAK: they are looked at one by one.
    """
    chosen = [
        one
        for one in detections
        if one.score >= settings.threshold and one.class_index in classes.ids
    ]
    return tuple(
        Proposal(
            box=_box(one, classes.ids[one.class_index], origin),
            verdict=Verdict.MOVED if one.score >= settings.sure else Verdict.WEAK,
        )
        for one in chosen
    )


def uncertainty_of(detections: Sequence[Detection]) -> float:
    """How unsure a detector is of an image, 0 to 1: of its least clear box.

    A box scored 0.5 may as well be none; 1 - |2 s - 1|, the largest over the boxes
    (least confidence with max-aggregation, Brust, Kaeding and Denzler 2019). An image
    without any box is a sure one.
    """
    return round(
        max((1.0 - abs(2.0 * d.score - 1.0) for d in detections), default=0.0), 4
    )


class _Run:
    """Counts what one run does."""

    def __init__(
        self,
        project: Project,
        detector: Detector,
        classes: ClassMap,
        settings: AssistSettings,
        is_open: Callable[[str], bool],
    ) -> None:
        self._catalog = project.catalog
        self._detector = detector
        self._classes = classes
        self._settings = settings
        self._is_open = is_open
        self._counts = {"looked": 0, "known": 0, "proposed": 0, "boxes": 0}
        self._held: dict[str, tuple[Proposal, ...]] = {}
        self._findings: list[Finding] = []
        self._failures = 0

    def propose(self, sample: Sample, waiting: Callable[[], None]) -> None:
        """Look at one sample and keep what is proposed for it."""
        key = self._detector.key
        kept = self._catalog.detections.get(sample.id, key) if key else None
        if kept is not None:
            self._counts["known"] += 1
            detections: Sequence[Detection] | None = [
                Detection(class_index=row[0], score=row[1], corners=row[2:])
                for row in kept
            ]
        else:
            detections = self._looked(sample, waiting)
        if detections is None:
            return
        self._counts["looked"] += 1
        # One transaction, one flush of the disk.
        with self._catalog.writing():
            if key and kept is None:
                self._keep(sample, detections)
            self._place(sample, detections)

    def _place(self, sample: Sample, detections: Sequence[Detection]) -> None:
        found = proposals_of(
            detections, self._classes, self._settings, self._detector.origin
        )
        if self._is_open(sample.id):
            self._held[sample.id] = found
        elif not place(self._catalog, sample.id, found):
            return
        self._counts["proposed"] += bool(found)
        self._counts["boxes"] += len(found)

    def outcome(self, findings: Sequence[Finding]) -> AssistOutcome:
        """What was done, and what there is to say of it, these findings first."""
        return AssistOutcome(
            **self._counts,
            held=self._held,
            findings=(*findings, *self._detector.remarks(), *self._findings),
        )

    def _looked(
        self, sample: Sample, waiting: Callable[[], None]
    ) -> Sequence[Detection] | None:
        """What the detector finds; None where it fails on this sample."""
        try:
            found = self._detector.detect(sample, waiting=waiting)
        except BadImage as error:
            self._note(error.message, sample, error.hint)
            return None
        except BadFile as error:
            self._failures += 1
            if self._failures >= PATIENCE:
                raise
            self._note(error.message, sample, error.hint)
            return None
        self._failures = 0
        return found

    def _keep(self, sample: Sample, found: Sequence[Detection]) -> None:
        rows = [(d.class_index, round(d.score, 4), *d.corners) for d in found]
        self._catalog.detections.put(
            sample.id, self._detector.key, rows, uncertainty_of(found)
        )

    def _note(self, what: str, sample: Sample, hint: str) -> None:
        self._findings.append(
            Finding(severity=Severity.ERROR, what=what, path=sample.id, next_step=hint)
        )


def _waiting(
    progress: Progress, done: int, total: int, what: str
) -> Callable[[], None]:
    return lambda: progress.step(done, total, what)


def _class_findings(classes: ClassMap) -> list[Finding]:
    """Warnings on names that lead nowhere; what was left out on purpose is none."""
    found = []
    for names, what, hint in (
        (
            classes.missing,
            "Classes of the model that the project has not are left out",
            'say what they are under [assist]: classes = { NAME = "car" }, "" for none',
        ),
        (
            classes.unknown,
            "`classes` under [assist] names what the model has not",
            "mend the names in fieldset.toml",
        ),
    ):
        if names:
            shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
            found.append(
                Finding(
                    severity=Severity.WARNING, what=f"{what}: {shown}", next_step=hint
                )
            )
    return found


def _content(proposals: Sequence[Proposal]) -> list[str]:
    """What proposals say, whatever their ids."""
    return sorted(repr(replace(p, box=replace(p.box, id=""))) for p in proposals)


def _same(one: Proposal, other: Proposal) -> float:
    if one.box.class_id != other.box.class_id:
        return 0.0
    return iou(one.box, other.box)


def _joined(carried: Proposal, found: Proposal) -> Proposal:
    is_surer = (found.box.score or 0.0) > (carried.box.score or 0.0)
    is_doubtful = carried.verdict in (Verdict.WEAK, Verdict.LEFT)
    if not is_surer and not is_doubtful:
        return carried
    box = replace(found.box, id=carried.box.id)
    is_sure = found.verdict is Verdict.MOVED or carried.verdict is Verdict.MOVED
    verdict = Verdict.MOVED if is_sure or not is_doubtful else found.verdict
    return Proposal(box=box, verdict=verdict)


def _box(one: Detection, class_id: int, origin: BoxOrigin) -> Box:
    x0, y0, x1, y1 = one.corners
    return Box(
        id=str(uuid.uuid4()),
        class_id=class_id,
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        origin=origin,
        score=round(one.score, 3),
    )
