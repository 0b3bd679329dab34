"""How a command asks something of a camera: `--mode` and `--set`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .output import say

if TYPE_CHECKING:
    from station.camera.controls import ControlSetting, Readback
    from station.camera.modes import Mode
    from station.camera.source import SourceInfo

Command = TypeVar("Command", bound=Callable[..., Any])


def mode_option(command: Command) -> Command:
    """`--mode 1280x720@30`, handed over as `mode: Mode | None`."""
    return click.option(
        "--mode",
        callback=_mode,
        metavar="WxH@RATE",
        help="Size and rate of a USB camera, such as 1280x720@30.",
    )(command)


def control_option(command: Command) -> Command:
    """`--set exposure=120`, handed over as `controls`, settings by name."""
    return click.option(
        "--set",
        "controls",
        callback=_controls,
        multiple=True,
        metavar="NAME=VALUE",
        help="Set a control of a USB camera: a number, `auto`, or `lock`; repeatable.",
    )(command)


def tell_unmet(asked: Mapping[str, ControlSetting], info: SourceInfo) -> None:
    """Say on stderr which controls do not stand as they were asked for."""
    from station.camera.wishes import Wishes

    for outcome in Wishes(controls=asked).unmet(info.readback):
        say(f"warning: {_sentence(outcome)}")


def _sentence(outcome: Readback) -> str:
    reading = outcome.reading
    if not reading.supported:
        return f"This camera has no such control: {reading.name}"
    now = "unknown" if reading.value is None else f"{reading.value:g}"
    state = "automatic" if reading.is_auto else now
    return (
        f"The camera did not take `{reading.name}={outcome.asked}`; it stands at: "
        f"{state}"
    )


def _mode(
    _ctx: click.Context, _param: click.Parameter, text: str | None
) -> Mode | None:
    from station.camera.modes import parse_mode

    return None if text is None else parse_mode(text)


def _controls(
    _ctx: click.Context, _param: click.Parameter, pairs: tuple[str, ...]
) -> Mapping[str, ControlSetting]:
    from station.camera.controls import parse_controls

    return parse_controls(pairs)
