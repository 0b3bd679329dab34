"""The digest that the split ledger ends with: edited, lost and added rows are found.

    digest  =  H("fsl1"  digest before  JSON of [group, split, action, reason, time])

with H for SHA-256 over ASCII. The head, number of rows and digest, is noted beside the
ledger in the same transaction. It guards against accidents and careless hands, not
against who computes it anew; the boxes of a test set are guarded by its seal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from ..records import LedgerRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitHead:
    """How many rows the split ledger has, and the digest over all of them."""

    rows: int = 0
    digest: str = ""


def extended(head: SplitHead, rows: Iterable[LedgerRow]) -> SplitHead:
    """The head after further rows."""
    count, digest = head.rows, head.digest
    for row in rows:
        fields = [row.group_id, row.split, row.action.value, row.reason, row.at_us]
        text = json.dumps(fields, ensure_ascii=True, separators=(",", ":"))
        digest = hashlib.sha256(f"fsl1{digest}{text}".encode()).hexdigest()
        count += 1
    return SplitHead(rows=count, digest=digest)


def broken_chain(rows: Iterable[LedgerRow], noted: SplitHead | None) -> str:
    """What happened to the ledger, in a sentence; "" where it is whole.

    Args:
        rows: of the ledger, oldest first.
        noted: its head; None for a ledger that is older than heads are.
    """
    if noted is None:
        return ""
    found = extended(SplitHead(), rows)
    if found.rows < noted.rows:
        return f"The split ledger lost rows: {noted.rows - found.rows}"
    if found.rows > noted.rows:
        strange = found.rows - noted.rows
        return f"Rows of the split ledger were not written by fieldset: {strange}"
    if found.digest != noted.digest:
        return "Rows of the split ledger were edited or reordered"
    return ""
