"""Adds signed records to a station's chain, in the transaction that they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..catalog import Catalog
from ..records import Sample, Session
from .canonical import canonical, valid_text
from .clock import Clock
from .record import (
    FORMAT,
    CaptureFacts,
    ChainHead,
    ChainLink,
    Tombstone,
    captured_body,
    clock_fields,
    digest_of,
    erased_body,
    first_digest,
    head_message,
    record_message,
)

if TYPE_CHECKING:
    from .station_key import StationKey


@dataclass(frozen=True, slots=True, kw_only=True)
class StationSigner:
    """Who signs: the station's name and key, its clocks, and the program's version."""

    station: str
    key: StationKey
    clock: Clock
    software: str


def sign_capture(
    catalog: Catalog,
    signer: StationSigner,
    sample: Sample,
    session: Session,
    facts: CaptureFacts,
) -> None:
    """Keep the signed record of a sample; call it where the sample is added."""
    body = captured_body(sample, session, facts)
    _append(catalog, signer, body, sample.id, session.id)


def sign_erasure(catalog: Catalog, signer: StationSigner, tombstone: Tombstone) -> None:
    """Keep the signed record of an erasure; call it where the tombstone is set."""
    _append(catalog, signer, erased_body(tombstone), tombstone.sample_id, "")


def _append(
    catalog: Catalog,
    signer: StationSigner,
    content: Mapping[str, Any],
    sample_id: str,
    session_id: str,
) -> None:
    """The chain's end is read under the write lock: two processes never fork it."""
    key = signer.key
    project_id = catalog.fact("project_id") or ""
    with catalog.writing():
        head = catalog.provenance.head(key.id)
        number = 1 if head is None else head.number + 1
        previous = first_digest(project_id, key.id) if head is None else head.digest
        body = canonical(
            {
                **content,
                "format": FORMAT,
                "number": number,
                "previous": previous,
                "project": project_id,
                "station": {"name": valid_text(signer.station), "key": key.id},
                "software": signer.software,
                "clock": clock_fields(signer.clock.read()),
            }
        )
        digest = digest_of(body)
        catalog.provenance.append(
            ChainLink(
                key_id=key.id,
                number=number,
                kind=str(content["kind"]),
                sample_id=sample_id,
                session_id=session_id,
                body=body,
                digest=digest,
                signature=key.sign(record_message(digest)),
            ),
            ChainHead(
                key_id=key.id,
                public_key=key.public,
                number=number,
                digest=digest,
                signature=key.sign(head_message(project_id, number, digest)),
            ),
        )
