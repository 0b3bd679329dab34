from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dataset.backup import back_up
from dataset.errors import ProjectError
from dataset.project_log import LOG_NAME, add_to_log, read_log
from tests.small_projects import BEGAN_US, new_project


def test_entries_are_read_back_in_their_order(tmp_path: Path) -> None:
    add_to_log(tmp_path, "drift", {"verdict": "stable"}, at_us=BEGAN_US)
    add_to_log(tmp_path, "other", {"name": "Straße"}, at_us=BEGAN_US)

    assert read_log(tmp_path) == (
        {"at": "2026-09-21T14:13:20+00:00", "what": "drift", "verdict": "stable"},
        {"at": "2026-09-21T14:13:20+00:00", "what": "other", "name": "Straße"},
    )
    assert [entry["what"] for entry in read_log(tmp_path, "drift")] == ["drift"]


def test_a_torn_line_costs_no_other(tmp_path: Path) -> None:
    add_to_log(tmp_path, "drift", {"n": 1}, at_us=BEGAN_US)
    with (tmp_path / LOG_NAME).open("ab") as log:
        log.write(b'{"at": "2026')

    add_to_log(tmp_path, "drift", {"n": 2}, at_us=BEGAN_US)

    assert [entry["n"] for entry in read_log(tmp_path)] == [1, 2]


def test_several_writers_lose_no_line(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda n: add_to_log(tmp_path, "drift", {"n": n}, at_us=BEGAN_US),
                range(40),
            )
        )

    assert {entry["n"] for entry in read_log(tmp_path)} == set(range(40))


def test_a_log_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / LOG_NAME).mkdir()

    with pytest.raises(ProjectError):
        add_to_log(tmp_path, "drift", {}, at_us=BEGAN_US)


def test_a_backup_holds_the_log(tmp_path: Path) -> None:
    with new_project(tmp_path / "p") as project:
        add_to_log(project.root, "drift", {"verdict": "drift"}, at_us=BEGAN_US)

        back_up(project, tmp_path / "backup")

    assert read_log(tmp_path / "backup") == read_log(tmp_path / "p")
    assert len(read_log(tmp_path / "backup")) == 1
