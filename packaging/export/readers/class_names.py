"""The class names that Hugging Face's features declare, wherever they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dataset.errors import BadFile

from .yaml_text import YAML_LIMIT, plain_yaml

_DEPTH: Final = 20


def names_of_card(text: str, where: object) -> tuple[str, ...]:
    """The names in a dataset card's front matter; none where it declares none.

    Raises:
        BadFile: the front matter is no YAML.
    """
    if not text.startswith("---"):
        return ()
    front = text[3:].partition("\n---")[0]
    if len(front) > YAML_LIMIT:
        raise BadFile(f"The front matter is larger than {YAML_LIMIT} bytes: {where}")
    return _names(plain_yaml(front, where), 0)


def names_of_schema(metadata: Mapping[bytes, bytes] | None) -> tuple[str, ...]:
    """The names in the metadata of a Parquet table; none where it declares none."""
    try:
        return _names(json.loads((metadata or {}).get(b"huggingface", b"null")), 0)
    except (ValueError, RecursionError):
        return ()


def class_name(names: Sequence[str], category: object) -> str:
    """The name of a category: by its index, or its own text; "" for neither."""
    if isinstance(category, str):
        return category.strip()
    if isinstance(category, bool) or not isinstance(category, int):
        return ""
    if not names:
        return str(category)
    return names[category] if 0 <= category < len(names) else ""


def _names(value: Any, depth: int) -> tuple[str, ...]:  # noqa: ANN401  (a stranger's)
    """The names of the first class label inside."""
    if depth > _DEPTH:
        return ()
    inner = list(value.values()) if isinstance(value, dict) else value
    if isinstance(value, dict):
        label = value.get("class_label", value if "_type" in value else None)
        if isinstance(label, dict) and (found := _listed(label.get("names"))):
            return found
    if isinstance(inner, list):
        for one in inner:
            if found := _names(one, depth + 1):
                return found
    return ()


def _listed(names: object) -> tuple[str, ...]:
    """The names of a list, or of a mapping from index to name."""
    if isinstance(names, dict):
        order = [str(at) for at in range(len(names))]
        by_text = {str(key): name for key, name in names.items()}
        names = [by_text.get(at) for at in order]
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        return ()
    return tuple(names)
