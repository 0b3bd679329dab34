"""JSON of strangers that is large: read value by value, or refused with a limit."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import BadFile
from export.intakes import set_draft
from export.readers import foreign_json, json_lists
from export.readers.coco import CocoReader
from export.readers.json_lists import JsonLists
from tests.export.test_foreign_readers import (
    corners,
    folder_with,
    read,
    region,
    studio,
    task,
    whats,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read so few bytes at a time that values are cut at every place."""
    monkeypatch.setattr(json_lists, "_CHUNK_BYTES", 7)


@pytest.mark.usefixtures("narrow")
@given(
    content=st.dictionaries(st.text(max_size=4), VALUES | st.lists(VALUES, max_size=4)),
    indent=st.sampled_from([None, 1]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_lists_hold_what_the_whole_file_would_give(
    tmp_path_factory: pytest.TempPathFactory,
    content: dict[str, Any],
    indent: int | None,
    encoding: str,
) -> None:
    path = tmp_path_factory.getbasetemp() / "lists.json"
    text = json.dumps(content, ensure_ascii=False, indent=indent)
    path.write_bytes(text.encode(encoding, "surrogatepass"))

    lists = JsonLists(path)
    found: dict[str, list[Any]] = {}
    for key, value in lists.walk():
        found.setdefault(key, []).append(value)

    held = {key: value for key, value in content.items() if isinstance(value, list)}
    assert lists.names == set(held)
    assert found == {key: value for key, value in held.items() if value}


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[1", "[1,", "[1,]", '{"a"', '{"a":', '{"a":[', '{"a":[1],}'),
        *('{"a":[1}', "{1:[2]}", "[1] x", "[1][2]", '["', "[tru", "[-", "[1e", "nul"),
        *("[\x00]", '{"a" [1]}', "[" * 100_000, '["\\u12', "[1" + "0" * 5000 + "]"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)

    with pytest.raises(BadFile):
        list(JsonLists(path).walk())


@pytest.mark.parametrize("text", ['["{}"]', '[{{"a":"{}"}}]', '{{"b":"{}","a":[]}}'])
def test_single_value_beyond_the_limit_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "large.json"
    path.write_text(text.format("x" * (3 << 20)))

    assert len(list(JsonLists(path, 4 << 20).walk())) <= 1
    with pytest.raises(BadFile, match="more than 1000 characters"):
        list(JsonLists(path, 1000).walk())


def one_line(path: Path, boxes: int) -> None:
    """A COCO file on one line, annotations first, most of it polygons of strangers."""

    def rows() -> Iterator[str]:
        polygon = json.dumps([[float(n) for n in range(400)]])
        for n in range(boxes):
            yield (
                f'{{"id":{n},"image_id":1,"category_id":3,"bbox":[1,2,{n % 9 + 1},4],'
                f'"segmentation":{polygon}}}'
            )

    with path.open("w") as stream:
        stream.write('{"info":{"year":2026},"annotations":[')
        for n, row in enumerate(rows()):
            stream.write(f"{',' if n else ''}{row}")
        stream.write('],"images":[{"id":1,"file_name":"a.png","width":48,"height":32}]')
        stream.write(',"categories":[{"id":3,"name":"bolt"}],"more":[1,2]}')


def test_coco_on_one_line_takes_the_memory_of_its_boxes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lists, "_CHUNK_BYTES", 1 << 14)
    path = folder_with(tmp_path)
    one_line(path / "set.json", 500)
    size = (path / "set.json").stat().st_size

    tracemalloc.start()
    try:
        found = CocoReader().read(path / "set.json")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found.boxes == 500
    assert found.images[0].boxes[0].corners == (1, 2, 2, 6)
    assert size > 1 << 20
    assert peak < size / 2


def test_coco_value_beyond_the_limit_is_refused_with_it(tmp_path: Path) -> None:
    path = folder_with(tmp_path)
    one_line(path / "set.json", 3)

    with pytest.raises(BadFile, match="more than 500 characters"):
        CocoReader(value_limit=500).read(path)


def test_other_json_beyond_its_limit_is_refused_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign_json, "FILE_LIMIT", 100)
    asset = {"asset": {"name": "a.png"}, "regions": [], "version": "2.2.0" + "0" * 99}
    path = folder_with(tmp_path, a__json=json.dumps(asset))

    with pytest.raises(BadFile, match="larger than 100 bytes"):
        read(path)


@pytest.mark.usefixtures("narrow")
def test_label_studio_is_read_task_by_task(tmp_path: Path) -> None:
    found = read(studio(tmp_path, task(region(25, 25, 50, 50)), {"id": 9}))

    assert corners(found) == [(12, 8, 36, 24)]


def test_remarks_are_listed_up_to_a_limit_and_counted_beyond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_draft, "_MOST_PROBLEMS", 3)
    tasks = [task(region(25, 25, 50, 50), image=f"gone-{n}.png") for n in range(9)]

    found = read(studio(tmp_path, task(region(25, 25, 50, 50)), *tasks))

    assert len(found.problems) == 4
    assert "further remarks that are not listed: 6" in whats(found)
