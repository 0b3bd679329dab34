"""What a trigger sees, in words: motion, drift, an unsure model."""

from __future__ import annotations

from dataset.drift_statistics.live_drift import label_of

from ..camera.motion import MotionView
from ..language import tr
from ..recorder import TriggerView
from ..shutter.drift_trigger import DriftView
from ..views.capture.capture_words import Toned

NOTHING: Toned = ("", "muted")


def trigger_words(view: TriggerView | None, *, is_preparing: bool) -> Toned:
    """Give a sentence with its figures and limits; "" where there is none to give."""
    if is_preparing:
        return tr("the trigger gets ready, nothing is taken yet"), "warn"
    if view is None:
        return NOTHING
    if isinstance(view, MotionView):
        return _motion(view)
    if isinstance(view, DriftView):
        return _drift(view)
    return _model(view.scores, view.low, view.high, is_unsure=view.is_unsure)


def _motion(view: MotionView) -> Toned:
    if not view.is_warm:
        return tr("motion: learning the background"), "warn"
    words = tr("motion {share} %, takes from {least} %")
    share, least = f"{view.share * 100:.2f}", f"{view.least_share * 100:.2f}"
    tone = "bad" if view.share >= view.least_share else "muted"
    return words.format(share=share, least=least), tone


def _drift(view: DriftView) -> Toned:
    if not view.departures:
        return tr("drift: nothing measured yet"), "muted"
    furthest = view.departures[0]
    words = tr(
        "{metric} {deviations} sd from the baseline, takes from {limit} for {s} s"
    )
    is_away = abs(furthest.deviations) > view.limit
    said = words.format(
        metric=label_of(furthest.metric),
        deviations=f"{furthest.deviations:+.1f}",
        limit=f"{view.limit:g}",
        s=f"{view.for_s:g}",
    )
    return said, "bad" if is_away else "muted"


def _model(
    scores: tuple[float, ...], low: float, high: float, *, is_unsure: bool
) -> Toned:
    if not scores:
        return tr("the model sees nothing"), "muted"
    shown = ", ".join(f"{score:.2f}" for score in scores[:3])
    words = tr("the model says {scores}, unsure from {low} to {high}")
    said = words.format(scores=shown, low=f"{low:g}", high=f"{high:g}")
    return said, "bad" if is_unsure else "muted"
