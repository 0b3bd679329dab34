"""One run of proposals as the project or a person chose it: one way for all doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dataset.assist_settings import AssistSettings
from dataset.errors import UsageError
from dataset.progress import SILENT, Progress
from dataset.project import Project
from labeling.assist import AssistOutcome, propose_all
from labeling.detection.class_map import ClassMap, map_classes
from labeling.detection.detector import Detector
from labeling.detection.motion_assist import MotionDetector

from .onnx_detector import OnnxDetector

MOTION: Final = "motion"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRun:
    """Who proposed and what became of it; `classes` are names of model and project.

    `model`, `digest` and `layout` are "" where motion proposed.
    """

    by: str
    outcome: AssistOutcome
    classes: Mapping[str, str]
    missing: tuple[str, ...]
    ignored: tuple[str, ...]
    model: str = ""
    digest: str = ""
    layout: str = ""


def propose_as_chosen(
    project: Project,
    *,
    wanted: str = "",
    session_id: str | None = None,
    is_open: Callable[[str], bool] = lambda _sample_id: False,
    progress: Progress = SILENT,
) -> ProposalRun:
    """Propose by what `wanted` names: a model's file, `motion`, or "" for the settings.

    The model runs in a child process that ends with this call.

    Raises:
        UsageError: neither the call nor the project chose anything.
        NotFound: there is no such model, or its classes have no counterpart.
        BadFile: the model cannot be used, or fails again and again.
        Cancelled: `progress` said so.
    """
    settings = _settings(project, wanted)
    progress.step(0, None, Path(settings.model).name)
    with _detector(project, settings, progress) as detector:
        classes = _classes(project, detector, settings)
        outcome = propose_all(
            project,
            detector,
            classes,
            settings,
            session_id=session_id,
            is_open=is_open,
            progress=progress,
        )
        names = {one.id: one.name for one in project.catalog.classes.all()}
        run = ProposalRun(
            by=settings.proposer,
            outcome=outcome,
            classes={
                detector.names.get(number) or str(number): names[class_id]
                for number, class_id in classes.ids.items()
            },
            missing=classes.missing,
            ignored=classes.ignored,
        )
        if isinstance(detector, OnnxDetector):
            run = replace(
                run,
                model=settings.model,
                digest=detector.digest,
                layout=detector.layout,
            )
    return run


def _settings(project: Project, wanted: str) -> AssistSettings:
    settings = project.settings.assist
    if wanted == MOTION:
        return replace(settings, by=MOTION)
    if wanted:
        return replace(settings, by="model", model=str(Path(wanted).absolute()))
    if not settings.proposer:
        raise UsageError(
            "The project has chosen neither a model nor motion to propose boxes",
            hint="name one: fieldset label --propose MODEL.onnx, or under [assist] in "
            "fieldset.toml",
        )
    return replace(settings, model=str(project.root / settings.model))


def _detector(
    project: Project, settings: AssistSettings, progress: Progress
) -> AbstractContextManager[Detector]:
    if settings.proposer == MOTION:
        return nullcontext(MotionDetector(project.catalog, project.images))
    path = Path(settings.model)
    return OnnxDetector(
        path,
        settings,
        project.image_path,
        waiting=lambda: progress.step(0, None, path.name),
    )


def _classes(
    project: Project, detector: Detector, settings: AssistSettings
) -> ClassMap:
    own = project.catalog.classes.all()
    if settings.proposer != MOTION:
        return map_classes(detector.names, settings.classes, own)
    moving = settings.moving
    if not moving and len(own) != 1:
        raise UsageError(
            "Nothing says which class the things that move are of: "
            f"{', '.join(one.name for one in own) or 'no class'}",
            hint='say under [assist] in fieldset.toml: moving = "car"',
        )
    return map_classes(detector.names, (("moving", moving or own[0].name),), own)
