from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from station.views.rows import ROW_ROLE, RowList, RowTable


def test_a_list_is_a_proper_model(qtmodeltester: ModelTester) -> None:
    model: RowList[str] = RowList(str.upper)
    model.replace(("a", "b"))

    qtmodeltester.check(model)
    assert model.index(1).data() == "B"
    assert model.index(1).data(ROW_ROLE) == "b"


def test_a_table_is_a_proper_model(qtmodeltester: ModelTester) -> None:
    model: RowTable[tuple[str, int]] = RowTable(
        ("Name", "count"), lambda row, column: str(row[column]), frozenset({1})
    )
    model.replace((("a", 1), ("b", 2)))

    qtmodeltester.check(model)
    right = Qt.AlignmentFlag.AlignRight
    assert model.index(1, 1).data(Qt.ItemDataRole.TextAlignmentRole) & right


def test_only_the_rows_that_changed_are_announced(qtbot: QtBot) -> None:
    model: RowList[str] = RowList(str)
    model.replace(("a", "b", "c"))
    changed: list[int] = []
    model.dataChanged.connect(lambda first, _last, _roles: changed.append(first.row()))

    with qtbot.assertNotEmitted(model.modelReset):
        model.replace(("a", "x", "c"))
        model.replace(("a", "x", "c"))

    assert changed == [1]


def test_a_row_that_is_gone_is_nothing_and_no_error() -> None:
    model: RowList[str] = RowList(str)
    model.replace(("a", "b"))
    index = model.index(1)
    model.replace(("a",))

    assert index.data() is None
    assert model.data(QModelIndex()) is None
