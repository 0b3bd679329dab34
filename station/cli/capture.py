"""`fieldset capture`: captures without a window."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataset.errors import UsageError

from .environment import SecretOption, with_environment
from .health_options import health_options, health_watch
from .options import Condition, Duration, json_option, opened, project_option
from .output import emit_json_line, one_line, say
from .signals import held_signals

if TYPE_CHECKING:
    from station.headless.health_watch import HealthWatch
    from station.recorder import Recorder, RecorderEvent

TRIGGERS = ("interval", "burst", "motion", "uncertain", "drift")
OPTIONS = ("every", "burst", "sensitivity", "cool_down")
FITTING = {
    "interval": ("every",),
    "burst": ("every", "burst"),
    "motion": ("every", "sensitivity", "cool_down"),
}


@with_environment
@click.command()
@click.option(
    "--source",
    cls=SecretOption,
    required=True,
    help="Camera index or path, URL, clip, folder.",
)
@click.option(
    "--trigger",
    type=click.Choice(TRIGGERS),
    default="interval",
    show_default=True,
    help="When a picture is taken.",
)
@click.option(
    "--every",
    type=Duration(),
    help="Time between pictures or bursts; of a folder every picture is taken.",
)
@click.option("--burst", type=click.IntRange(min=1), help="Pictures in a burst.")
@click.option(
    "--sensitivity", type=click.FloatRange(0, 1), help="Of the motion trigger."
)
@click.option("--cool-down", type=Duration(), help="Pause after a motion picture.")
@click.option(
    "--pre", type=Duration(), help="Also keep what was seen that long before."
)
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many samples.")
@click.option("--for", "for_s", type=Duration(), help="Stop after so long.")
@click.option("--session", default="", help="The session's name; by default its start.")
@click.option("--place", default="")
@click.option("--operator", default="")
@click.option("--condition", "conditions", type=Condition(), multiple=True)
@health_options
@project_option
@json_option
def capture(folder: Path | None, as_json: bool, **given: Any) -> None:  # noqa: ANN401
    """Capture samples from a camera, a clip or a folder.

    Each sample is on the disk when its line is printed, with a record signed by the
    station's key (FIELDSET_STATION_KEY, else made at its first use). Ctrl+C or SIGTERM
    ends the session cleanly. Every option may come from the environment:
    FIELDSET_COOL_DOWN for --cool-down, and FIELDSET_SOURCE_FILE names a file that holds
    a secret --source.
    """
    from station.camera.triggers import make_trigger
    from station.identity import station_name
    from station.recorder import Recorder, RecordingRequest
    from station.recording import SessionForm
    from station.signer import station_signer

    trigger = make_trigger(given["trigger"], _trigger_options(given))
    form = SessionForm(
        name=given["session"],
        station=station_name(os.environ),
        operator=given["operator"],
        place=given["place"],
        conditions=_conditions(given["conditions"]),
    )
    request = RecordingRequest(
        source=given["source"], form=form, count=given["count"], for_s=given["for_s"]
    )
    with opened(folder) as project:
        signer = station_signer(os.environ, form.station)
        recorder = Recorder(project, make_signer=lambda: signer)
        watch = health_watch(recorder, project.root, given, as_json=as_json)
        try:
            recorder.start(request, trigger)
            error = _follow(recorder, watch, as_json)
        finally:
            # Also on Ctrl+C: what was chosen is stored and told, the session ends.
            recorder.close()
            for event in recorder.events():
                watch.note(event)
                _tell(event, as_json)
            watch.end()
            _sum_up(recorder, as_json)
    if error is not None:
        raise error


def _conditions(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    keys = Counter(key for key, _ in pairs)
    for key, count in keys.items():
        if count > 1:
            raise UsageError(f"A condition stands there twice: {key}")
    return tuple(pairs)


def _trigger_options(given: dict[str, Any]) -> dict[str, Any]:
    from station.camera.folder_feed import FOLDER_FPS

    fitting = FITTING.get(given["trigger"], OPTIONS)
    for name in OPTIONS:
        if given[name] is not None and name not in fitting:
            raise UsageError(
                f"The {given['trigger']} trigger has no option of this name: "
                f"--{name.replace('_', '-')}"
            )
    options: dict[str, Any] = {"pre_s": given["pre"]}
    if given["trigger"] in {"interval", "burst"}:
        options["every_s"] = given["every"]
    is_folder = os.path.isdir(given["source"])  # noqa: PTH112  (never raises)
    if given["trigger"] == "interval" and given["every"] is None and is_folder:
        # Every picture is wanted, unless said otherwise.
        options["every_s"] = 1 / FOLDER_FPS
    if given["trigger"] == "burst":
        options["count"] = given["burst"]
    if given["trigger"] == "motion":
        options["sensitivity"] = given["sensitivity"]
        options["cool_down_s"] = given["cool_down"] or given["every"]
    return options


def _follow(recorder: Recorder, watch: HealthWatch, as_json: bool) -> Exception | None:
    """Print events until the run ends, and give the error that ended it."""
    from station.recorder import Ended

    while True:
        # Torn between the two, a sample would be stored and never told of.
        with held_signals():
            event = recorder.wait_event(0.25)
            if event is not None:
                watch.note(event)
                if not isinstance(event, Ended):
                    _tell(event, as_json)
            watch.step()
        if isinstance(event, Ended):
            return event.error


def _tell(event: RecorderEvent, as_json: bool) -> None:
    from station.camera.source import Gap
    from station.recording import Kept, Refused

    if isinstance(event, Kept):
        sample = event.sample
        if as_json:
            emit_json_line(
                {
                    "sample": sample.id,
                    "sequence": sample.sequence,
                    "known": event.known,
                }
            )
        else:
            known = "  (known already)" if event.known else ""
            click.echo(f"{sample.sequence:>6}  {sample.id[:12]}{known}")
    elif isinstance(event, Refused):
        say(f"refused: {one_line(event.reason)}")
    elif isinstance(event, Gap):
        seconds = (event.back_us - event.lost_us) / 1e6
        say(f"the camera was away for {seconds:.1f} s: {one_line(event.reason)}")


def _sum_up(recorder: Recorder, as_json: bool) -> None:
    status = recorder.status()
    names = [session.name for session in recorder.sessions]
    if as_json:
        emit_json_line(
            {
                "session": names[-1] if names else None,
                "sessions": names,
                "kept": status.kept,
                "known": status.known,
                "refused": status.refused,
            }
        )
        return
    refused = sum(Counter(status.refused).values())
    say(f"kept {status.kept}, known {status.known}, refused {refused}")
