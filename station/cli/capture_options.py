"""The options of `capture` that say when a picture is taken."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import click

from dataset.capture_settings import LONGEST_PRE_S, TRIGGERS, zone_of
from dataset.errors import UsageError

from .options import Duration

Command = TypeVar("Command", bound=Callable[..., Any])

# By trigger: the option of the command, and what it is of the trigger.
_FITTING: Final[Mapping[str, Mapping[str, str]]] = {
    "manual": {},
    "interval": {"every": "every_s"},
    "burst": {"every": "every_s", "burst": "count", "spacing": "spacing_s"},
    "motion": {
        "every": "cool_down_s",
        "cool_down": "cool_down_s",
        "sensitivity": "sensitivity",
        "zones": "zones",
    },
    "uncertain": {"every": "cool_down_s", "cool_down": "cool_down_s", "band": "band"},
    "drift": {
        "cool_down": "cool_down_s",
        "against": "against",
        "deviations": "deviations",
        "away_for": "for_s",
    },
}
_NAMES: Final = {"zones": "zone"}


class Zone(click.ParamType):  # type: ignore[type-arg]  # generic in newer click
    """A zone: `x0,y0,x1,y1`, or the corners of a polygon, `x,y x,y x,y`."""

    name = "zone"

    def convert(
        self,
        value: Any,  # noqa: ANN401  (what click hands over)
        param: click.Parameter | None,  # noqa: ARG002  (click's own signature)
        ctx: click.Context | None,  # noqa: ARG002
    ) -> tuple[tuple[float, float], ...]:
        """The corners as shares of width and height."""
        if isinstance(value, tuple):
            return value
        try:
            places = [[float(n) for n in place.split(",")] for place in value.split()]
            return zone_of(places[0] if len(places) == 1 else places)
        except (ValueError, IndexError) as error:
            self.fail(f"{_why(error)}: {value}")


class Band(click.ParamType):  # type: ignore[type-arg]
    """Two scores, the lower first: `0.25-0.6`."""

    name = "low-high"

    def convert(
        self,
        value: Any,  # noqa: ANN401  (what click hands over)
        param: click.Parameter | None,  # noqa: ARG002  (click's own signature)
        ctx: click.Context | None,  # noqa: ARG002
    ) -> tuple[float, float]:
        """Both scores, from 0 to 1."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"([\d.]+)-([\d.]+)", str(value).strip())
        try:
            low, high = (float(one) for one in match.groups()) if match else (1.0, 0.0)
        except ValueError:
            low, high = 1.0, 0.0
        if not 0.0 <= low <= high <= 1.0:
            self.fail(f"a band of scores is written 0.25-0.6: {value}")
        return low, high


def trigger_options(command: Command) -> Command:
    """`--trigger` and all that says how it works."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_trigger(
    given: Mapping[str, Any], settings_trigger: str
) -> tuple[str, dict[str, Any]]:
    """The trigger's name and its options, as `choose_trigger` takes them.

    Raises:
        UsageError: an option is of another trigger.
    """
    from station.camera.folder_feed import FOLDER_FPS

    name = given["trigger"] or settings_trigger
    if (given["pre"] or 0.0) > LONGEST_PRE_S:
        raise UsageError(
            f"What was seen is kept for {LONGEST_PRE_S:g} s at most: {given['pre']:g} s"
        )
    fitting = _FITTING[name]
    options: dict[str, Any] = {"pre_s": given["pre"]}
    for option in {key for one in _FITTING.values() for key in one}:
        value = given[option]
        if value is None or value == ():
            continue
        if option not in fitting:
            shown = _NAMES.get(option, option).replace("_", "-")
            raise UsageError(
                f"The {name} trigger has no option of this name: --{shown}"
            )
        if options.get(fitting[option]) is None or option == "cool_down":
            options[fitting[option]] = value
    low, high = options.pop("band", (None, None))
    options |= {} if low is None else {"low": low, "high": high}
    is_folder = os.path.isdir(given["source"])  # noqa: PTH112  (never raises)
    if name == "interval" and given["every"] is None and is_folder:
        # Every picture is wanted, unless said otherwise.
        options["every_s"] = 1 / FOLDER_FPS
    return name, options


def _why(error: Exception) -> str:
    words = str(error)
    return words if words.startswith("a ") else "a zone is written x0,y0,x1,y1"


_OPTIONS: Final = (
    click.option(
        "--trigger",
        type=click.Choice(TRIGGERS),
        help="When a picture is taken; by default as fieldset.toml says, else "
        "interval. With manual, Enter takes one.",
    ),
    click.option(
        "--every",
        type=Duration(),
        help="Time between pictures or bursts; of a folder every picture is taken.",
    ),
    click.option("--burst", type=click.IntRange(min=1), help="Pictures in a burst."),
    click.option("--spacing", type=Duration(), help="Time between those of a burst."),
    click.option(
        "--sensitivity", type=click.FloatRange(0, 1), help="Of the motion trigger."
    ),
    click.option(
        "--zone",
        "zones",
        type=Zone(),
        multiple=True,
        help="Where motion counts: x0,y0,x1,y1 or corners `x,y x,y x,y`, 0 to 1; "
        "repeatable.",
    ),
    click.option(
        "--cool-down",
        type=Duration(),
        help="Pause after a picture of the motion, uncertain and drift triggers.",
    ),
    click.option(
        "--band", type=Band(), help="Scores of which the model counts as unsure."
    ),
    click.option(
        "--against",
        help="The baseline of drift: v3, v3:train, latest, or session:NAME.",
    ),
    click.option(
        "--deviations",
        type=click.FloatRange(0.5, 100),
        help="Standard deviations from which on a picture has drifted.",
    ),
    click.option(
        "--away-for", type=Duration(), help="How long it must have, without a break."
    ),
    click.option(
        "--pre",
        type=Duration(),
        help="Also keep what was seen that long before; with manual, the sharpest "
        "of it instead.",
    ),
)
