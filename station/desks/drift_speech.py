"""How a stream stands against the baseline, in words for the Capture page."""

from __future__ import annotations

from typing import Final

from dataset.drift_statistics.baseline import Departure
from dataset.drift_statistics.drift_report import DriftVerdict
from dataset.drift_statistics.live_drift import LiveDrift, label_of
from dataset.errors import FieldsetError, NotFound

from ..language import tr
from ..views.capture.capture_contract import DriftGauge

NO_GAUGE: Final = DriftGauge()
TONES: Final = {
    DriftVerdict.DRIFT: "bad",
    DriftVerdict.STABLE: "ok",
    DriftVerdict.NOT_ENOUGH: "muted",
}
SHOWN = 2


def gauge_of(view: LiveDrift | None, problem: FieldsetError | None) -> DriftGauge:
    """Give the gauge of a stream; of one that cannot be watched, why not."""
    if problem is not None:
        return DriftGauge(verdict=tr("not watched"), reason=_problem_words(problem))
    if view is None:
        return DriftGauge(
            verdict=tr("not watched yet"), reason=tr("the baseline is being measured")
        )
    return DriftGauge(
        baseline=view.baseline,
        verdict=_verdict_words(view.verdict),
        tone=TONES[view.verdict],
        counts=_count_words(view),
        reason=_reason_words(view),
        picture=_picture_words(view),
        picture_tone="warn" if view.away else "muted",
    )


def _verdict_words(verdict: DriftVerdict) -> str:
    return {
        DriftVerdict.DRIFT: tr("drift"),
        DriftVerdict.STABLE: tr("stable"),
        DriftVerdict.NOT_ENOUGH: tr("not enough data"),
    }[verdict]


def _count_words(view: LiveDrift) -> str:
    if not view.metrics:
        return ""
    words = tr("{metrics} metrics, {current} sessions against {base}")
    if view.current_sessions == 1:
        words = tr("{metrics} metrics, this session against {base}")
    return words.format(
        metrics=view.metrics, current=view.current_sessions, base=view.base_sessions
    )


def _reason_words(view: LiveDrift) -> str:
    """Why, and for an open verdict how many sessions more it takes."""
    if view.verdict is not DriftVerdict.NOT_ENOUGH or view.sessions_more is None:
        return view.reason
    if view.sessions_more == 1:
        return tr("about one session more would answer it")
    words = tr("about {count} sessions more would answer it")
    return words.format(count=view.sessions_more)


def _picture_words(view: LiveDrift) -> str:
    """Whether the newest picture is away: of this moment, and no verdict."""
    if view.away:
        words = tr("This picture is unusual: {measures}")
        return words.format(measures=", ".join(map(_departure, view.away[:SHOWN])))
    if view.furthest is None:
        return ""
    words = tr("This picture is as usual ({measure})")
    return words.format(measure=_departure(view.furthest))


def _departure(one: Departure) -> str:
    return f"{label_of(one.metric)} {one.deviations:+.1f} {tr('sd')}"


def _problem_words(problem: FieldsetError) -> str:
    if isinstance(problem, NotFound):
        return tr("there is no version to compare with yet")
    return problem.message
