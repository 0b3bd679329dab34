"""What a person may do while labeling, each act done to whatever is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dataset.catalog import Catalog
from dataset.project import Project
from dataset.records import LabelEdit, Sample, SampleState, Verdict
from labeling import edits
from labeling.class_work import ClassAct, ClassVerb, do
from labeling.session import LabelingSession
from tests.small_projects import proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """A project with a session on it, and its samples."""

    project: Project
    labeling: LabelingSession
    samples: tuple[Sample, ...]

    @property
    def class_ids(self) -> list[int]:
        """The classes that are not retired."""
        return [known.id for known in self.project.catalog.classes.all()]


def _box_id(hands: Hands, a: int) -> str:
    view = hands.labeling.current
    assert view is not None
    ids = [b.id for b in view.boxes] + [p.box.id for p in view.proposals]
    return ids[a % len(ids)] if ids else "none"


def _class_id(hands: Hands, a: int) -> int:
    ids = hands.class_ids
    return ids[a % len(ids)]


def _draw(hands: Hands, a: int, b: int) -> None:
    corners = (1.0 + a, 2.0 + b, 20.0 + a, 30.0 + b)
    hands.labeling.draw(corners, _class_id(hands, b))


def _move(hands: Hands, a: int, b: int) -> None:
    hands.labeling.move(_box_id(hands, a), (2.0 + b, 3.0, 30.0 + b, 40.0))


def _offer(hands: Hands, a: int, b: int) -> None:
    """Carry-over offers; nothing is written before it is accepted."""
    view = hands.labeling.current
    assert view is not None
    found = (proposal(f"p{a}"), proposal(f"w{b}", Verdict.WEAK, x0=30.0))
    hands.labeling.offer(view.sample.id, found)


def _model(hands: Hands, a: int, b: int) -> None:
    """A job proposes, with a class that is there."""
    made = proposal(f"m{b}")
    box = edits.replace(made.box, class_id=_class_id(hands, b))
    kept = edits.replace(made, box=box)
    hands.project.catalog.labels.propose(hands.samples[a % 3].id, (kept,))


def _go(hands: Hands, a: int, _b: int) -> None:
    hands.labeling.go_to(hands.samples[a % len(hands.samples)].id)


def _bulk(hands: Hands, a: int, _b: int) -> None:
    """Every box of the project gets one class, in one step."""
    catalog, class_id = hands.project.catalog, _class_id(hands, a)
    with catalog.journal.one_step("relabelled many"):
        for sample in hands.samples:
            before = after = catalog.labels.get(sample.id)
            for box in before.boxes:
                after = edits.relabel(after, box.id, class_id)
            if after != before:
                catalog.labels.apply(
                    LabelEdit(
                        sample_id=sample.id,
                        title="one of many",
                        before=before,
                        after=after,
                        at_us=1,
                    )
                )


def _class_act(verb: ClassVerb) -> Callable[[Hands, int, int], None]:
    def act(hands: Hands, a: int, b: int) -> None:
        every = [c.id for c in hands.project.catalog.classes.all(include_retired=True)]
        do(
            hands.project,
            ClassAct(
                verb=verb,
                class_id=every[a % len(every)],
                target_id=every[b % len(every)],
                name=f"class {a} {b}",
                colour=f"#{a}{a}{b}{b}00",
                key=b if verb is ClassVerb.KEY else None,
            ),
        )

    return act


ACTS: dict[str, Callable[[Hands, int, int], object]] = {
    "draw": _draw,
    "move": _move,
    "relabel": lambda h, a, b: h.labeling.relabel(_box_id(h, a), _class_id(h, b)),
    "delete": lambda h, a, _b: h.labeling.delete(_box_id(h, a)),
    "adopt": lambda h, a, _b: h.labeling.adopt(_box_id(h, a)),
    "drop": lambda h, _a, _b: h.labeling.drop_proposals(),
    "accept": lambda h, a, _b: h.labeling.accept(keys=1 + a),
    "empty": lambda h, _a, _b: h.labeling.mark_empty(),
    "skip": lambda h, _a, _b: h.labeling.skip("dark"),
    "review": lambda h, _a, _b: h.labeling.review(),
    "offer": _offer,
    "model": _model,
    "go": _go,
    "bulk": _bulk,
    **{verb.value: _class_act(verb) for verb in ClassVerb},
}


def state_of(catalog: Catalog, samples: tuple[Sample, ...]) -> object:
    """All that a person decided: labels without proposals, and every class."""
    labels = [catalog.labels.get(sample.id) for sample in samples]
    decided = [
        (
            SampleState.NEW if s.state is SampleState.PROPOSED else s.state,
            s.skip_reason,
            s.reviewed,
            sorted(s.boxes, key=lambda box: box.id),
        )
        for s in labels
    ]
    classes = catalog.classes.all(include_retired=True)
    merged = [catalog.classes.merged_into(known.id) for known in classes]
    return decided, classes, merged


def damage_of(project: Project) -> object:
    """What does not fit together in a catalog; nothing in a sound one."""
    return project.catalog.damages(deep=True), project.catalog.tallies.differences()
