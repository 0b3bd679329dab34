"""The codecs that formats are made of: checksums, protobuf, CSV, XML text."""

from __future__ import annotations

import csv
import io
import struct
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from export.handover.crc32c import crc32c, masked_crc32c
from export.handover.csv_text import csv_cell, csv_row, csv_rows, guard, unguard
from export.handover.placed_file import PlacedFile
from export.handover.texts import number_text, xml_attribute, xml_text
from export.handover.tf_example import (
    Feature,
    Kind,
    RecordFile,
    decode,
    encode,
    floats,
    integers,
    read_records,
    texts,
)
from tests.strategies import class_names

FEATURES = st.one_of(
    st.lists(st.binary(max_size=300), max_size=4).map(
        lambda values: Feature(kind=Kind.TEXTS, values=tuple(values))
    ),
    st.lists(st.floats(width=32, allow_nan=False), max_size=4).map(floats),
    st.lists(st.integers(0, 2**63 - 1), max_size=4).map(lambda v: integers(*v)),
)


def plain_crc32c(data: bytes) -> int:
    """Bit by bit, as the definition says."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_checksum_is_that_of_the_standard(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected


@given(data=st.binary(max_size=2_100))
def test_checksum_in_blocks_is_the_one_bit_by_bit(data: bytes) -> None:
    assert crc32c(data) == plain_crc32c(data)


def test_masked_checksum_is_turned_and_moved() -> None:
    turned = 0xE3069283 >> 15 | 0xE3069283 << 17 & 0xFFFFFFFF

    assert masked_crc32c(b"123456789") == (turned + 0xA282EAD8) % 2**32


@given(features=st.dictionaries(st.text(max_size=8), FEATURES, max_size=5))
def test_examples_are_read_as_they_were_written(features: dict[str, Feature]) -> None:
    assert decode(encode(features)) == features


def test_example_has_the_bytes_of_the_wire_format() -> None:
    example = encode({"a": integers(1, 300), "b": floats([0.5]), "c": texts("x")})

    assert example == bytes.fromhex(
        "0a 28"  # features
        " 0a 0c 0a 01 61 12 07 1a 05 0a 03 01 ac 02"
        " 0a 0d 0a 01 62 12 08 12 06 0a 04 00 00 00 3f"
        " 0a 0a 0a 01 63 12 05 0a 03 0a 01 78"
    ).replace(b"\x0a\x28", bytes([0x0A, len(example) - 2]), 1)


def test_empty_lists_keep_their_kind() -> None:
    assert decode(encode({"a": floats([])})) == {
        "a": Feature(kind=Kind.FLOATS, values=())
    }


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """A file with two records."""
    path = tmp_path / "records"
    file = PlacedFile(path, tmp_path / "t", keeps_equal=False, on_close=lambda *_: None)
    shard = RecordFile(file)
    shard.add(b"first")
    shard.add(b"second one")
    shard.close()
    return path


def test_records_have_lengths_and_checksums(records: Path) -> None:
    data = records.read_bytes()

    assert struct.unpack_from("<Q", data) == (5,)
    assert data[12:17] == b"first"
    assert list(read_records(records)) == [b"first", b"second one"]


@pytest.mark.parametrize("place", [0, 9, 14, 18, 40])
def test_any_changed_byte_of_a_record_is_seen(records: Path, place: int) -> None:
    data = bytearray(records.read_bytes())
    data[place] ^= 1
    records.write_bytes(data)

    with pytest.raises(ValueError, match=r"checksum|within"):
        list(read_records(records))


@pytest.mark.parametrize("length", [3, 10, 15, 30])
def test_cut_record_is_seen(records: Path, length: int) -> None:
    records.write_bytes(records.read_bytes()[:length])

    with pytest.raises(ValueError, match=r"checksum|within"):
        list(read_records(records))


@pytest.mark.parametrize("data", [b"\x0a\x05abc", b"\x08\x01", b"\xff" * 12])
def test_broken_examples_are_refused(data: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        decode(data)


@given(name=st.text(max_size=20))
def test_guarded_text_comes_back(name: str) -> None:
    assert unguard(guard(name)) == name


@given(name=class_names())
def test_cell_is_no_formula_and_comes_back(name: str) -> None:
    text = csv_row(["class"]) + csv_row([name])

    (_, (raw,)) = csv.reader(io.StringIO(text, newline=""))
    assert not raw.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert [row["class"] for row in csv_rows(io.StringIO(text, newline=""))] == [name]


def test_numbers_stay_numbers() -> None:
    assert csv_row(["a,b", 1, 0.25, -2.0]) == '"a,b",1,0.25,-2.0\n'
    assert csv_cell("plain") == "plain"


@given(name=class_names())
def test_xml_text_and_attribute_come_back(name: str) -> None:
    text = f"<a n={xml_attribute(name)}>{xml_text(name)}</a>"

    read: Element = fromstring(text)
    assert (read.attrib["n"], read.text) == (name, name)


@given(value=st.floats(0, 1e9))
def test_number_comes_back(value: float) -> None:
    assert float(number_text(value)) == value
