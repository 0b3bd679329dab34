"""`fieldset station`: who this station is, and its key."""

from __future__ import annotations

import os

import click

from .options import json_option
from .output import emit_json, say


@click.command()
@click.option(
    "--make-key",
    is_flag=True,
    help="Make the key where there is none; one that is there stays.",
)
@json_option
def station(make_key: bool, as_json: bool) -> None:
    """Show the station's name, and the id of the key that signs its samples.

    The key lies where FIELDSET_STATION_KEY says, else in the user's own folder. Only
    its public half is ever shown or stored in a project; the id can be listed under
    [provenance] keys.
    """
    from dataset.provenance.station_key import is_open_to_others, read_key
    from dataset.provenance.station_key import make_key as make
    from station.settings import station_name
    from station.signer import key_path

    path = key_path(os.environ)
    key = make(path) if make_key and not path.exists() else read_key(path)
    name = station_name(os.environ)
    if as_json:
        emit_json(
            {
                "station": name,
                "key": key.id,
                "public_key": key.public.hex(),
                "path": str(path),
            }
        )
    else:
        click.echo(f"station  {name}")
        click.echo(f"key      {key.id}")
        click.echo(f"path     {path}")
    if is_open_to_others(path):
        say(f"warning: other users of this machine can read the key: {path}")
        say(f"hint: run `chmod 600 {path}`")
