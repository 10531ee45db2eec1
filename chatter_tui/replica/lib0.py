"""The lowest layer of Yjs's wire format: strict, bounded reading of variable-length integers.

Bytes from peers are read here before any native code sees them. Every fault is a `CodecError`, and
nothing is read beyond the end. Source: lib0 `encoding.js`/`decoding.js`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CLOCK = 2**31 - 1  # what fits yrs's 32-bit clocks without wrapping
MAX_CLIENT = 2**53 - 1  # JavaScript's largest exact integer, the limit of Yjs client ids


class CodecError(ValueError):
    """The bytes do not follow the format."""


class Reader:
    """A cursor over bytes that never reads past their end."""

    __slots__ = ("data", "end", "position")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.end = len(data)

    @property
    def left(self) -> int:
        """The number of unread bytes."""
        return self.end - self.position

    def byte(self) -> int:
        """Read one byte."""
        if self.position >= self.end:
            raise CodecError("ends too early")
        value = self.data[self.position]
        self.position += 1
        return value

    def uint(self, maximum: int = MAX_CLIENT) -> int:
        """Read a variable-length unsigned integer of at most `maximum`."""
        data, position, end = self.data, self.position, self.end
        if position < end and (value := data[position]) < 0x80 and value <= maximum:
            self.position = position + 1  # most are that small
            return value
        value = shift = 0
        while True:
            if position >= end:
                raise CodecError("ends too early")
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 56:  # 53 bits fit in eight groups of seven
                raise CodecError("integer too long")
        if not byte and shift:  # so that no number has two spellings
            raise CodecError("integer spelled longer than it is")
        if value > maximum:
            raise CodecError("integer out of range")
        self.position = position
        return value

    def raw(self, length: int) -> bytes:
        """Read exactly `length` bytes."""
        start = self.position
        if start + length > self.end:
            raise CodecError("ends too early")
        self.position = start + length
        return self.data[start : start + length]

    def buffer(self) -> bytes:
        """Read bytes that are preceded by their length."""
        return self.raw(self.uint(self.end))

    def string(self) -> str:
        """Read UTF-8 text that is preceded by its length in bytes."""
        data, start, end = self.data, self.position, self.end
        if start < end and data[start] < 0x80:  # most are that short
            length = data[start]
            start += 1
        else:
            length = self.uint(end)
            start = self.position
        stop = start + length
        if stop > end:
            raise CodecError("ends too early")
        self.position = stop
        try:
            return data[start:stop].decode("utf-8")
        except UnicodeDecodeError:
            raise CodecError("not UTF-8") from None

    def skips(self, expected: bytes) -> bool:
        """Skip `expected` if it comes next, and return whether it did."""
        if not self.data.startswith(expected, self.position):
            return False
        self.position += len(expected)
        return True

    def finish(self) -> None:
        """Require that nothing is left."""
        if self.position != self.end:
            raise CodecError("trailing bytes")


_SMALL = tuple(bytes((value,)) for value in range(0x80))


def uint(value: int) -> bytes:
    """Encode an unsigned integer."""
    if 0 <= value < 0x80:
        return _SMALL[value]
    out = bytearray()
    while value >= 0x80:
        out.append(0x80 | (value & 0x7F))
        value >>= 7
    out.append(value)
    return bytes(out)


def buffer(data: bytes) -> bytes:
    """Encode bytes, preceded by their length."""
    return uint(len(data)) + data


def string(text: str) -> bytes:
    """Encode text as UTF-8, preceded by its length in bytes."""
    return buffer(text.encode("utf-8"))


def decode_state_vector(data: bytes, *, max_clients: int = 100_000) -> dict[int, int]:
    """Decode a Yjs state vector: client id → next clock.

    Raises:
        CodecError: The bytes are malformed, name a client twice, or name more than `max_clients`.
    """
    reader = Reader(data)
    clients = reader.uint(max_clients)
    vector: dict[int, int] = {}
    for _ in range(clients):
        client = reader.uint()
        if client in vector:
            raise CodecError("client twice")
        vector[client] = reader.uint(MAX_CLOCK)
    reader.finish()
    return vector


def encode_state_vector(vector: Mapping[int, int]) -> bytes:
    """Encode a Yjs state vector."""
    pairs = (uint(client) + uint(clock) for client, clock in vector.items())
    return uint(len(vector)) + b"".join(pairs)
