"""What a person can ask for, as a value: an action of one page, with its keys."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CLASS_KEYS = tuple("1234567890")


class Page(StrEnum):
    """Where an action applies."""

    EVERYWHERE = "everywhere"
    CAPTURE = "capture"
    LABEL = "label"
    REVIEW = "review"
    DATASET = "dataset"
    VERSIONS = "versions"


PAGES = (Page.CAPTURE, Page.LABEL, Page.REVIEW, Page.DATASET, Page.VERSIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a person can ask for.

    `shortcuts` are portable key sequences. Actions of one `family` are shown as one
    line in the list of keys; `hint` is the short form beside a key on the page.
    """

    id: str
    text: str
    page: Page
    group: str
    shortcuts: tuple[str, ...] = ()
    hint: str = ""
    family: str = ""


def class_actions(
    page: Page, prefix: str, group: str, text: str, family: str = "intended"
) -> tuple[Action, ...]:
    """Give an action for each key that a class can lie on."""
    return tuple(
        Action(
            id=f"{prefix}.class.{key}",
            text=f"{text} {key}",
            page=page,
            group=group,
            shortcuts=(key,),
            family=family,
        )
        for key in CLASS_KEYS
    )
