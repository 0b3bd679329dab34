"""CRC-32C (Castagnoli), as TFRecord files carry it.

Polynomial 0x1EDC6F41, reflected 0x82F63B78, start and end value all ones: RFC 3720,
appendix B.4. Plain Python does a few megabytes a second; this works on blocks at once.
A checksum is linear, so that every byte's share of its block can be looked up by value
and place, and the shares of a block are joined by exclusive or.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL: Final = 0x82F63B78
_ONES: Final = 0xFFFFFFFF
_MASK_DELTA: Final = 0xA282EAD8
_BLOCK: Final = 512


def masked_crc32c(data: bytes) -> int:
    """The checksum as TFRecord stores it: turned right by 15 bits, plus a constant."""
    value = crc32c(data)
    turned = (value >> 15 | value << 17) & _ONES
    return (turned + _MASK_DELTA) & _ONES


def crc32c(data: bytes) -> int:
    """The CRC-32C of some bytes."""
    register = _ONES
    whole = len(data) - len(data) % _BLOCK
    if whole:
        blocks = np.frombuffer(data, np.uint8, whole).reshape(-1, _BLOCK)
        places, shift = _places(), _shift()
        shares = places[np.arange(_BLOCK), blocks]
        for share in np.bitwise_xor.reduce(shares, axis=1).tolist():
            register = _shifted(register, shift) ^ share
    table = _byte_table()
    for byte in data[whole:]:
        register = register >> 8 ^ table[(register ^ byte) & 0xFF]
    return register ^ _ONES


def _shifted(register: int, shift: tuple[tuple[int, ...], ...]) -> int:
    """The register after a block of zeros, a byte of it at a time."""
    return (
        shift[0][register & 0xFF]
        ^ shift[1][register >> 8 & 0xFF]
        ^ shift[2][register >> 16 & 0xFF]
        ^ shift[3][register >> 24]
    )


@cache
def _byte_table() -> tuple[int, ...]:
    """The register after one byte, beginning with zero."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return tuple(table)


@cache
def _places() -> NDArray[np.uint32]:
    """The share of each byte by its place in a block, shape (block, 256)."""
    table = np.array(_byte_table(), np.uint32)
    places = np.empty((_BLOCK, 256), np.uint32)
    places[-1] = table
    for place in range(_BLOCK - 2, -1, -1):
        later = places[place + 1]
        places[place] = later >> 8 ^ table[later & 0xFF]
    return places


@cache
def _shift() -> tuple[tuple[int, ...], ...]:
    """What a block of zeros makes of each byte of the register."""
    first = _places()[:4].tolist()
    return tuple(tuple(row) for row in first)
