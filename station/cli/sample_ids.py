"""Samples named on a command line, or one a line in a file or on stdin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from dataset.errors import BadFile, UsageError
from dataset.records import SAMPLE_ID

if TYPE_CHECKING:
    from dataset.project import Project

STDIN = "-"


def named_samples(
    project: Project, words: Sequence[str], source: str | None = None
) -> tuple[str, ...]:
    """The ids that words, and the lines of `source` (`-` is stdin), stand for.

    A whole id is taken as it is, whether it is there or not; a beginning is looked up.
    Of a line only the first word counts; empty lines and such that begin with # are
    passed over.

    Raises:
        UsageError: nothing is named.
        BadFile: the file cannot be read as text.
        NotFound: no sample, or several, begin so.
    """
    named = [*words, *(_lines(source) if source is not None else ())]
    if not named:
        raise UsageError(
            "No sample is named", hint="give ids, or a file with one id a line"
        )
    return tuple(
        word if SAMPLE_ID.fullmatch(word) else project.catalog.samples.get(word).id
        for word in named
    )


def _lines(source: str) -> list[str]:
    try:
        with click.open_file(source, encoding="utf-8") as file:
            lines = [line.split() for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(
            f"The list of samples cannot be read: {source}",
            hint="one id a line, as `fieldset map --ids` prints them",
        ) from error
    return [words[0] for words in lines if words and not words[0].startswith("#")]
