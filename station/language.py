"""Where every text that a person reads passes through on its way to the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

CONTEXT = "fieldset"
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
NONE = "\N{EN DASH}"


def tr(text: str) -> str:
    """Give `text` in the person's language; English where no translation is there."""
    return QCoreApplication.translate(CONTEXT, text)
