"""`fieldset erase`: takes a sample out for good."""

from __future__ import annotations

from pathlib import Path

import click

from .options import json_option, opened, project_option
from .output import emit_json, say


@click.command()
@click.argument("sample")
@click.option("--reason", default="", help="Why; kept with the tombstone.")
@project_option
@json_option
def erase(sample: str, reason: str, folder: Path | None, as_json: bool) -> None:
    """Erase SAMPLE (its id or the beginning of it): image, labels and record.

    A tombstone stays, so that the same bytes are never taken in again. Versions that
    were frozen with it are named: their manifests still list it.
    """
    from dataset.erasure import erase as erase_sample

    with opened(folder) as project:
        erased = erase_sample(project, sample, reason=reason)
    if as_json:
        emit_json(
            {"erased": erased.sample_id, "still_in_versions": list(erased.versions)}
        )
        return
    say(f"erased {erased.sample_id}")
    if erased.versions:
        say(f"still listed in {', '.join(erased.versions)}")
