"""What is asked of a camera when it is opened: a mode and controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from .controls import ControlSetting, Readback
from .modes import Mode
from .readback import CameraReadback

NOTHING_ASKED: Final[Mapping[str, ControlSetting]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """A mode (None: the camera's best) and settings by the control's name."""

    mode: Mode | None = None
    controls: Mapping[str, ControlSetting] = field(
        default_factory=lambda: NOTHING_ASKED
    )

    def with_control(self, name: str, setting: ControlSetting) -> Wishes:
        """Return the same wishes and one more, or one changed."""
        return replace(
            self, controls=MappingProxyType({**self.controls, name: setting})
        )

    def unmet(self, readback: CameraReadback) -> tuple[Readback, ...]:
        """Return the controls that do not stand as wished, by what was read back."""
        outcomes = [
            Readback(asked=setting, reading=readback.control(name))
            for name, setting in self.controls.items()
        ]
        return tuple(outcome for outcome in outcomes if not outcome.is_granted)


def wishes_to_json(wishes: Wishes) -> dict[str, Any]:
    """Return the wishes as JSON, for the camera's process."""
    return {
        "mode": None if wishes.mode is None else asdict(wishes.mode),
        "controls": {name: asdict(one) for name, one in wishes.controls.items()},
    }


def wishes_from_json(found: Mapping[str, Any]) -> Wishes:
    """Return the wishes that `wishes_to_json` wrote."""
    mode = found["mode"]
    return Wishes(
        mode=None if mode is None else Mode(**mode),
        controls={n: ControlSetting(**one) for n, one in found["controls"].items()},
    )
