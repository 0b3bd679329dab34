"""Numbers for formats that count, the same from version to version."""

from __future__ import annotations

from typing import Final

from dataset.errors import ProjectError

_DIGITS: Final = 13


class Numbers:
    """Permanent numbers from digests: 52 bits, above 0, each at most once."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self, digits: str) -> int:
        """The number of a hexadecimal digest; further digits if it is taken."""
        for start in range(0, len(digits) - _DIGITS, _DIGITS):
            number = int(digits[start : start + _DIGITS], 16)
            if number and number not in self._taken:
                self._taken.add(number)
                return number
        raise ProjectError(f"Two records of an export have one number: {digits}")
