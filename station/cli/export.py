"""`fieldset export`: writes, re-reads and compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataset.errors import UsageError

from .options import json_option, project_folder, project_option
from .output import emit_json, one_line, progress, say
from .person import acting_person

if TYPE_CHECKING:
    from export.contract import ExportResult


@click.command()
@click.argument("version")
@click.option(
    "--format",
    "formats",
    multiple=True,
    required=True,
    help="coco, yolo, voc, voc-strict, azureml, custom-vision, edge-impulse, "
    "huggingface, huggingface-parquet, webdataset, tfrecord, cvat, label-studio or "
    "csv; several make a folder each.",
)
@click.option(
    "--to", required=True, help="A new or empty folder, or a new .tar or .zip."
)
@click.option("--update", is_flag=True, help="Touch only what changed in TO.")
@click.option(
    "--include-sealed",
    is_flag=True,
    help="Write sealed test sets, too; needs --reason, and is recorded.",
)
@click.option("--drop-empty", is_flag=True, help="Leave out images without a box.")
@click.option(
    "--annotations-only",
    is_flag=True,
    help="Leave the images at home; the files name them all the same. Not for "
    "huggingface-parquet, webdataset and tfrecord, which pack them.",
)
@click.option("--reason", default="", help="Why sealed test sets leave the house.")
@project_option
@json_option
def export(
    version: str,
    formats: tuple[str, ...],
    to: str,
    update: bool,
    include_sealed: bool,
    drop_empty: bool,
    annotations_only: bool,
    reason: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Write VERSION in one or more formats, and compare what was written.

    Every box and every image is read back; a difference is an error. Sealed test
    sets are left out. What the format's target would refuse is said before anything
    is written.
    """
    from dataset.project_folder import require_project
    from export.writing import write_formats

    if "://" in to:
        raise UsageError(
            f"An export goes to a folder: {to}",
            hint="export to a folder, then copy it with your cloud's own tool",
        )
    if reason and not include_sealed:
        raise UsageError(
            f"A reason is only for sealed test sets: {reason}",
            hint="add `--include-sealed`, or leave the reason out",
        )
    root = require_project(project_folder(folder))
    write = _with_sealed(reason) if include_sealed else write_formats
    with progress("exporting") as bar:
        done = write(
            root,
            version,
            formats=formats,
            target=Path(to).absolute(),
            update=update,
            drop_empty=drop_empty,
            annotations_only=annotations_only,
            progress=bar,
        )
    if as_json:
        exports = [_json(result) for result in done]
        emit_json(exports[0] if len(exports) == 1 else {"exports": exports})
    else:
        _tell(done)


def _with_sealed(reason: str) -> Callable[..., tuple[ExportResult, ...]]:
    """What exports sealed sets, too, and tells the ledger.

    The ledger is the catalog's, whose import takes half as long as all the rest.
    """
    from export.operation import export_version

    by = acting_person(None)
    return partial(export_version, include_sealed=True, reason=reason, by=by)


def _tell(done: Sequence[ExportResult]) -> None:
    for result in done:
        click.echo(str(result.path))
        say(
            f"{result.format}: {result.samples} samples, {result.boxes} boxes, "
            f"{result.bytes:,} bytes, read back and equal"
        )
        for reason, count in result.left_out:
            say(f"left out {count}: {one_line(reason)}")
        for note in result.notes:
            say(one_line(note))


def _json(result: ExportResult) -> dict[str, Any]:
    return {
        "version": result.version,
        "format": result.format,
        "path": str(result.path),
        "samples": result.samples,
        "boxes": result.boxes,
        "bytes": result.bytes,
        "digest": result.digest,
        "left_out": dict(result.left_out),
        "notes": list(result.notes),
    }
