"""What was measured of samples once: numbers and vectors, kept by sample id."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .connection import Connection

EMPTINESS: Final = "emptiness-1"
"""The digest of how empty a sample looks; another number where it is judged anew."""
BUILT_IN: Final = "built-in"
BACKBONE: Final = "backbone"
_ASKED_AT_ONCE: Final = 500
_STORED: Final = np.dtype("<f4")
# A sample may be erased while it is measured: nothing of it comes back.
_NOT_ERASED: Final = "WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE sample_id = ?)"


class Measures:
    """The measures of a catalog, each under the digest of the code that made it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(
        self, digest: str, sample_ids: Iterable[str]
    ) -> dict[str, dict[str, float]]:
        """The kept numbers of those samples; what was never measured is missing."""
        rows = self._rows(
            "SELECT sample_id, numbers FROM measures WHERE digest = ? AND sample_id",
            [digest],
            sample_ids,
        )
        return {str(sample_id): _numbers(text) for sample_id, text in rows}

    def ids(self, digest: str) -> frozenset[str]:
        """The ids of all samples that were measured under a digest."""
        rows = self._connection.each(
            "SELECT sample_id FROM measures WHERE digest = ?", [digest]
        )
        return frozenset(str(row[0]) for row in rows)

    def put(self, digest: str, numbers: Mapping[str, Mapping[str, float]]) -> None:
        """Keep the numbers of several samples; NaN becomes null."""
        with self._connection.writing():
            self._connection.run_many(
                "INSERT OR REPLACE INTO measures (sample_id, digest, numbers) "
                f"SELECT ?, ?, ? {_NOT_ERASED}",
                [
                    (i, digest, json.dumps(_plain(values), sort_keys=True), i)
                    for i, values in numbers.items()
                ],
            )

    def supersede(
        self,
        digest: str,
        numbers: Mapping[str, Mapping[str, float]],
        vectors: Mapping[str, NDArray[np.float32]],
    ) -> None:
        """Keep what was measured of pictures, in the place of what other code measured.

        So the catalog does not grow with each release.
        """
        with self._connection.writing():
            self._connection.run_many(
                "DELETE FROM measures WHERE sample_id = ? AND digest NOT IN (?, ?)",
                [(sample_id, digest, EMPTINESS) for sample_id in numbers],
            )
            self.put(digest, numbers)
            self.put_vectors(BUILT_IN, digest, vectors)

    def vectors(
        self, kind: str, digest: str, sample_ids: Iterable[str]
    ) -> dict[str, NDArray[np.float32]]:
        """The kept vectors of those samples, (D,) float32; unknown ones are missing.

        Args:
            kind: BUILT_IN or BACKBONE.
            digest: of the code or the model that made them.
            sample_ids: whose vectors are wanted.
        """
        rows = self._rows(
            "SELECT sample_id, vector FROM embeddings "
            "WHERE kind = ? AND digest = ? AND sample_id",
            [kind, digest],
            sample_ids,
        )
        return {str(sample_id): _vector(value) for sample_id, value in rows}

    def vector_batches(
        self, kind: str, digest: str, size: int
    ) -> Iterator[dict[str, NDArray[np.float32]]]:
        """All kept vectors of a digest, `size` at a time in the order of their ids."""
        rows = self._connection.each(
            "SELECT sample_id, vector FROM embeddings WHERE kind = ? AND digest = ? "
            "ORDER BY sample_id",
            [kind, digest],
            chunk=size,
        )
        while part := {str(i): _vector(value) for i, value in islice(rows, size)}:
            yield part

    def vector_ids(self, kind: str, digest: str) -> frozenset[str]:
        """The ids of all samples that have a vector of a digest."""
        rows = self._connection.each(
            "SELECT sample_id FROM embeddings WHERE kind = ? AND digest = ?",
            [kind, digest],
        )
        return frozenset(str(row[0]) for row in rows)

    def put_vectors(
        self, kind: str, digest: str, vectors: Mapping[str, NDArray[np.float32]]
    ) -> None:
        """Keep vectors, in the place of what another code or model made."""
        with self._connection.writing():
            self._connection.run_many(
                "INSERT OR REPLACE INTO embeddings (sample_id, kind, digest, vector) "
                f"SELECT ?, ?, ?, ? {_NOT_ERASED}",
                [
                    (i, kind, digest, vector.astype(_STORED).tobytes(), i)
                    for i, vector in vectors.items()
                ],
            )

    def put_emptiness(self, values: Mapping[str, float]) -> None:
        """Keep how empty samples look, 0 to 1, by sample id."""
        self.put(EMPTINESS, {i: {"emptiness": value} for i, value in values.items()})

    def emptiness(self, sample_ids: Iterable[str]) -> dict[str, float]:
        """How empty those samples look; those never looked at are missing."""
        known = self.known(EMPTINESS, sample_ids)
        return {sample_id: values["emptiness"] for sample_id, values in known.items()}

    def _rows(
        self, query: str, arguments: Sequence[object], sample_ids: Iterable[str]
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of those samples, some hundred ids a query; see its last words."""
        waiting = iter(dict.fromkeys(sample_ids))
        while batch := list(islice(waiting, _ASKED_AT_ONCE)):
            places = ", ".join("?" * len(batch))
            yield from self._connection.rows(
                f"{query} IN ({places})", [*arguments, *batch]
            )


def _plain(values: Mapping[str, float]) -> dict[str, float | None]:
    """JSON knows no NaN."""
    return {k: v if math.isfinite(v) else None for k, v in values.items()}


def _numbers(text: str) -> dict[str, float]:
    # The same few names a hundred thousand times would be more than the numbers.
    return {
        sys.intern(name): math.nan if value is None else float(value)
        for name, value in json.loads(text).items()
    }


def _vector(value: bytes) -> NDArray[np.float32]:
    return np.frombuffer(value, _STORED).astype(np.float32)
