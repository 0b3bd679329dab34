"""`fieldset demo`: the whole loop on a real clip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import json_option
from .output import emit_json, progress, table

if TYPE_CHECKING:
    from station.demo import DemoAccount


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default="demo")
@json_option
def demo(directory: Path, as_json: bool) -> None:
    """Walk the whole loop on a real clip; DIRECTORY becomes the project."""
    from station.demo import run_demo

    with progress("demo") as bar:
        account = run_demo(directory, progress=bar)
    if as_json:
        emit_json(_json(account))
    else:
        _print(account)


def _json(account: DemoAccount) -> dict[str, Any]:
    report = account.report
    return {
        "path": str(account.root),
        "counts": {"sessions": account.sessions, **account.status.to_json()["samples"]},
        "splits": account.status.to_json()["splits"],
        "versions": list(account.versions),
        "diff": account.diff,
        "exports": [
            {"format": e.format, "path": str(e.path), "digest": e.digest}
            for e in account.exports
        ],
        "drift": str(report.drift),
        "report": str(report.page),
        "seconds": round(account.seconds, 1),
    }


def _print(account: DemoAccount) -> None:
    samples = sum(account.status.states.values())
    click.echo(
        f"In {account.seconds:.0f} s, from a real clip of a motorway camera: "
        f"{account.sessions} sessions, {samples} samples."
    )
    click.echo()
    table(
        ["split", "samples", "boxes", "sessions' groups"],
        [
            [line.split.name, line.count.samples, line.count.boxes, line.count.groups]
            for line in account.status.splits
        ],
    )
    click.echo()
    for made in account.versions:
        click.echo(
            f"{made['alias']}  {made['id'][:18]}…  {made['samples']} samples, "
            f"{made['boxes']} boxes"
        )
    boxes = account.diff["boxes"]
    counts = ", ".join(f"{n} {kind}" for kind, n in boxes.items() if n)
    click.echo(f"diff  boxes: {counts}")
    for comparison in account.report.comparisons:
        click.echo(f"drift {comparison.heading}: {comparison.report.summary}")
    click.echo()
    for export in account.exports:
        click.echo(f"{export.format:6} {export.path}")
    click.echo(f"report {account.report.page}")
    click.echo()
    click.echo(f"next: fieldset --project {account.root}            the window")
    click.echo(f"      fieldset status --project {account.root}     what is short")
