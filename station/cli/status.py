"""`fieldset status`: what there is, what is short, what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import json_option, opened, project_option
from .output import emit_json, one_line, table

if TYPE_CHECKING:
    from dataset.status import Status
    from labeling.pace import Pace


@click.command()
@project_option
@json_option
def status(folder: Path | None, as_json: bool) -> None:
    """Show states, classes by split, balance, and what to capture next."""
    from dataset.status import status as read_status
    from labeling.pace import pace_of

    with opened(folder, read_only=True) as project:
        found = read_status(project)
        pace = pace_of(project.catalog.journal.decisions(200))
        name = project.name
    if as_json:
        emit_json({**found.to_json(), "pace": pace_json(pace)})
        return
    _print(name, found, pace)


def pace_json(pace: Pace | None) -> dict[str, Any]:
    """The pace with the keys of `status --json`; None where nothing was measured."""
    if pace is None:
        return dict.fromkeys(
            ("seconds_per_image", "seconds_per_box", "keys_per_image"), None
        )
    return {
        "seconds_per_image": pace.seconds_per_image,
        "seconds_per_box": pace.seconds_per_box,
        "keys_per_image": pace.keys_per_image,
    }


def _print(name: str, found: Status, pace: Pace | None) -> None:
    states = ", ".join(f"{n} {state.value}" for state, n in found.states.items() if n)
    total = sum(found.states.values())
    click.echo(
        f"{one_line(name)}: {total} samples" + (f" ({states})" if states else "")
    )
    click.echo()
    counts = {(row.class_id, row.split): row.boxes for row in found.table}
    splits = [line.split for line in found.splits]
    head = ["class", "boxes", "target", *(s.name for s in splits), "no split"]
    rows: list[list[object]] = [
        [
            line.label_class.name,
            line.boxes,
            (line.balance.target if line.balance else 0) or "-",
            *(counts.get((line.label_class.id, s.name), 0) for s in splits),
            counts.get((line.label_class.id, ""), 0),
        ]
        for line in found.classes
    ]
    samples = [line.count.samples for line in found.splits]
    rows.append(["(samples)", "", "", *samples, found.unassigned.samples])
    table(head, rows)
    click.echo()
    click.echo(f"Balance: {found.balance.verdict.value}")
    for reason in found.balance.reasons:
        click.echo(f"  {one_line(reason)}")
    for line in found.balance.next:
        click.echo(f"Capture next: {one_line(line)}")
    click.echo(f"Queue: {found.queue} to label")
    if pace is not None:
        click.echo(
            f"Pace: {pace.seconds_per_image:g} s and {pace.keys_per_image:g} keys "
            "an image"
        )
