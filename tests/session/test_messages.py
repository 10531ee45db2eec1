"""Messages come through unchanged, and no bytes lead anywhere but to a message or one error."""

from __future__ import annotations

import json

import msgpack
import pytest
from hypothesis import given, settings, strategies as st

from chatter_tui.replica import CodecError
from chatter_tui.replica.lib0 import uint
from chatter_tui.session import awareness, sync
from chatter_tui.session.awareness import Entry, Presence
from chatter_tui.session.invites import Address, Invite, InviteError, proof
from chatter_tui.session.limits import Bucket
from chatter_tui.session.members import MAX_NAME, clean_name, unique_name
from chatter_tui.session.messages import (
    MESSAGES,
    Ack,
    Answer,
    Auth,
    Document,
    Message,
    MessageError,
    Reject,
    RejectedItem,
    Request,
    Session,
    Side,
    Sync,
)
from chatter_tui.session.wire import decode, encode

texts = st.text(st.characters(codec="utf-8"), max_size=40)
numbers = st.integers(0, 2**53 - 1)
messages = st.one_of(
    st.builds(Ack, numbers),
    st.builds(Sync, st.binary(max_size=200), st.none() | numbers, st.none() | texts),
    st.builds(Auth, texts, st.binary(max_size=32), texts, texts, numbers, numbers, texts),
    st.builds(Request, numbers, texts, texts, st.none() | texts, st.none() | st.booleans()),
    st.builds(Answer, numbers, texts, texts),
    st.builds(Document, texts, numbers, texts),
    st.builds(Session, st.sampled_from(["join", "leave", "end"]), texts, texts, texts, numbers),
    st.builds(
        Reject,
        numbers,
        st.lists(st.builds(RejectedItem, texts, texts, texts), max_size=4).map(tuple),
        st.binary(max_size=50),
    ),
)


@given(messages, st.booleans())
@settings(max_examples=300)
def test_a_message_comes_through_unchanged(message: Message, as_json: bool) -> None:
    sender = next(iter(message.SENDERS))
    assert decode(encode(message, as_json=as_json), sender=sender) == message


@given(st.binary(max_size=300), st.sampled_from(list(Side)))
@settings(max_examples=500)
def test_any_bytes_are_a_message_or_one_error(data: bytes, sender: Side) -> None:
    try:
        message = decode(data, sender=sender)
    except MessageError:
        return
    assert sender in message.SENDERS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


@given(
    st.sampled_from(sorted(MESSAGES)),
    st.dictionaries(
        st.sampled_from(
            ["token", "proof", "peerId", "name", "clientId", "seq", "data", "items", "action"]
        ),
        json_values,
    ),
    st.sampled_from(list(Side)),
)
@settings(max_examples=500)
def test_any_fields_of_any_type_are_a_message_or_one_error(
    kind: str, fields: dict[str, object], sender: Side
) -> None:
    def try_(data: bytes) -> None:
        try:
            encode(decode(data, sender=sender))  # and what is let in can be sent on
        except MessageError:
            pass

    try_(json.dumps({"type": kind, **fields}).encode())
    try:
        packed = msgpack.packb({"type": kind, **fields})
    except (ValueError, OverflowError):  # integers beyond 64 bits, surrogates
        return
    try_(packed)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"{" + b'"a":{' * 100_000,
        b"\x91" * 100_000,
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b'{"type": "ack", "seq": NaN}',
        b'{"type": "ack", "seq": 1, "later": NaN}',
        b'{"type": "ack", "seq": 1e400}',
        b'{"type": "ack", "seq": -1}',
        b'{"type": "ack", "seq": 9007199254740992}',
        msgpack.packb({"type": "ack", "seq": 1, "later": msgpack.ExtType(5, b"abc")}),
        msgpack.packb({"type": "ack", "seq": 1, "later": {str(n): 1 for n in range(1025)}}),
        b'{"type": "ack", "seq": true}',
        b'{"type": "document", "name": "\\ud800", "version": 1, "text": ""}',
        b'{"type": "sync", "data": "???"}',
        b'{"type": "sync", "data": "A"}',
    ],
)
def test_hostile_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(MessageError):
        decode(data, sender=Side.MASTER)


@pytest.mark.parametrize("kind", MESSAGES.values(), ids=list(MESSAGES))
@pytest.mark.parametrize("sender", Side)
def test_only_who_may_send_a_message_is_heard(kind: type[Message], sender: Side) -> None:
    said = "is missing" if sender in kind.SENDERS else "may not send"
    with pytest.raises(MessageError, match=said):
        decode(msgpack.packb({"type": kind.TYPE}), sender=sender)


@pytest.mark.parametrize("as_json", [False, True])
def test_a_rejection_names_every_block_however_many(as_json: bool) -> None:
    """What it does not name counts as accepted."""
    items = tuple(RejectedItem(f"b{n}", "read-only", "") for n in range(5_000))
    reject = Reject(7, items, b"\0\0")
    assert decode(encode(reject, as_json=as_json), sender=Side.MASTER) == reject
    more = Reject(7, items * 7, b"\0\0")
    with pytest.raises(MessageError):
        decode(encode(more, as_json=as_json), sender=Side.MASTER)


def test_too_much_is_refused_before_it_is_read() -> None:
    with pytest.raises(MessageError, match="too large"):
        decode(b"{" * 2000, sender=Side.CLIENT, limit=1000)


# -- sync and awareness ---------------------------------------------------------------------------


