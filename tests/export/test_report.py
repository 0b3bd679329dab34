"""The report: one file that needs nothing, says what it should, and trusts no name."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset import drift
from dataset.records import (
    Box,
    LabelClass,
    SampleState,
    Split,
    SplitKind,
    Version,
    VersionRoots,
    VersionSample,
)
from export.report import (
    DriftSection,
    ReportInput,
    ReportPicture,
    ReportTable,
    render_report,
    write_report,
)
from export.reports.report_plots import heat_png, histogram, principal_plane
from export.reports.report_text import (
    DASH,
    MINUS,
    amount,
    change_text,
    plain,
    safe_colour,
    signed,
)
from export.reports.report_view import histograms
from tests.dataset.drift_simulation import simulated_table

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def _font_list(allow_log: Callable[[str], None]) -> None:
    allow_log("building the font cache")  # by Matplotlib, once, on a slow machine


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and (not self.open or self.open[-1] != "style"):
            self.texts.append(" ".join(data.split()))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def picture(suffix: str = ".jpg") -> bytes:
    return cv2.imencode(suffix, np.full((9, 16, 3), 90, np.uint8))[1].tobytes()


def sample(number: int, name: str = "") -> VersionSample:
    boxes = tuple(
        Box(
            id=f"{number}-{class_id}",
            class_id=class_id,
            x0=10 * class_id,
            y0=20,
            x1=10 * class_id + 30,
            y1=60,
        )
        for class_id in range(1, number % 3 + 1)
    )
    return VersionSample(
        id=f"{number:064x}",
        width=160,
        height=90,
        suffix="jpg",
        state=SampleState.LABELED if boxes else SampleState.EMPTY,
        group=f"g{number // 4}",
        split=("train", "val", "")[number // 4 % 3],
        boxes=boxes,
        session=f"session {number // 4}{name}",
        camera="north",
    )


def drift_section(name: str = "v2 against v1") -> DriftSection:
    rng = np.random.default_rng(2)
    base = simulated_table(rng, name="b", sessions=20, metrics=6)
    current = simulated_table(
        rng, name="c", sessions=20, metrics=6, shifted=1, shift=3.0
    )
    return DriftSection(
        heading=name,
        report=drift.compare(base, current),
        base=base,
        current=current,
    )


def full_diff(name: str) -> dict[str, object]:
    return {
        "samples": {"added": 12, "removed": ["x"], "unchanged": 11},
        "boxes": {
            "added": 311,
            "removed": 0,
            "relabelled": {"a": 4, "b": 5},
            "moved": 17,
        },
        "splits": {"moved": 1, "test_moved": 2},
        "classes": {
            "1": {
                "name": f"car {name}",
                "old": 3,
                "new": 4,
                "splits": {"val": {"old": 1, "new": 2}},
            },
            "2": {"name": "same", "old": 5, "new": 5, "splits": {}},
        },
        "taxonomy": {
            "added": [{"id": 2, "old": "", "new": f"van {name}"}],
            "renamed": [{"id": 1, "old": "auto", "new": f"car {name}"}],
            "retired": [],
        },
    }


def full_input(name: str = "") -> ReportInput:
    """Every part of a report, with `name` in every place that a person can name."""
    rng = np.random.default_rng(3)
    samples = tuple(sample(number, name) for number in range(24))
    embeddings: dict[str, NDArray[np.float32]] = {
        row.id: rng.normal(size=12).astype(np.float32) for row in samples
    }
    return ReportInput(
        title=f"motorway {name}",
        version=Version(
            id="dv-abc",
            number=2,
            parent="dv-aaa",
            created_us=1_795_185_060_000_000,
            message=f"night {name}",
            author=f"R. Keller {name}",
            samples=24,
            boxes=24,
            roots=VersionRoots(images="a", labels="b", splits="c"),
        ),
        classes=(
            LabelClass(id=1, name=f"car {name}", colour="#E69F00"),
            LabelClass(id=2, name=f"van {name}", colour="#56B4E9"),
        ),
        splits=(
            Split(name="train", kind=SplitKind.TRAIN),
            Split(name="val", kind=SplitKind.VAL, sealed=True),
        ),
        samples=samples,
        diff=full_diff(name),
        drifts=(drift_section(f"v2 against v1 {name}"),),
        embeddings=embeddings,
        pictures=(ReportPicture(caption=f"dark {name}", data=picture()),),
        tables=(
            ReportTable(
                heading=f"Camera {name}",
                columns=("part", f"sharpness {name}"),
                rows=((f"left {name}", 21.5), ("right", None)),
                note=f"note {name}",
            ),
        ),
        notes=(f"first {name}",),
    )


def test_an_empty_report_is_a_whole_page() -> None:
    page = Page(render_report(ReportInput(title="nothing yet")))

    assert page.open == []
    assert "nothing yet" in page.text


def test_the_page_forbids_everything_from_elsewhere_and_asks_for_nothing() -> None:
    html = render_report(full_input())
    page = Page(html)

    policies = [
        meta["content"]
        for meta in page.all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
    assert not page.all("script") + page.all("link") + page.all("iframe")
    addresses = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in {"src", "href", "xlink:href"}
    ]
    assert addresses
    assert all(value.startswith(("data:image/", "#")) for value in addresses)
    assert not re.search(r"url\((?!#)", html)
    assert "@import" not in html


def test_no_attribute_is_an_event_handler() -> None:
    page = Page(render_report(full_input(HOSTILE)))

    names = {name for _, attributes in page.tags for name in attributes}
    assert not {name for name in names if name.startswith("on")}


def test_hostile_names_are_text_wherever_they_stand() -> None:
    page = Page(render_report(full_input(HOSTILE)))

    assert page.open == []
    assert not [image for image in page.all("img") if image["src"] == "x"]
    assert page.text.count(HOSTILE) >= 12


@pytest.mark.parametrize("name", ['"><b>', "{{ 7 * 7 }}", "$x^2$", "`a` b`", "日本 🚗"])
def test_odd_names_come_out_as_they_are(name: str) -> None:
    page = Page(render_report(full_input(name)))

    assert page.open == []
    assert f"motorway {name}" in page.text


def test_names_of_undecodable_files_do_not_stop_the_report(tmp_path: Path) -> None:
    target = tmp_path / "report.html"

    write_report(target, ReportInput(title="file \udcff"))

    assert "file ?" in target.read_text("utf-8")


def test_a_colour_that_is_none_does_not_reach_the_page() -> None:
    odd = LabelClass(id=1, name="car", colour="red;background:url(//x)")

    html = render_report(
        ReportInput(title="t", classes=(odd,), samples=(sample(1), sample(2)))
    )

    assert "url(//x)" not in html
    assert safe_colour("#12abEF") == "#12abEF"


def test_the_same_contents_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.html", tmp_path / "b.html"

    write_report(first, full_input())
    write_report(second, full_input())

    assert first.read_bytes() == second.read_bytes()
    assert b"\r" not in first.read_bytes()


def test_writing_replaces_an_earlier_report_and_leaves_nothing_else(
    tmp_path: Path,
) -> None:
    target = tmp_path / "report.html"
    write_report(target, ReportInput(title="old"))

    write_report(target, ReportInput(title="new"))

    assert "<title>new</title>" in target.read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_tiles_count_the_diff_whatever_shape_it_has() -> None:
    text = Page(render_report(full_input())).text

    assert f"+12 {MINUS}1 samples added, removed" in text
    assert "17 boxes moved" in text
    assert "9 boxes relabelled" in text
    assert "2 test members moved" in text
    assert "1 of 6 metrics drifted" in text


def test_the_drift_table_says_verdict_interval_and_reason() -> None:
    html = render_report(ReportInput(title="t", drifts=(drift_section(),)))
    page = Page(html)

    verdicts = [a for a in page.all("td") if a.get("class", "").startswith("verdict")]
    intervals = [
        a for a in page.all("svg") if a.get("class", "").startswith("interval")
    ]
    assert len(verdicts) == len(intervals) == 6
    assert verdicts[0]["class"] == "verdict bad"
    assert "What drifted" in page.text
    assert "more sessions" in page.text
    assert "whole sessions resampled, Holm over 6 metrics at 0.05" in page.text


def test_each_metric_has_a_histogram_where_the_tables_are_given() -> None:
    section = drift_section()
    bare = DriftSection(heading="h", report=section.report)

    with_tables = Page(render_report(ReportInput(title="t", drifts=(section,))))
    without = Page(render_report(ReportInput(title="t", drifts=(bare,))))

    def charts(page: Page) -> int:
        return sum(figure.get("class") == "chart" for figure in page.all("figure"))

    assert charts(with_tables) == 6
    assert charts(without) == 0


def test_an_empty_comparison_is_printed_as_not_enough_data() -> None:
    empty = drift.SampleTable(
        sample_ids=(), sessions=(), strata=(), values={"brightness": np.zeros(0)}
    )
    section = DriftSection(
        heading="nothing", report=drift.compare(empty, empty), base=empty, current=empty
    )

    page = Page(render_report(ReportInput(title="t", drifts=(section,))))

    assert page.open == []
    assert "not enough data" in page.text


def test_boxes_are_counted_by_class_and_split() -> None:
    page = Page(render_report(full_input()))

    rows = page.text[page.text.index("Boxes by class and split") :]
    assert "train val , sealed not assigned" in rows.replace(
        "val, sealed", "val , sealed"
    )
    # 24 samples hold 0, 1 or 2 boxes in turn: 16 of class 1 and 8 of class 2.
    assert re.search(r"car .*? 16 16 van .*? 8 8 samples", rows)
    assert "8 in 2 sessions" in rows


def test_maps_are_drawn_by_class_split_and_session() -> None:
    page = Page(render_report(full_input()))

    maps = [a for a in page.all("figure") if a.get("class") == "map"]
    assert len(maps) == 3
    assert "Principal components" in page.text
    assert "not assigned" in page.text


def test_ids_within_the_pictures_are_unique() -> None:
    page = Page(render_report(full_input()))

    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert ids
    assert len(ids) == len(set(ids))


def test_samples_all_alike_have_no_map() -> None:
    samples = tuple(sample(number) for number in range(6))
    same = {row.id: np.ones(12, dtype=np.float32) for row in samples}

    page = Page(render_report(ReportInput(title="t", samples=samples, embeddings=same)))

    assert "Map of the samples" not in page.text


def test_the_page_has_dark_light_and_print_colours() -> None:
    html = render_report(full_input())

    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media print" in html
    assert "var(--accent)" in html
    assert "#010207" not in html


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_becomes_a_data_uri_of_its_kind(suffix: str) -> None:
    shown = ReportPicture(caption="c", data=picture(suffix))

    kind = "jpeg" if suffix == ".jpg" else "png"
    assert shown.uri.startswith(f"data:image/{kind};base64,")


def test_bytes_that_are_no_picture_and_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="JPEG or PNG"):
        ReportPicture(caption="c", data=b"<svg onload=x>")
    with pytest.raises(ValueError, match="2 cells"):
        ReportTable(heading="h", columns=("a", "b"), rows=(("x",),))


@pytest.mark.parametrize(
    "values", [[], [5.0], [5.0, 5.0], [np.nan, np.inf], [0.0] * 50 + [1e9]]
)
def test_histograms_of_odd_values_are_drawn(values: list[float]) -> None:
    svg = histogram(np.array(values, dtype=np.float64), np.zeros(0), unit="u", key="k")

    assert svg.startswith("<svg")
    assert svg.endswith("</svg>")


def test_a_heat_map_is_clear_where_no_box_lies() -> None:
    grid = np.zeros((4, 6))
    grid[1, 2] = 3.0

    uri = heat_png(grid)

    data = np.frombuffer(base64.b64decode(uri.split(",")[1]), np.uint8)
    alpha = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)[..., 3]
    assert alpha[1, 2] == 255
    assert int((alpha > 0).sum()) == 1


def test_the_main_plane_keeps_what_lies_apart_apart() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(0, 0.1, (40, 8)).astype(np.float32)
    vectors[20:, :4] += 5

    place, share = principal_plane(vectors)
    again, _ = principal_plane(vectors)

    assert place.shape == (40, 2)
    assert np.array_equal(place, again)
    assert 0.4 < share <= 1
    left, right = sorted((place[:20, 0].mean(), place[20:, 0].mean()))
    assert right - left > 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, DASH),
        (float("nan"), DASH),
        (0.0, "0.000"),
        (0.00012, "0.00012"),
        (-0.5, f"{MINUS}0.500"),
        (21.53, "21.5"),
        (123456.0, "123,456"),
    ],
)
def test_numbers_are_printed_short_and_true(value: float | None, text: str) -> None:
    assert plain(value) == text


def test_signs_are_true_minus_and_zero_has_none() -> None:
    assert [signed(v) for v in (0.5, -0.5, -0.001, None)] == [
        "+0.50",
        f"{MINUS}0.50",
        "0.00",
        DASH,
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"old": 3, "new": 5}, "3 → 5"),
        ({"old": 3, "new": 3}, ""),
        ({"old": "", "new": "van"}, "van"),
        (
            {"old": 3, "new": 4, "splits": {"val": {"old": 0, "new": 1}}},
            "3 → 4 (val: 0 → 1)",
        ),
        ([{"old": "a", "new": "b"}, "c"], "a → b, c"),
        ({"kind": "x", "empty": []}, "kind: x"),
        (7, "7"),
    ],
)
def test_changes_are_read_as_from_and_to(value: object, text: str) -> None:
    assert change_text(value) == text


def test_only_what_changed_is_listed() -> None:
    text = Page(render_report(full_input("x"))).text

    assert "car x 3 → 4 (val: 1 → 2)" in text
    assert "renamed auto → car x" in text
    assert "same" not in text.replace("the same", "")
    assert "retired" not in text


def test_histograms_show_the_sessions_that_were_compared() -> None:
    section = drift_section()
    assert section.base is not None
    assert section.current is not None
    joined = drift.SampleTable(
        sample_ids=section.base.sample_ids + section.current.sample_ids,
        sessions=section.base.sessions + section.current.sessions,
        strata=section.base.strata + section.current.strata,
        values={
            name: np.concatenate([column, section.current.values[name]])
            for name, column in section.base.values.items()
        },
    )

    apart = histograms(section.report, section.base, section.current, "k")
    together = histograms(section.report, section.base, joined, "k")

    assert [svg for _, svg in together] == [svg for _, svg in apart]


def test_amounts_are_read_from_any_shape() -> None:
    shapes = (3, [1, 2], {"a": 1, "b": [1, 2]}, None, "text", 2.0, True)

    assert [amount(shape) for shape in shapes] == [3, 2, 3, 0, 0, 2, 1]
