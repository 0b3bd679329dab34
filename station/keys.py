"""Every action of the window in one table.

The table feeds the menu, the shortcuts, the list of all keys (F1) and the palette
(Ctrl+K). An action is a value; what it does is bound by id in `station/actions.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from .action import CLASS_KEYS, PAGES, Action, Page, class_actions
from .capture_keys import capture_actions
from .explore_keys import explore_actions
from .language import tr

__all__ = [
    "CLASS_KEYS",
    "PAGES",
    "Action",
    "KeyLine",
    "Page",
    "actions",
    "families",
    "key_lines",
    "mouse_lines",
    "search",
    "shortcut_text",
]

# Id, text, group, shortcuts, hint.
HintedRow = tuple[str, str, str, tuple[str, ...], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """One line of the list of keys."""

    page: Page
    group: str
    keys: str
    text: str


def actions() -> tuple[Action, ...]:
    """Give all actions, in the order in which menus and lists show them."""
    return (
        *_everywhere(),
        *capture_actions(),
        *_label(),
        *_label_classes(),
        *_label_nudges(),
        *_label_view(),
        *_review(),
        *_dataset(),
        *explore_actions(),
        *_versions(),
    )


def families() -> dict[str, tuple[str, str]]:
    """Give the keys and the text that stand for each family of actions."""
    return {
        "class": ("1 … 9, 0", tr("Choose the class")),
        "intended": ("1 … 9, 0", tr("Capture for a class, again for none")),
        "relabel": ("1 … 9, 0", tr("Relabel the chosen boxes")),
        "nudge": (tr("Arrows"), tr("Nudge the box by 1 px")),
        "nudge10": (tr("Ctrl+Arrows"), tr("Nudge the box by 10 px")),
        "resize": (tr("Shift+Arrows"), tr("Resize the box by 1 px")),
        "resize10": (tr("Ctrl+Shift+Arrows"), tr("Resize the box by 10 px")),
    }


def mouse_lines() -> tuple[KeyLine, ...]:
    """Give what the mouse does on the picture, for the list of keys."""
    group = tr("Mouse")
    return tuple(
        KeyLine(page=Page.LABEL, group=group, keys=keys, text=text)
        for keys, text in (
            (tr("Drag"), tr("Draw, or move and resize a box")),
            (tr("Click again"), tr("The next box underneath")),
            (tr("Shift+Click"), tr("One box more, or one less")),
            (tr("Shift+Drag"), tr("Choose all boxes inside")),
            (tr("Ctrl while dragging"), tr("Do not snap to the border")),
            (tr("Ctrl+Wheel"), tr("Zoom where the pointer is")),
            (tr("Middle drag"), tr("Move the picture")),
        )
    )


def key_lines(table: tuple[Action, ...]) -> tuple[KeyLine, ...]:
    """Give the list of keys: one line an action or family that has a key."""
    lines: list[KeyLine] = []
    seen: set[str] = set()
    known = families()
    for action in table:
        if not action.shortcuts or action.family in seen:
            continue
        keys, text = shortcut_text(action), action.text
        if action.family:
            seen.add(action.family)
            keys, text = known[action.family]
        lines.append(
            KeyLine(page=action.page, group=action.group, keys=keys, text=text)
        )
    return (*lines, *mouse_lines())


def shortcut_text(action: Action) -> str:
    """Give the shortcuts of `action` as a person reads them."""
    return tr(" or ").join(action.shortcuts)


def search(table: tuple[Action, ...], words: str) -> tuple[Action, ...]:
    """Give the actions whose text holds every word, those that begin with it first."""
    wanted = words.casefold().split()
    found = [
        action
        for action in table
        if all(word in f"{action.text} {action.group}".casefold() for word in wanted)
    ]
    first = wanted[0] if wanted else ""
    return tuple(
        sorted(found, key=lambda each: not each.text.casefold().startswith(first))
    )


def _everywhere() -> tuple[Action, ...]:
    go, window = tr("Go to"), tr("Window")
    project = tr("Project")
    everywhere = Page.EVERYWHERE
    rows = (
        ("project.open", tr("Open a project…"), project, ("Ctrl+O",)),
        ("project.new", tr("New project…"), project, ("Ctrl+N",)),
        ("project.import", tr("Take in pictures…"), project, ("Ctrl+I",)),
        ("project.classes", tr("Work on the classes…"), project, ("Ctrl+L",)),
        ("page.capture", tr("Go to Capture"), go, ("Ctrl+1",)),
        ("page.label", tr("Go to Label"), go, ("Ctrl+2",)),
        ("page.review", tr("Go to Review"), go, ("Ctrl+3",)),
        ("page.dataset", tr("Go to Dataset"), go, ("Ctrl+4",)),
        ("page.versions", tr("Go to Versions"), go, ("Ctrl+5",)),
        ("page.explore", tr("Go to the map of samples"), go, ("Ctrl+6",)),
        ("palette.open", tr("Search or run a command"), window, ("Ctrl+K",)),
        ("keys.show", tr("Show all keys"), window, ("F1", "?")),
        ("theme.dark", tr("Dark look"), window, ()),
        ("theme.light", tr("Light look"), window, ()),
        ("theme.sunlight", tr("Sunlight look, high contrast"), window, ()),
        ("window.fullscreen", tr("Full screen"), window, ("F11",)),
        ("job.cancel", tr("Cancel the running work"), window, ("Ctrl+.",)),
        ("window.close", tr("Quit"), window, ("Ctrl+Q",)),
    )
    return tuple(
        Action(id=name, text=text, page=everywhere, group=group, shortcuts=keys)
        for name, text, group, keys in rows
    )


def _label() -> tuple[Action, ...]:
    group, box, edit = tr("Queue"), tr("Boxes"), tr("Edit")
    rows: tuple[tuple[str, str, str, tuple[str, ...], str], ...] = (
        (
            "label.accept",
            tr("Accept and go on, carrying the boxes"),
            group,
            ("Space",),
            tr("accept and go on"),
        ),
        ("label.next", tr("Next picture"), group, ("D",), ""),
        ("label.previous", tr("Previous picture"), group, ("A",), ""),
        ("label.next_box", tr("Next box"), box, ("Tab",), tr("next box")),
        ("label.previous_box", tr("Previous box"), box, ("Shift+Tab",), ""),
        ("label.jump", tr("Go to a number or an id…"), group, ("Ctrl+G",), ""),
        ("label.empty", tr("Empty: nothing here"), group, ("E",), tr("empty")),
        ("label.skip", tr("Skip, with a reason"), group, ("S",), tr("skip")),
        ("label.adopt", tr("Take the selected proposal"), box, ("Return", "Enter"), ""),
        ("label.drop", tr("Drop all proposals"), box, ("X",), tr("drop proposals")),
        (
            "label.propose",
            tr("Propose boxes by the project's model or by motion"),
            group,
            ("P",),
            "",
        ),
        ("label.find_empties", tr("Look for empty pictures"), group, ("Shift+P",), ""),
        (
            "label.dismiss",
            tr("Everything probably empty is empty"),
            group,
            ("Shift+E",),
            "",
        ),
        ("label.draw", tr("Draw a box"), box, ("W",), tr("draw")),
        ("label.delete", tr("Delete the box"), box, ("Del", "Backspace"), ""),
        ("label.select_all", tr("Choose all boxes"), box, ("Ctrl+A",), ""),
        ("label.copy", tr("Copy the chosen boxes"), edit, ("Ctrl+C",), ""),
        ("label.paste", tr("Paste the copied boxes"), edit, ("Ctrl+V",), ""),
        ("label.lock", tr("Lock or unlock the chosen boxes"), box, ("L",), ""),
        ("label.lock_all", tr("Lock or unlock all boxes"), box, ("Shift+L",), ""),
        ("label.cancel", tr("Stop drawing, or choose nothing"), box, ("Esc",), ""),
        ("label.undo", tr("Undo"), edit, ("Ctrl+Z",), ""),
        ("label.redo", tr("Redo"), edit, ("Ctrl+Shift+Z", "Ctrl+Y"), ""),
    )
    return tuple(
        Action(
            id=name, text=text, page=Page.LABEL, group=part, shortcuts=keys, hint=hint
        )
        for name, text, part, keys, hint in rows
    )


def _label_classes() -> tuple[Action, ...]:
    words = tr("Choose the class on key")
    return class_actions(Page.LABEL, "label", tr("Boxes"), words, "class")


def _label_nudges() -> tuple[Action, ...]:
    words = {
        "nudge": ("", tr("Nudge")),
        "nudge10": ("Ctrl+", tr("Nudge by 10 px")),
        "resize": ("Shift+", tr("Resize")),
        "resize10": ("Ctrl+Shift+", tr("Resize by 10 px")),
    }
    ways = {
        "left": tr("left"),
        "right": tr("right"),
        "up": tr("up"),
        "down": tr("down"),
    }
    return tuple(
        Action(
            id=f"label.{family}.{way}",
            text=f"{text} {word}",
            page=Page.LABEL,
            group=tr("Boxes"),
            shortcuts=(f"{prefix}{way.capitalize()}",),
            family=family,
        )
        for family, (prefix, text) in words.items()
        for way, word in ways.items()
    )


def _label_view() -> tuple[Action, ...]:
    group = tr("Picture")
    rows = (
        ("view.fit", tr("Fit the picture"), ("Ctrl+F",)),
        ("view.actual", tr("One pixel for one pixel"), ("Ctrl+0",)),
        ("view.zoom_in", tr("Zoom in"), ("Ctrl++", "Ctrl+=")),
        ("view.zoom_out", tr("Zoom out"), ("Ctrl+-",)),
        ("view.hide_boxes", tr("Hide or show the boxes"), ("H",)),
        ("view.hide_chosen", tr("Hide the chosen boxes, or show all"), ("Shift+H",)),
        ("view.loupe", tr("Magnifier on or off"), ("M",)),
        ("view.tone", tr("Brighter view on or off"), ("B",)),
        ("view.brighter", tr("View brighter"), ("PgUp",)),
        ("view.darker", tr("View darker"), ("PgDown",)),
        ("view.more_contrast", tr("View with more contrast"), ("Ctrl+PgUp",)),
        ("view.less_contrast", tr("View with less contrast"), ("Ctrl+PgDown",)),
    )
    return tuple(
        Action(id=name, text=text, page=Page.LABEL, group=group, shortcuts=keys)
        for name, text, keys in rows
    )


def _review() -> tuple[Action, ...]:
    """Give the actions of the Review page; a tab shows the hints of its group."""
    second, grid, show = tr("Second pass"), tr("Look-alikes"), tr("Show")
    rows: tuple[HintedRow, ...] = (
        ("review.second", tr("Show the second pass"), show, ("Alt+1",), ""),
        ("review.grid", tr("Show boxes by class"), show, ("Alt+2",), ""),
        ("review.disputes", tr("Show the disputes"), show, ("Alt+3",), ""),
        ("review.refresh", tr("Read and compare again"), show, ("F5",), ""),
        (
            "review.accept",
            tr("Keep the second boxes and go on"),
            second,
            ("Space",),
            tr("keep"),
        ),
        ("review.empty", tr("Empty: nothing here"), second, ("E",), tr("empty")),
        ("review.draw", tr("Draw a box"), second, ("W",), tr("draw")),
        ("review.next_box", tr("Next box"), second, ("Tab",), tr("next box")),
        ("review.fit", tr("Fit the picture"), second, ("Ctrl+F",), ""),
        (
            "review.open",
            tr("Open in Label"),
            grid,
            ("Return", "Enter"),
            tr("open in Label"),
        ),
        ("review.delete", tr("Delete the chosen boxes"), grid, ("Del",), tr("delete")),
        ("review.reviewed", tr("Mark as reviewed"), grid, ("Y",), tr("reviewed")),
        (
            "review.select_all",
            tr("Choose all boxes"),
            grid,
            ("Ctrl+A",),
            "",
        ),
    )
    return (
        *_review_classes(),
        *_hinted(Page.REVIEW, rows),
        *_hinted(Page.REVIEW, _dispute_rows()),
    )


def _dispute_rows() -> tuple[HintedRow, ...]:
    disputes, edit = tr("Disputes"), tr("Edit")
    return (
        (
            "review.first",
            tr("Keep the first pass"),
            disputes,
            ("F",),
            tr("keep the first"),
        ),
        (
            "review.take_second",
            tr("Take the second pass"),
            disputes,
            ("S",),
            tr("take the second"),
        ),
        ("review.next", tr("Next sample or dispute"), disputes, ("D",), tr("next")),
        (
            "review.previous",
            tr("Sample or dispute before"),
            disputes,
            ("A",),
            tr("before"),
        ),
        ("review.undo", tr("Undo"), edit, ("Ctrl+Z",), ""),
        ("review.redo", tr("Redo"), edit, ("Ctrl+Shift+Z", "Ctrl+Y"), ""),
        ("review.cancel", tr("Choose nothing"), edit, ("Esc",), ""),
    )


def _hinted(page: Page, rows: tuple[HintedRow, ...]) -> tuple[Action, ...]:
    return tuple(
        Action(id=name, text=text, page=page, group=part, shortcuts=keys, hint=hint)
        for name, text, part, keys, hint in rows
    )


def _review_classes() -> tuple[Action, ...]:
    return tuple(
        Action(
            id=f"review.class.{key}",
            text=f"{tr('Relabel to the class on key')} {key}",
            page=Page.REVIEW,
            group=tr("Look-alikes"),
            shortcuts=(key,),
            hint=tr("relabel the chosen"),
            family="relabel",
        )
        for key in CLASS_KEYS
    )


def _dataset() -> tuple[Action, ...]:
    dataset, tests, show = tr("Dataset"), tr("Test sets"), tr("Show")
    rows = (
        ("dataset.split", tr("Split now"), dataset, ("Ctrl+T",)),
        ("dataset.plan", tr("Show what a split would do"), dataset, ("Ctrl+Shift+T",)),
        ("dataset.refresh", tr("Count again"), dataset, ("F5",)),
        ("dataset.find", tr("Search the groups"), dataset, ("Ctrl+F",)),
        ("dataset.boxes", tr("Show boxes by split"), show, ("Alt+1",)),
        ("dataset.by_group", tr("Show groups by split"), show, ("Alt+2",)),
        ("dataset.targets", tr("Show classes against targets"), show, ("Alt+3",)),
        ("dataset.groups", tr("Show the groups"), show, ("Alt+4",)),
        ("dataset.ledger", tr("Show the ledger of tests"), show, ("Alt+5",)),
        ("testset.seal", tr("Seal the test set…"), tests, ()),
        ("testset.draw", tr("Draw the test set for a model…"), tests, ()),
        ("testset.retire", tr("Retire the test set…"), tests, ()),
    )
    return _of_page(Page.DATASET, rows)


def _versions() -> tuple[Action, ...]:
    versions, show = tr("Versions"), tr("Show")
    rows = (
        ("version.freeze", tr("Freeze a version…"), versions, ("Ctrl+Shift+F",)),
        ("version.verify", tr("Verify the version"), versions, ("Ctrl+Y",)),
        ("version.report", tr("Open the report"), versions, ("Ctrl+R",)),
        ("version.export", tr("Export or push…"), versions, ("Ctrl+E",)),
        ("version.refresh", tr("Read the versions again"), versions, ("F5",)),
        ("version.changes", tr("Show the changes"), show, ("Alt+1",)),
        ("version.drift", tr("Show the drift"), show, ("Alt+2",)),
        ("version.proof", tr("Show what the proof found"), show, ("Alt+3",)),
    )
    return _of_page(Page.VERSIONS, rows)


def _of_page(
    page: Page, rows: tuple[tuple[str, str, str, tuple[str, ...]], ...]
) -> tuple[Action, ...]:
    return tuple(
        Action(id=name, text=text, page=page, group=group, shortcuts=keys)
        for name, text, group, keys in rows
    )
