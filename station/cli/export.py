"""`fieldset export`: writes, re-reads and compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataset.errors import UsageError

from .options import json_option, project_folder, project_option
from .output import emit_json, many, one_line, progress, say
from .person import acting_person
from .targets import open_named

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
    "--to",
    required=True,
    help="A new or empty folder, a new .tar or .zip, or azure://CONTAINER/PREFIX.",
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
    is written. For a container it is made here, then sent: the same command goes on
    after a cut.
    """
    from dataset.project_folder import require_project

    if reason and not include_sealed:
        raise UsageError(
            f"A reason is only for sealed test sets: {reason}",
            hint="add `--include-sealed`, or leave the reason out",
        )
    root = require_project(project_folder(folder))
    wishes: dict[str, Any] = {
        "formats": formats,
        "drop_empty": drop_empty,
        "annotations_only": annotations_only,
    }
    if "://" in to:
        if include_sealed:
            wishes |= _sealed(reason)
        _send(root, version, to, wishes, update=update, as_json=as_json)
        return
    write = _writer(reason if include_sealed else None)
    with progress("exporting") as bar:
        done = write(
            root,
            version,
            target=Path(to).absolute(),
            update=update,
            progress=bar,
            **wishes,
        )
    if as_json:
        exports = [_json(result) for result in done]
        emit_json(exports[0] if len(exports) == 1 else {"exports": exports})
        return
    for result in done:
        click.echo(one_line(str(result.path)))
        _tell(result)


def _writer(reason: str | None) -> Callable[..., tuple[ExportResult, ...]]:
    """What exports; with a reason sealed sets, too, of which the ledger is told.

    The ledger is the catalog's, whose import takes half as long as all the rest.
    """
    if reason is None:
        from export.writing import write_formats

        return write_formats
    from export.operation import export_version

    return partial(export_version, **_sealed(reason))


def _sealed(reason: str) -> dict[str, Any]:
    return {"include_sealed": True, "reason": reason, "by": acting_person(None)}


def _send(
    root: Path,
    version: str,
    to: str,
    wishes: Mapping[str, Any],
    *,
    update: bool,
    as_json: bool,
) -> None:
    """Export into a part of a container."""
    from contextlib import closing

    from export.stored_export import export_to_store

    if to.lower().endswith((".tar", ".zip")):
        raise UsageError(
            f"An archive is written into a folder, not into a container: {to}",
            hint="leave the ending out: the files are sent one by one",
        )
    if update:
        raise UsageError(
            f"An export in the cloud is not brought up to date: {to}",
            hint="leave out `--update`, and name a new prefix",
        )
    store, settings = open_named(to, root, {})
    with closing(store), progress("exporting") as bar:
        done = export_to_store(root, version, store, settings, progress=bar, **wishes)
    blobs = {"sent": done.sent, "skipped": done.skipped}
    pairs = zip(done.results, done.targets, strict=True)
    if as_json:
        exports = [{**_json(result), "path": place} for result, place in pairs]
        whole = exports[0] if len(exports) == 1 else {"exports": exports}
        emit_json({**whole, **blobs})
        return
    for result, place in pairs:
        click.echo(one_line(place))
        _tell(result)
    say(
        f"{many(done.sent, 'file')} sent, {done.skipped} there before, "
        f"{done.bytes:,} bytes"
    )


def _tell(result: ExportResult) -> None:
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
