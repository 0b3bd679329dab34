"""`fieldset testset`: test sets sealed, drawn once a model, and retired."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import json_option, opened, project_option
from .output import emit_json, many, one_line, progress, say, table
from .person import acting_person

if TYPE_CHECKING:
    from dataset.sealed.sealing import Draw
    from dataset.sealed.test_sets import SetLine
    from dataset.splitting.hand_picking import HandPick
    from dataset.test_ledger import LedgerLine

_operator = click.option("--operator", help="Who acts; by default the user's name.")


@click.group()
def testset() -> None:
    """Sealed test sets and the ledger of their use."""


@testset.command("list")
@project_option
@json_option
def list_sets(folder: Path | None, as_json: bool) -> None:
    """List the test sets, and every line of their ledger."""
    from dataset.sealed.sealing import ledger
    from dataset.sealed.test_sets import line_json, set_lines
    from dataset.test_ledger import LedgerEvent

    with opened(folder, read_only=True) as project:
        lines = ledger(project)
        sets = set_lines(project, lines)
        aliases = {version.id: version.alias for version in project.versions()}
    if as_json:
        told = [line_json(line) for line in lines]
        emit_json(
            {
                "sets": [item.to_json() for item in sets],
                "runs": [t for t in told if t["event"] == LedgerEvent.DRAWN.value],
                "ledger": told,
            }
        )
        return
    _print_sets(sets)
    if lines:
        click.echo()
        _print_lines(lines, aliases)


@testset.command()
@click.argument("name")
@click.argument("samples", nargs=-1, metavar="[SAMPLE]...")
@click.option(
    "--from", "source", metavar="FILE", help="More samples, an id a line; - is stdin."
)
@click.option("--dry-run", is_flag=True, help="Show what would happen; write nothing.")
@project_option
@json_option
def pick(
    name: str,
    samples: tuple[str, ...],
    source: str | None,
    dry_run: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Put samples by hand into the test set NAME: a stress set, made where it is new.

    Each takes its whole group along, for good; what has a split already stays there.

    With --json: set, new, groups[{id,sessions,samples,picked}], samples, picked,
    stays[{split,samples}] (split null: quarantined), gone, joined, dry_run.
    """
    from dataset.splitting.hand_picking import pick_by_hand

    from .sample_ids import named_samples

    with opened(folder) as project, progress("comparing") as bar:
        wanted = named_samples(project, samples, source)
        done = pick_by_hand(project, name, wanted, dry_run=dry_run, progress=bar)
    if as_json:
        emit_json({**done.to_json(), "dry_run": dry_run})
    else:
        _tell_pick(done, dry_run=dry_run)


@testset.command()
@click.argument("name")
@_operator
@project_option
@json_option
def seal(name: str, operator: str | None, folder: Path | None, as_json: bool) -> None:
    """Close the boxes of the test set NAME and publish its Merkle root.

    It takes no new groups from then on, and stays out of exports.
    """
    from dataset.sealed.published_seals import seal_path
    from dataset.sealed.sealing import seal as close
    from dataset.sealed.test_sets import line_json

    with opened(folder) as project:
        line = close(project, name, by=acting_person(operator))
        path = seal_path(project.root, name)
    if as_json:
        emit_json({**line_json(line), "path": str(path)})
        return
    click.echo(line.root)
    say(f"sealed {name}: {line.reason}; its root is published in {path}")


