"""Python imports this by itself in every child of a test (see tests/conftest.py)."""

from __future__ import annotations

import loopback_only

loopback_only.install()
