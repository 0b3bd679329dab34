"""The exit codes of every command: DESIGN section 5."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    FOUND = 1  # a difference or drift, with --exit-code alone
    USAGE = 2
    PROJECT = 3
    REFUSED = 4
    DEVICE = 5
    BUG = 70
    CANCELLED = 130
