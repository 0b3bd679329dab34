"""What a sealed test set is called by its content."""

from __future__ import annotations

import base64


def set_id(merkle_root: str) -> str:
    """The address of a sealed set's content: `ts-` and 52 characters."""
    data = bytes.fromhex(merkle_root)
    return "ts-" + base64.b32encode(data).decode("ascii").lower().rstrip("=")
