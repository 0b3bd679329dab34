"""The actions of the Capture page, with their keys."""

from __future__ import annotations

from .action import Action, Page, class_actions
from .language import tr


def capture_actions() -> tuple[Action, ...]:
    """Give the actions of the Capture page, in the order of menus and lists."""
    group, trigger = tr("Capture"), tr("Trigger")
    picture, frozen = tr("Live picture"), tr("Frozen picture")
    rows = (
        ("capture.shutter", tr("Take it now, or save the frozen one"), group, "Space"),
        ("capture.all", tr("Take one with every camera"), group, "Shift+Space"),
        ("capture.last", tr("Keep the last seconds"), group, "L"),
        ("capture.start", tr("Start or end the session"), group, "Ctrl+Return"),
        ("capture.find", tr("Look for cameras"), group, "F5"),
        ("capture.add", tr("Add a camera"), group, "Ctrl+Shift+N"),
        ("capture.next", tr("Next camera, or next box"), group, "Tab"),
        ("trigger.shutter", tr("Trigger: shutter"), trigger, "Alt+1"),
        ("trigger.burst", tr("Trigger: burst"), trigger, "Alt+2"),
        ("trigger.interval", tr("Trigger: interval"), trigger, "Alt+3"),
        ("trigger.motion", tr("Trigger: motion"), trigger, "Alt+4"),
        ("trigger.uncertain", tr("Trigger: uncertain model"), trigger, "Alt+5"),
        ("trigger.drift", tr("Trigger: drift"), trigger, "Alt+6"),
        ("preview.focus", tr("Show what is sharp"), picture, "P"),
        ("preview.clipped", tr("Show what is clipped"), picture, "Z"),
        ("preview.motion", tr("Show what moves"), picture, "M"),
        ("freeze.toggle", tr("Freeze, or save and go on"), frozen, "F"),
        ("freeze.discard", tr("Let go without saving"), frozen, "Esc"),
        ("freeze.delete", tr("Delete the box"), frozen, "Del"),
        ("freeze.adopt", tr("Take the selected proposal"), frozen, "Return"),
        ("freeze.drop", tr("Drop all proposals"), frozen, "X"),
        ("freeze.undo", tr("Take the last box back"), frozen, "Ctrl+Z"),
        ("freeze.redo", tr("Make it again"), frozen, "Ctrl+Shift+Z"),
    )
    return (
        *(
            Action(id=name, text=text, page=Page.CAPTURE, group=part, shortcuts=(keys,))
            for name, text, part, keys in rows
        ),
        *class_actions(
            Page.CAPTURE, "capture", group, tr("Capture for the class on key")
        ),
    )
