"""Messages as frames on a data channel, with the flow control that SCTP in aiortc lacks.

A frame holds at most 16 KiB and is a sequence of records. A record is a big-endian 16-bit header,
its kind in the upper two bits and the length of its body in the lower fourteen, and the body:

| kind | body |
| --- | --- |
| 0 end | a whole message, or the last piece of one |
| 1 piece | a piece of a message that the next record of kind 0 or 1 continues; never empty |
| 2 credit | 32-bit count of bytes the receiver has consumed: the records of kind 0 and 1, headers included |
| 3 goodbye | why the sender closes, in UTF-8; nothing follows it |

A sender keeps at most 64 KiB of kinds 0 and 1 uncredited. A receiver credits a message once it has
been taken, and a piece of an unfinished one once nothing waits before it, so that memory stays
within one message and one window.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from chatter_tui.transport.channel import check_size, clip

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAME = 16 * 1024
"""Largest frame in bytes: small enough that bulk messages leave gaps for others on a slow link."""

WINDOW = 64 * 1024
"""Uncredited bytes; measurements showed that more overruns UDP buffers on fast links."""

_HEADER = 2
_END, _PIECE, _CREDIT, _GOODBYE = range(4)
_CREDIT_BODY = 4


class FrameError(Exception):
    """The other end broke the framing rules; the link cannot be used any further."""


def _record(kind: int, body: bytes | memoryview) -> bytes:
    return (kind << 14 | len(body)).to_bytes(_HEADER, "big") + body


class _Sender:
    """Outgoing records, and how much of them the other end still has to credit."""

    def __init__(self, frame_size: int, window: int) -> None:
        self.queued = 0
        self.uncredited = 0
        self._messages: deque[memoryview] = deque()
        self._frame_size = frame_size
        self._window = window

    def put(self, message: bytes) -> None:
        self._messages.append(memoryview(message))
        self.queued += len(message)

    def clear(self) -> None:
        self._messages.clear()
        self.queued = 0

    def credit(self, count: int) -> None:
        if count > self.uncredited:
            raise FrameError("credit for more than was sent")
        self.uncredited -= count

    @property
    def idle(self) -> bool:
        return not self._messages

    @property
    def ready(self) -> bool:
        return not self.idle and self.uncredited + _HEADER < self._window

    def fill(self, frame: bytearray) -> None:
        """Append as many records as fit the frame and the window."""
        while self._messages:
            room = min(self._frame_size - len(frame), self._window - self.uncredited) - _HEADER
            if room < 1:
                return
            message = self._messages.popleft()
            piece, rest = message[:room], message[room:]
            if rest:
                self._messages.appendleft(rest)
            frame += _record(_PIECE if rest else _END, piece)
            self.queued -= len(piece)
            self.uncredited += _HEADER + len(piece)


class _Receiver:
    """Incoming messages, reassembled, and how much of them remains to be credited."""

    def __init__(self, max_message: int, window: int) -> None:
        self.owed = 0
        self._max_message = max_message
        self._window = window
        self._uncredited = 0
        self._messages: deque[tuple[bytes, int]] = deque()
        self._unfinished = bytearray()
        self._unfinished_cost = 0

    def put(self, kind: int, body: bytes) -> None:
        self._uncredited += _HEADER + len(body)
        if self._uncredited > self._window:
            raise FrameError("more than the window was sent")
        if kind == _PIECE and not body:
            raise FrameError("empty piece")
        if len(self._unfinished) + len(body) > self._max_message:
            raise FrameError("message too large")
        self._unfinished += body
        self._unfinished_cost += _HEADER + len(body)
        if kind == _END:
            self._messages.append((bytes(self._unfinished), self._unfinished_cost))
            self._unfinished = bytearray()
            self._unfinished_cost = 0
        self._owe_unfinished()

    def take(self) -> bytes | None:
        if not self._messages:
            return None
        message, cost = self._messages.popleft()
        self.owed += cost
        self._owe_unfinished()
        return message

    def settle(self) -> bytes:
        """Return a record that credits everything owed."""
        record = _record(_CREDIT, self.owed.to_bytes(_CREDIT_BODY, "big"))
        self._uncredited -= self.owed
        self.owed = 0
        return record

    def _owe_unfinished(self) -> None:
        if not self._messages:
            self.owed += self._unfinished_cost
            self._unfinished_cost = 0


class Framer:
    """One end of a framed link, without I/O.

    After every call, write what `frames` yields. `max_send` and `max_receive` are the largest
    messages in each direction, in bytes.
    """

    def __init__(
        self, *, max_send: int, max_receive: int, frame_size: int = FRAME, window: int = WINDOW
    ) -> None:
        self.goodbye: str | None = None
        self._max_send = max_send
        self._frame_size = frame_size
        self._credit_step = window // 4
        self._sender = _Sender(frame_size, window)
        self._receiver = _Receiver(max_receive, window)
        self._parting: bytes | None = None
        self._parted = False

    @property
    def backlog(self) -> int:
        """Bytes accepted and not credited; up to a quarter of the window even when idle."""
        return self._sender.queued + self._sender.uncredited

    @property
    def ready(self) -> bool:
        """Whether `frames` would yield anything."""
        if self._parted:
            return False
        return (
            self._receiver.owed >= self._credit_step
            or self._sender.ready
            or (self._parting is not None and self._sender.idle)
        )

    @property
    def full(self) -> bool:
        """Whether the next frame is as full as it can get."""
        return self.ready and self._sender.queued >= self._frame_size

    def send(self, message: bytes) -> None:
        """Queue a message.

        Raises:
            ValueError: The other end does not accept its size.
        """
        check_size(message, self._max_send)
        if self._parting is None:
            self._sender.put(message)

    def close(self, reason: str, *, drop: bool = False) -> None:
        """Say goodbye after what is queued, or instead of it with `drop`."""
        if drop:
            self._sender.clear()
        if self._parting is None:
            self._parting = clip(reason)

    def frames(self) -> Iterator[bytes]:
        """Yield the frames that may be sent now."""
        while not self._parted:
            frame = bytearray()
            owed = self._receiver.owed
            if owed and (owed >= self._credit_step or not self._sender.idle):
                frame += self._receiver.settle()
            self._sender.fill(frame)
            if self._parting is not None and self._sender.idle:
                record = _record(_GOODBYE, self._parting)
                if len(frame) + len(record) <= self._frame_size:
                    frame += record
                    self._parted = True
            if not frame:
                return
            yield bytes(frame)

    def receive(self, frame: bytes) -> None:
        """Handle a frame from the other end.

        Raises:
            FrameError: It is invalid. The framer must not be used any further.
        """
        if not 0 < len(frame) <= self._frame_size:
            raise FrameError("frame of a wrong size")
        position = 0
        while position < len(frame) and self.goodbye is None:
            body_start = position + _HEADER
            header = int.from_bytes(frame[position:body_start], "big")
            kind, length = header >> 14, header & 0x3FFF
            position = body_start + length
            if position > len(frame):
                raise FrameError("truncated record")
            self._take_record(kind, frame[body_start:position])

    def take(self) -> bytes | None:
        """Return the next message, or None."""
        return self._receiver.take()

    def _take_record(self, kind: int, body: bytes) -> None:
        if kind == _GOODBYE:
            self.goodbye = body.decode(errors="replace")
        elif kind == _CREDIT:
            if len(body) != _CREDIT_BODY:
                raise FrameError("credit of a wrong size")
            self._sender.credit(int.from_bytes(body, "big"))
        else:
            self._receiver.put(kind, body)
