"""Numbers for formats that count, the same from version to version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dataset.errors import ProjectError

_DIGITS: Final = 13
_SPARE_BITS: Final = 64 - 4 * _DIGITS
_DIGEST_BYTES: Final = 32

Numbers64 = NDArray[np.uint64]


class RisingNumbers:
    """Permanent numbers of digests that come sorted: 52 bits, above 0, each once.

    Where two begin alike, the second counts on from the first.
    """

    def __init__(self) -> None:
        self._last = 0

    def take(self, digits: str) -> int:
        """The number of a hexadecimal digest, which is above the one before."""
        self._last = max(int(digits[:_DIGITS], 16), self._last + 1)
        return self._last


class Numbers:
    """Permanent numbers of digests in any order: 52 bits, above 0, each once.

    What was given stands in sorted runs, eight bytes each: a set would take ten times
    as much.
    """

    def __init__(self) -> None:
        self._runs: list[Numbers64] = []

    def take_all(self, digests: Sequence[bytes]) -> list[int]:
        """The numbers of SHA-256 digests; further digits where one is taken.

        Raises:
            ProjectError: one has no digits left.
        """
        raw = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, _DIGEST_BYTES)
        heads = np.ascontiguousarray(raw[:, :8]).view(">u8").ravel()
        numbers = heads.astype(np.uint64) >> np.uint64(_SPARE_BITS)
        _, first = np.unique(numbers, return_index=True)
        is_taken = np.ones(len(numbers), bool)
        is_taken[first] = False
        is_taken |= (numbers == 0) | self._hold(numbers)
        self._keep(np.sort(numbers[~is_taken]))
        found: list[int] = numbers.tolist()
        for at in np.flatnonzero(is_taken).tolist():
            found[at] = self._further(digests[at].hex())
        return found

    def _further(self, digits: str) -> int:
        for start in range(_DIGITS, len(digits) - _DIGITS, _DIGITS):
            number = np.array([int(digits[start : start + _DIGITS], 16)], np.uint64)
            if number[0] and not self._hold(number)[0]:
                self._keep(number)
                return int(number[0])
        raise ProjectError(f"Two records of an export have one number: {digits}")

    def _hold(self, numbers: Numbers64) -> NDArray[np.bool_]:
        """Which of the numbers were given."""
        held = np.zeros(len(numbers), bool)
        for run in self._runs:
            at = np.minimum(np.searchsorted(run, numbers), len(run) - 1)
            held |= run[at] == numbers
        return held

    def _keep(self, numbers: Numbers64) -> None:
        """Add a sorted run; runs of like length become one."""
        if not len(numbers):
            return
        self._runs.append(numbers)
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate([self._runs[-1], last]))
