"""Walks a chain of records and says of each link whether it is what was signed.

Pure: the records and what the catalog says now come in, faults go out. A fault is a
sentence without a value; "" is a sound link.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..records import Sample, Session
from .record import (
    FORMAT,
    ChainHead,
    ChainLink,
    RecordKind,
    Tombstone,
    digest_of,
    first_digest,
    head_message,
    parse_body,
    record_message,
    sample_fields,
    session_fields,
)
from .station_key import key_id

_NO_BODY: Final[Mapping[str, Any]] = {}
_DIGEST_DIGITS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the catalog says now of what a record is about."""

    sample: Sample | None = None
    session: Session | None = None
    tombstone: Tombstone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenLink:
    """A link with what is wrong with it.

    `session_id` is the session that the sample is in now, else the one that the record
    names. `missing` is how many records are gone between the one before and this one;
    `is_newer` says that its content is of a newer fieldset and was not looked at.
    """

    link: ChainLink
    body: Mapping[str, Any]
    session_id: str
    fault: str = ""
    missing: int = 0
    is_newer: bool = False


class ChainWalk:
    """One chain, link by link in the order of their numbers.

    Args:
        head: its end as kept; None where the catalog has lost it.
        project_id: of the project that it must be about.
        trusted: ids of the keys that count; empty for any.
    """

    def __init__(
        self,
        key: str,
        head: ChainHead | None,
        project_id: str,
        trusted: Collection[str] = (),
    ) -> None:
        self._key = key
        self._head = head
        self._project_id = project_id
        self._number = 0
        self._digest = first_digest(project_id, key)
        self._public, self._key_fault = _public_key(key, head, trusted)

    def follow(
        self, steps: Iterable[tuple[ChainLink, Subject]]
    ) -> Iterator[ProvenLink]:
        """Prove each link; gaps are told of the link behind them."""
        for link, subject in steps:
            body = _body(link)
            missing = max(link.number - self._number - 1, 0)
            fault = self._link_fault(link, body) or _subject_fault(link, body, subject)
            is_newer = not fault and _format(body) > FORMAT
            sample = subject.sample
            yield ProvenLink(
                link=link,
                body=body,
                session_id=link.session_id if sample is None else sample.session_id,
                fault=fault,
                missing=missing,
                is_newer=is_newer,
            )
            self._number, self._digest = link.number, link.digest

    def missing_at_end(self) -> int:
        """How many records are gone behind the last one, by the kept end."""
        return 0 if self._head is None else max(self._head.number - self._number, 0)

    def head_fault(self) -> str:
        """What is wrong with the kept end of the chain; "" for nothing."""
        head = self._head
        if head is None or self._public is None:
            return self._key_fault
        message = head_message(self._project_id, head.number, head.digest)
        if not _is_signed(self._public, head.signature, message):
            return "The end of a chain is not the one that was signed"
        if head.number == self._number and head.digest != self._digest:
            return "The end of a chain is not its last record"
        if head.number < self._number:
            return "A chain goes on behind its end"
        return ""

    def _link_fault(self, link: ChainLink, body: Mapping[str, Any]) -> str:
        """What is wrong with the link itself: digest, signature, place."""
        if self._public is None:
            return self._key_fault
        if not _is_digest(link.digest):
            return "A record's digest is none"
        if link.body is not None and digest_of(link.body) != link.digest:
            return "A record was changed"
        if not _is_signed(self._public, link.signature, record_message(link.digest)):
            return "A record is not the one that was signed"
        return self._place_fault(link, body) if link.body is not None else ""

    def _place_fault(self, link: ChainLink, body: Mapping[str, Any]) -> str:
        station = body.get("station")
        named = station.get("key") if isinstance(station, dict) else None
        claims = (body.get("number"), body.get("project"), named, body.get("kind"))
        if claims != (link.number, self._project_id, self._key, link.kind):
            return "A record stands at another place than it was signed for"
        is_next = link.number == self._number + 1
        if is_next and body.get("previous") != self._digest:
            return "A record does not follow the one before it"
        return ""


def _subject_fault(link: ChainLink, body: Mapping[str, Any], subject: Subject) -> str:
    """What the catalog says otherwise than the record."""
    if link.kind == RecordKind.ERASURE:
        return _erasure_fault(body, subject)
    if link.body is None:
        if subject.tombstone is None:
            return "A record has lost its text, and its sample was not erased"
        return ""
    if subject.sample is None:
        is_erased = subject.tombstone is not None
        what = "still has its record" if is_erased else "is gone, and was not erased"
        return f"A sample {what}"
    if _format(body) > FORMAT:
        return ""
    return _first_difference(body, link, subject.sample, subject.session)


def _erasure_fault(body: Mapping[str, Any], subject: Subject) -> str:
    stone = subject.tombstone
    if _format(body) > FORMAT:
        return ""
    if stone is None:
        return "The tombstone of an erased sample is gone"
    told = {
        "id": stone.sample_id,
        "erased_us": stone.erased_us,
        "person": stone.person,
        "reason": stone.reason,
    }
    sample = body.get("sample")
    signed = {
        "id": sample.get("id") if isinstance(sample, dict) else None,
        **{name: body.get(name) for name in ("erased_us", "person", "reason")},
    }
    return "" if signed == told else "A tombstone is not the one that was signed"


def _first_difference(
    body: Mapping[str, Any], link: ChainLink, sample: Sample, session: Session | None
) -> str:
    if session is None or link.session_id != session.id:
        return "A sample is in another session than its record says"
    for name, now in (
        ("sample", sample_fields(sample)),
        ("session", session_fields(session)),
    ):
        signed = body.get(name)
        signed = signed if isinstance(signed, dict) else {}
        for key, value in now.items():
            if signed.get(key) != value:
                return f"The `{key}` of a {name} is not the one that was signed"
    return ""


def _body(link: ChainLink) -> Mapping[str, Any]:
    found = None if link.body is None else parse_body(link.body)
    return _NO_BODY if found is None else found


def _format(body: Mapping[str, Any]) -> int:
    number = body.get("format")
    return number if isinstance(number, int) else 0


def _public_key(
    key: str, head: ChainHead | None, trusted: Collection[str]
) -> tuple[Ed25519PublicKey | None, str]:
    if head is None:
        return None, "The public key of a chain is gone"
    if key_id(head.public_key) != key:
        return None, "The public key of a chain is another one"
    if trusted and key not in trusted:
        return None, "A chain is signed with a key that the project does not trust"
    try:
        return Ed25519PublicKey.from_public_bytes(head.public_key), ""
    except ValueError:
        return None, "The public key of a chain is none"


def _is_digest(text: str) -> bool:
    return len(text) == _DIGEST_DIGITS and set(text) <= set("0123456789abcdef")


def _is_signed(public: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        public.verify(signature, message)
    except InvalidSignature:
        return False
    return True
