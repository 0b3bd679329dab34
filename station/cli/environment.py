"""Options that may also come from the environment, as a container gives them.

The rule is the table: `--cool-down` is FIELDSET_COOL_DOWN, and so on for each option of
the command; an option on the command line goes before its variable, and an empty
variable says nothing. packaging/edge/README.md lists them all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from dataset.errors import UsageError

PREFIX: Final = "FIELDSET_"
FROM_FILE: Final = "_FILE"
_FILE_LIMIT: Final = 4096


def variable_of(option: click.Option) -> str:
    """The variable that stands for an option, by its longest name."""
    longest = max(option.opts, key=len)
    return PREFIX + longest.lstrip("-").replace("-", "_").upper()


def variables_of(command: click.Command) -> Mapping[str, str]:
    """The variables of a command: option by variable, in the order of its help.

    The project's folder is an option of all commands (FIELDSET_PROJECT) and is not
    among them.
    """
    return {
        variable_of(one): max(one.opts, key=len)
        for one in command.params
        if isinstance(one, click.Option) and one.name != "folder"
    }


def with_environment(command: click.Command) -> click.Command:
    """The command, its options taken from the environment where they are not given."""
    for option in command.params:
        if isinstance(option, click.Option) and option.name != "folder":
            option.envvar = variable_of(option)
    return command


class SecretOption(click.Option):
    """An option whose value may lie in a file that NAME_FILE names, as secrets do.

    The list of processes shows arguments, and `inspect` of a container its variables;
    a file shows to whom its rights say.
    """

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The value of the variable, or what stands in the file.

        Raises:
            UsageError: both are there, or the file holds no single line.
        """
        value = super().resolve_envvar_value(ctx)
        name = f"{self.envvar}{FROM_FILE}"
        path = os.environ.get(name, "")
        if not path:
            return value
        if value:
            raise UsageError(
                f"One of the two variables is enough: {self.envvar}, {name}",
                hint=f"leave {self.envvar} out, so that the secret stays in the file",
            )
        return _line_of(Path(path), name)


def _line_of(path: Path, name: str) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_FILE_LIMIT).strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(
            f"The file of {name} cannot be read ({reason}): {path}",
            hint="check that the secret is mounted and that the user may read it",
        ) from None
    if not text or "\n" in text:
        # What stands in it may be a secret, and is not told.
        raise UsageError(f"The file of {name} does not hold one line: {path}")
    return text
