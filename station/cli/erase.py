"""`fieldset erase`: takes samples out for good."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataset.errors import FieldsetError, UsageError
from station.identity import user_name

from .options import json_option, opened, project_option
from .output import emit_json, one_line, progress, say

if TYPE_CHECKING:
    from dataset.project import Project


@click.command()
@click.argument("sample", required=False)
@click.option(
    "--due", is_flag=True, help="Erase what was kept too long, by [privacy.keep_days]."
)
@click.option("--dry-run", is_flag=True, help="Only say what is due.")
@click.option("--reason", default="", help="Why; kept with the tombstone.")
@click.option("--operator", help="Who erases; by default the user. Kept, too.")
@project_option
@json_option
def erase(
    sample: str | None,
    due: bool,
    dry_run: bool,
    reason: str,
    operator: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Erase SAMPLE (its id or the beginning of it): image, labels and record.

    No byte of it stays in the project. A tombstone does (id, when, by whom, why), so
    that the same bytes are never taken in again. Versions that were frozen with it are
    named: their manifests still list it. Backups and exports elsewhere are not reached.

    With --json: erased, still_in_versions[], remains[] (sentences on what could not be
    reached); with --due also due[] and undated[] (their day cannot be true), and erased
    is a list.
    """
    if (sample is None) != due or (dry_run and not due):
        raise UsageError(
            "Name one sample, or give --due, with --dry-run if wanted",
            hint="see `fieldset erase --help`",
        )
    person = user_name() if operator is None else operator
    with opened(folder, read_only=dry_run) as project:
        if due:
            _erase_due(project, person, dry_run=dry_run, as_json=as_json)
            return
        _sign(project)
        _erase_one(project, str(sample), reason, person, as_json=as_json)


def _erase_one(
    project: Project, sample: str, reason: str, person: str, *, as_json: bool
) -> None:
    from dataset.erasure import erase as erase_sample

    erased = erase_sample(project, sample, reason=reason, person=person)
    if as_json:
        emit_json(
            {
                "erased": erased.sample_id,
                "still_in_versions": list(erased.versions),
                "remains": list(erased.remains),
            }
        )
        return
    say(f"erased {erased.sample_id}")
    _tell_rest(erased.versions, erased.remains)


def _erase_due(project: Project, person: str, *, dry_run: bool, as_json: bool) -> None:
    from dataset.provenance.clock import SystemClock
    from dataset.retention import due_samples, erase_due

    found = due_samples(project, SystemClock().read())
    told: dict[str, Any] = {"due": list(found.samples), "undated": list(found.undated)}
    if dry_run:
        told |= {"erased": [], "still_in_versions": [], "remains": []}
    else:
        _sign(project)
        with progress("erasing") as bar:
            done = erase_due(project, found, person=person, progress=bar)
        told |= {
            "erased": list(done.erased),
            "still_in_versions": list(done.versions),
            "remains": list(done.remains),
        }
    if as_json:
        emit_json(told)
        return
    say(f"due: {len(found.samples)}, erased: {len(told['erased'])}")
    for sample_id in found.samples if dry_run else ():
        click.echo(sample_id)
    for sample_id in found.undated:
        say(f"cannot be judged, its day cannot be true: {sample_id}")
    _tell_rest(told["still_in_versions"], told["remains"])


def _tell_rest(versions: Sequence[str], remains: Sequence[str]) -> None:
    if versions:
        say(f"still listed in {', '.join(versions)}")
    for sentence in remains:
        say(f"warning: {one_line(sentence)}")


def _sign(project: Project) -> None:
    """Have the erasure signed; a key that is out of reach does not stop it."""
    from station.settings import station_name
    from station.signer import station_signer

    try:
        project.signer = station_signer(os.environ, station_name(os.environ))
    except FieldsetError as error:
        say(f"warning: the erasure is not signed: {one_line(error.message)}")
