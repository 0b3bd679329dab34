"""The desk of class work; every call on the catalog lane."""

from __future__ import annotations

from dataset.project import Project
from dataset.records import LabelClass
from labeling import class_work
from labeling.class_work import ClassAct, ClassPreview, ClassVerb

from ..language import tr
from ..views.classes.class_contract import ActPreview


class ProjectClassDesk:
    """Adds, renames, colours, merges and retires the classes of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def all(self) -> tuple[LabelClass, ...]:
        """Give all classes, the retired ones too."""
        return self._project.catalog.classes.all(include_retired=True)

    def preview(self, act: ClassAct) -> ActPreview:
        """Say what an act would touch."""
        found = class_work.preview(self._project, act)
        refusal = found.refusal
        return ActPreview(
            act=act,
            sentences=_sentences(act, found),
            refusal=""
            if refusal is None
            else f"{refusal.message}\n{refusal.hint}".strip(),
        )

    def do(self, act: ClassAct) -> str:
        """Do an act, and say what was done."""
        done = class_work.do(self._project, act)
        name = done.label_class.name
        if act.verb is ClassVerb.MERGE:
            words = tr("{count} boxes moved to {name}. Ctrl+Z takes it back.")
            return words.format(count=f"{done.boxes_moved:,}", name=name)
        words = {
            ClassVerb.ADD: tr("Class {name} was added."),
            ClassVerb.RETIRE: tr("Class {name} was retired; its boxes stay."),
            ClassVerb.BRING_BACK: tr("Class {name} is in use again."),
        }.get(act.verb, tr("Class {name} was changed."))
        return words.format(name=name)


def _sentences(act: ClassAct, found: ClassPreview) -> tuple[str, ...]:
    use, name = found.use, found.label_class.name
    held = tr("{name} has {boxes} boxes in {samples} samples, {proposals} proposals.")
    lines = [
        held.format(
            name=name,
            boxes=f"{use.boxes:,}",
            samples=f"{use.samples:,}",
            proposals=f"{use.proposals:,}",
        )
    ]
    if act.verb is ClassVerb.MERGE:
        lines.append(tr("All of them move, and {name} is retired.").format(name=name))
    if act.verb is ClassVerb.RETIRE:
        lines.append(tr("They stay; no new box gets the class."))
    if found.versions:
        words = tr("Frozen with boxes of it, and left as they are: {versions}.")
        lines.append(words.format(versions=", ".join(found.versions)))
    if use.sealed:
        words = tr("Sealed test sets with boxes of it: {sets}.")
        lines.append(words.format(sets=", ".join(use.sealed)))
    return (*lines, *found.notes)
