from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset import test_ledger as ledger
from dataset.errors import UsageError
from dataset.findings import Severity
from dataset.test_ledger import Leak, LedgerEvent, LedgerLine, Standing, Witness
from tests.strategies import LEDGER_START, ledger_chains, ledger_lines

Chain = tuple[LedgerLine, ...]


def head_of(chain: Chain) -> Witness | None:
    if not chain:
        return None
    return Witness(n=chain[-1].n, digest=chain[-1].digest, where="head")


def faults(chain: Chain, head: Witness | None, *witnesses: Witness) -> list[str]:
    found = ledger.verify_chain(
        chain, start=LEDGER_START, head=head, witnesses=witnesses
    )
    assert all(finding.severity is Severity.ERROR for finding in found)
    return [finding.what for finding in found]


def told(event: LedgerEvent, **facts: object) -> LedgerLine:
    values: dict[str, object] = {"split": "test-main", "root": "r", **facts}
    return LedgerLine(n=0, event=event, **values)  # type: ignore[arg-type]


def standing(*models: str) -> Standing:
    draws = tuple(
        replace(told(LedgerEvent.DRAWN, model=model), n=n)
        for n, model in enumerate(models, start=2)
    )
    return Standing(root="r", sealed_us=1, draws=draws)


@given(ledger_chains())
def test_whole_chain_is_sound(chain: Chain) -> None:
    assert faults(chain, head_of(chain)) == []


@given(ledger_chains(), ledger_lines())
def test_digest_speaks_of_every_field(chain: Chain, line: LedgerLine) -> None:
    placed = ledger.follow(chain, line, LEDGER_START)

    changed = [
        replace(placed, **{field.name: _other(getattr(placed, field.name))})
        for field in fields(placed)
        if field.name not in ("digest", "event")
    ]

    assert placed.digest == ledger.chain_digest(placed)
    assert placed.digest not in {ledger.chain_digest(one) for one in changed}


def _other(value: object) -> object:
    return value + 1 if isinstance(value, int) else f"{value}x"


@given(ledger_chains(min_size=1), st.data())
def test_edited_line_is_named(chain: Chain, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(chain) - 1))
    name = data.draw(
        st.sampled_from(["split", "root", "model", "operator", "reason", "at_us"])
    )
    edited = replace(chain[at], **{name: _other(getattr(chain[at], name))})

    found = faults((*chain[:at], edited, *chain[at + 1 :]), head_of(chain))

    assert found == [f"A line of the test ledger was edited: {at + 1}"]


@given(ledger_chains(min_size=2), st.data())
def test_edited_line_with_a_new_digest_is_found(
    chain: Chain, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(chain) - 1))
    edited = replace(chain[at], reason=f"{chain[at].reason}x")
    forged = replace(edited, digest=ledger.chain_digest(edited))

    (found,) = faults((*chain[:at], forged, *chain[at + 1 :]), head_of(chain))

    assert found.endswith(f": {at + 1}")


@given(ledger_chains(min_size=1), st.data())
def test_deleted_lines_are_named(chain: Chain, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(chain) - 1))
    last = data.draw(st.integers(first, len(chain) - 1))
    span = f"{first + 1}" if first == last else f"{first + 1} to {last + 1}"

    found = faults((*chain[:first], *chain[last + 1 :]), head_of(chain))

    assert found == [f"The test ledger lost lines: {span}"]


@given(ledger_chains(min_size=2), st.data())
def test_lines_that_changed_their_numbers_are_named(
    chain: Chain, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(chain) - 2))
    second = data.draw(st.integers(first + 1, len(chain) - 1))
    swapped = list(chain)
    swapped[first] = replace(chain[second], n=first + 1)
    swapped[second] = replace(chain[first], n=second + 1)

    found = faults(tuple(swapped), head_of(chain))

    assert any(
        what == f"The lines of the test ledger were reordered, line {second + 1} "
        f"stands at place: {first + 1}"
        for what in found
    )


@given(ledger_chains(min_size=2), st.randoms(use_true_random=False))
def test_lines_in_another_order_are_found(chain: Chain, random: object) -> None:
    mixed = list(chain)
    random.shuffle(mixed)  # type: ignore[attr-defined]

    found = faults(tuple(mixed), head_of(chain))

    assert (found == []) == (tuple(mixed) == chain)
    assert all("reordered" in what or "lost" not in what for what in found)


