"""What the Review page says of its tabs and of an empty grid."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ...keys import CLASS_KEYS, Action, Page
from ...language import tr
from ..label.label_hints import HintBar
from .review_contract import GridChoice

TAB_GROUPS: Final = (tr("Second pass"), tr("Look-alikes"), tr("Disputes"))


def no_box_words(choice: GridChoice) -> tuple[str, str]:
    """Say why the grid is empty, and what to do."""
    if choice == GridChoice(order=choice.order):
        return (
            tr("No accepted box yet"),
            tr("Boxes come here once they were accepted on the Label page."),
        )
    return (
        tr("No such box"),
        tr("Choose another class, session or split above."),
    )


def tab_hints(actions: tuple[Action, ...], group: str) -> HintBar:
    """Give the keys of one tab; the digits and D work in a second pass, too."""
    shown = [one for one in actions if one.group == group]
    if group == TAB_GROUPS[0]:
        also = {f"review.class.{CLASS_KEYS[0]}": tr("class"), "review.next": tr("next")}
        shown += [replace(one, hint=also[one.id]) for one in actions if one.id in also]
    return HintBar(tuple(shown), Page.REVIEW)
