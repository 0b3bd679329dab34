"""`fieldset check`: proves or mends the project."""

from __future__ import annotations

from pathlib import Path

import click

from .exit_codes import ExitCode
from .options import json_option, opened, project_option
from .output import emit_json, one_line, progress


@click.command()
@click.option("--deep", is_flag=True, help="Prove every image by its hash.")
@click.option("--repair", is_flag=True, help="Mend what can be mended without loss.")
@project_option
@json_option
def check(deep: bool, repair: bool, folder: Path | None, as_json: bool) -> int:
    """Prove that catalog, images and versions are as they must be."""
    from dataset.check import check as check_project
    from dataset.findings import Severity

    with opened(folder, read_only=not repair) as project, progress("checking") as bar:
        findings = check_project(project, deep=deep, repair=repair, progress=bar)
    if as_json:
        emit_json({"findings": [finding.to_json() for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{finding.severity.value}: {one_line(finding.what)}")
            if finding.severity is not Severity.OK and finding.path:
                click.echo(f"  {one_line(finding.path)}")
            if finding.next_step:
                click.echo(f"  hint: {one_line(finding.next_step)}")
    is_broken = any(finding.severity is Severity.ERROR for finding in findings)
    return ExitCode.PROJECT if is_broken else ExitCode.DONE
