"""What tests of the cloud share: quick settings, faults once, rights, names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from azure.storage.blob import (
    ContainerClient,
    ContainerSasPermissions,
    generate_container_sas,
)

from dataset.cloud_settings import CloudSettings
from export.stores.blob_store import BlobStore
from tests.servers.azurite import ACCOUNT, KEY
from tests.servers.fault_proxy import Asked, Plan, Trouble

AZURE_QUICK = CloudSettings(parallel=4, attempts=4, timeout_s=5, block_kb=64)
Connect = Callable[..., BlobStore]


def sas(container: ContainerClient, rights: str, *, seconds: float = 600) -> str:
    """A signature that gives rights to a container for so long."""
    now = datetime.now(UTC)
    return generate_container_sas(
        ACCOUNT,
        container.container_name,
        account_key=KEY,
        permission=ContainerSasPermissions.from_string(rights),
        start=now - timedelta(hours=1),
        expiry=now + timedelta(seconds=seconds),
    )


def names_in(container: ContainerClient) -> set[str]:
    """The names of its blobs."""
    return set(container.list_blob_names())


def once(trouble: Trouble, wanted: Callable[[Asked], bool]) -> Plan:
    """A plan by which the first request that is wanted meets trouble."""
    met: list[Asked] = []

    def plan(asked: Asked) -> Trouble | None:
        if met or not wanted(asked):
            return None
        met.append(asked)
        return trouble

    return plan


def is_sent(asked: Asked) -> bool:
    """Whether a request sends the content of a version."""
    return asked.method == "PUT" and "/blobs/" in asked.path
