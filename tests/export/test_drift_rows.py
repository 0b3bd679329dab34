"""The mix of classes and the whole picture as the report tells them."""

from __future__ import annotations

from dataset.drift import DriftReport, DriftVerdict
from dataset.drift_statistics.set_shift import ClassShift, PictureShift
from export.report import DriftSection, ReportInput, render_report
from export.reports.drift_rows import class_shift_rows, picture_line


def report(*classes: ClassShift, picture: PictureShift | None = None) -> DriftReport:
    return DriftReport(
        metrics=(),
        family=(),
        verdict=DriftVerdict.NOT_ENOUGH,
        classes=classes,
        picture=picture,
    )


def shift(name: str, effect: float, *, is_known: bool = True) -> ClassShift:
    return ClassShift(
        name=name,
        base_share=0.5,
        current_share=0.5 + effect,
        effect=effect,
        interval=(effect - 0.1, effect + 0.1) if is_known else None,
    )


PICTURE = PictureShift(
    mmd2=0.01, p=0.02, auc=0.75, interval=(0.6, 0.9), folds=5, samples=1200, sessions=40
)


def test_the_class_that_moved_furthest_is_told_first() -> None:
    rows = class_shift_rows(report(shift("car", 0.05), shift("bike", -0.2)))

    assert [row.name for row in rows] == ["bike", "car"]
    assert rows[0].cells == (
        "50.0 %",
        "30.0 %",
        "\N{MINUS SIGN}20.0",
        "\N{MINUS SIGN}30.0 to \N{MINUS SIGN}10.0",
    )


def test_an_interval_that_is_not_known_is_a_dash() -> None:
    (row,) = class_shift_rows(report(shift("car", 0.0, is_known=False)))

    assert row.cells[2:] == ("0.0", "\N{EN DASH}")


def test_the_page_tells_classes_and_picture_and_escapes_names() -> None:
    found = report(shift("<b>car</b>", 0.1), picture=PICTURE)
    section = DriftSection(heading="v2 against v1", report=found)

    page = render_report(ReportInput(title="t", drifts=(section,)))

    assert "&lt;b&gt;car&lt;/b&gt;" in page
    assert "<b>car" not in page
    assert "AUC of 0.75 (95 % interval 0.60 to 0.90)" in page
    assert "1,200 samples of 40 sessions" in page


def test_without_boxes_and_embeddings_the_page_is_silent_on_both() -> None:
    section = DriftSection(heading="v2 against v1", report=report())

    page = render_report(ReportInput(title="t", drifts=(section,)))

    assert "Mix of classes" not in page
    assert picture_line(report()) == ""