@given(ledger_chains(), ledger_lines())
def test_line_that_fieldset_did_not_write_is_found(
    chain: Chain, line: LedgerLine
) -> None:
    slipped_in = (*chain, ledger.follow(chain, line, LEDGER_START))

    (found,) = faults(slipped_in, head_of(chain))

    assert found.endswith(f"not written by fieldset: {len(slipped_in)}")


@given(ledger_chains(min_size=1))
def test_chain_of_another_project_does_not_fit(chain: Chain) -> None:
    found = ledger.verify_chain(
        chain, start=ledger.origin("another project"), head=head_of(chain)
    )

    assert [finding.what for finding in found] == [
        "The test ledger began with another line: 1"
    ]


@given(ledger_chains(min_size=1))
def test_published_seal_bears_witness_against_a_chain_made_anew(chain: Chain) -> None:
    published = replace(head_of(chain) or Witness(n=0, digest="", where=""), where="f")
    anew: Chain = ()
    for line in chain:
        changed = replace(line, operator=f"{line.operator}x")
        anew = (*anew, ledger.follow(anew, changed, LEDGER_START))

    found = faults(anew, head_of(anew), published)

    assert found == [
        f"Line {len(chain)} of the test ledger is not the one that was published: f"
    ]


def test_standing_tells_of_seal_draws_and_retirement() -> None:
    lines = (
        told(LedgerEvent.SEALED, at_us=5),
        told(LedgerEvent.DRAWN, model="aa"),
        told(LedgerEvent.EXPORTED, split="never-sealed"),
        told(LedgerEvent.RETIRED, at_us=9),
    )

    found = ledger.standings(lines)

    assert list(found) == ["test-main"]
    assert found["test-main"].sealed_us == 5
    assert [line.model for line in found["test-main"].draws] == ["aa"]
    assert found["test-main"].retired_us == 9
    assert not found["test-main"].is_closed


@pytest.mark.parametrize(
    ("known", "model", "budget", "reasons"),
    [
        (None, "aaaaaa", 5, ["The test set is not sealed: t"]),
        (
            replace(standing(), retired_us=3),
            "aaaaaa",
            5,
            ["The test set was retired into validation: t"],
        ),
        (standing(), "aaaaaa", 1, []),
        (standing("bbbbbb"), "aaaaaa", 2, []),
        (
            standing("bbbbbb"),
            "aaaaaa",
            1,
            ["The budget of t is spent, draws: 1 of 1"],
        ),
        (
            standing("aaaaaa"),
            "aaaaaa",
            5,
            ["t was drawn for this model before, line 2 of the ledger: aaaaaa"],
        ),
        (
            standing("aaaaaabb"),
            "aaaaaa",
            5,
            ["t was drawn for this model before, line 2 of the ledger: aaaaaabb"],
        ),
        (
            standing("aaaaaa"),
            "aaaaaabb",
            1,
            [
                "t was drawn for this model before, line 2 of the ledger: aaaaaa",
                "The budget of t is spent, draws: 1 of 1",
            ],
        ),
    ],
)
def test_draw_is_refused_with_a_sentence(
    known: Standing | None, model: str, budget: int, reasons: list[str]
) -> None:
    found = ledger.refuse_draw("t", known, model=model, budget=budget)

    assert [refusal.what for refusal in found] == reasons
    assert all(refusal.hint for refusal in found)


def test_leak_counts_members_and_relatives_once() -> None:
    rows = [("s1", "g1"), ("s2", "g2"), ("s3", "g2"), ("s4", "g3")]

    found = ledger.find_leak(rows, {"s2"}, {"g2", "g9"})

    assert found == Leak(members=1, relatives=1, first="s2")
    assert ledger.refuse_leak("t", Leak(), "v1") == ()
    assert [refusal.what for refusal in ledger.refuse_leak("t", found, "v1")] == [
        "v1 held 1 samples of t in train or val, one of them: s2",
        "v1 held 1 samples in train or val that were quarantined since for their "
        "likeness to t, one of them: s2",
    ]


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("ABCDEF01", "abcdef01"),
        (" sha256:" + "Ab" * 32 + " ", "ab" * 32),
        ("blake2b-256:abc123", "abc123"),
    ],
)
def test_model_has_one_spelling(text: str, digest: str) -> None:
    assert ledger.model_digest(text) == digest


@pytest.mark.parametrize("text", ["", "abc", "model.onnx", "sha256:", "ab cd ef", "é"])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="hexadecimal"):
        ledger.model_digest(text)
