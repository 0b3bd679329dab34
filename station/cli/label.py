"""`fieldset label`: the window at the queue; proposals and undo without one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataset.errors import UsageError

from .empties import offer_empties
from .exit_codes import ExitCode
from .options import json_option, opened, project_folder, project_option
from .output import emit_json, many, progress, say, tell_finding
from .picked import choose_queue

if TYPE_CHECKING:
    from dataset.catalog import Turned
    from station.models.proposals import ProposalRun

_AS_THE_PROJECT_SAYS = ":project:"


@click.command()
@click.option(
    "--propose",
    "wanted",
    is_flag=False,
    flag_value=_AS_THE_PROJECT_SAYS,
    metavar="[MODEL.onnx|motion]",
    help="Propose boxes without opening the window: by a model, by what moves, or as "
    "[assist] in fieldset.toml says.",
)
@click.option(
    "--empties",
    is_flag=True,
    help="Look for pictures on which nothing is, by what differs within a session; "
    "they are offered, not decided.",
)
@click.option(
    "--dismiss",
    is_flag=True,
    help="With --empties: say of all that are offered that they are empty (one undo).",
)
@click.option(
    "--only",
    "picked",
    metavar="FILE",
    help="Open the window at these samples alone, an id a line; - is stdin.",
)
@click.option(
    "--session", metavar="NAME", help="With --propose or --empties: this session alone."
)
@click.option(
    "--undo",
    is_flag=False,
    flag_value=1,
    type=click.IntRange(1),
    metavar="[STEPS]",
    help="Take the newest steps of labeling back, without opening the window.",
)
@click.option(
    "--redo",
    is_flag=False,
    flag_value=1,
    type=click.IntRange(1),
    metavar="[STEPS]",
    help="Make steps again that were taken back.",
)
@project_option
@json_option
def label(
    wanted: str | None,
    empties: bool,
    dismiss: bool,
    picked: str | None,
    session: str | None,
    undo: int | None,
    redo: int | None,
    folder: Path | None,
    as_json: bool,
) -> int | None:
    """Open the window at the labeling queue, propose boxes for it, or undo.

    Proposals are made on what nobody began to label, and count nowhere until a person
    accepts them. An image that cannot be read stops nothing: the exit code is 3.

    Undo has no limit and knows the steps of earlier runs; what another open window
    did is left to it.
    """
    _require_one(wanted, empties or None, undo, redo, picked)
    if picked is not None:
        choose_queue(picked, folder)
        open_window(project_folder(folder), page="label")
        return None
    if empties:
        return offer_empties(session, folder, is_act=dismiss, as_json=as_json)
    if dismiss:
        raise UsageError(
            "`--dismiss` says what becomes of `--empties`",
            hint="fieldset label --empties --dismiss",
        )
    if undo is not None or redo is not None:
        return _turn(undo or redo or 1, folder, back=undo is not None, as_json=as_json)
    if wanted is None:
        if session is not None or as_json:
            raise UsageError(
                "Only `--propose`, `--empties`, `--undo` and `--redo` work without the "
                "window",
                hint="fieldset label --propose --json",
            )
        open_window(project_folder(folder), page="label")
        return None
    return _propose(wanted, session, folder, as_json=as_json)


def _require_one(*asked: object) -> None:
    if sum(each is not None for each in asked) > 1:
        raise UsageError(
            "Only one of `--propose`, `--empties`, `--undo`, `--redo` and `--only` is "
            "done at a time",
            hint="fieldset label --undo, then fieldset label --propose",
        )


def _turn(count: int, folder: Path | None, *, back: bool, as_json: bool) -> int:
    from labeling.steps import turn_steps

    with opened(folder) as project:
        turned, error = turn_steps(project, count, back=back)
    if as_json:
        emit_json({"undone" if back else "redone": [_step_json(one) for one in turned]})
    else:
        word = "undone" if back else "made again"
        for one in turned:
            where = f" ({one.sample_id[:12]})" if one.sample_id else ""
            say(f"{word}: {one.title}{where}")
        if len(turned) < count and error is None:
            say(f"{many(len(turned), 'step')} {word}, there is no other")
    for one in turned:
        for kept in one.left:
            say(f"left as it is: {kept.message}")
    if error is not None:
        raise error
    return ExitCode.DONE


def _step_json(turned: Turned) -> dict[str, Any]:
    return {
        "title": turned.title,
        "sample": turned.sample_id or None,
        "samples": turned.samples,
        "left": [kept.message for kept in turned.left],
    }


def open_window(folder: Path | None, *, page: str) -> None:
    """Open the window on a project, and leave with its exit code.

    Raises:
        UsageError: there is no display, or Qt's system libraries are missing.
    """
    try:
        from station.app import run
    except ImportError as error:
        raise UsageError(
            f"The window cannot open on this machine: {error}",
            hint="install the system libraries that README.md names, or use the "
            "commands: fieldset --help",
        ) from error

    click.get_current_context().exit(run(folder, page))


def _propose(
    wanted: str, session: str | None, folder: Path | None, *, as_json: bool
) -> int:
    from dataset.findings import has_errors
    from station.models.proposals import propose_as_chosen

    chosen = "" if wanted == _AS_THE_PROJECT_SAYS else wanted
    with opened(folder) as project, progress("proposing") as bar:
        session_id = None
        if session is not None:
            session_id = project.catalog.sessions.by_name(session).id
        run = propose_as_chosen(
            project, wanted=chosen, session_id=session_id, progress=bar
        )
    if as_json:
        emit_json(_json(run))
    else:
        _print(run)
    return ExitCode.PROJECT if has_errors(run.outcome.findings) else ExitCode.DONE


def _json(run: ProposalRun) -> dict[str, Any]:
    outcome = run.outcome
    return {
        "by": run.by,
        "model": run.model,
        "digest": run.digest,
        "layout": run.layout,
        "classes": dict(run.classes),
        "missing": list(run.missing),
        "ignored": list(run.ignored),
        "samples": outcome.looked,
        "known": outcome.known,
        "proposed": outcome.proposed,
        "boxes": outcome.boxes,
        "findings": [finding.to_json() for finding in outcome.findings],
    }


def _print(run: ProposalRun) -> None:
    outcome = run.outcome
    by = f"{Path(run.model).name} ({run.layout})" if run.model else run.by
    boxes = "1 box" if outcome.boxes == 1 else f"{outcome.boxes} boxes"
    say(
        f"{by}: {boxes} proposed on "
        f"{outcome.proposed} of {many(outcome.looked, 'sample')}"
    )
    for finding in outcome.findings:
        tell_finding(finding)
