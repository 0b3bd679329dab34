"""`fieldset capture`: captures without a window."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataset.errors import UsageError

from .camera_options import control_option, mode_option, tell_unmet
from .capture_coach import coach_of
from .capture_options import read_trigger, trigger_options
from .capture_talk import CaptureTalk
from .ending import Ending, LastWords, ending_in_time
from .environment import SecretOption, with_environment
from .health_options import health_options, health_watch
from .options import Condition, Duration, json_option, opened, project_option
from .shutter_key import press_on_enter
from .signals import held_signals

if TYPE_CHECKING:
    from dataset.capture_settings import CaptureSettings
    from station.camera.controls import ControlSetting
    from station.camera.modes import Mode
    from station.camera.source import CameraSource, OnEvent
    from station.camera.triggers import Trigger
    from station.recorder import OpenSource, Recorder, RecordingRequest
    from station.recording import SessionForm


@with_environment
@click.command()
@click.option(
    "--source",
    cls=SecretOption,
    required=True,
    help="Camera index or path, URL, clip, folder.",
)
@mode_option
@control_option
@trigger_options
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many samples.")
@click.option("--for", "for_s", type=Duration(), help="Stop after so long.")
@click.option(
    "--give-up",
    "give_up_s",
    type=Duration(),
    help="End with an error when for so long every picture of a camera was refused; "
    "by default as fieldset.toml says with --count and without --for, else never.",
)
@click.option("--session", default="", help="The session's name; by default its start.")
@click.option("--place", default="")
@click.option("--operator", default="")
@click.option("--condition", "conditions", type=Condition(), multiple=True)
@health_options
@click.option(
    "--class",
    "class_name",
    help="What it is captured for: labeling begins with that class.",
)
@project_option
@json_option
def capture(folder: Path | None, as_json: bool, **given: Any) -> None:  # noqa: ANN401
    """Capture samples from a camera, a clip or a folder.

    Each sample is on the disk when its line is printed, with a record signed by the
    station's key (FIELDSET_STATION_KEY, else made at its first use). Ctrl+C or SIGTERM
    ends the session cleanly. What is not worth a sample (blurred, dark, torn, too
    alike) is refused and counted; [capture] in fieldset.toml has the limits, and the
    options of the triggers. Every option may come from the environment:
    FIELDSET_COOL_DOWN for --cool-down, and FIELDSET_SOURCE_FILE names a file that holds
    a secret --source.
    """
    from station.recorder import Recorder
    from station.shutter.trigger_choice import choose_trigger
    from station.signer import station_signer

    form = _form(given)
    with opened(folder) as project:
        settings = project.settings.capture
        name, options = read_trigger(given, settings.trigger)
        trigger = choose_trigger(project, name, options)
        request = _request(given, form, settings)
        signer = station_signer(os.environ, form.station)
        recorder = Recorder(
            project,
            _opener(given["mode"], given["controls"]),
            make_signer=lambda: signer,
        )
        watch = health_watch(recorder, project.root, given, as_json=as_json)
        coach = coach_of(project, given["class_name"], form.conditions)
        talk = CaptureTalk(recorder, watch, coach, as_json=as_json)
        with ending_in_time(LastWords(talk.end)) as ending, closing(project):
            begin = partial(
                _begin, recorder, request, trigger, by_hand=name == "manual"
            )
            _run(recorder, talk, begin, given["controls"], ending)
    if talk.error is not None:
        raise talk.error


def _begin(
    recorder: Recorder, request: RecordingRequest, trigger: Trigger, *, by_hand: bool
) -> None:
    recorder.start(request, trigger)
    if by_hand:
        _listen(recorder, request.back_s)


def _run(
    recorder: Recorder,
    talk: CaptureTalk,
    begin: Callable[[], None],
    asked: Mapping[str, ControlSetting],
    ending: Ending,
) -> None:
    """Capture to the end; also on Ctrl+C what was chosen is stored and told."""
    try:
        begin()
        _follow(recorder, talk, asked, ending.begin)
    except KeyboardInterrupt:
        ending.begin()
        raise
    finally:
        recorder.close()
        ending.words.say()
        if ending.asked.is_set() and talk.is_cut_off:
            ending.leave()


def _form(given: Mapping[str, Any]) -> SessionForm:
    from station.identity import station_name
    from station.recording import SessionForm

    return SessionForm(
        name=given["session"],
        station=station_name(os.environ),
        operator=given["operator"],
        place=given["place"],
        conditions=_conditions(given["conditions"]),
    )


def _request(
    given: Mapping[str, Any], form: SessionForm, settings: CaptureSettings
) -> RecordingRequest:
    from station.recorder import RecordingRequest

    give_up_s = given["give_up_s"]
    if give_up_s is None and given["count"] is not None and given["for_s"] is None:
        # Somebody waits for that many, and nothing else would end it.
        give_up_s = settings.give_up_s
    return RecordingRequest(
        source=given["source"],
        form=form,
        count=given["count"],
        for_s=given["for_s"],
        back_s=given["pre"] or settings.pre_s,
        give_up_s=give_up_s,
    )


def _opener(mode: Mode | None, controls: Mapping[str, ControlSetting]) -> OpenSource:
    """Opens a source as it is asked for, and again as often as it is lost."""
    from station.camera.reconnect import open_steady_source

    def open_one(address: str, on_event: OnEvent) -> CameraSource:
        return open_steady_source(
            address, on_event=on_event, mode=mode, controls=controls
        )

    return open_one


def _conditions(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    keys = Counter(key for key, _ in pairs)
    for key, count in keys.items():
        if count > 1:
            raise UsageError(f"A condition stands there twice: {key}")
    return tuple(pairs)


def _listen(recorder: Recorder, pre_s: float) -> None:
    """Let Enter take the newest picture, or the sharpest of the last seconds."""
    if pre_s:
        press_on_enter(lambda: recorder.keep_last(pre_s))
    else:
        press_on_enter(recorder.shutter)


def _follow(
    recorder: Recorder,
    talk: CaptureTalk,
    asked: Mapping[str, ControlSetting],
    noticed: Callable[[], None],
) -> None:
    """Print events until the run ends; `noticed` hears of a signal that ends it."""
    from station.recorder import Ended

    while True:
        info = recorder.status().info if asked else None
        if info is not None:
            tell_unmet(asked, info)
            asked = {}
        # Torn between the two, a sample would be stored and never told of.
        with held_signals(noticed):
            event = recorder.wait_event(0.25)
            talk.step()
            if event is not None:
                talk.note(event)
        if isinstance(event, Ended):
            return
