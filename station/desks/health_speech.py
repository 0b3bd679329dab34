"""How a camera is, in words for the Capture page."""

from __future__ import annotations

from typing import Final

from dataset.health.health_finding import HealthVerdict
from dataset.health.live_health import HealthLine

from ..language import tr
from ..views.capture.capture_contract import HealthRow

TONES: Final = {
    HealthVerdict.FAULT: "bad",
    HealthVerdict.FINE: "ok",
    HealthVerdict.NOT_ENOUGH_DATA: "muted",
}


def health_row(line: HealthLine | None) -> HealthRow:
    """Give the row of a camera; an empty one where it has no session."""
    if line is None:
        return HealthRow()
    words = {
        HealthVerdict.FAULT: tr("something is wrong"),
        HealthVerdict.FINE: tr("fine"),
        HealthVerdict.NOT_ENOUGH_DATA: tr("not enough data"),
    }[line.verdict]
    step = line.next_step
    return HealthRow(
        verdict=words,
        tone=TONES[line.verdict],
        sentence=_sentence(line),
        next_step=f"{step[:1].upper()}{step[1:]}." if step else "",
    )


def _sentence(line: HealthLine) -> str:
    """The sentence, and how many others there would be to tell."""
    others = line.faults - 1
    if others < 1:
        return line.sentence
    words = tr("{sentence} And {count} more.")
    return words.format(sentence=line.sentence, count=others)
