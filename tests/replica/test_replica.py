"""A Yjs document as blocks: what goes in comes out, edits merge, and a fork follows its master."""

from __future__ import annotations

import sys
import weakref

from hypothesis import given, settings, strategies as st

from chatter_tui.blocks import Block, dumps
from chatter_tui.replica import Fork, Replica
from chatter_tui.replica.edits import splices
from chatter_tui.replica.replica import NOTHING

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)


def block(id_: str, content: str = "text", **values: object) -> Block:
    return Block.of({"id": id_, "type": "comment", "content": content, **values}).canonical()


def test_unknown_fields_and_exact_numbers_survive() -> None:
    given_ = Block.from_json(
        '{"id": "a", "type": "comment", "content": "hi", "x-num": 1.0,'
        ' "x-big": 123456789012345678901234567890, "x-obj": {"b": [1e3, null]}}'
    )
    one, two = Replica(1), Replica(2)
    two.apply(one.add([given_]).update)
    assert dict(two.blocks["a"].fields) == dict(given_.fields)


def test_changes_tell_before_and_after() -> None:
    replica = Replica(1)
    added = replica.add([block("a")])
    assert [(c.id, c.before, c.after) for c in added.changes] == [("a", None, block("a"))]
    edited = replica.edit("a", "other text")
    assert edited.changes[0].before == block("a")
    assert edited.changes[0].after == block("a", "other text")
    gone = replica.delete(["a", "never-there"])
    assert [(c.id, c.after) for c in gone.changes] == [("a", None)]
    assert not replica.blocks


def test_writing_what_is_there_already_makes_no_update() -> None:
    replica = Replica(1)
    replica.add([block("a")])
    assert replica.edit("a", "text").update == NOTHING
    assert replica.set_fields("a", {}).update == NOTHING
    assert replica.delete(["b"]).update == NOTHING


def test_a_status_and_an_edit_at_once_both_stand() -> None:
    one, two = Replica(1), Replica(2)
    two.apply(one.add([block("a", "hello world")]).update)
    status = one.set_fields("a", {"status": dumps("resolved")}).update
    edit = two.edit("a", "hello brave world").update
    one.apply(edit)
    two.apply(status)
    assert one.blocks["a"] == two.blocks["a"]
    assert one.blocks["a"].content == "hello brave world"
    assert one.blocks["a"].status == "resolved"


@given(texts, texts)
@settings(max_examples=300)
def test_splices_turn_one_text_into_the_other(old: str, new: str) -> None:
    data = old.encode()
    for start, removed, inserted in splices(old, new):
        data = data[:start] + inserted.encode() + data[start + removed :]
    assert data.decode() == new


@given(texts, texts, texts)
@settings(max_examples=150)
def test_concurrent_edits_converge(base: str, left: str, right: str) -> None:
    one, two = Replica(1), Replica(2)
    two.apply(one.add([block("a", base)]).update)
    first, second = one.edit("a", left).update, two.edit("a", right).update
    one.apply(second)
    two.apply(first)
    assert one.blocks["a"].content == two.blocks["a"].content
    assert one.state_vector() == two.state_vector()


def test_a_whole_text_replaced_is_one_splice() -> None:
    assert len(splices("a" * 5000, "b" * 5000)) == 1


def test_a_fork_shows_what_is_pending_and_forgets_what_is_rejected() -> None:
    master = Replica(1)
    fork = Fork(2)
    fork.apply(master.add([block("root")]).update)
    pending = fork.write(lambda replica: replica.add([block("mine")]))
    assert pending is not None
    assert set(fork.blocks) == {"root", "mine"}
    assert set(fork.confirmed) == {"root"}
    # A master that rejects puts tombstones of equal length in place: one GC struct here.
    length = _clock_of(pending.update)
    fixed = b"\x01\x01\x02\x00\x00" + bytes([length]) + b"\x00"
    rolled = fork.reject(pending.seq, fixed)
    assert [(c.id, c.after) for c in rolled.changes] == [("mine", None)]
    assert not fork.pending
    again = fork.write(lambda replica: replica.add([block("again")]))
    assert again is not None
    master.apply(fixed)
    master.apply(again.update)
    fork.acknowledge(again.seq)
    assert dict(master.blocks) == dict(fork.blocks) == dict(fork.confirmed)


def test_offline_changes_come_back_on_top_after_a_resync() -> None:
    master = Replica(1)
    fork = Fork(2)
    fork.resync(master.state())
    fork.write(lambda replica: replica.add([block("offline")]))
    master.add([block("meanwhile")])
    changes = fork.resync(master.diff(fork.state_vector()))
    assert [c.id for c in changes] == ["meanwhile"]
    assert set(fork.blocks) == {"offline", "meanwhile"}


def _clock_of(update: bytes) -> int:
    replica = Replica(9)
    replica.apply(update)
    return replica.clock(2)


def test_a_replica_that_nobody_has_is_gone_at_once() -> None:
    """Native code keeps what watches it, out of sight of the garbage collector."""
    replica = Replica(1)
    replica.add([block("a")])
    document = replica._doc
    held = sys.getrefcount(document)
    gone = weakref.ref(replica)
    del replica
    assert gone() is None
    assert sys.getrefcount(document) < held - 1  # by the replica, and by what watched for it
