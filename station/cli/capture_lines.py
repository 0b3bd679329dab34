"""What `capture` prints: a line a sample, and the sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from .output import emit_json_line, one_line, say

if TYPE_CHECKING:
    from station.recorder import Recorder, RecorderEvent
    from station.recording import Kept, Refused


def tell_event(event: RecorderEvent, as_json: bool, refused: Mapping[str, int]) -> None:
    """Print what happened; samples on stdout, the rest on stderr.

    `refused` counts by reason what was refused so far.
    """
    from station.camera.source import Gap
    from station.recording import Kept, Refused

    if isinstance(event, Kept):
        _tell_kept(event, as_json)
    elif isinstance(event, Refused):
        say(_refused(event, refused.get(event.reason, 0)))
    elif isinstance(event, Gap):
        say(f"the camera was away for {event.away_s:.1f} s: {one_line(event.reason)}")


def sum_up(recorder: Recorder, as_json: bool) -> None:
    """Print what became of the run."""
    status = recorder.status()
    names = [session.name for session in recorder.sessions]
    if as_json:
        emit_json_line(
            {
                "session": names[-1] if names else None,
                "sessions": names,
                "kept": status.kept,
                "known": status.known,
                "refused": status.refused,
                "dropped": status.dropped,
            }
        )
        return
    refused = sum(Counter(status.refused).values())
    dropped = f", {status.dropped} of them dropped" if status.dropped else ""
    say(f"kept {status.kept}, known {status.known}, refused {refused}{dropped}")


def _tell_kept(event: Kept, as_json: bool) -> None:
    sample = event.sample
    if as_json:
        line: dict[str, Any] = {
            "sample": sample.id,
            "sequence": sample.sequence,
            "known": event.known,
            "session": event.session,
        }
        if event.warnings:
            line["warnings"] = [one.name for one in event.warnings]
        emit_json_line(line)
        return
    known = "  (known already)" if event.known else ""
    doubts = "".join(f"  ({one.reason})" for one in event.warnings)
    click.echo(f"{sample.sequence:>6}  {sample.id[:12]}{known}{doubts}")


def _refused(event: Refused, so_far: int) -> str:
    """The refusal with its figures; of pictures without a name, how many so far."""
    what = f" {event.count} pictures" if event.count > 1 else ""
    if event.name:
        what = f" {one_line(event.name)}"
    many = f"; {so_far:,} so far" if so_far > event.count and not event.name else ""
    failed = next((one for one in event.readings if not one.passed), None)
    if failed is None or failed.value is None:
        return f"refused{what}: {one_line(event.reason)}{many}"
    figures = f"{failed.value:.3g} {failed.gate.unit}, limit {failed.limit:.3g}"
    return f"refused{what}: {one_line(event.reason)} ({figures}){many}"
