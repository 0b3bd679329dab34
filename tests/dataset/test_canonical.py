from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.provenance.canonical import canonical, decimal_text, valid_text
from tests.strategies import plain_records


@given(plain_records())
def test_canonical_bytes_say_what_was_handed_over(record: dict[str, Any]) -> None:
    assert json.loads(canonical(record)) == record


@given(plain_records())
def test_order_of_keys_makes_no_difference(record: dict[str, Any]) -> None:
    turned = dict(reversed(record.items()))

    assert canonical(turned) == canonical(record)


@given(plain_records())
def test_no_white_space_stands_between_values(record: dict[str, Any]) -> None:
    text = canonical(record).decode()

    assert text == json.dumps(
        json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


@pytest.mark.parametrize("value", [0.5, float("nan"), b"x", {1, 2}, {1: "a"}, [0.1]])
def test_what_languages_print_differently_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical({"key": value})


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimal_text_gives_the_same_number_again(number: float) -> None:
    assert float(decimal_text(number)) == number


@pytest.mark.parametrize(("number", "text"), [(2.0, "2"), (0.1, "0.1"), (-3.0, "-3")])
def test_decimal_text_is_short(number: float, text: str) -> None:
    assert decimal_text(number) == text


def test_text_of_a_camera_that_is_no_unicode_can_be_recorded() -> None:
    assert canonical({"name": valid_text("a\udc80b")}) == b'{"name":"a?b"}'
