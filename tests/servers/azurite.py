"""The blob service of the tests: a real Azurite on loopback, started and stopped here.

`AZURITE_BLOB` names the program `azurite-blob`, or it lies on the PATH, or in
`tests/azurite/node_modules` after `npm install --prefix tests/azurite`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

ACCOUNT = "devstoreaccount1"
# Published by its makers, the same for everyone: it opens nothing but an Azurite.
KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr"
    "/KBHBeksoGMGw=="
)
_LOCAL = Path(__file__).parents[1] / "azurite" / "node_modules" / ".bin"
_STOP_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Azurite:
    """A running blob service; `scheme` is https where it was given a certificate."""

    port: int
    scheme: str = "http"

    def endpoint(self, port: int = 0) -> str:
        """The account's address, through another port where a proxy listens there."""
        return f"{self.scheme}://127.0.0.1:{port or self.port}/{ACCOUNT}"

    def connection(self, port: int = 0) -> str:
        """A connection string with the account's key."""
        return (
            f"DefaultEndpointsProtocol={self.scheme};AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint={self.endpoint(port)};"
        )

    def container(self, name: str) -> ContainerClient:
        """A new container, for a test to look into."""
        client = ContainerClient.from_connection_string(self.connection(), name)
        client.create_container()
        return client


def why_no_azurite() -> str:
    """Why no blob service can be started here, or ""."""
    if _program() is None:
        return "azurite-blob is not installed (see tests/servers/azurite.py)"
    return "" if shutil.which("node") else "node is not installed"


@contextlib.contextmanager
def running_azurite(folder: Path, *options: str) -> Iterator[Azurite]:
    """A blob service that keeps its blobs in a folder; skips where there is none.

    `options` are more of those of the program, such as `--oauth basic`.
    """
    program = _program()
    if program is None or why_no_azurite():
        pytest.skip(why_no_azurite())
    with subprocess.Popen(
        [
            program, "--skipApiVersionCheck", "--disableTelemetry", "--silent",
            "--location", str(folder), "--blobHost", "127.0.0.1", "--blobPort", "0",
            *options,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:  # fmt: skip
        try:
            scheme, port = _place(process)
            yield Azurite(port=port, scheme=scheme)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _place(process: subprocess.Popen[str]) -> tuple[str, int]:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if match := re.search(r"listens on (https?)://127\.0\.0\.1:(\d+)", line):
            return match[1], int(match[2])
    raise AssertionError(f"Azurite did not start: {''.join(said)}")


def _program() -> str | None:
    named = os.environ.get("AZURITE_BLOB")
    found = named or shutil.which("azurite-blob")
    return found or shutil.which("azurite-blob", path=str(_LOCAL))
