from __future__ import annotations

import random

import pytest
from hypothesis import given, strategies as st

from chatter_tui.authority.codec import (
    ANY,
    DELETED,
    GC,
    SKIP,
    STRING,
    TYPE,
    ForeignContentError,
    Struct,
    TooMuchError,
    Update,
    decode,
    decode_deletes,
    encode,
    encode_deletes,
    utf16_length,
)
from chatter_tui.replica import CodecError, Fork
from tests.authority.star import Client, Star
from tests.authority.test_sessions import write

ids = st.tuples(st.integers(0, 2**53 - 1), st.integers(0, 2**20))
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@st.composite
def structs(draw: st.DrawFn, client: int, clock: int) -> Struct:
    kind = draw(st.sampled_from((GC, DELETED, STRING, TYPE, ANY, SKIP)))
    length, content = 1, draw(st.sampled_from((1, 2))) if kind == TYPE else 0
    if kind in (GC, SKIP):
        return Struct(client, clock, draw(st.integers(1, 300)), kind)
    struct = Struct(client, clock, length, kind, content=content)
    if kind == DELETED:
        struct.length = draw(st.integers(1, 300))
    elif kind in (STRING, ANY):
        struct.content = draw(texts)
        struct.length = utf16_length(struct.content) if kind == STRING else 1
    struct.origin = draw(st.none() | ids)
    struct.right = draw(st.none() | ids)
    struct.keyed = draw(st.booleans())
    if not struct.origin and not struct.right:
        struct.parent = draw(texts | ids)
        struct.key = draw(texts) if struct.keyed else None
    return struct


@st.composite
def updates(draw: st.DrawFn) -> Update:
    update = Update()
    for client in draw(st.lists(ids.map(lambda id_: id_[0]), unique=True, max_size=3)):
        clock = draw(st.integers(0, 1000))
        update.structs[client] = []
        for _ in range(draw(st.integers(1, 4))):
            struct = draw(structs(client, clock))
            update.structs[client].append(struct)
            clock = struct.end
    ranges = st.tuples(st.integers(0, 2**20), st.integers(1, 99)).map(lambda r: (r[0], sum(r)))
    clients = st.integers(0, 2**53 - 1)
    update.deletes = draw(st.dictionaries(clients, st.lists(ranges, min_size=1), max_size=3))
    return update


@given(updates())
def test_what_is_written_is_read(update: Update) -> None:
    assert decode(encode(update)) == update
    assert decode_deletes(encode_deletes(update.deletes)) == update.deletes


def test_round_trips_what_clients_and_documents_write() -> None:
    rng = random.Random(3)
    star = Star()
    client = star.join(7)
    for step in range(200):
        pending = client.write(write(client, rng, step))
        if pending:
            assert encode(decode(pending.update)) == pending.update
            star.deliver_up(client)
            star.deliver_down(client)
    assert encode(decode(star.authority.state())) == star.authority.state()


MALFORMED = {
    "nothing": b"",
    "no deletes": b"\0",
    "trailing byte": b"\0\0\0",
    "endless integer": b"\xff" * 12,
    "integer with a zero in front": b"\x80\0\0",
    "client without structs": b"\1\0\5\0\0",
    "client twice": b"\2\1\5\0\0\1\1\5\1\0\1\0",
    "empty garbage": b"\1\1\5\0\0\0\0",
    "empty text": b"\1\1\5\0\x84\1\0\0\0",
    "clock beyond 31 bits": b"\1\1\5\xff\xff\xff\xff\x07\0\1\0",
    "more structs than bytes": b"\1\x7f\5\0\0\1\0",
    "text not UTF-8": b"\1\1\5\0\x84\1\0\1\xff\0",
    "half a surrogate pair": b"\1\1\5\0\x84\1\0\3\xed\xa0\x80\0",
    "parent of neither kind": b"\1\1\5\0\4\2\1\1a\0",
    "empty deleted range": b"\0\1\5\1\0\0",
    "deletes of a client twice": b"\0\2\5\1\0\1\5\1\2\1",
    "client without deleted ranges": b"\0\1\5\0",
    "deleted range beyond 31 bits": b"\0\1\5\1\xff\xff\xff\xff\x07\1",
}
FOREIGN = {
    "number": b"\1\1\5\0\x88\1\0\1\x7d\1\0",
    "two values": b"\1\1\5\0\x88\1\0\2w\1aw\1b\0",
    "nested": b"\1\1\5\0\x88\1\0\1" + b"\x75\1" * 1000 + b"\x7e\0",
    "array": b"\1\1\5\0\x87\1\0\0\0",
    "XML": b"\1\1\5\0\x87\1\0\3\1p\0",
    "embed": b"\1\1\5\0\x85\1\0\1a\0",
    "format": b"\1\1\5\0\x86\1\0\1a\1b\0",
    "binary": b"\1\1\5\0\x83\1\0\1a\0",
    "document": b"\1\1\5\0\x89\1\0\1a\x7e\0",
    "old JSON": b"\1\1\5\0\x82\1\0\1\1a\0",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_refuses_malformed(data: bytes) -> None:
    with pytest.raises(CodecError) as caught:
        decode(data)
    assert not isinstance(caught.value, ForeignContentError)


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN)
def test_refuses_what_no_block_consists_of(data: bytes) -> None:
    with pytest.raises(ForeignContentError):
        decode(data)


def test_refuses_more_than_is_asked_for() -> None:
    update = Update({5: [Struct(5, 0, 1, GC), Struct(5, 1, 1, SKIP)]}, {5: [(0, 1), (2, 3)]})
    assert decode(encode(update), structs=2, ranges=2) == update
    with pytest.raises(TooMuchError):
        decode(encode(update), structs=1)
    with pytest.raises(TooMuchError):
        decode(encode(update), ranges=1)


def reads_alike_only_itself(data: bytes) -> None:
    """Either the one error, or nothing else reads like it."""
    try:
        update = decode(data)
    except CodecError:
        return
    assert encode(update) == data


@given(st.binary(max_size=60))
def test_any_bytes_end_in_an_update_or_the_one_error(data: bytes) -> None:
    reads_alike_only_itself(data)


@given(updates(), st.data())
def test_damaged_updates_end_the_same_way(update: Update, data: st.DataObject) -> None:
    damaged = bytearray(encode(update))
    at = data.draw(st.integers(0, len(damaged) - 1))
    damaged[at] = data.draw(st.integers(0, 255))
    reads_alike_only_itself(bytes(damaged))


@given(updates(), st.data())
def test_nothing_spelled_longer_than_it_is_is_read(update: Update, data: st.DataObject) -> None:
    spelled = encode(update)
    at = data.draw(st.integers(0, len(spelled) - 1))
    longer = bytes((spelled[at] | 0x80, 0))
    reads_alike_only_itself(spelled[:at] + longer + spelled[at + 1 :])


def test_a_fork_starts_from_what_was_round_tripped() -> None:
    star = Star()
    again = Client("again", Fork(9, encode(decode(star.authority.state()))))
    assert again.fork.blocks == star.authority.blocks
