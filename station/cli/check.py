"""`fieldset check`: proves or mends the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exit_codes import ExitCode
from .options import json_option, opened, project_option
from .output import emit_json, one_line, progress

if TYPE_CHECKING:
    from dataset.provenance.proof import ProvenanceProof


@click.command()
@click.option("--deep", is_flag=True, help="Prove every image by its hash.")
@click.option("--repair", is_flag=True, help="Mend what can be mended without loss.")
@project_option
@json_option
def check(deep: bool, repair: bool, folder: Path | None, as_json: bool) -> int:
    """Prove that catalog, images, versions and signed records are as they must be.

    With --json `provenance` counts samples by what is proven of their origin (signed,
    unsigned, broken, gap, erased, newer), in all, by station and by session.
    """
    from dataset.check import check_all
    from dataset.findings import Severity

    with opened(folder, read_only=not repair) as project, progress("checking") as bar:
        checked = check_all(project, deep=deep, repair=repair, progress=bar)
    findings, proof = checked.findings, checked.provenance
    if as_json:
        emit_json(
            {
                "findings": [finding.to_json() for finding in findings],
                "provenance": None if proof is None else proof.to_json(),
            }
        )
    else:
        for finding in findings:
            click.echo(f"{finding.severity.value}: {one_line(finding.what)}")
            if finding.severity is not Severity.OK and finding.path:
                click.echo(f"  {one_line(finding.path)}")
            if finding.next_step:
                click.echo(f"  hint: {one_line(finding.next_step)}")
        if proof is not None:
            _tell_provenance(proof)
    is_broken = any(finding.severity is Severity.ERROR for finding in findings)
    return ExitCode.PROJECT if is_broken else ExitCode.DONE


def _tell_provenance(proof: ProvenanceProof) -> None:
    counts = {name: count for name, count in proof.total.to_json().items() if count}
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    click.echo(f"provenance: {told or 'no samples'}")
    for name, tally in proof.sessions:
        if tally.broken or tally.gap:
            click.echo(
                f"  {one_line(name)}: {tally.signed} signed, {tally.unsigned} unsigned,"
                f" {tally.broken} broken, {tally.gap} gone"
            )
