"""Large JSON files of strangers, value by value: half a gigabyte on one line, too.

The file is an object that holds lists (COCO), or a list itself. Only the value that is
being read is held, and one that is larger than a limit ends the reading.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from dataset.errors import BadFile

# No image, annotation or task that a person made comes near.
VALUE_LIMIT: Final = 16 << 20
_CHUNK_BYTES: Final = 1 << 20
_SPACE: Final = " \t\r\n"
# A number that a piece of text ends in may go on in the next one.
_LONGEST_NUMBER: Final = 400
_DECODE: Final = json.JSONDecoder().raw_decode


class JsonLists:
    """The lists of one file; `names` are the keys of those seen so far, "" the file's.

    Each walk reads the file anew, and raises BadFile where it is no JSON, or a value
    has more than `limit` characters.
    """

    def __init__(self, path: Path, limit: int = VALUE_LIMIT) -> None:
        self._path = path
        self._limit = limit
        self.names: set[str] = set()

    def walk(self) -> Iterator[tuple[str, Any]]:
        """The key of each list with one of its values, in the order of the file.

        What stands under other keys is passed over.

        Raises:
            BadFile: see above; or the file cannot be read.
        """
        try:
            with self._path.open("rb") as stream:
                text = _Text(stream, self._path, self._limit)
                yield from self._top(text)
        except OSError as error:
            raise BadFile(
                f"The file cannot be read ({error.strerror}): {self._path}"
            ) from None
        except (ValueError, RecursionError) as error:
            raise BadFile(f"The file is no JSON ({error}): {self._path}") from None

    def _top(self, text: _Text) -> Iterator[tuple[str, Any]]:
        sign = text.peek()
        if sign == "[":
            yield from self._list(text, "")
        elif sign == "{":
            for key in _keys(text):
                if text.peek() == "[":
                    yield from self._list(text, key)
                else:
                    text.value()
        else:
            text.value()
        if text.peek():
            raise ValueError("there is more behind its end")

    def _list(self, text: _Text, key: str) -> Iterator[tuple[str, Any]]:
        self.names.add(key)
        text.take("[")
        if text.peek() == "]":
            text.take("]")
            return
        while True:
            yield key, text.value()
            if text.take(",]") == "]":
                return


def _keys(text: _Text) -> Iterator[str]:
    """The keys of an object; whoever asks reads the value behind each."""
    text.take("{")
    if text.peek() == "}":
        text.take("}")
        return
    while True:
        key = text.value()
        if not isinstance(key, str):
            raise ValueError("a key is no text")  # noqa: TRY004  (it is bad JSON)
        text.take(":")
        yield key
        if text.take(",}") == "}":
            return


class _Text:
    """The text of a file, as much of it as the next value needs."""

    def __init__(self, stream: IO[bytes], path: Path, limit: int) -> None:
        self._stream = stream
        self._path = path
        self._limit = limit
        head = stream.read(_CHUNK_BYTES)
        encoding = json.detect_encoding(head)
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self._is_over = not head
        self._text = self._decoder.decode(head, not head)
        self._at = 0

    def peek(self) -> str:
        """The next sign that is no space; "" at the end."""
        while True:
            while self._at < len(self._text):
                sign = self._text[self._at]
                if sign not in _SPACE:
                    return sign
                self._at += 1
            if self._is_over:
                return ""
            self._read_on()

    def take(self, signs: str) -> str:
        """The next sign, which must be one of these.

        Raises:
            ValueError: it is another.
        """
        sign = self.peek()
        if not sign or sign not in signs:
            raise ValueError(f"{sign or 'the end'!r} where one of {signs!r} must stand")
        self._at += 1
        return sign

    def value(self) -> Any:  # noqa: ANN401  (a stranger's)
        """The next value.

        Raises:
            BadFile: it is too large.
            ValueError: it is none.
        """
        self.peek()
        while True:
            value, end = self._decoded()
            rest = len(self._text) - end
            if end >= 0 and (self._is_over or rest > _LONGEST_NUMBER):
                self._at = end
                return value
            if len(self._text) - self._at > self._limit:
                raise BadFile(
                    f"A single value has more than {self._limit} characters: "
                    f"{self._path}"
                )
            self._read_on()

    def _decoded(self) -> tuple[Any, int]:
        """The value and where it ends; -1 where the text may only be cut short."""
        try:
            return _DECODE(self._text, self._at)
        except json.JSONDecodeError as error:
            is_near_end = error.pos >= len(self._text) - _LONGEST_NUMBER
            is_cut = is_near_end or error.msg.startswith("Unterminated")
            if self._is_over or not is_cut:
                raise
            return None, -1

    def _read_on(self) -> None:
        """Read as much again as is waiting, so that a long value is tried few times."""
        waiting = len(self._text) - self._at
        data = self._stream.read(max(_CHUNK_BYTES, waiting))
        self._is_over = not data
        self._text = self._text[self._at :] + self._decoder.decode(data, not data)
        self._at = 0
