"""What a check found: one sentence, how grave it is, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check found.

    `what` is a sentence with the offending value last, `path` the file or thing it
    is about, `next_step` the next step, or "".
    """

    severity: Severity
    what: str
    path: str = ""
    next_step: str = ""

    def to_json(self) -> dict[str, str]:
        """The finding as `--json` prints it."""
        return {
            "severity": self.severity.value,
            "what": self.what,
            "path": self.path,
            "next": self.next_step,
        }


def errors_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that are errors, in their order."""
    return tuple(one for one in findings if one.severity is Severity.ERROR)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding is an error."""
    return bool(errors_of(findings))
