"""YAML of strangers: plain values only, hardly any aliases."""

from __future__ import annotations

from typing import Final

import yaml

from dataset.errors import BadFile

YAML_LIMIT: Final = 1 << 20
_ALIAS_LIMIT: Final = 10


def plain_yaml(text: str, where: object) -> object:
    """What the text says.

    A few hundred bytes of nested aliases can stand for a billion values; they
    are counted before anything is built.

    Raises:
        BadFile: not YAML, or too many aliases; `where` is named in the sentence.
    """
    try:
        aliases = sum(
            isinstance(event, yaml.AliasEvent)
            for event in yaml.parse(text, Loader=yaml.SafeLoader)
        )
        if aliases > _ALIAS_LIMIT:
            raise BadFile(f"The file has too many aliases ({aliases}): {where}")
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadFile(f"The file is no YAML ({reason}): {where}") from None
