"""How a session is named in one line."""

from __future__ import annotations

from dataset.records import Session


def session_words(session: Session) -> str:
    """Give name, place and conditions, as the chip in the top bar shows them."""
    conditions = " ".join(f"{key}={value}" for key, value in session.conditions)
    parts = (session.name, session.place, conditions)
    return " · ".join(part for part in parts if part)
