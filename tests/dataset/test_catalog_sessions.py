from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.catalog import Catalog, connection
from dataset.errors import NotFound
from dataset.records import Session
from tests.small_projects import bare_row, bare_session


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.db") as opened:
        yield opened


FULL = Session(
    id="0123",
    name="<b>bridge</b> \u202e 4",
    station="edge-7",
    source="rtsp://10.0.0.7/stream",
    place="bridge 4",
    operator="O'Neill",
    conditions=(("light", "night"), ("weather", "rain;sleet")),
    started_us=1_790_000_000_000_000,
    ended_us=None,
)


def test_session_comes_back_as_it_was_kept(catalog: Catalog) -> None:
    catalog.sessions.add(FULL)

    assert catalog.sessions.get("0123") == FULL
    assert catalog.sessions.by_name(FULL.name) == FULL


def test_session_ends(catalog: Catalog) -> None:
    catalog.sessions.add(FULL)

    catalog.sessions.end("0123", 1_790_000_009_000_000)

    assert catalog.sessions.get("0123").ended_us == 1_790_000_009_000_000


def test_sessions_come_oldest_first_and_equal_times_by_name(catalog: Catalog) -> None:
    for name, at in (("c", 5), ("b", 9), ("a", 9)):
        catalog.sessions.add(bare_session(name, started_us=at))

    assert [s.name for s in catalog.sessions.all()] == ["c", "a", "b"]


def test_name_belongs_to_one_session(catalog: Catalog) -> None:
    catalog.sessions.add(FULL)

    with pytest.raises(connection._SqliteError, match="UNIQUE"):
        catalog.sessions.add(Session(id="other", name=FULL.name))

    assert catalog.sessions.has_name(FULL.name)
    assert not catalog.sessions.has_name("nobody")


def test_unknown_session_is_named(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="of that name: nobody"):
        catalog.sessions.by_name("nobody")


def test_refusals_are_counted_by_reason(catalog: Catalog) -> None:
    catalog.sessions.add(FULL)

    catalog.sessions.refuse("0123", "too dark")
    catalog.sessions.refuse("0123", "too dark", count=4)
    catalog.sessions.refuse("0123", "blurred")

    assert catalog.sessions.refusals("0123") == {"blurred": 1, "too dark": 5}


def test_gaps_are_kept_in_order(catalog: Catalog) -> None:
    catalog.sessions.add(FULL)

    catalog.sessions.add_gap("0123", 10, 20, "unplugged")
    catalog.sessions.add_gap("0123", 5, 7, "stalled")

    assert catalog.sessions.gaps("0123") == (
        (10, 20, "unplugged"),
        (5, 7, "stalled"),
    )


def test_samples_are_counted_by_session(catalog: Catalog) -> None:
    first, second = bare_session("one"), bare_session("two")
    for session in (first, second):
        catalog.sessions.add(session)
    for number in range(3):
        catalog.samples.add(bare_row(number, first))

    assert catalog.tables.samples_by_session() == {"one": 3}
