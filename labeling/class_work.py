"""Class work over the whole dataset: previewed with counts, done, undoable.

The window and the command line do it through these functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dataset.catalog import ClassUse
from dataset.errors import FieldsetError, UsageError
from dataset.project import Project, now_us
from dataset.records import LabelClass


class ClassVerb(StrEnum):
    """What can be done to classes."""

    ADD = "add"
    RENAME = "rename"
    COLOUR = "colour"
    KEY = "key"
    MERGE = "merge"
    RETIRE = "retire"
    BRING_BACK = "bring-back"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAct:
    """One act of class work, as a value.

    `class_id` is the class it is done to (none for ADD), `name` the new name, `key`
    None takes the key away (for ADD: the next free one), `target_id` the class that a
    merge moves boxes to.
    """

    verb: ClassVerb
    class_id: int = 0
    name: str = ""
    colour: str = ""
    key: int | None = None
    target_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPreview:
    """What an act would touch.

    `label_class` is the class as it is now, for ADD as it would be; `versions` are the
    aliases of frozen versions that hold boxes of it: they stay as they are. `notes`
    are sentences on what the act does not reach. `refusal` is why it cannot be done.
    """

    label_class: LabelClass
    use: ClassUse
    versions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: FieldsetError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassDone:
    """The class after an act (of a merge: the target), and how many boxes moved."""

    label_class: LabelClass
    boxes_moved: int = 0


def do(project: Project, act: ClassAct, clock: Callable[[], int] = now_us) -> ClassDone:
    """Do an act; it is one step of undo.

    Raises:
        UsageError: a name, colour or key cannot be used or is taken.
        NotFound: there is no such class.
        PolicyRefusal: a sealed test set holds boxes that would move.
    """
    acts, at_us = project.catalog.class_acts, clock()
    if act.verb is ClassVerb.MERGE:
        moved = acts.merge(act.class_id, act.target_id, at_us=at_us)
        target = project.catalog.classes.get(act.target_id)
        return ClassDone(label_class=target, boxes_moved=moved)
    match act.verb:
        case ClassVerb.ADD:
            colour = act.colour or None
            done = acts.add(act.name, colour=colour, key=act.key, at_us=at_us)
        case ClassVerb.RENAME:
            done = acts.rename(act.class_id, act.name, at_us=at_us)
        case ClassVerb.COLOUR:
            done = acts.recolour(act.class_id, act.colour, at_us=at_us)
        case ClassVerb.KEY:
            done = acts.rekey(act.class_id, act.key, at_us=at_us)
        case ClassVerb.RETIRE:
            done = acts.retire(act.class_id, at_us=at_us)
        case _:
            done = acts.bring_back(act.class_id, at_us=at_us)
    return ClassDone(label_class=done)


def preview(project: Project, act: ClassAct) -> ClassPreview:
    """What an act would do; nothing is written.

    Raises:
        NotFound: there is no such class.
        UsageError: the class to be added cannot be.
    """
    catalog = project.catalog
    refusal: FieldsetError | None = None
    after: LabelClass | None = None
    with catalog.trying():
        try:
            after = do(project, act, lambda: 0).label_class
        except FieldsetError as error:
            refusal = error
    if act.verb is ClassVerb.ADD:
        if after is None:
            raise refusal or UsageError("The class cannot be added")
        nothing = ClassUse(boxes=0, samples=0, proposals=0, sealed=())
        return ClassPreview(label_class=after, use=nothing)
    label_class = catalog.classes.get(act.class_id)
    return ClassPreview(
        label_class=label_class,
        use=catalog.class_acts.use(act.class_id),
        versions=versions_with(project, act.class_id),
        notes=_notes(project, act, label_class),
        refusal=refusal,
    )


def versions_with(project: Project, class_id: int) -> tuple[str, ...]:
    """The aliases of the frozen versions that hold boxes of a class, oldest first.

    A version whose files are not here is passed over.
    """
    found = []
    for version in project.versions():
        try:
            counts = project.version(version.alias).record.class_counts
        except FieldsetError:
            continue
        if any(each.class_id == class_id and each.boxes for each in counts):
            found.append(version.alias)
    return tuple(found)


def _notes(project: Project, act: ClassAct, label_class: LabelClass) -> tuple[str, ...]:
    """What the settings file still says of a class that goes by another name."""
    if act.verb not in {ClassVerb.RENAME, ClassVerb.MERGE, ClassVerb.RETIRE}:
        return ()
    named = {name for name, _ in project.settings.balance.targets}
    if label_class.name not in named:
        return ()
    return (
        f"fieldset.toml sets a target for {label_class.name}: change it there, too",
    )
