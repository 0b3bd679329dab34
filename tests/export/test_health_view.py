"""Camera health on the report's page: findings, the parts of the picture, trends."""

from __future__ import annotations

import numpy as np
import pytest

from dataset.camera_health import CameraHealth
from dataset.health.health_finding import HealthFinding, HealthVerdict
from dataset.health.health_trend import LIMITS, HealthTrend, trend
from dataset.health.version_health import SeatHealth, VersionHealth
from export.report import ReportInput, render_report
from export.reports.health_view import CoursePlot, camera_view, course_plot
from tests.export.test_report import HOSTILE, Page

STEADY = [30.0, 30.4, 29.8, 30.1, 29.9, 30.2, 30.0, 29.7, 30.3, 30.1]
FALLING = [*STEADY, *(30.0 - 0.8 * step for step in range(1, 11))]
FAULT, FINE, OPEN = (
    HealthVerdict.FAULT,
    HealthVerdict.FINE,
    HealthVerdict.NOT_ENOUGH_DATA,
)


def finding(name: str, verdict: HealthVerdict, **more: object) -> HealthFinding:
    facts: dict[str, object] = {"sentence": f"{name} is {verdict}.", "unit": "dB"}
    return HealthFinding(name=name, verdict=verdict, **{**facts, **more})  # type: ignore[arg-type]


def course_of(values: list[float]) -> HealthTrend:
    means = {f"s{number}": value for number, value in enumerate(values)}
    return trend("sharpness", means, LIMITS["sharpness"])


def seat(*findings: HealthFinding, name: str = "", **more: object) -> SeatHealth:
    facts: dict[str, object] = {
        "station": f"north{name}",
        "camera": f"cam{name}",
        "place": f"bridge{name}",
        "conditions": (("light", f"night{name}"),),
        "reference": (f"first{name}",),
        "current": (f"last{name}",),
        "sessions": 20,
        "trends": (course_of(FALLING),),
        "health": CameraHealth(
            findings=findings, reference_frames=24, current_frames=16
        ),
    }
    return SeatHealth(**{**facts, **more})  # type: ignore[arg-type]


DIRTY = finding(
    "dirt",
    FAULT,
    sentence="The left third lost half of its detail.",
    next_step="clean the lens",
    effect=-6.123,
    margin=0.5,
    limit=3.5,
    places=((0, 0), (1, 3)),
)


def page_of(*seats: SeatHealth, **more: int) -> Page:
    health = VersionHealth(cameras=seats, **more)
    return Page(render_report(ReportInput(title="t", health=health)))


def plot_of(values: list[float]) -> CoursePlot:
    course = course_of(values).course
    assert course is not None
    return course_plot(course, LIMITS["sharpness"])


def test_a_fault_is_told_with_its_next_step_its_change_and_its_limit() -> None:
    page = page_of(seat(DIRTY))

    assert "The left third lost half of its detail. Clean the lens." in page.text
    assert "\N{MINUS SIGN}6.12 ± 0.500 dB 3.50 dB fault" in page.text
    assert "1 of 1 cameras with a fault" in page.text
    assert "last, 16 pictures looked at, against first, 24 pictures." in page.text


def test_the_parts_of_the_picture_that_are_dirty_are_drawn() -> None:
    page = page_of(seat(DIRTY))

    parts = [a["class"] for a in page.all("rect") if a.get("rx") == "1.5"]
    assert parts.count("bad") == 2
    assert parts.count("well") == 22


def test_faults_come_first_and_one_reason_is_told_once() -> None:
    few = "The reference has fewer than 8 pictures of one size."
    rows = camera_view(
        seat(
            finding("noise", FINE),
            finding("view", OPEN, sentence=few),
            finding("focus", OPEN, sentence=few),
            DIRTY,
        )
    ).rows

    assert [(row.name, row.tone) for row in rows] == [
        ("dirt", "bad"),
        ("view, focus", "warn"),
        ("noise", "ok"),
    ]


@pytest.mark.parametrize("name", [HOSTILE, "日本 🚗", "{{ 7 * 7 }}"])
def test_names_of_cameras_sessions_and_conditions_are_text(name: str) -> None:
    page = page_of(seat(DIRTY, name=name))

    assert page.open == []
    assert not page.all("img")
    assert f"north{name} · cam{name} · bridge{name} · night{name}" in page.text
    assert f"last{name}" in page.text


def test_what_was_not_compared_is_counted() -> None:
    page = page_of(seat(DIRTY), alone=3, left_out=1)

    assert "3 cameras have a single session each" in page.text
    assert "1 more was not looked at" in page.text


def test_a_version_without_a_camera_says_so_and_draws_nothing() -> None:
    page = page_of(alone=1)

    assert "No camera has two sessions to compare." in page.text
    assert "1 camera has a single session each" in page.text
    assert "EWMA" not in page.text
    assert "cameras with a fault" not in page.text


def test_a_report_without_health_has_no_such_section() -> None:
    assert "Camera health" not in Page(render_report(ReportInput(title="t"))).text


def test_each_trend_is_a_plot_with_its_sentence() -> None:
    steady = course_of(STEADY)
    page = page_of(seat(DIRTY, trends=(course_of(FALLING), steady)))

    courses = [a for a in page.all("svg") if a.get("class") == "course"]
    assert len(courses) == 2
    assert "The pictures lose sharpness, beginning with the session: s1" in page.text
    assert steady.sentence in page.text


def test_a_falling_course_falls_and_its_sum_goes_over_the_limit_downward() -> None:
    plot = plot_of(FALLING)

    heights = [float(point.split(",")[1]) for point in plot.smooth.split()]
    assert len(plot.marks) == 20
    assert len(heights) == 15
    assert heights[-1] > heights[0]  # y grows downward
    over = [bar for bar in plot.bars if bar.is_over]
    middle = sum(plot.sum_limits) / 2
    assert over
    assert all(bar.y >= middle for bar in over)


def test_a_short_course_has_its_sessions_and_no_curves() -> None:
    plot = plot_of(STEADY[:3])

    assert len(plot.marks) == 3
    assert plot.smooth == ""
    assert plot.bars == ()


@pytest.mark.parametrize("values", [[0.0], [5.0] * 9, [1e9, -1e9], [1e-9] * 300])
def test_odd_courses_stay_inside_their_plot(values: list[float]) -> None:
    plot = plot_of(values)

    numbers = np.array(plot.marks)
    assert np.isfinite(numbers).all()
    assert len(numbers) <= 100
    assert (numbers[:, 0] >= 0).all()
    assert (numbers[:, 0] <= 240).all()
    assert (numbers[:, 1] <= plot.bottom).all()
