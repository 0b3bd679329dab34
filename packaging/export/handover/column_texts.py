"""Columns as text: what `repr`, `hex` and JSON would write, for thousands at a time.

A row of a file is joined of such columns outside of Python, which takes less than half
of the time that one f-string a row does.
"""

from __future__ import annotations

from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_HEX: Final = np.frombuffer(
    b"".join(b"%02x" % value for value in range(256)), np.uint8
).reshape(256, 2)
_HYPHEN: Final = ord("-")
# Where the 32 digits of a UUID stand among its hyphens.
_DIGITS: Final = np.array([at for at in range(36) if at not in (8, 13, 18, 23)])
# Between these Arrow and Python write a number alike, but for the end of a whole one.
_LEAST, _MOST = 1e-4, 1e9

WordText: TypeAlias = Callable[[str], str]


def joined(*parts: str | pa.Array) -> pa.Array:
    """The parts one behind the other, row by row; at least one is a column."""
    return pc.binary_join_element_wise(*parts, "")


def grouped(texts: pa.Array, bounds: NDArray[np.int64], separator: str) -> pa.Array:
    """Runs of texts joined to one each; run i begins at bounds[i]."""
    lists = pa.ListArray.from_arrays(pa.array(bounds.astype(np.int32)), texts)
    return pc.binary_join(lists, separator)


def content(texts: pa.Array) -> bytes:
    """All texts laid end to end, as UTF-8."""
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:
        return b""
    bounds = np.frombuffer(offsets, np.int32)[texts.offset :]
    return data[int(bounds[0]) : int(bounds[len(texts)])].to_pybytes()  # type: ignore[no-any-return]


def hex_texts(raw: NDArray[np.uint8]) -> pa.Array:
    """Rows of bytes, shape (n, size), as hexadecimal digits."""
    return _texts(_HEX[raw].reshape(len(raw), 2 * raw.shape[1]))


def uuid_texts(raw: NDArray[np.uint8]) -> pa.Array:
    """Rows of 16 bytes as UUIDs in lower case with their hyphens."""
    signs = np.full((len(raw), 36), _HYPHEN, np.uint8)
    signs[:, _DIGITS] = _HEX[raw].reshape(len(raw), 32)
    return _texts(signs)


def integer_texts(values: NDArray[np.integer]) -> pa.Array:
    """Whole numbers in decimal digits."""
    return pa.array(values).cast(pa.string())


def float_texts(values: NDArray[np.float64]) -> pa.Array:
    """Finite numbers as `repr` writes them."""
    column = pa.array(values)
    whole = pa.array(values == np.floor(values))
    texts = column.cast(pa.string())
    texts = pc.if_else(whole, joined(texts, ".0"), texts)
    size = np.abs(values)
    is_odd = ((size < _LEAST) & (size > 0)) | (size >= _MOST)
    if is_odd.any():
        said = [repr(value) for value in values[is_odd].tolist()]
        texts = pc.replace_with_mask(texts, pa.array(is_odd), pa.array(said))
    return texts


def json_texts(words: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Words as JSON has them, quotes included; not escaped beyond need."""
    return mapped(words, encode_basestring)


def mapped(words: pa.Array | pa.ChunkedArray, say: WordText) -> pa.Array:
    """What `say` makes of each word; each different one is asked for once."""
    if isinstance(words, pa.ChunkedArray):
        words = words.combine_chunks()
    coded = words.dictionary_encode()
    said = [say(word) for word in coded.dictionary.to_pylist()]
    return pa.array(said, pa.string()).take(coded.indices)


def _texts(signs: NDArray[np.uint8]) -> pa.Array:
    """Rows of ASCII signs, shape (n, size), as texts."""
    count, size = signs.shape
    offsets = np.arange(count + 1, dtype=np.int32) * size
    data = np.ascontiguousarray(signs).tobytes()
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), count, buffers)
