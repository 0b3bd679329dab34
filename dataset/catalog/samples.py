"""Samples: stored images with their records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dataset.errors import NotFound, PolicyRefusal
from dataset.records import Sample, SampleState

from .connection import Connection
from .looks import Looks
from .queue_order import QueueFilter, Wanted, queue_query
from .tallies import Tallies
from .test_runs import closed_split_of, closed_splits

SAMPLE_COLUMNS = (
    "s.id, s.session_id, s.sequence, s.suffix, s.width, s.height, s.orientation, "
    "s.size_bytes, s.captured_us, s.source_name, s.state, s.skip_reason, s.reviewed, "
    "s.group_id"
)
_SHORTEST_BEGINNING = 4
# So many may be stored while a picture is held still and drawn on.
_HELD_BEHIND = 64


class Samples:
    """The samples of a catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tallies = Tallies(connection)
        self._looks = Looks(connection)

    def add(self, sample: Sample) -> bool:
        """Keep a new sample; False when its bytes are here already.

        The sample's group is created when it does not exist.
        """
        with self._connection.writing():
            if self.has(sample.id):
                return False
            self._connection.run(
                "INSERT INTO groups (id) VALUES (?) ON CONFLICT (id) DO NOTHING",
                [sample.group_id],
            )
            self._connection.run(
                "INSERT INTO samples (id, session_id, sequence, suffix, width, height, "
                "orientation, size_bytes, captured_us, source_name, group_id, state, "
                "skip_reason, reviewed) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    sample.id,
                    sample.session_id,
                    sample.sequence,
                    sample.suffix,
                    sample.width,
                    sample.height,
                    sample.orientation,
                    sample.size_bytes,
                    sample.captured_us,
                    sample.source_name,
                    sample.group_id,
                    sample.state.value,
                    sample.skip_reason,
                    int(sample.reviewed),
                ],
            )
        return True

    def has(self, sample_id: str) -> bool:
        """Whether a sample of that id is known."""
        found = self._connection.value(
            "SELECT 1 FROM samples WHERE id = ?", [sample_id]
        )
        return found is not None

    def get(self, sample_id: str) -> Sample:
        """The sample of that id, or of a beginning (4 digits or more) only it has.

        Raises:
            NotFound: there is none, or several begin so.
        """
        rows = self._connection.rows(
            f"SELECT {SAMPLE_COLUMNS} FROM samples s "
            "WHERE s.id >= ? AND s.id < ? LIMIT 2",
            [sample_id, sample_id + "g"],
        )
        if len(sample_id) < _SHORTEST_BEGINNING or len(rows) != 1:
            what = "Several samples may begin so" if rows else "There is no such sample"
            raise NotFound(f"{what}: {sample_id}", hint="give the whole id")
        return sample_of_row(rows[0])

    def count(self) -> int:
        """How many samples there are."""
        return sum(self.states().values())

    def states(self) -> dict[SampleState, int]:
        """How many samples there are in each state."""
        counts = dict.fromkeys(SampleState, 0)
        rows = self._connection.rows("SELECT state, samples FROM state_counts")
        counts.update({SampleState(state): int(count) for state, count in rows})
        return counts

    def next_sequence(self, session_id: str) -> int:
        """The number that the next sample of a session gets, from 1."""
        return 1 + int(
            self._connection.value(
                "SELECT coalesce(max(sequence), 0) FROM samples WHERE session_id = ?",
                [session_id],
            )
        )

    def of_session(self, session_id: str) -> tuple[Sample, ...]:
        """The samples of a session as captured."""
        rows = self._connection.rows(
            f"SELECT {SAMPLE_COLUMNS} FROM samples s "
            "WHERE session_id = ? ORDER BY sequence",
            [session_id],
        )
        return tuple(sample_of_row(row) for row in rows)

    def decided_before(self, sample: Sample, limit: int) -> tuple[Sample, ...]:
        """The nearest labeled or empty samples before one in its session.

        Nearest first. A picture that was held still while others were taken is stored
        behind them: it comes before those that are younger, up to 64 of them.
        """
        decided = (
            f"SELECT {SAMPLE_COLUMNS} FROM samples s "
            "WHERE session_id = ? AND state IN ('labeled', 'empty') AND "
        )
        rows = self._connection.rows(
            f"{decided} sequence < ? ORDER BY sequence DESC LIMIT ?",
            [sample.session_id, sample.sequence, limit],
        )
        late = self._connection.rows(
            f"{decided} sequence > ? AND sequence <= ? AND captured_us < ? "
            "ORDER BY captured_us, sequence",
            [
                sample.session_id,
                sample.sequence,
                sample.sequence + _HELD_BEHIND,
                sample.captured_us,
            ],
        )
        found = [sample_of_row(row) for row in rows]
        for held in map(sample_of_row, late):
            older = (
                place
                for place, one in enumerate(found)
                if one.captured_us <= held.captured_us
            )
            found.insert(next(older, len(found)), held)
        return tuple(found[:limit])

    def queue_ids(
        self,
        *,
        states: Iterable[SampleState] = (),
        session_id: str | None = None,
        class_id: int | None = None,
        split: str | None = None,
        condition: str | None = None,
        emptiness: float | None = None,
        order: str = "session",
        wanted: Sequence[Wanted] = (),
    ) -> tuple[str, ...]:
        """Ids of the samples that all filters let through, in the order of a queue.

        Orders: `session` (session by session, as captured), `wanted` (what is wanted
        most first), `uncertain` (the least sure proposal of a model first), `doubt`
        (weak proposals, then what was not reviewed and scored least), `emptiness` (what
        looks emptiest first). `split` "" is what no split holds, `condition` is
        `key=value`, `emptiness` how empty at least. A class is that of a box or of a
        proposal. Samples of sealed test sets are in no queue: their boxes are closed.
        """
        chosen = QueueFilter(
            states=tuple(states),
            session_id=session_id,
            class_id=class_id,
            split=split,
            condition=condition,
            emptiness=emptiness,
        )
        has_sealed = bool(closed_splits(self._connection))
        query, arguments = queue_query(chosen, order, wanted, has_sealed=has_sealed)
        return tuple(str(row[0]) for row in self._connection.rows(query, arguments))

    def many(self, sample_ids: Iterable[str]) -> tuple[Sample, ...]:
        """The samples of those ids in the given order; unknown ids are left out."""
        wanted = list(sample_ids)
        found: dict[str, Sample] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ", ".join("?" * len(part))
            rows = self._connection.rows(
                f"SELECT {SAMPLE_COLUMNS} FROM samples s WHERE s.id IN ({marks})",
                part,
            )
            found.update({str(row[0]): sample_of_row(row) for row in rows})
        return tuple(found[i] for i in wanted if i in found)

    def each(self) -> Iterator[Sample]:
        """Every sample, sorted by id."""
        rows = self._connection.each(
            f"SELECT {SAMPLE_COLUMNS} FROM samples s ORDER BY s.id"
        )
        return (sample_of_row(row) for row in rows)

    def erase(
        self, sample_id: str, *, at_us: int, reason: str, person: str = ""
    ) -> None:
        """Forget a sample with its boxes, and keep a tombstone of its id.

        Raises:
            NotFound: there is no such sample.
            PolicyRefusal: a sealed test set holds it.
        """
        with self._connection.writing():
            if sealed := closed_split_of(self._connection, sample_id):
                raise PolicyRefusal(
                    f"A sample of a sealed test set is not erased: {sealed}",
                    hint=f"erase it after `fieldset testset retire {sealed}`",
                )
            n = self._connection.value(
                "SELECT n FROM samples WHERE id = ?", [sample_id]
            )
            if n is None:
                raise NotFound(f"There is no such sample: {sample_id}")
            self._tallies.take_out(n)
            self._looks.forget(n)
            self._connection.run("DELETE FROM samples WHERE n = ?", [n])
            for table in ("journal", "measures", "embeddings"):
                self._connection.run(
                    f"DELETE FROM {table} WHERE sample_id = ?", [sample_id]
                )
            # Digest and signature stay: the chain goes on over them.
            self._connection.run(
                "UPDATE provenance SET body = NULL WHERE sample_id = ? "
                "AND kind = 'capture'",
                [sample_id],
            )
            self._connection.run(
                "INSERT OR REPLACE INTO tombstones (sample_id, erased_us, person, "
                "reason) VALUES (?, ?, ?, ?)",
                [sample_id, at_us, person, reason],
            )

    def is_erased(self, sample_id: str) -> bool:
        """Whether a sample of those bytes was erased on purpose."""
        found = self._connection.value(
            "SELECT 1 FROM tombstones WHERE sample_id = ?", [sample_id]
        )
        return found is not None


def sample_of_row(row: tuple[object, ...]) -> Sample:
    """The sample in a row of `SAMPLE_COLUMNS`."""
    return Sample(
        id=str(row[0]),
        session_id=str(row[1]),
        sequence=int(str(row[2])),
        suffix=str(row[3]),
        width=int(str(row[4])),
        height=int(str(row[5])),
        orientation=int(str(row[6])),
        size_bytes=int(str(row[7])),
        captured_us=int(str(row[8])),
        source_name=str(row[9]),
        state=SampleState(str(row[10])),
        skip_reason=str(row[11]),
        reviewed=bool(row[12]),
        group_id=str(row[13]),
    )
