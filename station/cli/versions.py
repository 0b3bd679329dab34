"""`fieldset version`: freezes, reads and proves versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataset.errors import ProjectError

from .exit_codes import ExitCode
from .options import json_option, opened, project_folder, project_option
from .output import emit_json, one_line, progress, say, table, tell_finding
from .person import user_name

if TYPE_CHECKING:
    from dataset.records import Version


@click.group()
def version() -> None:
    """Frozen, content-addressed states of the dataset."""


@version.command()
@click.option("-m", "--message", default="", help="What is new in it.")
@click.option("--author", default=None, help="By default the user's name.")
@click.option(
    "--no-report", is_flag=True, help="Leave drift and report for `fieldset drift`."
)
@project_option
@json_option
def create(
    message: str,
    author: str | None,
    no_report: bool,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Assign new groups, check the balance, and freeze what is labeled.

    A sample whose image cannot be seen stops nothing: the version is made, the sample
    is named, and the exit code is 3.
    """
    from dataset.findings import errors_of, has_errors
    from dataset.freezing import freeze
    from station.version_report import write_version_report

    with opened(folder) as project, progress("freezing") as bar:
        frozen = freeze(
            project,
            message=message,
            author=user_name() if author is None else author,
            progress=bar,
        )
        # The version stands from here on; what follows is derived and resumable.
        unmade = ""
        if not no_report:
            try:
                write_version_report(project, frozen.version.alias, progress=bar)
            except ProjectError as error:
                unmade = error.message
    made = frozen.version
    is_whole = not unmade and not has_errors(frozen.split.findings)
    code = ExitCode.DONE if is_whole else ExitCode.PROJECT
    if unmade:
        say(f"error: The version stands, its report was not made: {unmade}")
    if as_json:
        emit_json(
            {
                **_json(made),
                "known": frozen.known,
                "policy": frozen.policy.to_json(),
                "findings": [finding.to_json() for finding in frozen.split.findings],
            }
        )
        return code
    if frozen.known:
        say(f"This content is frozen already as {made.alias}, {made.id}")
    click.echo(f"{made.alias}  {made.id}")
    say(f"{made.samples} samples, {made.boxes} boxes")
    for sentence in frozen.policy.sentences:
        say(sentence)
    for finding in errors_of(frozen.split.findings):
        tell_finding(finding)
    return code


@version.command("list")
@project_option
@json_option
def list_versions(folder: Path | None, as_json: bool) -> None:
    """List the versions, oldest first."""
    from dataset.version import list_versions as read_versions

    found = read_versions(_root(folder))
    if as_json:
        emit_json({"versions": [_json(item) for item in found]})
        return
    table(
        ["version", "id", "samples", "boxes", "message"],
        [[v.alias, v.id[:15], v.samples, v.boxes, v.message] for v in found],
    )


@version.command()
@click.argument("name")
@project_option
@json_option
def show(name: str, folder: Path | None, as_json: bool) -> None:
    """Show one version: alias, id or `latest`."""
    from dataset.version import read_version

    frozen = read_version(_root(folder), name)
    names = {item.id: item.name for item in frozen.classes}
    record = frozen.record
    if as_json:
        emit_json(
            {
                **_json(frozen.version),
                "splits": [
                    {
                        "name": c.split,
                        "samples": c.samples,
                        "boxes": c.boxes,
                        "groups": c.groups,
                    }
                    for c in record.split_counts
                ],
                "classes": [
                    {
                        "id": c.class_id,
                        "name": names.get(c.class_id, ""),
                        "split": c.split,
                        "samples": c.samples,
                        "boxes": c.boxes,
                    }
                    for c in record.class_counts
                ],
            }
        )
        return
    made = frozen.version
    click.echo(f"{made.alias}  {made.id}")
    click.echo(f"{made.samples} samples, {made.boxes} boxes  {one_line(made.message)}")
    for tree in ("images", "labels", "splits"):
        click.echo(f"{tree:7} {getattr(made.roots, tree)}")
    click.echo()
    table(
        ["split", "samples", "boxes", "groups"],
        [
            [c.split or "no split", c.samples, c.boxes, c.groups]
            for c in record.split_counts
        ],
    )


@version.command()
@click.argument("name")
@project_option
@json_option
def verify(name: str, folder: Path | None, as_json: bool) -> int:
    """Prove a version: its manifest, its hash trees, every image's bytes."""
    from dataset.verification import verify as prove
    from dataset.version import read_version

    root = _root(folder)
    with progress("proving") as bar:
        findings = prove(
            read_version(root, name),
            lambda sample: (root / sample.path).read_bytes(),
            progress=bar,
        )
    is_sound = not any(f.severity.value == "error" for f in findings)
    if as_json:
        emit_json(
            {
                "version": name,
                "verified": is_sound,
                "findings": [finding.to_json() for finding in findings],
            }
        )
    else:
        for finding in findings:
            click.echo(f"{finding.severity.value}: {one_line(finding.what)}")
        click.echo(f"{name}: {'verified' if is_sound else 'NOT as it was frozen'}")
    return ExitCode.DONE if is_sound else ExitCode.PROJECT


def _root(folder: Path | None) -> Path:
    """The project's folder; version files are read without opening the catalog."""
    from dataset.project import require_project

    return require_project(project_folder(folder))


def _json(made: Version) -> dict[str, Any]:
    return {
        "id": made.id,
        "alias": made.alias,
        "parent": made.parent,
        "samples": made.samples,
        "boxes": made.boxes,
        "roots": {
            "images": made.roots.images,
            "labels": made.roots.labels,
            "splits": made.roots.splits,
        },
        "message": made.message,
        "author": made.author,
        "created_us": made.created_us,
    }
