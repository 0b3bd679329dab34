"""A process that writes to a project for some seconds: `catalog_writer PROJECT NAME`.

`--seconds S` how long, `--standard` hides pysqlite3, `--reopen` opens the project anew
for every round. Prints JSON: rounds done, journal mode, errors.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("name")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--standard", action="store_true")
    parser.add_argument("--reopen", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Write, and tell how it went."""
    given = _arguments()
    if given.standard:
        sys.modules["pysqlite3"] = None  # type: ignore[assignment]
    from dataset.errors import FieldsetError
    from dataset.project import Project

    rounds, errors, mode = 0, [], ""
    ends = time.monotonic() + given.seconds
    project = Project.open(given.project)
    try:
        mode = project.catalog.journal_mode
        while time.monotonic() < ends:
            try:
                _one_round(project, given.name, rounds)
                rounds += 1
                if given.reopen:
                    project.close()
                    project = Project.open(given.project)
            except FieldsetError as error:
                errors.append(error.message)
    finally:
        project.close()
    sys.stdout.write(json.dumps({"rounds": rounds, "mode": mode, "errors": errors}))


def _one_round(project: object, name: str, number: int) -> None:
    """Read first, then write what was read and one more: a lost update would show."""
    from dataset.project import Project

    assert isinstance(project, Project)
    catalog = project.catalog
    with catalog.writing():
        total = int(catalog.fact("total") or 0)
        catalog.set_fact("total", str(total + 1))
        catalog.set_fact(f"rounds of {name}", str(number + 1))
    with catalog.reading():
        assert int(catalog.fact("total") or 0) >= total + 1


if __name__ == "__main__":
    main()
