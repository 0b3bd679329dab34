"""`fieldset version`: freezes, reads and proves versions."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataset.errors import ProjectError
from station.identity import user_name

from .exit_codes import ExitCode
from .options import json_option, opened, project_folder, project_option
from .output import emit_json, one_line, progress, say, table, tell_finding
from .version_reports import report

if TYPE_CHECKING:
    from dataset.progress import Progress
    from dataset.project import Project
    from dataset.records import Version
    from dataset.versions.freezing import Frozen
    from dataset.versions.frozen_version import FrozenVersion


@click.group()
def version() -> None:
    """Frozen, content-addressed states of the dataset."""


version.add_command(report)


@version.command()
@click.option("-m", "--message", default="", help="What is new in it.")
@click.option("--author", default=None, help="By default the user's name.")
@click.option(
    "--no-report", is_flag=True, help="Leave drift and report for `version report`."
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
    from dataset.findings import has_errors
    from dataset.versions.freezing import freeze

    with opened(folder) as project, progress("freezing") as bar:
        frozen = freeze(
            project,
            message=message,
            author=user_name() if author is None else author,
            progress=bar,
        )
        # The version stands from here on; what follows is derived and resumable.
        unmade = "" if no_report else _unmade_report(project, frozen, bar)
    if unmade:
        say(f"error: The version stands, its report was not made: {unmade}")
        say("hint: `fieldset version report` makes it")
    number = _numbers(_root(folder))[frozen.version.id]
    if as_json:
        findings = [finding.to_json() for finding in frozen.split.findings]
        emit_json(
            {
                **_json(frozen.version, number),
                "known": frozen.known,
                "policy": frozen.policy.to_json(),
                "findings": findings,
            }
        )
    else:
        _print_made(frozen, number)
    is_whole = not unmade and not has_errors(frozen.split.findings)
    return ExitCode.DONE if is_whole else ExitCode.PROJECT


def _unmade_report(project: Project, frozen: Frozen, bar: Progress) -> str:
    """Why the version's report could not be made; "" where it is there."""
    from dataset.drift_statistics.made_report import is_made
    from station.version_report import write_version_report

    try:
        if is_made(project.version(frozen.version.alias)):
            return ""
        write_version_report(project, frozen.version.alias, progress=bar)
    except ProjectError as error:
        return error.message
    return ""


def _print_made(frozen: Frozen, number: str | None) -> None:
    from dataset.findings import errors_of

    made = frozen.version
    if frozen.known:
        say(f"This content is frozen already as {made.alias}, {made.id}")
    click.echo(f"{made.alias}  {made.id}")
    say(f"{number or 'no number'}: {made.samples} samples, {made.boxes} boxes")
    for sentence in frozen.policy.sentences:
        say(sentence)
    for finding in errors_of(frozen.split.findings):
        tell_finding(finding)


@version.command("list")
@project_option
@json_option
def list_versions(folder: Path | None, as_json: bool) -> None:
    """List the versions, oldest first."""
    from dataset.version import list_versions as read_versions

    root = _root(folder)
    found = read_versions(root)
    numbers = _numbers(root)
    if as_json:
        emit_json({"versions": [_json(item, numbers[item.id]) for item in found]})
        return
    table(
        ["version", "semver", "id", "samples", "boxes", "message"],
        [
            [v.alias, numbers[v.id] or "-", v.id[:15], v.samples, v.boxes, v.message]
            for v in found
        ],
    )


@version.command()
@click.argument("name")
@project_option
@json_option
def show(name: str, folder: Path | None, as_json: bool) -> None:
    """Show one version: alias, id or `latest`."""
    from dataset.version import read_version
    from dataset.versions.verification import require_sound

    root = _root(folder)
    frozen = require_sound(read_version(root, name), with_manifest=True)
    number = _numbers(root)[frozen.version.id]
    if as_json:
        emit_json({**_json(frozen.version, number), **_counts(frozen)})
        return
    made = frozen.version
    click.echo(f"{made.alias}  {number or 'no number'}  {made.id}")
    click.echo(f"{made.samples} samples, {made.boxes} boxes  {one_line(made.message)}")
    for tree in ("images", "labels", "splits"):
        click.echo(f"{tree:7} {getattr(made.roots, tree)}")
    click.echo()
    table(
        ["split", "samples", "boxes", "groups"],
        [
            [c.split or "no split", c.samples, c.boxes, c.groups]
            for c in frozen.record.split_counts
        ],
    )


@version.command()
@click.argument("name")
@project_option
@json_option
def verify(name: str, folder: Path | None, as_json: bool) -> int:
    """Prove a version: its manifest, its hash trees, every image's bytes."""
    from dataset.version import read_version
    from dataset.versions.verification import verify as prove

    root = _root(folder)
    with progress("proving") as bar:
        findings = prove(
            read_version(root, name),
            lambda sample: (root / sample.path).read_bytes(),
            erased_of=partial(_erased_of, root),
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
            where = f"{finding.what}: {finding.path}"
            click.echo(f"{finding.severity.value}: {one_line(where)}")
        click.echo(f"{name}: {'verified' if is_sound else 'NOT as it was frozen'}")
        for step in dict.fromkeys(f.next_step for f in findings if f.next_step):
            say(f"hint: {step}")
    return ExitCode.DONE if is_sound else ExitCode.PROJECT


def _erased_of(root: Path, sample_ids: list[str]) -> frozenset[str]:
    """Those of the samples that were erased; none where the catalog is out of reach."""
    from dataset.errors import ProjectError
    from dataset.project import Project

    try:
        with Project.open(root, read_only=True) as project:
            return project.catalog.provenance.erased(sample_ids)
    except ProjectError:
        return frozenset()


def _root(folder: Path | None) -> Path:
    """The project's folder; version files are read without opening the catalog."""
    from dataset.project_folder import require_project

    return require_project(project_folder(folder))


def _numbers(root: Path) -> dict[str, str | None]:
    """The semantic version number of each version by its id; None where unknown."""
    from dataset.version import readable_versions
    from dataset.versions.semver import semvers

    found = semvers(root, readable_versions(root))
    return {key: str(number) if number else None for key, number in found.items()}


def _counts(frozen: FrozenVersion) -> dict[str, Any]:
    """What a version holds by split, and by class and split."""
    names = {item.id: item.name for item in frozen.classes}
    return {
        "splits": [
            {
                "name": c.split,
                "samples": c.samples,
                "boxes": c.boxes,
                "groups": c.groups,
            }
            for c in frozen.record.split_counts
        ],
        "classes": [
            {
                "id": c.class_id,
                "name": names.get(c.class_id, ""),
                "split": c.split,
                "samples": c.samples,
                "boxes": c.boxes,
            }
            for c in frozen.record.class_counts
        ],
    }


def _json(made: Version, number: str | None) -> dict[str, Any]:
    return {
        "id": made.id,
        "alias": made.alias,
        "semver": number,
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
