"""`fieldset status`: what there is, what is short, what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import json_option, opened, project_option
from .output import emit_json, one_line, table
from .review import agreement_json

# The newest accepts that the pace is told of.
PACE_OVER = 5000

if TYPE_CHECKING:
    from dataset.balance import Balance
    from dataset.status import SplitLine, Status
    from labeling.pace import Pace


@click.command()
@project_option
@json_option
def status(folder: Path | None, as_json: bool) -> None:
    """Show states, classes by split, balance, and what to capture next.

    With --json provenance{signed, unverified} counts samples with and without a record
    that a station signed.
    """
    from dataset.status import status as read_status
    from labeling.pace import pace_of_accepts, paces_by_session

    with opened(folder, read_only=True) as project:
        found = read_status(project)
        accepts = project.catalog.journal.accepts(PACE_OVER)
        pace = pace_of_accepts(accepts)
        by_session = [
            (project.catalog.sessions.get(session_id).name, images, own)
            for session_id, (images, own) in paces_by_session(accepts).items()
        ]
        agreed = agreement_json(project)
        name, policy = project.name, project.settings.balance.effective_policy
    if as_json:
        sessions = [
            {"session": session, "images": images, **pace_json(own)}
            for session, images, own in by_session
        ]
        told = {**pace_json(pace), "sessions": sessions}
        emit_json({**found.to_json(), "pace": told, "agreement": agreed})
        return
    _print(name, found, pace, policy)
    if agreed is not None:
        click.echo(
            f"Agreement: {agreed['samples']} samples labeled twice, "
            f"{agreed['disputes']} disputes open; see `fieldset review agreement`"
        )


def pace_json(pace: Pace | None) -> dict[str, Any]:
    """The pace with the keys of `status --json`; None where nothing was measured."""
    names = (
        "seconds_per_image",
        "seconds_per_box",
        "keys_per_image",
        "drags_per_image",
    )
    return {name: None if pace is None else getattr(pace, name) for name in names}


def _print(name: str, found: Status, pace: Pace | None, policy: str) -> None:
    states = ", ".join(f"{n} {state.value}" for state, n in found.states.items() if n)
    total = sum(found.states.values())
    click.echo(
        f"{one_line(name)}: {total} samples" + (f" ({states})" if states else "")
    )
    click.echo()
    _print_table(found)
    click.echo()
    _print_balance(found.balance, policy)
    if found.signed or found.unverified:
        click.echo(f"Provenance: {found.signed} signed, {found.unverified} unverified")
    for line in found.advice.lines:
        click.echo(f"Capture next: {one_line(line)}")
    click.echo(f"Queue: {found.queue} to label")
    if pace is not None:
        click.echo(
            f"Pace: {pace.seconds_per_image:g} s and {pace.keys_per_image:g} keys "
            "an image"
        )
    for finding in found.findings:
        click.echo(f"{finding.severity.value.capitalize()}: {one_line(finding.what)}")
        if finding.next_step:
            click.echo(f"  {one_line(finding.next_step)}")


def _print_table(found: Status) -> None:
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
    groups = [line.count.groups for line in found.splits]
    rows.append(["(groups)", "", "", *groups, found.unassigned.groups])
    table(head, rows)
    for line in found.splits:
        if note := _note(line):
            click.echo(f"{line.split.name}: {note}")


def _note(line: SplitLine) -> str:
    """What the numbers of a split do not say, in words; "" for nothing."""
    if line.split.rule.startswith("stress:"):
        made = f"copies that {line.version} holds" if line.version else "no copies yet"
        what = f"{made}, made anew when a version is frozen"
        return f"{what}; sealed" if line.split.sealed else what
    if line.split.rule == "vault":
        return "in reserve, opened when another test set is retired"
    return "sealed, takes no more groups" if line.split.sealed else ""


def _print_balance(balance: Balance, policy: str) -> None:
    click.echo(f"Balance: {balance.verdict.value}, {_consequence(balance, policy)}")
    for reason in balance.reasons:
        click.echo(f"  {one_line(reason)}")
    if balance.full:
        click.echo(f"Full, no more needed: {one_line(', '.join(balance.full))}")


def _consequence(balance: Balance, policy: str) -> str:
    """What the verdict means for the next version."""
    if balance.verdict.value == "balanced":
        return "a version can be frozen as it is"
    if balance.verdict.value == "refuse":
        return "no version is frozen until this is mended:"
    if policy == "warn":
        return "a version is frozen all the same:"
    return f"mended in train of each version by `{policy}` as far as it goes:"
