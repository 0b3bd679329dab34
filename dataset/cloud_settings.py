"""`[cloud]` in `fieldset.toml`: how a push uses the line; never who may push.

An account's name and its address are no secrets and may stand here. Keys, signatures
and connection strings may not: what looks like one is refused without being repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from .policies.recipes import RecipeFault

_ACCOUNT: Final = re.compile(r"[a-z0-9]{3,24}")
_ENDPOINT: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9]*)?/?")
_OF_AZURE: Final = re.compile(
    r"https://[a-z0-9-]+\.blob\.(?:core\.windows\.net|core\.chinacloudapi\.cn"
    r"|core\.usgovcloudapi\.net)/?$"
)
_HIDDEN: Final = "(not repeated here)"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSettings:
    """How blobs are sent and fetched.

    `account` and `endpoint` say where, unless the environment does. `parallel` blobs
    are under way at once. A blob over `block_kb` (KiB) goes in blocks of that size, and
    after a cut only the block that was under way is sent again. `timeout_s` is the
    longest silence of a connection, `rate_kb_s` (KiB a second) the most that all
    connections together send or fetch; 0 is no limit. `attempts` is how often one
    blob is tried before the push gives up.
    """

    account: str = ""
    endpoint: str = ""
    parallel: int = 8
    block_kb: int = 4096
    timeout_s: float = 60.0
    rate_kb_s: int = 0
    attempts: int = 8

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {
        "parallel": (1, 64),
        "block_kb": (64, 102_400),
        "timeout_s": (1, 3600),
        "rate_kb_s": (0, 100_000_000),
        "attempts": (1, 100),
    }

    def __post_init__(self) -> None:
        for key, (low, high) in self.limits.items():
            value = getattr(self, key)
            if not low <= value <= high:
                raise RecipeFault(key, f"`{key}` lies in {low:g} to {high:g}", value)
        if self.account and not _ACCOUNT.fullmatch(self.account):
            what = "an account's name has 3 to 24 small letters and digits"
            raise RecipeFault("account", what, _HIDDEN)
        if self.endpoint and not _ENDPOINT.fullmatch(self.endpoint):
            what = "an endpoint is an address such as https://ACCOUNT.blob.core.windows.net"
            raise RecipeFault("endpoint", what, _HIDDEN)

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> Self:
        """The settings that a table of `fieldset.toml` says.

        Raises:
            RecipeFault: a key or value cannot be.
        """
        known: dict[str, type] = {"account": str, "endpoint": str} | dict.fromkeys(
            cls.limits, int
        )
        known |= {"timeout_s": float}
        for key, value in table.items():
            if key not in known:
                fits = ", ".join(sorted(known))
                raise RecipeFault(key, f"there is no such setting ({fits})", key)
            kinds = (int, float) if known[key] is float else known[key]
            if isinstance(value, bool) or not isinstance(value, kinds):
                raise RecipeFault(key, f"`{key}` has another type", _HIDDEN)
        settings = cls(**table)
        # A project can come from elsewhere: it may not send a credential anywhere.
        if settings.endpoint and not _OF_AZURE.match(settings.endpoint):
            what = (
                "an endpoint here is https://ACCOUNT.blob.core.windows.net or one of "
                "its sisters; set FIELDSET_AZURE_ENDPOINT for any other"
            )
            raise RecipeFault("endpoint", what, _HIDDEN)
        return settings
