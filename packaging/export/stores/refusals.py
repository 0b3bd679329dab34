"""What a refusal of the blob service means, in one of our own errors.

No text of the service gets into them: it may repeat an address with a signature.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

from dataset.errors import CloudError

from .blob_store import AccessRefused, Unanswered, changed, exists, missing

_LONGEST_WAIT_S: Final = 120.0
_MOST_SKEW_S: Final = 900.0
_TRANSIENT: Final = frozenset((408, 429, 500, 502, 503, 504))
# Garbled on the way: the service compared a digest and found another one.
_GARBLED: Final = frozenset(("Md5Mismatch", "Crc64Mismatch", "InvalidMd5"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that is no success: status, the service's own code, headers, text.

    `status` None means that no answer came from the service.
    """

    status: int | None
    code: str
    headers: Mapping[str, str]
    detail: str


def unanswered(name: str, label: str, wait_s: float = 0.0) -> Unanswered:
    """The error where no valid answer came; `label` is the store's."""
    return Unanswered(
        f"The blob service did not answer as it should, {label}: {name}",
        hint="check the line, then run the same command again: it goes on",
        wait_s=wait_s,
    )


def refused(answer: Answer, name: str, label: str) -> CloudError:
    """The error that an answer about the blob `name` stands for."""
    status, code = answer.status, answer.code
    if status is None or status in _TRANSIENT or code in _GARBLED:
        return unanswered(name, label, _wait_s(answer.headers))
    if code == "UnauthorizedBlobOverwrite":
        return exists(name, label)
    if status in (401, 403):
        return _access_refusal(answer, label)
    if status == 404 and code in ("ContainerNotFound", "ContainerBeingDeleted"):
        return CloudError(
            f"There is no such container: {label}",
            hint="make it in the portal, or with `az storage container create`",
        )
    if status == 404:
        return missing(name, label)
    if status == 409:
        return exists(name, label)
    if status == 412:
        return changed(name, label)
    return Unanswered(
        f"The blob service refused with status {status}, {label}: {name}",
        hint="check the container's name and settings",
    )


def unknown_person(label: str) -> AccessRefused:
    """The error where Entra ID does not say who we are."""
    return AccessRefused(
        f"Entra ID gives no token for the blob service: {label}",
        hint="run `az login`, or set a SAS token in AZURE_STORAGE_SAS_TOKEN; then run "
        "the same command again: it goes on",
    )


def _access_refusal(answer: Answer, label: str) -> AccessRefused:
    """Why we are not let in, told from the service's code and its clock."""
    detail, code = answer.detail.lower(), answer.code
    skew = _skew_s(answer.headers)
    if abs(skew) > _MOST_SKEW_S:
        why, hint = (
            "the clocks differ",
            f"set this machine's clock, it is off by {skew:.0f} s",
        )
    elif "expired" in detail or "signature not valid in the specified time" in detail:
        why, hint = "the signature is expired or not yet valid", "ask for a new SAS"
    elif code in ("AuthorizationPermissionMismatch", "AuthorizationProtocolMismatch"):
        why = "the credential lacks a right"
        hint = "it needs create, write, read and list on this container"
    elif code in ("AuthorizationFailure", "AuthorizationSourceIPMismatch"):
        why, hint = "the credential or the firewall forbids it", "check both"
    else:
        why, hint = "the credential is not accepted", "ask for a new one"
    return AccessRefused(
        f"The blob service does not let us in, {why}: {label}",
        hint=f"{hint}; then run the same command again: it goes on",
    )


def _wait_s(headers: Mapping[str, str]) -> float:
    """How long the service asks to wait."""
    with suppress(TypeError, ValueError):
        return min(max(float(headers.get("Retry-After", 0)), 0.0), _LONGEST_WAIT_S)
    return 0.0


def _skew_s(headers: Mapping[str, str]) -> float:
    """By how much this machine's clock is ahead of the service's; 0 if not told."""
    with suppress(TypeError, ValueError, AttributeError):
        theirs = parsedate_to_datetime(str(headers.get("Date"))).timestamp()
        return time.time() - theirs
    return 0.0
