"""How far a push or a pull is, in blobs and bytes, and how long it still takes."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dataset.progress import Progress

from ..time_left import left_words

_MEGA = 1_000_000


@dataclass(slots=True)
class Transfer:
    """Counts of one push or pull: `sent` went over the line, `skipped` was there."""

    total: int = 0
    bytes_total: int = 0
    sent: int = 0
    skipped: int = 0
    bytes_sent: int = 0
    bytes_skipped: int = 0
    _began: float = 0.0

    def begin(self, total: int, bytes_total: int) -> None:
        """Note how much there is to do, and that it begins now."""
        self.total, self.bytes_total = total, bytes_total
        self._began = time.monotonic()

    def add(self, done: tuple[int, bool]) -> None:
        """Note one blob: its bytes, and whether they went over the line."""
        size_bytes, is_sent = done
        if is_sent:
            self.sent += 1
            self.bytes_sent += size_bytes
        else:
            self.skipped += 1
            self.bytes_skipped += size_bytes

    def tell(self, progress: Progress) -> None:
        """Tell how far it is; raises what the progress raises."""
        words = described(
            self.bytes_sent + self.bytes_skipped,
            self.bytes_total,
            self.bytes_sent,
            time.monotonic() - self._began,
        )
        progress.step(self.sent + self.skipped, self.total, words)


def described(done: int, total: int, moved: int, seconds: float) -> str:
    """A phrase such as `12 of 340 MB, 3 min left`; no time before anything moved."""
    total = max(total, done)
    words = f"{done // _MEGA} of {total // _MEGA} MB"
    if total < 2 * _MEGA:
        words = f"{done / _MEGA:.1f} of {total / _MEGA:.1f} MB"
    if not moved or seconds < 1:
        return words
    return f"{words}, {left_words((total - done) * seconds / moved)}"
