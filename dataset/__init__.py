"""What is known: samples, boxes, groups, splits, versions and how they differ.

For notebooks: `dataset.open("PROJECT").version("v2")` gives the samples, boxes and
splits of a frozen version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from .project import Project


def open(  # noqa: A001  (reads well as `dataset.open`)
    path: str | os.PathLike[str],
) -> Project:
    """The project in that folder, open for reading.

    Raises:
        NotAProject: the folder holds no project.
        NewerProject: a newer fieldset wrote it.
    """
    # Late, so that the command line can use the errors without loading SQLite.
    from pathlib import Path  # noqa: PLC0415

    from .project import Project  # noqa: PLC0415

    return Project.open(Path(path), read_only=True)
