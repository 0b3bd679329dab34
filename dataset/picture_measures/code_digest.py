"""Which code measured: a digest of its text, so that other code measures again."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from types import CodeType
from typing import Any

import cv2

# All that a number depends on: the formulas, and how bytes become upright pixels.
MEASURING = (
    "dataset.metric",
    "dataset.measures",
    "dataset.picture_measures.blocks",
    "dataset.picture_measures.coding",
    "dataset.picture_measures.colours",
    "dataset.picture_measures.detail",
    "dataset.picture_measures.embedding",
    "dataset.picture_measures.pixels",
    "dataset.picture_measures.tones",
    "dataset.images.image_file",
    "dataset.images.jpeg",
)


def code_digest(modules: Sequence[str] = MEASURING) -> str:
    """16 hexadecimal digits that change with the text of any of those modules.

    OpenCV's version counts, too: another decoder gives other pixels. A comment counts
    as well, and costs one more measuring; a forgotten number of a revision would cost
    wrong comparisons.

    Raises:
        ImportError: there is no such module, or it has no code of its own.
    """
    digest = hashlib.sha256(cv2.__version__.encode())
    for name in modules:
        digest.update(name.encode() + b"\0" + _text(name) + b"\0")
    return digest.hexdigest()[:16]


def _text(name: str) -> bytes:
    """A module's source, or its compiled code where a frozen program has no more."""
    found = importlib.util.find_spec(name)
    # Loaders of frozen programs are of no class that `importlib` knows.
    loader: Any = None if found is None else found.loader
    source = loader.get_source(name) if hasattr(loader, "get_source") else None
    if source is not None:
        return str(source).encode()
    code = loader.get_code(name) if hasattr(loader, "get_code") else None
    if code is None:
        raise ImportError(f"there is no code to digest: {name}")
    return _compiled(code)


def _compiled(code: CodeType) -> bytes:
    """What a code object does, without where it stood in its file."""
    parts = [code.co_code, repr(code.co_names).encode()]
    for value in code.co_consts:
        if isinstance(value, CodeType):
            parts.append(_compiled(value))
        elif isinstance(value, frozenset):
            # The order of a set is another one in each process.
            parts.append(repr(sorted(map(repr, value))).encode())
        else:
            parts.append(repr(value).encode())
    return b"\0".join(parts)