@testset.command()
@click.argument("name")
@click.option("--model", required=True, help="Digest of the model, hexadecimal.")
@click.option(
    "--trained-on",
    default="",
    help="The version the model was trained on, or none; by default the latest.",
)
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    help="A new or empty folder for the evaluation bundle (COCO).",
)
@_operator
@project_option
@json_option
def draw(
    name: str,
    model: str,
    trained_on: str,
    to: Path | None,
    operator: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Record a test of a model on the sealed set NAME, once and for all.

    Refused for a model that was tested on the set before or was trained on a part of
    it, and when the set's budget is spent.
    """
    from dataset.sealed.sealing import draw as record
    from export.evaluation import draw_bundle

    by = acting_person(operator)
    with opened(folder) as project, progress("drawing") as bar:
        if to is None:
            drawn = record(
                project, name, model=model, trained_on=trained_on, by=by, progress=bar
            )
        else:
            drawn = draw_bundle(
                project,
                name,
                to.absolute(),
                model=model,
                trained_on=trained_on,
                by=by,
                progress=bar,
            ).draw
    _tell_draw(drawn, to.absolute() if to else None, as_json)


@testset.command()
@click.argument("name")
@click.option("--reason", default="", help="Why; kept in the ledger.")
@_operator
@project_option
@json_option
def retire(
    name: str, reason: str, operator: str | None, folder: Path | None, as_json: bool
) -> None:
    """Move the used-up test set NAME to validation and open a vault set."""
    from dataset.sealed.sealing import retire as move
    from dataset.sealed.test_sets import line_json

    with opened(folder) as project:
        done = move(project, name, reason=reason, by=acting_person(operator))
    if as_json:
        emit_json(
            {
                **line_json(done.line),
                "groups": done.groups,
                "opened": done.opened or None,
                "not_opened": list(done.not_opened),
                "copies": list(done.copies),
            }
        )
        return
    say(f"retired {name}: {many(done.groups, 'group')} went to val")
    for copy in done.copies:
        say(f"retired {copy}, which is made of it")
    for why in done.not_opened:
        say(one_line(why))
    if done.opened:
        click.echo(done.opened)
        say(f"opened the vault set {done.opened}, sealed and ready to be drawn")
    else:
        say('no vault set took over; one is defined with rule = "vault"')


def _tell_pick(done: HandPick, *, dry_run: bool) -> None:
    if done.groups:
        head = ["group", "samples", "picked", "sessions"]
        table(
            head,
            [[g.group_id, g.samples, g.picked, ", ".join(g.sessions)]
             for g in done.groups],
        )  # fmt: skip
    verb = "would go" if dry_run else "went"
    say(
        f"{many(len(done.groups), 'group')} {verb} into {done.name}, "
        f"{many(done.samples, 'sample')} with {done.picked} picked"
    )
    for split, count in done.stays:
        say(f"{many(count, 'picked sample')} stay in {split or 'quarantine'}")
    if done.gone:
        say(f"{many(done.gone, 'picked sample')} not there any more")


def _tell_draw(drawn: Draw, path: Path | None, as_json: bool) -> None:
    from dataset.sealed.test_sets import line_json

    left = drawn.budget - drawn.used
    if as_json:
        emit_json(
            {
                **line_json(drawn.line),
                "trained_on_alias": drawn.trained_on or None,
                "budget": drawn.budget,
                "used": drawn.used,
                "left": left,
                "samples": drawn.samples,
                "boxes": drawn.boxes,
                "path": str(path) if path else None,
            }
        )
        return
    line = drawn.line
    click.echo(str(path) if path else line.digest)
    say(
        f"line {line.n} of the ledger: {line.split} drawn for {line.model[:16]}, "
        f"trained on {drawn.trained_on or 'no version of this project'}"
    )
    say(f"{drawn.samples} samples, {drawn.boxes} boxes; draws left: {left}")
    if path is None:
        say("no bundle was handed out; `--to DIR` writes one with the draw")


def _print_sets(sets: tuple[SetLine, ...]) -> None:
    rows: list[list[Any]] = [
        [
            item.split.name,
            item.state.value,
            item.samples,
            item.groups,
            item.boxes,
            f"{item.used} of {item.budget}",
            item.root[:12] or "-",
            item.split.rule or "random",
        ]
        for item in sets
    ]
    head = ["set", "state", "samples", "groups", "boxes", "draws", "root", "rule"]
    table(head, rows)


def _print_lines(lines: tuple[LedgerLine, ...], aliases: Mapping[str, str]) -> None:
    rows: list[list[Any]] = [
        [
            line.n,
            _day(line.at_us),
            line.event.value,
            line.split,
            line.model[:12] or "-",
            aliases.get(line.version, line.version[:10]) or "-",
            f"{line.operator} at {line.station}"
            + (f": {line.reason}" if line.reason else ""),
        ]
        for line in lines
    ]
    table(["line", "when (UTC)", "", "set", "model", "version", "who and why"], rows)


def _day(at_us: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(at_us // 1_000_000))