@given(st.binary(max_size=100))
@settings(max_examples=300)
def test_any_bytes_are_a_sync_step_an_awareness_update_or_one_error(data: bytes) -> None:
    for read in (sync.decode, awareness.decode):
        try:
            read(data)
        except CodecError:
            pass


parts = st.text(st.characters(codec="utf-8"), max_size=30)
presences = st.builds(
    Presence, parts, parts, st.none() | parts, st.booleans(), st.none() | parts, st.booleans()
)
entries = st.builds(Entry, numbers, st.integers(0, 2**31 - 1), st.none() | presences)


@given(st.lists(entries, max_size=5))
@settings(max_examples=200)
def test_awareness_comes_through_unchanged(listed: list[Entry]) -> None:
    assert awareness.decode(awareness.encode(listed)) == listed


@pytest.mark.parametrize(
    ("state", "presence"),
    [
        ("null", None),
        ("5", None),
        ("{}", Presence()),
        ('{"user": 5}', Presence()),
        ('{"user": {"name": 5, "typing": "yes", "activeAnchor": []}}', Presence()),
        ('{"user": {"name": "bo", "cursor": {"x": 1}}}', Presence("bo")),
        ('{"user": {"name": "' + "n" * 500 + '"}}', Presence("n" * 200)),
        ('{"user": {"name": "\\ud800"}}', Presence("?")),
    ],
)
def test_what_is_not_understood_of_a_state_is_not_shared(
    state: str, presence: Presence | None
) -> None:
    data = bytes((1, 7, 3)) + uint(len(state)) + state.encode()
    assert awareness.decode(data) == [Entry(7, 3, presence)]


@pytest.mark.parametrize("state", ["[" * 2000, "{", f'"{"x" * 3000}"', "nul"])
def test_a_hostile_state_is_refused(state: str) -> None:
    many = uint(5000) + (bytes((7, 3)) + uint(4) + b"null") * 5000
    with pytest.raises(CodecError):
        awareness.decode(many)
    data = bytes((1, 7, 3)) + uint(len(state)) + state.encode()
    with pytest.raises(CodecError):
        awareness.decode(data)


# -- invites, names, limits -----------------------------------------------------------------------

INVITE = Invite(
    (Address("192.0.2.7", 4117), Address("fd00::2", 4117), Address("my-laptop.local", 80)),
    "01JZZZZZZZZZZZZZZZZZZZZZZZ",
    "tokenid1",
    bytes(range(16)),
)


def test_an_invite_survives_what_pasting_does_to_it() -> None:
    line = str(INVITE)
    assert Invite.parse(line) == INVITE
    assert Invite.parse(f"  '{line[:40]}\n   {line[40:]}'\r\n") == INVITE
    assert Invite.parse("CHATTER" + line[7:]) == INVITE


def test_an_invite_shows_its_secret_only_as_the_line() -> None:
    secret = str(INVITE).rsplit(".", 1)[1]
    assert secret not in repr(INVITE)


def test_what_is_copied_with_an_invite_is_named() -> None:
    with pytest.raises(InviteError, match="“\\(untilFriday\\)” is no part of the invite"):
        Invite.parse(f"{INVITE} (until Friday)")


@given(st.text(max_size=120))
@settings(max_examples=300)
def test_any_line_is_an_invite_or_one_error(text: str) -> None:
    for line in (text, f"chatter://{text}", str(INVITE).replace("4117", text)):
        try:
            Invite.parse(line)
        except InviteError:
            pass


@pytest.mark.parametrize(
    "place", ["", "host", "host:", ":1", "host:0x1", "host:70000", "a@b:1", "[::1]", "a b:1", "-:1"]
)
def test_an_address_is_host_and_port(place: str) -> None:
    with pytest.raises(InviteError):
        Address.parse(place)


def test_a_proof_depends_on_everything() -> None:
    base = proof(b"s" * 16, "client", "S", "p", b"b")
    assert proof(b"s" * 16, "client", "S", "p", b"b") == base
    for other in (
        proof(b"t" * 16, "client", "S", "p", b"b"),
        proof(b"s" * 16, "master", "S", "p", b"b"),
        proof(b"s" * 16, "client", "T", "p", b"b"),
        proof(b"s" * 16, "client", "S", "q", b"b"),
        proof(b"s" * 16, "client", "S", "p", b"c"),
        proof(b"s" * 16, "client", "Sp", "", b"b"),
    ):
        assert other != base


@given(st.text(max_size=80), st.lists(st.text(max_size=40), max_size=4))
@settings(max_examples=200)
def test_names_are_short_visible_and_nobody_else_s(name: str, taken: list[str]) -> None:
    given_ = unique_name(name, taken)
    assert 0 < len(given_) <= MAX_NAME
    assert given_ == clean_name(given_)
    assert given_.casefold() not in {other.casefold() for other in taken}


@pytest.mark.parametrize(
    "blank", "\u00ad\u034f\u115f\u17b4\u180b\u200d\u2800\u3164\ufe0f\uffa0\U000e0100"
)
def test_what_cannot_be_seen_makes_no_name_another(blank: str) -> None:
    assert unique_name(f"a{blank}na{blank}", ["ana"]) == "ana-2"


def test_a_bucket_lets_a_burst_through_and_then_slows_down() -> None:
    bucket = Bucket(rate=10, burst=5)
    assert [bucket.take(0.0) for _ in range(5)] == [0.0] * 5
    assert bucket.take(0.0) == pytest.approx(0.1)
    assert bucket.take(0.0) == pytest.approx(0.2)
    assert bucket.take(1000.0) == 0.0
    assert bucket.take(500.0) == 0.0  # the clock was set back: nothing is lost, nothing gained
