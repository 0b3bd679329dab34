"""The actions of the map of samples, a view of the Dataset page, with their keys."""

from __future__ import annotations

from .action import Action, Page
from .language import tr


def explore_actions() -> tuple[Action, ...]:
    """Give the actions of the map, in the order of menus and lists."""
    group = map_group()
    rows = (
        ("explore.show", tr("Show the map of samples"), ("Alt+6",), ""),
        ("explore.lasso", tr("Choose with a lasso"), ("L",), tr("lasso")),
        ("explore.rectangle", tr("Choose with a rectangle"), ("R",), tr("rectangle")),
        ("explore.move", tr("Move the map"), ("M",), ""),
        ("explore.fit", tr("Show the whole map"), ("F",), tr("whole map")),
        ("explore.zoom_in", tr("Map nearer"), ("+", "="), ""),
        ("explore.zoom_out", tr("Map farther"), ("-",), ""),
        ("explore.colour", tr("Colour the map by the next"), ("C",), tr("colour")),
        (
            "explore.queue",
            tr("Send the chosen to the queue"),
            ("Q",),
            tr("to the queue"),
        ),
        (
            "explore.test_set",
            tr("Put the chosen into a test set…"),
            ("T",),
            tr("test set"),
        ),
        ("explore.copy", tr("Copy the ids of the chosen"), ("Ctrl+C",), ""),
        ("explore.drop", tr("Take the marked out of the choice"), ("Del",), ""),
        (
            "explore.open",
            tr("Open the marked picture in Label"),
            ("Return", "Enter"),
            "",
        ),
        ("explore.all", tr("Choose all that is shown"), ("Ctrl+A",), ""),
        ("explore.none", tr("Choose nothing"), ("Esc",), ""),
        ("explore.measure", tr("Measure what the map lacks"), (), ""),
    )
    return tuple(
        Action(
            id=name,
            text=text,
            page=Page.DATASET,
            group=group,
            shortcuts=keys,
            hint=hint,
        )
        for name, text, keys, hint in rows
    )


def map_group() -> str:
    """Give the name of the group that the map's actions are listed under."""
    return tr("Map of samples")
