"""`fieldset split`: assigns new groups."""

from __future__ import annotations

from pathlib import Path

import click

from .exit_codes import ExitCode
from .options import json_option, opened, project_option
from .output import emit_json, progress, say, table, tell_finding


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would happen; write nothing.")
@project_option
@json_option
def split(dry_run: bool, folder: Path | None, as_json: bool) -> int:
    """Give every new group its split; nothing that has one ever moves.

    An image that is missing or damaged stops nothing: all else is done, the sample is
    named, and the exit code is 3.
    """
    from dataset.assignment import assign_splits
    from dataset.findings import has_errors
    from dataset.status import status

    with opened(folder) as project, progress("comparing") as bar:
        outcome = assign_splits(project, dry_run=dry_run, progress=bar)
        splits = status(project).to_json()["splits"]
        sessions = {g.id: g.sessions for g in project.catalog.tables.group_lines()}
    if as_json:
        emit_json(
            {
                "assigned": [
                    {
                        "group": a.group_id,
                        "split": a.split,
                        "action": a.action.value,
                        "reason": a.reason,
                    }
                    for a in outcome.assigned
                ],
                "joined": outcome.joined,
                "moved": outcome.moved,
                "splits": splits,
                "findings": [finding.to_json() for finding in outcome.findings],
            }
        )
        return ExitCode.PROJECT if has_errors(outcome.findings) else ExitCode.DONE
    rows = [
        [
            a.group_id,
            _short(sessions.get(a.group_id, ())),
            a.split or "none",
            a.reason,
        ]
        for a in outcome.assigned
    ]
    if rows:
        table(["group", "sessions", "split", "why"], rows)
    verb = "would be assigned" if dry_run else "assigned"
    say(f"{len(outcome.assigned)} new groups {verb}, {outcome.moved} moved")
    for finding in outcome.findings:
        tell_finding(finding)
    return ExitCode.PROJECT if has_errors(outcome.findings) else ExitCode.DONE


def _short(names: tuple[str, ...]) -> str:
    if len(names) <= 2:
        return " + ".join(names)
    return f"{names[0]} and {len(names) - 1} more"
