"""`fieldset split`: assigns new groups."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataset.errors import ReadOnlyProject

from .exit_codes import ExitCode
from .options import json_option, opened, project_option
from .output import emit_json, many, progress, say, table, tell_finding

if TYPE_CHECKING:
    from dataset.project import Project
    from dataset.split import Assignment
    from dataset.splitting.assignment import SplitOutcome

Sessions = Mapping[str, tuple[str, ...]]
_SESSION_WIDTH = 28


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would happen; write nothing.")
@project_option
@json_option
def split(dry_run: bool, folder: Path | None, as_json: bool) -> int:
    """Give every new group its split; nothing that has one ever moves.

    An image that is missing or damaged stops nothing: all else is done, the sample is
    named, and the exit code is 3.
    """
    from dataset.findings import has_errors
    from dataset.splitting.assignment import assign_splits

    with _open(folder, dry_run) as project, progress("comparing") as bar:
        outcome = assign_splits(project, dry_run=dry_run, progress=bar)
        sessions = project.catalog.groups.sessions()
    if as_json:
        emit_json(_json(outcome, sessions))
    else:
        _print(outcome, sessions, dry_run=dry_run)
    return ExitCode.PROJECT if has_errors(outcome.findings) else ExitCode.DONE


def _open(folder: Path | None, dry_run: bool) -> Project:
    """The project; to try something it need not be writable."""
    try:
        return opened(folder)
    except ReadOnlyProject:
        if not dry_run:
            raise
        return opened(folder, read_only=True)


def _json(outcome: SplitOutcome, sessions: Sessions) -> dict[str, Any]:
    from dataset.status import split_json, split_lines

    def row(one: Assignment) -> dict[str, Any]:
        return {
            "group": one.group_id,
            "sessions": list(sessions.get(one.group_id, ())),
            "split": one.split,
            "action": one.action.value,
            "reason": one.reason,
        }

    return {
        "assigned": [row(one) for one in outcome.assigned],
        "joined": outcome.joined,
        "joins": [
            {"group": join.group_id, "into": join.into, "reason": join.reason}
            for join in outcome.joins
        ],
        "quarantined": [row(one) for one in outcome.quarantined],
        "waiting": [
            {"group": group, "sessions": list(sessions.get(group, ())), "for": name}
            for group, name in outcome.waiting
        ],
        "moved": outcome.moved,
        "splits": [
            split_json(line) for line in split_lines(outcome.splits, outcome.counts)
        ],
        "findings": [finding.to_json() for finding in outcome.findings],
    }


def _print(outcome: SplitOutcome, sessions: Sessions, *, dry_run: bool) -> None:
    rows = [
        *((j.group_id, f"joins {_named(j.into, sessions)}", j.reason)
          for j in outcome.joins),
        *((q.group_id, f"out of {q.split or 'all'}", f"quarantined: {q.reason}")
          for q in outcome.quarantined),
        *((a.group_id, a.split or "none", a.reason) for a in outcome.assigned),
        *((group, "waits", f"{name} is sealed and holds it out")
          for group, name in outcome.waiting),
    ]  # fmt: skip
    if rows:
        table(
            ["group", "sessions", "split", "why"],
            [[g, _named(g, sessions), what, why] for g, what, why in rows],
        )
    if not rows:
        say("no new groups: every group with a label has its split")
    else:
        _say_sum(outcome, dry_run=dry_run)
    for finding in outcome.findings:
        tell_finding(finding)


def _say_sum(outcome: SplitOutcome, *, dry_run: bool) -> None:
    fresh = [one for one in outcome.assigned if one.split]
    verb = "would be assigned" if dry_run else "assigned"
    parts = [f"{many(len(fresh), 'new group')} {verb}"]
    out = len(outcome.quarantined) + len(outcome.assigned) - len(fresh)
    for count, what in (
        (outcome.joined, "joined"),
        (out, "quarantined"),
        (len(outcome.waiting), "waiting"),
    ):
        if count:
            parts.append(f"{count} {what}")
    say(", ".join([*parts, f"{outcome.moved} moved"]))


def _named(group: str, sessions: Sessions) -> str:
    """The sessions of a group, as short as it needs to be told from others."""
    names = sessions.get(group, ())
    if not names:
        return group
    first = names[0]
    if len(first) > _SESSION_WIDTH:
        first = f"{first[: _SESSION_WIDTH - 3]}..."
    return first if len(names) == 1 else f"{first} and {len(names) - 1} more"
