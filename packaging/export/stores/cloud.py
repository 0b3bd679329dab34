"""Connects to a place in the cloud: finds the credential, makes the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from dataset.cloud_settings import CloudSettings
from dataset.errors import UsageError

from .azure_store import AzureStore, has_identity
from .blob_store import BlobStore
from .credentials import Access, find_access
from .targets import CloudPlace


def open_place(
    place: CloudPlace,
    settings: CloudSettings,
    environment: Mapping[str, str],
    *,
    project: Path | None,
) -> BlobStore:
    """The store at a place; nothing is asked of it yet.

    Raises:
        CloudError: no credential was found, or it cannot be used.
        UsageError: it is one for another account.
    """
    access = access_to(place, settings, environment, project=project)
    return AzureStore(access, place.container, place.prefix, settings)


def access_to(
    place: CloudPlace,
    settings: CloudSettings,
    environment: Mapping[str, str],
    *,
    project: Path | None,
) -> Access:
    """The access that would be used; it says where it comes from, and no secret.

    Raises:
        CloudError: no credential was found, or it cannot be used.
        UsageError: it is one for another account.
    """
    if place.endpoint:
        settings = replace(settings, endpoint=place.endpoint)
    access = find_access(
        environment,
        settings,
        project=project,
        has_identity=has_identity(),
    )
    if place.endpoint and not _is_for(access, place.endpoint):
        raise UsageError(
            f"The credential of {access.origin} is for another account than the "
            f"target names: {place.endpoint}",
            hint="name the container as azure://CONTAINER/PREFIX, or set the "
            "credential of that account",
        )
    return access


def _is_for(access: Access, endpoint: str) -> bool:
    """Whether the access is one to the account whose address that is."""
    if access.endpoint != endpoint.rstrip("/"):
        return False
    account, _, rest = (urlsplit(endpoint).hostname or "").partition(".")
    return not rest.startswith("blob.core.") or account == access.account
