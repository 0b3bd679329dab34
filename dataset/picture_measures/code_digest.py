"""Which code measured: a digest of its text, so that other code measures again."""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
from collections.abc import Sequence
from importlib.abc import InspectLoader

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
    loader = None if found is None else found.loader
    if isinstance(loader, InspectLoader):
        source = loader.get_source(name)
        if source is not None:
            return source.encode()
        code = loader.get_code(name)
        if code is not None:
            return marshal.dumps(code)
    raise ImportError(f"there is no code to digest: {name}")
