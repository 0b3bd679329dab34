"""`fieldset session`: the sessions of capture."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from .options import json_option, opened, project_option
from .output import emit_json, table


@click.group()
def session() -> None:
    """Sessions of capture."""


@session.command("list")
@project_option
@json_option
def list_sessions(folder: Path | None, as_json: bool) -> None:
    """List the sessions, oldest first.

    Samples without a record that a station signed are unverified; what the records
    are worth says `fieldset check`. With --json each session has signed and unverified
    beside its samples.
    """
    with opened(folder, read_only=True) as project:
        signed = project.catalog.provenance.signed_by_session()
        counts = project.catalog.tables.samples_by_session()
        found = project.catalog.sessions.all()
        refused = {s.id: project.catalog.sessions.refusals(s.id) for s in found}
    if as_json:
        emit_json(
            {
                "sessions": [
                    {
                        "id": s.id,
                        "name": s.name,
                        "station": s.station,
                        "source": s.source,
                        "place": s.place,
                        "operator": s.operator,
                        "conditions": dict(s.conditions),
                        "started_us": s.started_us,
                        "ended_us": s.ended_us,
                        "samples": counts.get(s.id, 0),
                        "signed": signed.get(s.id, 0),
                        "unverified": counts.get(s.id, 0) - signed.get(s.id, 0),
                        "refused": refused[s.id],
                    }
                    for s in found
                ]
            }
        )
        return
    table(
        [
            "session",
            "started (UTC)",
            "place",
            "conditions",
            "samples",
            "unverified",
            "refused",
        ],
        [
            [
                s.name,
                f"{datetime.fromtimestamp(s.started_us / 1e6, UTC):%Y-%m-%d %H:%M}",
                s.place or "-",
                " ".join(f"{key}={value}" for key, value in s.conditions) or "-",
                counts.get(s.id, 0),
                counts.get(s.id, 0) - signed.get(s.id, 0),
                sum(refused[s.id].values()),
            ]
            for s in found
        ],
    )
