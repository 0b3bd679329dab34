"""Which class of the project stands for which class of a model: by name.

The project's table goes first, then equal names (large or small letters alike). What
has no counterpart is named and left out, never guessed; ids of classes are permanent,
so a class that was renamed needs a line in the table, and one that was merged none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dataset.catalog import folded_name
from dataset.errors import NotFound
from dataset.records import LabelClass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMap:
    """Class ids by a model's own numbers, and the names that lead nowhere.

    `missing` are classes of the model that the project has not, `unknown` names in the
    project's table that the model has not; `ignored` were left out on purpose.
    """

    ids: Mapping[int, int]
    missing: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def map_classes(
    names: Mapping[int, str],
    table: Sequence[tuple[str, str]],
    classes: Sequence[LabelClass],
) -> ClassMap:
    """The classes of the project for those of a model.

    Args:
        names: the model's classes by number; where it names none, each is known by
            its number alone, and the table says `"0" = "car"`.
        table: pairs of a model's class, by name or number, and one of the project's;
            "" leaves the class out.
        classes: the project's, without retired ones.

    Raises:
        NotFound: the table names a class that the project has not, or no class of the
            model has a counterpart.
    """
    own = {folded_name(one.name): one.id for one in classes}
    wanted = {folded_name(name): target for name, target in table}
    for target in wanted.values():
        if target and folded_name(target) not in own:
            raise NotFound(
                f"`classes` under [assist] names no class of the project: {target}",
                hint=f"mend it, or add the class: fieldset class add '{target}'",
            )
    known = dict(names) or {int(name): "" for name, _ in table if name.isdecimal()}
    ids: dict[int, int] = {}
    missing, ignored, used = [], [], set()
    for number, name in sorted(known.items()):
        keys = [key for key in (folded_name(name), str(number)) if key in wanted]
        used.update(keys)
        target = wanted[keys[0]] if keys else name
        if keys and not target:
            ignored.append(name or str(number))
        elif folded_name(target) in own:
            ids[number] = own[folded_name(target)]
        else:
            missing.append(name or str(number))
    if not ids:
        raise _nothing_in_common(missing)
    return ClassMap(
        ids=ids,
        missing=tuple(missing),
        ignored=tuple(ignored),
        unknown=tuple(name for name, _ in table if folded_name(name) not in used),
    )


def _nothing_in_common(missing: Sequence[str]) -> NotFound:
    if not missing:
        return NotFound(
            "The model does not name its classes, and `classes` does not either",
            hint='say under [assist]: names = ["car", "bike"], in the model\'s order',
        )
    shown = ", ".join(missing[:8]) + (", ..." if len(missing) > 8 else "")
    return NotFound(
        f"None of the model's classes is one of the project's: {shown}",
        hint="add them (fieldset class add NAME), or say under [assist] which stand "
        'for which: classes = { automobile = "car" }',
    )
