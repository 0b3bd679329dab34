"""A chain as values: whatever is done to its links, the walk along it tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset.provenance.chain import ChainWalk, Subject
from dataset.provenance.record import ChainHead, ChainLink, digest_of
from tests.dataset.signed_project import captured, signer
from tests.small_projects import new_project, new_session

LENGTH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A whole chain of a project, and what the catalog says of its samples."""

    project_id: str
    head: ChainHead
    links: tuple[ChainLink, ...]
    subjects: dict[str, Subject]

    def walk(self, links: list[ChainLink], head: ChainHead | None = None) -> list[str]:
        """What the walk along these links finds."""
        walk = ChainWalk(self.head.key_id, head or self.head, self.project_id)
        steps = [(one, self.subjects.get(one.sample_id, Subject())) for one in links]
        told = [p.fault or f"missing {p.missing}" for p in walk.follow(steps)]
        told += [walk.head_fault(), f"missing {walk.missing_at_end()}"]
        return [one for one in told if one not in ("", "missing 0")]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    root: Path = tmp_path_factory.mktemp("chain") / "p"
    with new_project(root) as project:
        project.signer = signer("gate")
        session = new_session(project, "dawn")
        captured(project, session, LENGTH)
        kept = list(project.catalog.provenance.links())
        (head,) = project.catalog.provenance.heads()
        yield Chain(
            project_id=project.catalog.fact("project_id") or "",
            head=head,
            links=tuple(one.link for one in kept),
            subjects={
                one.link.sample_id: Subject(sample=one.sample, session=session)
                for one in kept
            },
        )


numbers = st.integers(0, LENGTH - 1)
# The chain is only read: one for all examples.
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_whole_chain_is_sound(chain: Chain) -> None:
    assert chain.walk(list(chain.links)) == []


@shared
@given(st.sets(numbers, min_size=1))
def test_links_that_are_gone_are_counted(chain: Chain, gone: set[int]) -> None:
    left = [link for n, link in enumerate(chain.links) if n not in gone]

    told = chain.walk(left)

    counts = [int(one.split()[1]) for one in told if one.startswith("missing")]
    assert sum(counts) == len(gone)


@shared
@given(numbers, st.data())
def test_any_byte_of_a_record_that_was_changed_is_told(
    chain: Chain, number: int, data: st.DataObject
) -> None:
    links = list(chain.links)
    body = bytearray(links[number].body or b"")
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    links[number] = replace(links[number], body=bytes(body))

    assert chain.walk(links) == ["A record was changed"]


@shared
@given(numbers, st.data())
def test_changed_record_with_a_digest_that_fits_is_told(
    chain: Chain, number: int, data: st.DataObject
) -> None:
    links = list(chain.links)
    body = bytearray(links[number].body or b"")
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    links[number] = replace(
        links[number], body=bytes(body), digest=digest_of(bytes(body))
    )

    assert "A record is not the one that was signed" in chain.walk(links)


@shared
@given(numbers, st.integers(0, 63), st.integers(1, 255))
def test_any_byte_of_a_signature_that_was_changed_is_told(
    chain: Chain, number: int, at: int, turn: int
) -> None:
    links = list(chain.links)
    signature = bytearray(links[number].signature)
    signature[at] ^= turn
    links[number] = replace(links[number], signature=bytes(signature))

    assert chain.walk(links) == ["A record is not the one that was signed"]


@shared
@given(numbers, numbers)
def test_links_that_changed_places_are_told(chain: Chain, one: int, two: int) -> None:
    links = list(chain.links)
    first, second = links[one], links[two]
    links[one] = replace(second, number=first.number)
    links[two] = replace(first, number=second.number)

    assert (chain.walk(links) == []) == (one == two)


@shared
@given(numbers)
def test_end_that_was_moved_back_is_told(chain: Chain, number: int) -> None:
    last = chain.links[number]
    head = replace(chain.head, number=last.number, digest=last.digest)

    told = chain.walk(list(chain.links[: number + 1]), head)

    assert (told == []) == (number == LENGTH - 1)
