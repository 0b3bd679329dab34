"""Finds a project's folder without opening its catalog: what reads versions needs."""

from __future__ import annotations

from pathlib import Path

from . import durable
from .errors import NotAProject
from .settings import FILE_NAME

QUARANTINE = "quarantine"
_KEPT_CATALOGS = "catalog-before-migration-*.db"


def require_project(root: Path) -> Path:
    """The absolute folder of a project, looked at but not opened.

    Raises:
        NotAProject: the folder holds none.
    """
    with durable.translated(root):
        root = root.absolute()
        is_project = (root / FILE_NAME).is_file()
    if not is_project:
        raise NotAProject(
            f"This is not a fieldset project: {root}",
            hint="run `fieldset init DIR`, or name one with `--project DIR`",
        )
    return root


def catalog_copies(root: Path) -> tuple[Path, ...]:
    """The catalogs that were kept before a migration, by name."""
    return tuple(sorted(root.glob(_KEPT_CATALOGS)))
