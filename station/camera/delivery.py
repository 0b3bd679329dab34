"""A frame on its way to the thread that reads it; its pixels may lie elsewhere yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .frames import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A frame that arrived at a monotonic time; `collect` fetches it, once.

    `collect` gives None where the pixels were written over by newer ones meanwhile.
    """

    arrived_s: float
    captured_us: int
    collect: Callable[[], Frame | None]
