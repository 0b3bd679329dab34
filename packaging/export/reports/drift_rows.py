"""What a comparison found beside its metrics, in the words that a page prints."""

from __future__ import annotations

from dataclasses import dataclass

from dataset.drift import DriftReport

from .report_text import DASH

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassShiftRow:
    """One class: its share in base and current, the shift and its interval."""

    name: str
    cells: tuple[str, str, str, str]


def class_shift_rows(report: DriftReport) -> tuple[ClassShiftRow, ...]:
    """The classes whose share moved furthest, at most twenty."""
    ranked = sorted(report.classes, key=lambda one: (-abs(one.effect), one.name))
    return tuple(
        ClassShiftRow(
            name=one.name,
            cells=(
                _percent(one.base_share),
                _percent(one.current_share),
                _points(one.effect),
                DASH
                if one.interval is None
                else " to ".join(map(_points, one.interval)),
            ),
        )
        for one in ranked[:_SHOWN]
    )


def picture_line(report: DriftReport) -> str:
    """How well the pictures can be told apart, in a sentence; "" where not known."""
    found = report.picture
    if found is None:
        return ""
    reach = ""
    if found.interval is not None:
        reach = f" (95 % interval {found.interval[0]:.2f} to {found.interval[1]:.2f})"
    return (
        "Whole pictures: a classifier tells the sets apart in sessions it has not seen "
        f"with an AUC of {found.auc:.2f}{reach}; 0.5 is guessing, 1 is always right. "
        f"{found.samples:,} samples of {found.sessions:,} sessions, "
        f"{found.folds} folds; p of the kernel test {found.p:.3g}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(shift: float) -> str:
    sign = "+" if shift > 0 else "\N{MINUS SIGN}" if shift < 0 else ""
    return f"{sign}{100 * abs(shift):.1f}"
