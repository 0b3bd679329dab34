"""Which samples a queue holds and in which order, as SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dataset.records import SampleState

from .measures import EMPTINESS
from .test_runs import CLOSED_GROUPS

ORDERS = ("session", "wanted", "uncertain", "doubt", "emptiness")
# The split that stands for "no split yet".
NO_SPLIT = ""
_BY_SESSION = "e.place, s.sequence"
_SESSIONS = (
    "placed AS MATERIALIZED (SELECT id, conditions, "
    "row_number() OVER (ORDER BY started_us, name) AS place FROM sessions)"
)
_HELD = (
    "SELECT sample_n, class_id FROM proposals WHERE verdict <> 'left' "
    "UNION SELECT b.sample_n, b.class_id FROM boxes b "
    "JOIN samples o ON o.n = b.sample_n WHERE o.state <> 'new'"
)
# What a class and condition are wanted for, by session.
_PAIRS = (
    "pairs AS MATERIALIZED (SELECT e.id AS session_id, w.class_id, "
    "sum(w.weight) AS weight FROM sessions e JOIN wanted w ON w.condition = '' "
    "OR EXISTS (SELECT 1 FROM json_each(e.conditions) c WHERE "
    "json_extract(c.value, '$[0]') || '=' || json_extract(c.value, '$[1]') "
    "= w.condition) GROUP BY 1, 2)"
)
_OWN = (
    "own AS MATERIALIZED (SELECT h.sample_n, sum(p.weight) AS weight "
    f"FROM ({_HELD}) h JOIN samples s ON s.n = h.sample_n "
    "JOIN pairs p ON p.session_id = s.session_id AND p.class_id = h.class_id "
    "GROUP BY 1)"
)
# What a sample of the session is likely to hold, from those that are labeled.
_LIKELY = (
    "likely AS MATERIALIZED (SELECT t.session_id, "
    "sum(p.weight * t.samples / g.samples) AS weight FROM "
    "(SELECT session_id, class_id, sum(samples) * 1.0 AS samples FROM class_tallies "
    "GROUP BY 1, 2) t JOIN pairs p "
    "ON p.session_id = t.session_id AND p.class_id = t.class_id JOIN "
    "(SELECT session_id, sum(samples) AS samples FROM group_tallies GROUP BY 1) g "
    "ON g.session_id = t.session_id WHERE g.samples > 0 GROUP BY 1)"
)
# Of a session without any label only the conditions are known.
_HOPED = (
    "hoped AS MATERIALIZED (SELECT session_id, sum(weight) * 0.1 AS weight "
    "FROM pairs GROUP BY 1)"
)
_SCORES = (
    "(SELECT sample_n, max(verdict = 'weak') AS weak, min(coalesce(score, 1.0)) "
    "AS least, min(CASE origin WHEN 'model' THEN score END) AS model "
    "FROM proposals WHERE verdict <> 'left' GROUP BY 1)"
)
_BOX_SCORES = (
    "(SELECT sample_n, min(coalesce(score, 1.0)) AS least FROM boxes GROUP BY 1)"
)


_EMPTINESS = (
    f"(SELECT sample_id, json_extract(numbers, '$.emptiness') AS value FROM measures "
    f"WHERE digest = '{EMPTINESS}')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How much a class is wanted, everywhere or under one condition (`light=night`)."""

    class_id: int
    weight: float
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which samples; None is any. `split` "" is what no split holds.

    `condition` is `key=value` of the session; `emptiness` is how empty they look at
    least, 0 to 1.
    """

    states: tuple[SampleState, ...] = ()
    session_id: str | None = None
    class_id: int | None = None
    split: str | None = None
    condition: str | None = None
    emptiness: float | None = None


def queue_query(
    chosen: QueueFilter, order: str, wanted: Sequence[Wanted], *, has_sealed: bool
) -> tuple[str, list[object]]:
    """The query for the ids of a queue, and its arguments.

    Samples of sealed test sets are in no queue: their boxes are closed.
    """
    tables, joins, ranks, first = _order(order, wanted)
    where, arguments = _where(chosen)
    if has_sealed:
        where.append(f"s.group_id NOT IN ({CLOSED_GROUPS})")
    query = (
        f"WITH {', '.join((_SESSIONS, *tables))} SELECT s.id FROM samples s "
        f"JOIN placed e ON e.id = s.session_id {joins} "
        f"{'WHERE ' + ' AND '.join(where) if where else ''} "
        f"ORDER BY {', '.join((*ranks, _BY_SESSION))}"
    )
    return query, [*first, *arguments]


def _order(
    order: str, wanted: Sequence[Wanted]
) -> tuple[Sequence[str], str, Sequence[str], list[object]]:
    """Tables to be named first, joins, ranks, and the arguments of the tables."""
    if order == "wanted" and wanted:
        rows = ", ".join("(?, ?, ?)" for _ in wanted)
        named = f"wanted(class_id, condition, weight) AS (VALUES {rows})"
        joins = (
            "LEFT JOIN own ON own.sample_n = s.n "
            "LEFT JOIN likely ON likely.session_id = s.session_id "
            "LEFT JOIN hoped ON hoped.session_id = s.session_id"
        )
        rank = "coalesce(own.weight, likely.weight, hoped.weight, 0) DESC"
        given: list[object] = []
        for each in wanted:
            given += [each.class_id, each.condition, each.weight]
        return (named, _PAIRS, _OWN, _LIKELY, _HOPED), joins, (rank,), given
    if order == "uncertain":
        joins = f"LEFT JOIN {_SCORES} d ON d.sample_n = s.n"
        return (), joins, ("d.model IS NULL", "d.model"), []
    if order == "emptiness":
        joins = f"LEFT JOIN {_EMPTINESS} m ON m.sample_id = s.id"
        return (), joins, ("coalesce(m.value, -1) DESC",), []
    if order == "doubt":
        joins = (
            f"LEFT JOIN {_SCORES} d ON d.sample_n = s.n "
            f"LEFT JOIN {_BOX_SCORES} b ON b.sample_n = s.n"
        )
        ranks = (
            "coalesce(d.weak, 0) DESC",
            "s.reviewed",
            "coalesce(d.least, b.least, 2.0)",
        )
        return (), joins, ranks, []
    return (), "", (), []


def _where(chosen: QueueFilter) -> tuple[list[str], list[object]]:
    parts: list[str] = []
    arguments: list[object] = []
    if chosen.states:
        parts.append(f"s.state IN ({', '.join('?' * len(chosen.states))})")
        arguments += [state.value for state in chosen.states]
    if chosen.session_id is not None:
        parts.append("s.session_id = ?")
        arguments.append(chosen.session_id)
    if chosen.class_id is not None:
        held = (
            f"EXISTS (SELECT 1 FROM {table} b WHERE b.sample_n = s.n "
            "AND b.class_id = ?)"
            for table in ("boxes", "proposals")
        )
        parts.append(f"({' OR '.join(held)})")
        arguments += [chosen.class_id, chosen.class_id]
    if chosen.split is not None:
        part, given = _in_split(chosen.split)
        parts.append(part)
        arguments += given
    if chosen.condition is not None:
        parts.append(
            "EXISTS (SELECT 1 FROM json_each(e.conditions) c WHERE "
            "json_extract(c.value, '$[0]') || '=' || json_extract(c.value, '$[1]') "
            "= ?)"
        )
        arguments.append(chosen.condition)
    if chosen.emptiness is not None:
        parts.append(
            f"EXISTS (SELECT 1 FROM {_EMPTINESS} q WHERE q.sample_id = s.id "
            "AND q.value >= ?)"
        )
        arguments.append(chosen.emptiness)
    return parts, arguments


def _in_split(split: str) -> tuple[str, Iterable[object]]:
    newest = (
        "SELECT group_id FROM split_ledger GROUP BY group_id "
        "HAVING n = max(n) AND action = 'assigned'"
    )
    if split == NO_SPLIT:
        return f"s.group_id NOT IN ({newest})", ()
    return f"s.group_id IN ({newest} AND split = ?)", (split,)
