"""`fieldset label --empties`: what nothing is on, offered and dismissed."""

from __future__ import annotations

from pathlib import Path

from .exit_codes import ExitCode
from .options import opened
from .output import emit_json, many, progress, say, tell_finding


def offer_empties(
    session: str | None, folder: Path | None, *, is_act: bool, as_json: bool
) -> int:
    """Look for empty pictures; with `is_act` dismiss all that are offered."""
    from dataset.findings import has_errors
    from labeling.choice import QUIET, Choice
    from labeling.empties import dismiss, look_for_empties
    from labeling.hold import Hold

    with opened(folder) as project, progress("looking for empty pictures") as bar:
        session_id = None
        if session is not None:
            session_id = project.catalog.sessions.by_name(session).id
        found = look_for_empties(project, session_id=session_id, progress=bar)
        count = 0
        if is_act:
            choice = Choice(state=QUIET, session_id=session_id)
            # What a window has before it is decided there.
            taken = Hold(project.catalog).others()
            while some := dismiss(project, choice, taken=taken):
                count += some
    if as_json:
        emit_json(
            {
                "looked": found.looked,
                "unknown": found.unknown,
                "quiet": found.quiet,
                "dismissed": count,
                "findings": [finding.to_json() for finding in found.findings],
            }
        )
    else:
        say(
            f"{many(found.looked, 'picture')} looked at, {found.quiet} probably empty, "
            f"{found.unknown} without a background"
        )
        if is_act:
            say(f"{many(count, 'picture')} dismissed as empty; undo takes it back")
        elif found.quiet:
            say("hint: see them in the window (State: probably empty), or --dismiss")
        for finding in found.findings:
            tell_finding(finding)
    return ExitCode.PROJECT if has_errors(found.findings) else ExitCode.DONE
