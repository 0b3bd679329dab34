"""What was measured of samples once: numbers, kept by sample id."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from .connection import Connection

EMPTINESS: Final = "emptiness-1"
"""The digest of how empty a sample looks; another number where it is judged anew."""


class Measures:
    """The measures of a catalog, each under the digest of the code that made it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(
        self, digest: str, sample_ids: Iterable[str]
    ) -> dict[str, dict[str, float]]:
        """The kept numbers of those samples; what was never measured is missing."""
        wanted = set(sample_ids)
        rows = self._connection.each(
            "SELECT sample_id, numbers FROM measures WHERE digest = ?", [digest]
        )
        return {str(i): json.loads(text) for i, text in rows if i in wanted}

    def ids(self, digest: str) -> frozenset[str]:
        """The ids of all samples that were measured under a digest."""
        rows = self._connection.each(
            "SELECT sample_id FROM measures WHERE digest = ?", [digest]
        )
        return frozenset(str(row[0]) for row in rows)

    def batches(self, digest: str, size: int) -> Iterator[dict[str, dict[str, float]]]:
        """All kept numbers, `size` samples at a time in the order of their ids."""
        rows = self._connection.each(
            "SELECT sample_id, numbers FROM measures WHERE digest = ? "
            "ORDER BY sample_id",
            [digest],
            chunk=size,
        )
        while part := {str(i): json.loads(text) for i, text in islice(rows, size)}:
            yield part

    def put(self, digest: str, numbers: Mapping[str, Mapping[str, float]]) -> None:
        """Keep the numbers of several samples."""
        with self._connection.writing():
            self._connection.run_many(
                "INSERT OR REPLACE INTO measures (sample_id, digest, numbers) "
                "VALUES (?, ?, ?)",
                [
                    (sample_id, digest, json.dumps(dict(values), sort_keys=True))
                    for sample_id, values in numbers.items()
                ],
            )

    def put_emptiness(self, values: Mapping[str, float]) -> None:
        """Keep how empty samples look, 0 to 1, by sample id."""
        self.put(EMPTINESS, {i: {"emptiness": value} for i, value in values.items()})

    def emptiness(self, sample_ids: Iterable[str]) -> dict[str, float]:
        """How empty those samples look; those never looked at are missing."""
        known = self.known(EMPTINESS, sample_ids)
        return {sample_id: values["emptiness"] for sample_id, values in known.items()}
