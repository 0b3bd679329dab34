"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dataset.errors import UsageError

if TYPE_CHECKING:
    from dataset.project import Project

Command = TypeVar("Command", bound=Callable[..., Any])
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_LONGEST_S = 366 * 24 * 3600.0
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic in newer click
    """A length of time such as `500ms`, `2s`, `10m` or `1h`, in seconds."""

    name = "time"

    def convert(
        self,
        value: Any,  # noqa: ANN401  (what click hands over)
        param: click.Parameter | None,  # noqa: ARG002  (click's own signature)
        ctx: click.Context | None,  # noqa: ARG002
    ) -> float:
        """The time in seconds, above 0."""
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(str(value).strip())
        seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
        if not 0 < seconds <= _LONGEST_S:
            self.fail(f"a time is written like 500ms, 2s, 10m or 1h: {value}")
        return seconds


class Condition(click.ParamType):  # type: ignore[type-arg]
    """A condition `key=value` (`light=night`); a variable splits them by commas."""

    name = "k=v"
    envvar_list_splitter = ","

    def convert(
        self,
        value: Any,  # noqa: ANN401  (what click hands over)
        param: click.Parameter | None,  # noqa: ARG002  (click's own signature)
        ctx: click.Context | None,  # noqa: ARG002
    ) -> tuple[str, str]:
        """Key and value, both without outer spaces."""
        if isinstance(value, tuple):
            return value
        key, equals, content = str(value).partition("=")
        if not equals or not key.strip() or not content.strip():
            self.fail(f"a condition is written key=value: {value}")
        return key.strip(), content.strip()


def project_option(command: Command) -> Command:
    """`--project DIR`; without it the group's, else the current folder."""
    return click.option(
        "--project",
        "folder",
        type=click.Path(path_type=Path),
        help="The project's folder; by default the current one.",
    )(command)


def json_option(command: Command) -> Command:
    """`--json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON on stdout."
    )(command)


def project_folder(folder: Path | None) -> Path:
    """The folder to work in: the command's, the group's, or the current one."""
    if folder is not None:
        return folder
    group = click.get_current_context().find_root().params.get("folder")
    if group is not None:
        return Path(group)
    try:
        return Path.cwd()
    except OSError as error:
        raise UsageError(
            f"The current folder is gone: {error.strerror}",
            hint="name the project with `--project DIR`",
        ) from error


def opened(folder: Path | None, *, read_only: bool = False) -> Project:
    """The project that the command works on, for a `with` block."""
    from dataset.project import Project

    return Project.open(project_folder(folder), read_only=read_only)
