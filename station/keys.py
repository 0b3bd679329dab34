"""Every action of the window in one table.

The table feeds the menu, the shortcuts, the list of all keys (F1) and the palette
(Ctrl+K). An action is a value; what it does is bound by id in `station/actions.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .language import tr

CLASS_KEYS = tuple("1234567890")
# Id, text, group, shortcuts, hint.
HintedRow = tuple[str, str, str, tuple[str, ...], str]


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
        *_capture(),
        *_label(),
        *_label_classes(),
        *_label_nudges(),
        *_label_view(),
        *_review(),
        *_dataset(),
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


def _capture() -> tuple[Action, ...]:
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
        *_class_keys(
            Page.CAPTURE, "capture", group, tr("Capture for the class on key")
        ),
    )


def _class_keys(
    page: Page, prefix: str, group: str, text: str, family: str = "intended"
) -> tuple[Action, ...]:
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
    return _class_keys(Page.LABEL, "label", tr("Boxes"), words, "class")


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
        ("version.export", tr("Export…"), versions, ("Ctrl+E",)),
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
