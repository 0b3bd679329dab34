"""What the Label page says of pace, first images, other windows, undo: in sentences."""

from __future__ import annotations

from labeling.pace import Pace
from labeling.session import LabelView

from ..language import tr


def pace_words(view: LabelView) -> str:
    """Give the pace of this session and of the newest images; "" before that."""
    lines = []
    if view.session_pace is not None:
        lines.append(f"{tr('This session')}: {_figures(view.session_pace)}")
    if view.pace is not None and view.pace != view.session_pace:
        lines.append(f"{tr('Newest images')}: {_figures(view.pace)}")
    return "\n".join(lines)


def note_words(view: LabelView) -> str:
    """Give what is special about a sample; "" for nothing."""
    if view.is_held_elsewhere:
        return tr("Another window has this sample before it, too.")
    return ""


def turned_words(view: LabelView) -> tuple[str, str]:
    """Give what undo or redo did beyond the sample shown, and the tone of it."""
    turned = view.turned
    if turned is None:
        return "", ""
    if turned.left:
        words = tr("{title}: {count} could not be turned and stay. {why}")
        why = turned.left[0]
        return (
            words.format(title=turned.title, count=len(turned.left), why=why.message),
            "warn",
        )
    if not turned.sample_id:
        words = tr("Turned back or made again: {title}")
        return words.format(title=turned.title), "ok"
    if turned.samples > 1:
        words = tr("{title}: {count} samples in one step")
        return words.format(title=turned.title, count=turned.samples), "ok"
    return "", ""


def _figures(pace: Pace) -> str:
    parts = [tr("{n} s an image").format(n=f"{pace.seconds_per_image:.1f}")]
    if pace.seconds_per_box is not None:
        parts.append(tr("{n} s a box").format(n=f"{pace.seconds_per_box:.1f}"))
    parts.append(tr("{n} keys").format(n=f"{pace.keys_per_image:.1f}"))
    if pace.drags_per_image:
        parts.append(tr("{n} of them drags").format(n=f"{pace.drags_per_image:.1f}"))
    return " · ".join(parts)
