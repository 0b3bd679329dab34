"""`fieldset camera`: what cameras are there, and what one of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .camera_health import health
from .camera_options import control_option, mode_option, tell_unmet
from .camera_text import camera_lines
from .options import Duration, json_option
from .output import emit_json, one_line, say, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from station.camera.controls import ControlSetting
    from station.camera.modes import Mode
    from station.camera.source import SourceInfo


@click.group()
def camera() -> None:
    """Cameras and other sources of pictures."""


camera.add_command(health)


@camera.command("list")
@json_option
def list_found(as_json: bool) -> None:
    """List the cameras of this machine."""
    from station.camera.discovery import list_cameras

    found = list_cameras()
    if as_json:
        emit_json(
            {
                "cameras": [
                    {
                        "address": c.address,
                        "name": c.name,
                        "device": c.device,
                        "serial": c.serial,
                    }
                    for c in found
                ]
            }
        )
        return
    if not found:
        say("No camera is connected to this machine.")
        say(
            "hint: network cameras are named by address, as in "
            "`fieldset camera probe rtsp://HOST/PATH`; `simulated:` is one to try out"
        )
        return
    table(["address", "name", "serial"], [[c.address, c.name, c.serial] for c in found])


@camera.command()
@click.argument("source")
@click.option(
    "--timeout", type=Duration(), default="10s", help="How long to wait for a picture."
)
@mode_option
@control_option
@json_option
def probe(
    source: str,
    timeout: float,
    mode: Mode | None,
    controls: Mapping[str, ControlSetting],
    as_json: bool,
) -> None:
    """Open SOURCE, read from it, and say what it is.

    What is asked with --mode and --set is set before the first picture; the readings
    show what the camera made of it.
    """
    from station.camera.discovery import probe as probe_source

    info = probe_source(source, timeout_s=timeout, mode=mode, controls=controls)
    if as_json:
        emit_json({"cameras": [_json(info)]})
        return
    live = "live" if info.live else "stored"
    click.echo(f"{one_line(info.address)}: {info.kind.value}, {live}")
    click.echo(f"{info.width}x{info.height}, {info.fps:.4g} pictures a second")
    for line in camera_lines(info):
        click.echo(line)
    tell_unmet(controls, info)


def _json(info: SourceInfo) -> dict[str, Any]:
    from station.camera.readback import readback_to_json

    return {
        "address": info.address,
        "kind": info.kind.value,
        "live": info.live,
        "width": info.width,
        "height": info.height,
        "fps": round(info.fps, 3),
        "controls": dict(info.controls),
        "readback": readback_to_json(info.readback),
        "modes": [str(mode) for mode in info.modes],
    }
