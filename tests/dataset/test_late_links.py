"""Near-duplicates that are found when groups have their splits, in every order."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.catalog import Catalog
from dataset.findings import Severity
from dataset.groups import GroupFacts, GroupLink
from dataset.records import LedgerAction, LedgerRow, Split, SplitKind
from dataset.split import current_split, quarantine
from dataset.splitting.split_check import check_split
from dataset.test_ledger import LedgerEvent, LedgerLine, follow
from tests.strategies import late_links

SPLITS = (
    Split(name="train", kind=SplitKind.TRAIN, share=0.7),
    Split(name="val", kind=SplitKind.VAL, share=0.1),
    Split(name="test-a", kind=SplitKind.TEST, rule="random", share=0.1),
    Split(name="test-b", kind=SplitKind.TEST, rule="hand"),
    Split(name="test-sealed", kind=SplitKind.TEST, rule="random", sealed=True),
)
KINDS = {split.name: split.kind for split in SPLITS}
Links = Sequence[tuple[str, str]]


@contextmanager
def catalog_with(held: Mapping[str, str]) -> Iterator[Catalog]:
    """A catalog of groups in splits, "" for none; test-sealed is sealed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Catalog.open(Path(folder) / "catalog.db") as catalog,
        catalog.writing(),
    ):
        for split in SPLITS:
            catalog.splits.define(split)
        for group in held:
            catalog.groups.ensure(group)
        catalog.splits.append(row(g, split) for g, split in held.items() if split)
        sealed = LedgerLine(n=0, event=LedgerEvent.SEALED, split="test-sealed")
        catalog.test_runs.append(follow((), sealed, "00"))
        yield catalog


def row(group: str, split: str) -> LedgerRow:
    return LedgerRow(
        group_id=group, split=split, action=LedgerAction.ASSIGNED, reason="", at_us=0
    )


def join(catalog: Catalog, links: Links) -> dict[str, str]:
    """Join the links in their order; the split of each group then."""
    for first, second in links:
        catalog.groups.join(first, second, reason="alike", at_us=1)
    return current_split(catalog.splits.ledger())


@given(late_links(tuple(KINDS)))
def test_nothing_leaves_a_test_and_nothing_like_it_trains(
    case: tuple[dict[str, str], list[tuple[str, str]]],
) -> None:
    held, links = case

    with catalog_with(held) as catalog:
        after = join(catalog, links)
        living = {group: catalog.groups.living(group) for group in held}
        ledger = catalog.splits.ledger()
        again = join(catalog, links)

        assert catalog.splits.ledger() == ledger
        assert again == after
    for group, split in held.items():
        if KINDS.get(split) is SplitKind.TEST:
            assert after[group] == split
        else:
            assert after.get(group, "") in ("", split)
    for pair in links:
        kinds = {KINDS.get(after.get(living[group], "")) for group in pair} - {None}
        assert kinds in (set(), *({kind} for kind in SplitKind))
    facts = [GroupFacts(id=group, samples=1) for group in set(living.values())]
    found = check_split(facts, SPLITS, ledger)
    assert [f.what for f in found if f.severity is Severity.ERROR] == []


@given(late_links(tuple(KINDS)))
def test_a_sealed_set_takes_nothing_along(
    case: tuple[dict[str, str], list[tuple[str, str]]],
) -> None:
    held, links = case

    with catalog_with(held) as catalog:
        join(catalog, links)
        living = {group: catalog.groups.living(group) for group in held}

    sealed = {group for group, split in held.items() if split == "test-sealed"}
    assert {g for g, now in living.items() if now in sealed} == sealed


@given(late_links(("train", "val", "test-a", "test-b")), st.randoms())
def test_the_order_of_links_between_assigned_groups_does_not_matter(
    case: tuple[dict[str, str], list[tuple[str, str]]], random: object
) -> None:
    held, links = case
    pairs = [GroupLink(first=a, second=b, reason="alike") for a, b in links]
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    ledger = tuple(row(g, split) for g, split in held.items() if split)

    assert quarantine(pairs, SPLITS, ledger) == quarantine(shuffled, SPLITS, ledger)


@pytest.mark.parametrize("order", [0, 1])
def test_new_group_between_train_and_a_test_trains_in_no_order(order: int) -> None:
    links = [("new", "train-1"), ("new", "test-1")]
    held = {"new": "", "train-1": "train", "test-1": "test-a"}

    with catalog_with(held) as catalog:
        after = join(catalog, links[order:] + links[:order])
        place = after.get(catalog.groups.living("new"), "")

    assert after["test-1"] == "test-a"
    assert place in ("", "test-a")
    assert after["train-1"] == ""


def test_two_tests_may_share_a_link() -> None:
    held = {"a": "test-a", "b": "test-b", "c": "test-sealed"}

    with catalog_with(held) as catalog:
        after = join(catalog, [("a", "b"), ("b", "c"), ("a", "c")])

    assert after == held
