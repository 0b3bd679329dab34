"""The trigger that a project and a person chose, by one set of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from dataset.capture_settings import OPTIONS, TRIGGERS, UNCERTAIN_BAND
from dataset.errors import NotFound, UsageError
from dataset.project import Project

from ..camera.triggers import PreparedTrigger, PreRollTrigger, Trigger, make_trigger
from ..drift_side import side_table
from ..models.frame_detector import FrameDetector
from .drift_trigger import DriftTrigger
from .uncertain_trigger import UncertainTrigger


def choose_trigger(
    project: Project, name: str = "", options: Mapping[str, Any] | None = None
) -> Trigger:
    """The trigger called `name`, or without one that of `fieldset.toml`.

    Its options are those of `[capture.triggers.NAME]`, over which `options` go; of
    these None is left out. `pre_s` is one of each trigger's. Quick: what takes long is
    done when the recorder prepares the trigger.

    Raises:
        UsageError: no such trigger, no such option, or a value that does not fit.
        NotFound: the model of `uncertain` is not there.
    """
    settings = project.settings.capture
    name = name or settings.trigger
    if name not in TRIGGERS:
        raise UsageError(
            f"There is no such trigger: {name}",
            hint=f"use one of {', '.join(TRIGGERS)}",
        )
    given = {key: value for key, value in (options or {}).items() if value is not None}
    values = {"pre_s": settings.pre_s, **settings.triggers.get(name, {}), **given}
    if name == "manual":
        # Nothing comes before a press by hand: that takes the sharpest instead.
        del values["pre_s"]
    if name not in _OF_THE_PROJECT:
        return make_trigger(name, values)
    pre_s = values.pop("pre_s")
    _require_known(name, values)
    trigger: Trigger = _OF_THE_PROJECT[name](project, values)
    return PreRollTrigger(trigger, pre_s) if pre_s else trigger


def _uncertain(project: Project, values: Mapping[str, Any]) -> UncertainTrigger:
    settings = project.settings.assist
    if not settings.model:
        raise UsageError(
            "The trigger `uncertain` needs a model, and the project names none",
            hint='name one under [assist] in fieldset.toml: model = "models/mine.onnx"',
        )
    path = Path(project.root / settings.model)
    if not path.is_file():
        raise NotFound(
            f"There is no such model file: {path}",
            hint="name another under [assist] in fieldset.toml, or bring it back",
        )
    return UncertainTrigger(
        lambda waiting: FrameDetector(path, settings, waiting=waiting),
        **{**UNCERTAIN_BAND, **values},
    )


def _drift(project: Project, values: Mapping[str, Any]) -> DriftTrigger:
    settings, others = project.settings.drift, dict(values)
    against = str(others.pop("against", settings.baseline))
    return DriftTrigger(
        lambda progress: side_table(
            project, against, is_sparse=True, progress=progress
        ),
        limits=settings.limits,
        **others,
    )


def _require_known(name: str, values: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - set(OPTIONS[name]))
    if unknown:
        raise UsageError(
            f"The trigger `{name}` has no option of this name: {unknown[0]}",
            hint=f"it has {', '.join([*OPTIONS[name], 'pre_s'])}",
        )


_OF_THE_PROJECT: Final[
    Mapping[str, Callable[[Project, Mapping[str, Any]], PreparedTrigger]]
] = {"uncertain": _uncertain, "drift": _drift}
