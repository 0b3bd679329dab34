"""Formats that pack images into files: which file a sample goes into.

The border follows from the sample's id, not from the order: samples with the same first
bits share a file, so that one more sample changes one file, and only a split that
doubles is cut anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from .export_folder import ExportFolder
from .outgoing import OutgoingSample
from .placed_file import PlacedFile
from .plan import Plan

SHARD_BYTES: Final = 256 << 20
_ID_BITS: Final = 32
_MOST_BITS: Final = 16


class Shard(Protocol):
    """What is written into one file."""

    def close(self) -> None:
        """Write what ends the file, and close it."""


ShardT = TypeVar("ShardT", bound=Shard)


class Shards(Generic[ShardT]):
    """The files of each split, opened one after the other.

    Samples must come sorted by id, as a version gives them. `name` says what the file
    of a split, its number and their count is called; `make` begins a file.
    """

    def __init__(
        self,
        plan: Plan,
        folder: ExportFolder,
        *,
        name: Callable[[str, int, int], str],
        make: Callable[[PlacedFile], ShardT],
    ) -> None:
        self._folder = folder
        self._name = name
        self._make = make
        self._bits = _bits(plan, SHARD_BYTES)
        self._open: dict[str, tuple[int, ShardT, PlacedFile]] = {}
        self._made: set[str] = set()

    def names(self, split: str) -> list[str]:
        """The names of the split's files, in their order."""
        count = 1 << self._bits[split]
        return [self._name(split, number, count) for number in range(count)]

    def of(self, sample: OutgoingSample) -> ShardT:
        """The file for a sample; the one before it is closed."""
        bits = self._bits[sample.split]
        number = int(sample.id[: _ID_BITS // 4], 16) >> _ID_BITS - bits
        current = self._open.get(sample.split)
        if current is not None and current[0] == number:
            return current[1]
        if current is not None:
            current[1].close()
        name = self.names(sample.split)[number]
        self._made.add(name)
        file = self._folder.open(name)
        shard = self._make(file)
        self._open[sample.split] = (number, shard, file)
        return shard

    def finish(self) -> None:
        """Close what is open, and make the files that no sample fell into."""
        for _, shard, _ in self._open.values():
            shard.close()
        for split in self._bits:
            for name in self.names(split):
                if name not in self._made:
                    self._make(self._folder.open(name)).close()

    def discard(self) -> None:
        """Remove what an interrupted export left; harmless after `finish`."""
        for _, _, file in self._open.values():
            file.discard()


def _bits(plan: Plan, shard_bytes: int) -> dict[str, int]:
    """How many bits of an id choose the file, for each split."""
    return {
        split.name: min(
            (plan.bytes[split.name] // shard_bytes).bit_length(), _MOST_BITS
        )
        for split in plan.splits
    }
