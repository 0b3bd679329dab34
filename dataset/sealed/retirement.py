"""What a version tells of test sets that were retired into validation.

It stands in the policy under `record`, outside of the id: the samples' splits are the
content, and this is why they are what they are. So a diff can tell a retirement, which
is a recorded rule, from a member that left its test set, without the catalog.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

# Where a policy keeps what happened at one freeze; see `version_file.policy_digest`.
_RECORD: Final = "record"
_KEY: Final = "retired"


def with_retired(policy: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The policy, with the names of the sets that were retired, if there are any."""
    if not names:
        return dict(policy)
    record = {**policy.get(_RECORD, {}), _KEY: sorted(names)}
    return {**policy, _RECORD: record}


def retired_sets(policy: Mapping[str, Any]) -> frozenset[str]:
    """The test sets that were retired when a version with this policy was frozen."""
    record = policy.get(_RECORD)
    names = record.get(_KEY) if isinstance(record, Mapping) else None
    if not isinstance(names, list):
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str))
