"""A backbone in memory, in the child process: a picture in, a vector out.

The first output that can be a vector is taken: (1, D) as it is, (1, C, H, W), or
(1, H, W, C) of a model with channels last, as its mean over height and width, (1, T, D)
as its mean over the T tokens. Its numbers are handed on as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dataset.assist_settings import AssistSettings
from dataset.errors import BadFile
from labeling.detection.detector import ModelFacts
from labeling.detection.layouts import Layout
from labeling.detection.model_input import ModelInput, blank, finished, input_of

from .picture_file import read_picture
from .runtime import facts_of, open_session, run

# What ImageNet's pictures have on average, as nearly all backbones were trained.
_MEAN: Final = (0.485, 0.456, 0.406)
_DEVIATION: Final = (0.229, 0.224, 0.225)
_USUAL_SIZE: Final = (224, 224)
_LEAST, _MOST = 2, 16_384
_NOTED: Final = ("image.nominalpixelrange",)
_SIZE_HINT: Final = (
    "name the `size` it was made for under [drift.backbone] in fieldset.toml"
)


class LoadedBackbone:
    """A backbone with all that is needed to ask it."""

    def __init__(self, path: Path, settings: AssistSettings) -> None:
        self._session = open_session(path)
        facts = facts_of(self._session)
        with _hints():
            self.input = _input(facts, settings)
        outputs = self._run(blank(self.input))
        self._place = self._usable(outputs, facts)
        self.length = len(self._vector(outputs))

    def told(self) -> dict[str, Any]:
        """What the parent is told of the model."""
        return {"length": self.length, "input": asdict(self.input)}

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The vector of the picture that a request names."""
        image = read_picture(Path(asked["path"]))
        height, width = image.shape[:2]
        given = self.input.tensor(image, self.input.letterbox(width, height))
        return {"vector": self._vector(self._run(given)).tolist()}

    def _run(self, values: NDArray[Any]) -> list[NDArray[Any]]:
        return run(self._session, self.input.feeds(values), hint=_SIZE_HINT)

    def _usable(self, outputs: list[NDArray[Any]], facts: ModelFacts) -> int:
        for place, output in enumerate(outputs):
            shape = self._averaged(output).shape if output.ndim in (2, 3, 4) else ()
            is_one = output.shape[:1] == (1,) and output.dtype.kind == "f"
            if is_one and len(shape) == 1 and _LEAST <= shape[0] <= _MOST:
                return place
        given = ", ".join(
            f"{told.name} {list(one.shape)}"
            for told, one in zip(facts.outputs, outputs, strict=True)
        )
        raise BadFile(
            f"The model gives out no vector of {_LEAST} to {_MOST} numbers, but: "
            f"{given}",
            hint="export it without its head, for one picture at a time",
        )

    def _vector(self, outputs: list[NDArray[Any]]) -> NDArray[np.float32]:
        vector = self._averaged(outputs[self._place]).astype(np.float32)
        if not np.isfinite(vector).all():
            raise BadFile(
                "The model gives out no numbers for a picture, but: not a number",
                hint="see `channels`, `scale`, `mean` and `deviation` under "
                "[drift.backbone] in fieldset.toml",
            )
        return vector

    def _averaged(self, output: NDArray[Any]) -> NDArray[Any]:
        """The output without its batch and places."""
        one = output[0]
        if one.ndim == 3:
            axes = (0, 1) if self.input.is_channels_last else (1, 2)
            return np.asarray(one.astype(np.float64).mean(axis=axes))
        return np.asarray(one.astype(np.float64).mean(axis=0) if one.ndim == 2 else one)


def _input(facts: ModelFacts, settings: AssistSettings) -> ModelInput:
    """How a picture is handed over, as the project, the file or custom has it."""
    sides = [side for one in facts.inputs for side in one.shape[1:]]
    is_noted = "imgsz" in facts.notes
    if not settings.size and not is_noted and sides.count(None) > 1:
        settings = replace(settings, size=_USUAL_SIZE)
    taken = input_of(facts, settings)
    has_range = any(name.casefold() in _NOTED for name in facts.notes)
    is_raw = has_range or taken.kind == "uint8" or settings.scale
    if taken.channels == "rgb" and not is_raw and not settings.mean:
        settings = replace(
            settings, mean=_MEAN, deviation=settings.deviation or _DEVIATION
        )
    # No layout of outputs stands behind a backbone; this one adds nothing of its own.
    return finished(taken, Layout.SSD, facts, settings)


@contextmanager
def _hints() -> Iterator[None]:
    """Hints name the table that a backbone stands in."""
    try:
        yield
    except BadFile as error:
        hint = error.hint.replace("[assist]", "[drift.backbone]")
        raise BadFile(error.message, hint=hint) from error
