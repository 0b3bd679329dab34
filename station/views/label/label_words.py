"""What the Label page says of a sample: its state turned into rows and boxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from dataset.records import (
    Box,
    BoxOrigin,
    LabelClass,
    LabelState,
    Proposal,
    Verdict,
)
from labeling.carry_request import CleanStart
from labeling.geometry import corners_of

from ...language import tr
from ..canvas.canvas_paint import Look, Shown
from ..contracts import LabelScene

UNKNOWN_COLOUR = "#97A3AE"
LOOKS = {Verdict.STILL: Look.STILL, Verdict.WEAK: Look.WEAK}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRow:
    """One line of the list of boxes; `tone` is a tone of the theme."""

    id: str
    name: str
    colour: str
    word: str
    tone: str
    figure: str
    is_on_canvas: bool = True


def verdict_word(proposal: Proposal) -> str:
    """Give the one word that stands beside a proposal."""
    if proposal.verdict is Verdict.WEAK:
        return tr("weak")
    if proposal.box.origin is BoxOrigin.MODEL:
        return tr("model")
    if proposal.box.origin is BoxOrigin.MOTION:
        return tr("motion")
    return {
        Verdict.STILL: tr("still"),
        Verdict.MOVED: tr("moved"),
        Verdict.LEFT: tr("left"),
    }[proposal.verdict]


def origin_word(box: Box) -> str:
    """Give where an accepted box came from."""
    return {
        BoxOrigin.DRAWN: tr("drawn"),
        BoxOrigin.CARRIED: tr("carried, accepted"),
        BoxOrigin.MODEL: tr("model, accepted"),
        BoxOrigin.MOTION: tr("motion, accepted"),
        BoxOrigin.IMPORTED: tr("taken in"),
    }[box.origin]


def shown_boxes(
    state: LabelScene | LabelState, classes: Mapping[int, LabelClass]
) -> tuple[Shown, ...]:
    """Give what the canvas shows: doubtful proposals first, then sure, then accepted.

    Tab goes through them in this order.
    """
    live = [each for each in state.proposals if each.verdict is not Verdict.LEFT]
    live.sort(key=lambda each: each.verdict is not Verdict.WEAK)
    proposed = tuple(_shown_proposal(each, classes) for each in live)
    return proposed + tuple(_shown_box(box, classes) for box in state.boxes)


def box_rows(
    state: LabelScene, classes: Mapping[int, LabelClass]
) -> tuple[BoxRow, ...]:
    """Give the list of boxes: proposals, accepted ones, then what left the picture."""
    live = [each for each in state.proposals if each.verdict is not Verdict.LEFT]
    live.sort(key=lambda each: -(each.box.score or 0.0))
    gone = [each for each in state.proposals if each.verdict is Verdict.LEFT]
    return (
        *(_proposal_row(each, classes) for each in live),
        *(_box_row(box, classes) for box in state.boxes),
        *(_gone_row(each, classes) for each in gone),
    )


class Marks(Protocol):
    """Knows which boxes are locked and hidden, as the canvas does."""

    def is_box_locked(self, box_id: str) -> bool:
        """Say whether a box may not be changed."""

    def is_box_hidden(self, box_id: str) -> bool:
        """Say whether a box is not painted."""


def marked_rows(
    state: LabelScene, classes: Mapping[int, LabelClass], marks: Marks
) -> tuple[BoxRow, ...]:
    """Give the rows of the boxes, with those that are locked or hidden marked."""
    return tuple(
        marked_row(
            row,
            is_locked=marks.is_box_locked(row.id),
            is_hidden=marks.is_box_hidden(row.id),
        )
        for row in box_rows(state, classes)
    )


def marked_row(row: BoxRow, *, is_locked: bool, is_hidden: bool) -> BoxRow:
    """Give the line of a box that is locked or hidden, in words."""
    if not row.is_on_canvas or not (is_locked or is_hidden):
        return row
    words = [tr("locked")] if is_locked else []
    words += [tr("hidden")] if is_hidden else []
    return replace(row, word=" · ".join((row.word, *words)), tone="muted")


def boxes_head(state: LabelScene) -> str:
    """Give the head over the list of boxes."""
    proposed = sum(each.verdict is not Verdict.LEFT for each in state.proposals)
    words = tr("Boxes here · {proposed} proposed, {accepted} accepted")
    return words.format(proposed=proposed, accepted=len(state.boxes))


def note_words(state: LabelScene, why: CleanStart | None) -> str:
    """Give what is special about the sample; `why` nothing was carried, where so."""
    is_clean = not state.boxes and not any(
        each.verdict is not Verdict.LEFT for each in state.proposals
    )
    clean = clean_start_words(why) if why is not None and is_clean else ""
    return "\n".join(part for part in (state.note, clean) if part)


def clean_start_words(why: CleanStart) -> str:
    """Give why the sample starts clean."""
    return {
        CleanStart.FIRST: tr("starts clean: the first of its session"),
        CleanStart.EMPTY: tr("starts clean: the sample before is empty"),
        CleanStart.SIZE: tr("starts clean: the picture has another size"),
        CleanStart.PAUSE: tr("starts clean: a long pause before it"),
        CleanStart.SCENE: tr("starts clean: another scene"),
    }[why]


def nothing_left(held_elsewhere: int) -> tuple[str, str]:
    """Give what an empty queue says, and what to do next."""
    if held_elsewhere:
        words = tr(
            "{count} more wait in another window that is open on this project. They "
            "come here when it is closed or leaves its Label page."
        ).format(count=f"{held_elsewhere:,}")
        return tr("The rest of this queue is in another window"), words
    return tr("Nothing left in this queue"), tr(
        "No sample here waits for labels. Choose another state above, or capture more."
    )


def queue_sentence(state: LabelScene) -> str:
    """Give where the person is in the queue, and at what pace."""
    parts = [
        tr("sample {position} of {total}").format(
            position=f"{state.position:,}", total=f"{state.total:,}"
        ),
        tr("{left} left").format(left=f"{state.left:,}"),
    ]
    if state.seconds_per_image is not None:
        seconds = f"{state.seconds_per_image:.1f}"
        parts.append(tr("{seconds} s an image").format(seconds=seconds))
    if state.keys_per_image is not None:
        keys = f"{state.keys_per_image:.1f}"
        parts.append(tr("{keys} keys an image").format(keys=keys))
    return " · ".join(parts)


def class_name(classes: Mapping[int, LabelClass], class_id: int) -> str:
    """Give the name of a class; a class that is gone is named by its number."""
    known = classes.get(class_id)
    return known.name if known else tr("class {id}").format(id=class_id)


def class_colour(classes: Mapping[int, LabelClass], class_id: int) -> str:
    """Give the colour of a class, grey for one that is gone."""
    known = classes.get(class_id)
    return known.colour if known else UNKNOWN_COLOUR


def _shown_proposal(proposal: Proposal, classes: Mapping[int, LabelClass]) -> Shown:
    box = proposal.box
    score = "" if box.score is None else f" {box.score:.2f}"
    name = class_name(classes, box.class_id)
    return Shown(
        id=box.id,
        corners=corners_of(box),
        colour=class_colour(classes, box.class_id),
        label=f"{name} · {verdict_word(proposal)}{score}",
        look=LOOKS.get(proposal.verdict, Look.PROPOSED),
    )


def _shown_box(box: Box, classes: Mapping[int, LabelClass]) -> Shown:
    return Shown(
        id=box.id,
        corners=corners_of(box),
        colour=class_colour(classes, box.class_id),
        label=class_name(classes, box.class_id),
    )


def _proposal_row(proposal: Proposal, classes: Mapping[int, LabelClass]) -> BoxRow:
    box = proposal.box
    is_weak = proposal.verdict is Verdict.WEAK
    return BoxRow(
        id=box.id,
        name=class_name(classes, box.class_id),
        colour=class_colour(classes, box.class_id),
        word=tr("weak, look") if is_weak else verdict_word(proposal),
        tone="warn" if is_weak else "proposal",
        figure="" if box.score is None else f"{box.score:.2f}",
    )


def _box_row(box: Box, classes: Mapping[int, LabelClass]) -> BoxRow:
    return BoxRow(
        id=box.id,
        name=class_name(classes, box.class_id),
        colour=class_colour(classes, box.class_id),
        word=origin_word(box),
        tone="muted",
        figure="",
    )


def _gone_row(proposal: Proposal, classes: Mapping[int, LabelClass]) -> BoxRow:
    box = proposal.box
    return BoxRow(
        id=box.id,
        name=class_name(classes, box.class_id),
        colour=class_colour(classes, box.class_id),
        word=tr("left the picture"),
        tone="muted",
        figure=tr("closed"),
        is_on_canvas=False,
    )
