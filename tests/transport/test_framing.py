"""Messages through frames: whole, in order, within the window, whatever the other end sends."""

from __future__ import annotations

import os
from itertools import count

import pytest
from hypothesis import given, strategies as st

from chatter_tui.transport.framing import FRAME, WINDOW, FrameError, Framer

LIMIT = 1024 * 1024


def framer(max_receive: int = LIMIT) -> Framer:
    return Framer(max_send=LIMIT, max_receive=max_receive)


def record(kind: int, body: bytes) -> bytes:
    return (kind << 14 | len(body)).to_bytes(2, "big") + body


def deliver(sender: Framer, receiver: Framer) -> int:
    """Carry what may go out now, returning how many frames that were."""
    frames = list(sender.frames())
    for frame in frames:
        assert len(frame) <= FRAME
        receiver.receive(frame)
    return len(frames)


def taken(receiver: Framer) -> list[bytes]:
    return list(iter(receiver.take, None))


def test_small_messages_share_a_frame() -> None:
    one, other = framer(), framer()
    messages = [b"a", b"", b"ccc"]
    for message in messages:
        one.send(message)
    assert deliver(one, other) == 1
    assert taken(other) == messages


def test_a_large_message_goes_on_when_its_pieces_are_credited() -> None:
    one, other = framer(), framer()
    message = os.urandom(5 * WINDOW)
    one.send(message)
    received = None
    for _ in count():
        moved = deliver(one, other) + deliver(other, one)
        received = received or other.take()
        if not moved:
            break
    assert received == message
    assert one.backlog < WINDOW // 4


def test_nothing_beyond_the_window_goes_out_unread() -> None:
    one, other = framer(), framer()
    for _ in range(10):
        one.send(bytes(FRAME - 2))
    sent = 0
    while moved := deliver(one, other):
        sent += moved
        deliver(other, one)
    assert sent == WINDOW // FRAME
    assert one.backlog > WINDOW
    assert len(taken(other)) == WINDOW // FRAME
    assert deliver(other, one)
    assert deliver(one, other)


def test_an_unfinished_message_waits_for_those_before_it() -> None:
    """Else small last pieces could make a receiver keep any number of large messages."""
    one, other = framer(), framer()
    one.send(b"unread")
    one.send(bytes(2 * WINDOW))
    while deliver(one, other):
        assert not deliver(other, one)
    assert other.take() == b"unread"
    assert deliver(other, one)


def test_credit_travels_with_messages() -> None:
    one, other = framer(), framer()
    one.send(b"hello")
    deliver(one, other)
    assert taken(other) == [b"hello"]
    assert not other.ready
    other.send(b"hello yourself")
    deliver(other, one)
    assert one.backlog == 0


def test_goodbye_comes_after_everything_queued() -> None:
    one, other = framer(), framer()
    one.send(bytes(FRAME - 3))
    one.close("done")
    one.send(b"too late")
    deliver(one, other)
    assert [len(message) for message in taken(other)] == [FRAME - 3]
    assert other.goodbye == "done"
    assert not one.ready
    assert not list(one.frames())


def test_goodbye_can_be_said_instead_of_what_is_queued() -> None:
    one, other = framer(), framer()
    one.send(bytes(3 * WINDOW))
    deliver(one, other)
    one.close("patient")
    assert not deliver(one, other)
    one.close("impatient", drop=True)
    deliver(one, other)
    assert other.goodbye == "patient"
    assert not taken(other)


def test_what_follows_a_goodbye_is_not_read() -> None:
    one = framer()
    one.receive(record(3, b"bye") + b"\xff\xff")
    assert one.goodbye == "bye"


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="empty"),
        pytest.param(bytes(FRAME + 1), id="too long"),
        pytest.param(b"\x00", id="half a header"),
        pytest.param(b"\x00\x05abcd", id="truncated body"),
        pytest.param(record(1, b""), id="empty piece"),
        pytest.param(record(2, b"abc"), id="short credit"),
        pytest.param(record(2, bytes(3) + b"\x01"), id="credit for nothing"),
        pytest.param(record(1, b"abc") + record(0, b"defg"), id="message too large"),
    ],
)
def test_a_frame_against_the_rules_is_one_error(frame: bytes) -> None:
    with pytest.raises(FrameError):
        framer(max_receive=6).receive(frame)


def test_more_than_the_window_is_an_error() -> None:
    one = framer()
    frame = record(0, bytes(FRAME - 2))
    for _ in range(WINDOW // FRAME):
        one.receive(frame)
    with pytest.raises(FrameError, match="window"):
        one.receive(frame)


@given(st.lists(st.binary(max_size=64) | st.binary(max_size=8).map(lambda b: record(0, b))))
def test_any_bytes_end_in_messages_or_the_error(frames: list[bytes]) -> None:
    one = framer()
    size = 0
    try:
        for frame in frames:
            size += len(frame)
            one.receive(frame)
            list(one.frames())
    except FrameError:
        pass
    assert sum(map(len, taken(one))) <= size


@given(
    messages=st.lists(st.binary(max_size=300)),
    steps=st.lists(st.sampled_from(["send", "there", "back", "take"])),
    frame_size=st.integers(40, 100),
    window=st.integers(100, 300),
)
def test_any_interleaving_delivers_everything(
    messages: list[bytes], steps: list[str], frame_size: int, window: int
) -> None:
    one, other = (
        Framer(max_send=LIMIT, max_receive=LIMIT, frame_size=frame_size, window=window)
        for _ in range(2)
    )
    waiting = list(messages)
    received: list[bytes] = []
    rounds = ["send", "there", "take", "back"] * (len(messages) * (2 + 600 // window) + 4)
    for step in steps + rounds:
        if step == "send" and waiting:
            one.send(waiting.pop(0))
        elif step == "take":
            message = other.take()
            received += [] if message is None else [message]
        elif step == "there":
            for frame in one.frames():
                other.receive(frame)
        elif step == "back":
            for frame in other.frames():
                one.receive(frame)
    assert received == messages
    assert not one.ready
    assert one.backlog < window
