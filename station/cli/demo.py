"""`fieldset demo`: the whole loop on a real clip."""

from __future__ import annotations

import shutil
import sys
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
        click.echo(f"{export.format:6} {_short(export.path)}")
    click.echo(f"report {_short(account.report.page)}")
    click.echo()
    program, project = _program(), _short(account.root)
    click.echo(f"next: {program} --project {project}           the window")
    click.echo(f"      {program} status --project {project}    what is short")


def _program() -> str:
    """How the person can call this program: its name where a shell finds it."""
    called = Path(sys.argv[0])
    found = shutil.which("fieldset")
    if called.name != "fieldset" or (found and Path(found).samefile(called)):
        return "fieldset"
    return _short(called)


def _short(path: Path) -> str:
    """The path from the current folder where it lies below it."""
    full = path.absolute()
    here = Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(full)
