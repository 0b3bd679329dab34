from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from station.keys import Page, actions, families, key_lines, search

TABLE = actions()


def shortcuts(name: str) -> tuple[str, ...]:
    return next(action.shortcuts for action in TABLE if action.id == name)


def test_ids_are_unique() -> None:
    assert max(Counter(action.id for action in TABLE).values()) == 1


@pytest.mark.parametrize("page", [page for page in Page if page is not Page.EVERYWHERE])
def test_no_key_means_two_things_on_one_page(page: Page) -> None:
    live = [a for a in TABLE if a.page in (page, Page.EVERYWHERE)]
    keys = Counter(
        QKeySequence(key).toString() for action in live for key in action.shortcuts
    )

    assert [key for key, count in keys.items() if count > 1] == []


def test_every_shortcut_is_a_key_that_qt_knows(qapp: QApplication) -> None:
    for action in TABLE:
        for key in action.shortcuts:
            assert QKeySequence(key).count() == 1, key
            assert QKeySequence(key).toString(), key


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("label.accept", ("Space",)),
        ("label.next", ("D",)),
        ("label.previous", ("A",)),
        ("label.class.1", ("1",)),
        ("label.class.0", ("0",)),
        ("label.draw", ("W",)),
        ("label.next_box", ("Tab",)),
        ("label.nudge.left", ("Left",)),
        ("label.nudge10.up", ("Ctrl+Up",)),
        ("label.resize.down", ("Shift+Down",)),
        ("label.undo", ("Ctrl+Z",)),
        ("label.redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
        ("label.empty", ("E",)),
        ("label.skip", ("S",)),
        ("label.drop", ("X",)),
        ("view.fit", ("Ctrl+F",)),
        ("keys.show", ("F1", "?")),
        ("palette.open", ("Ctrl+K",)),
        ("capture.shutter", ("Space",)),
        ("review.reviewed", ("Y",)),
    ],
)
def test_hands_find_the_keys_of_the_design(name: str, keys: tuple[str, ...]) -> None:
    assert shortcuts(name) == keys


def test_delete_is_a_key() -> None:
    assert "Del" in shortcuts("label.delete")


def test_the_list_of_keys_has_one_line_a_family() -> None:
    lines = key_lines(TABLE)

    texts = [line.text for line in lines if line.page is Page.LABEL]
    assert texts.count(families()["class"][1]) == 1
    assert len(lines) < len([a for a in TABLE if a.shortcuts])


def test_the_list_of_keys_names_the_mouse() -> None:
    assert any("Wheel" in line.keys for line in key_lines(TABLE))


def test_the_palette_finds_by_words_in_any_order() -> None:
    found = search(TABLE, "picture next")

    assert [action.id for action in found][:1] == ["label.next"]


def test_the_palette_puts_what_begins_so_first() -> None:
    found = search(TABLE, "un")

    assert found[0].id == "label.undo"


def test_the_palette_shows_all_without_words() -> None:
    assert set(search(TABLE, "  ")) == set(TABLE)
