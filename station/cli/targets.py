"""Opens the TARGET of push and pull, with the settings of the line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Command

if TYPE_CHECKING:
    from dataset.cloud_settings import CloudSettings
    from export.stores.blob_store import BlobStore

Overrides = int | float | str | None


def line_options(command: Command) -> Command:
    """How the line is used, where `[cloud]` in `fieldset.toml` does not fit."""
    for option in (
        click.option("--attempts", type=int, help="How often a blob is tried."),
        click.option("--timeout", "timeout_s", type=float, help="Longest silence, s."),
        click.option("--rate", "rate_kb_s", type=int, help="At most, KiB a second."),
        click.option("--block", "block_kb", type=int, help="Block of a blob, KiB."),
        click.option("--parallel", type=int, help="Blobs under way at once."),
        click.option("--account", help="The storage account's name."),
    ):
        command = option(command)
    return command


def open_named(
    target: str, root: Path | None, overrides: Mapping[str, Overrides]
) -> tuple[BlobStore, CloudSettings]:
    """The store that TARGET names, and how the line to it is used."""
    import os

    from export.stores.targets import CloudPlace, line_settings, open_target

    settings = line_settings(root, overrides)

    def connect(place: CloudPlace) -> BlobStore:
        # Slow to load, and nothing that a folder needs.
        from export.stores.cloud import open_place

        return open_place(place, settings, os.environ, project=root)

    return open_target(target, connect), settings
