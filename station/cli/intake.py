"""`fieldset import`: takes data sets and plain images in."""

from __future__ import annotations

from pathlib import Path

import click

from dataset.errors import UsageError

from .options import json_option, opened, project_option
from .output import emit_json, many, one_line, progress, say


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "name",
    default="auto",
    show_default=True,
    help="auto, or what PATH is: azureml, card (pictures of camera traps), coco, csv, "
    "custom-vision, cvat, edge-impulse, fieldset (a pulled version), huggingface, "
    "huggingface-parquet, images, label-studio, labelme, labelme-xml, tfrecord, voc, "
    "vott, webdataset or yolo.",
)
@click.option(
    "--card",
    "is_card",
    is_flag=True,
    help="The same as --format card: pictures of camera traps, in sessions by pauses.",
)
@click.option(
    "--group-by",
    help="folder, image, or a pattern whose first group names the group; "
    "by default each image is a group of its own, and pictures that one camera took "
    "moments apart (EXIF) are one.",
)
@click.option("--no-new-classes", is_flag=True, help="Refuse classes not known here.")
@click.option("--ignore-splits", is_flag=True, help="Assign splits anew.")
@project_option
@json_option
def intake(
    path: Path,
    name: str,
    is_card: bool,
    group_by: str | None,
    no_new_classes: bool,
    ignore_splits: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Take in the data set or the images at PATH; a second time adds nothing."""
    from export.intake import take_in

    if is_card and name not in ("auto", "card"):
        raise UsageError(f"`--card` is a format of its own, beside: {name}")
    with opened(folder) as project, progress("importing") as bar:
        done = take_in(
            project,
            path.absolute(),
            format="card" if is_card else name,
            group_by=group_by,
            add_classes=not no_new_classes,
            ignore_splits=ignore_splits,
            progress=bar,
        )
    if as_json:
        emit_json(
            {
                "format": done.format,
                "samples": done.samples,
                "boxes": done.boxes,
                "known": done.known,
                "sessions": done.sessions,
                "skipped": [
                    {"path": where, "reason": reason} for where, reason in done.skipped
                ],
            }
        )
        return
    say(
        f"{done.format}: {done.samples} samples and {done.boxes} boxes taken in, "
        f"{many(done.sessions, 'session')}, {done.known} known already, "
        f"{many(len(done.skipped), 'remark')}"
    )
    for where, reason in done.skipped:
        say(f"{one_line(where)}: {one_line(reason)}")
