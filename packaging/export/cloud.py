"""Connects to a place in the cloud: finds the credential, makes the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dataset.cloud_settings import CloudSettings

from .azure_store import AzureStore, has_identity
from .blob_store import BlobStore
from .credentials import find_access
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
    """
    if place.endpoint:
        settings = replace(settings, endpoint=place.endpoint)
    access = find_access(
        environment,
        settings,
        project=project,
        has_identity=has_identity(),
    )
    return AzureStore(access, place.container, place.prefix, settings)
