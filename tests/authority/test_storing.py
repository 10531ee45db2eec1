"""What a master stores and reports, and what it builds later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatter_tui.authority import (
    Author,
    Authority,
    DeadSpan,
    Ledger,
    RejectCode,
    Role,
)
from chatter_tui.authority.codec import (
    decode,
)
from chatter_tui.authority.seeding import SHARE
from chatter_tui.replica import Fork, Replica
from chatter_tui.replica.lib0 import decode_state_vector, encode_state_vector
from tests.authority.star import (
    NOW,
    OWNER,
    Star,
    assert_kept,
    block,
    codes,
    from_files,
    vector,
    verified,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.authority import Verdict
    from chatter_tui.replica import Change


def test_the_ledger_tells_what_is_new(star: Star) -> None:
    client = star.clients[0]
    mark = len(star.authority.ledger)
    client.write(lambda r: r.add([block("fine", "peer-0")]))
    star.deliver_up(client)
    bound = star.authority.ledger.since(mark)
    assert [tuple(entry) for entry in bound] == [(7, "peer-0")]
    mark = len(star.authority.ledger)
    clock = vector(star.authority)[7]
    client.write(lambda r: r.add([block("bad", "Olga"), block("bad-2", "Olga")]))
    star.deliver_up(client)
    first, second = star.authority.ledger.since(mark)
    assert isinstance(first, DeadSpan)
    assert isinstance(second, DeadSpan)
    assert {first.block, second.block} == {"bad", "bad-2"}
    assert (first.client, first.start) == (7, clock)
    assert (second.client, second.start) == (7, first.end)
    assert second.end == vector(star.authority)[7]
    again = Ledger(star.authority.ledger.since(0))
    assert again.since(0) == star.authority.ledger.since(0)


def test_blocks_of_files_alone_need_no_native_document() -> None:
    mine = [block(f"b{number}", "Olga", f"text 😀 {number}") for number in range(2 * SHARE + 1)]
    resting = Authority(5, later=True)
    assert resting.seed(mine).relay == resting.state()
    assert decode(resting.state()).structs.keys() == {6, 7, 8}
    assert "_doc" not in vars(resting._document)
    assert resting.blocks == Replica(0, resting.state()).blocks
    assert list(resting.blocks.values()) == mine
    assert resting.write(OWNER, lambda r: r.edit("b1", "edited"), NOW).accepted
    assert not resting.write(OWNER, lambda r: r.add([block("b1", "Olga")]), NOW).accepted
    assert resting.blocks["b1"].content == "edited"
    assert resting.blocks == Replica(0, resting.state()).blocks
    assert verified(resting)


def test_native_code_holds_what_is_changed_and_everybody_is_told_all() -> None:
    files = [block(f"b{number}", "Ann", f"text 😀 {number}") for number in range(6)]
    authority = from_files(1, files)
    makers = {block.id: authority._index.entries[block.id][0] for block in files}

    def aside() -> set[str]:
        return {id_ for id_, maker in makers.items() if maker in authority._document.aside}

    assert aside() == makers.keys()

    passive, ann = Replica(0, authority.state()), Fork(7, authority.diff(b"\0"))
    assert passive.blocks == ann.blocks == authority.blocks
    assert vector(authority) == decode_state_vector(passive.state_vector())
    assert_kept(authority)
    author = Author("ann", "Ann", Role.REVIEWER)

    def told(verdict: Verdict) -> None:
        for relay in verdict.relays:
            passive.apply(relay)
        assert passive.blocks == authority.blocks == Replica(0, authority.state()).blocks
        assert_kept(authority)

    told(authority.write(OWNER, lambda r: r.add([block("new", "Olga", parent_id="b0")]), NOW))
    assert aside() == makers.keys()  # a reply is nothing to what it answers
    pending = ann.write(lambda r: r.edit("b1", "better 😀"))
    assert pending
    told(authority.receive(author, pending.update, NOW))
    assert aside() == makers.keys() - {"b1"}
    told(authority.write(OWNER, lambda r: r.delete(["b2"]), NOW))
    assert authority.write(OWNER, lambda r: r.add([block("b3", "Olga")]), NOW).rejected
    told(authority.amend({"b4": {"status": '"resolved"'}}))
    assert aside() == {"b0", "b5"}
    told(authority.seed([block("b2", "Ann", "back again"), block("b5", "Ann", "changed")]))
    assert aside() == {"b0"}

    half = {**vector(authority), makers["b0"]: 3}  # as nobody has it who was told whole updates
    lacking = authority.diff(encode_state_vector(half))
    assert {s.clock for s in decode(lacking).structs[makers["b0"]]} == {3, 4}
    assert not aside()
    assert verified(authority)
    assert_kept(authority)


def test_nothing_refused_is_in_the_bytes(star: Star) -> None:
    client = star.clients[0]
    client.write(lambda r: r.add([block("SECRET-id", "Olga", "SECRET text")]))
    client.write(lambda r: r.edit("yours", "SECRET vandalism"))
    star.deliver_up(client)
    star.deliver_up(client)
    assert b"SECRET" not in star.authority.state()


def test_relays_are_all_there_is_to_store(star: Star) -> None:
    stored = [star.authority.state()]
    client = star.clients[0]
    changes: list[Callable[[Replica], object]] = [
        lambda r: r.add([block("a", "peer-0"), block("bad", "Olga")]),
        lambda r: r.edit("a", "longer"),
        lambda r: r.edit("yours", "vandalism"),
        lambda r: r.delete(["a"]),
    ]
    for change in changes:
        client.write(change)
        stored += star.deliver_up(client).relays
    stored += star.authority.write(OWNER, lambda r: r.delete(["mine"]), NOW).relays
    again = Replica(0)
    for update in stored:
        again.apply(update)
    assert again.blocks == star.authority.blocks
    assert Authority(5, state=again.state(), ledger=star.authority.ledger)._index.vector() == (
        vector(star.authority)
    )


def test_changes_tell_what_happened(star: Star) -> None:
    client = star.clients[0]
    before = star.authority.blocks["mine"]

    def change_of(change: Callable[[Replica], object]) -> tuple[Change, ...]:
        client.write(change)
        verdict: Verdict = star.deliver_up(client)
        return verdict.changes

    (edited,) = change_of(lambda r: r.edit("mine", "my 😀 new text"))
    assert (edited.id, edited.before) == ("mine", before)
    assert edited.after == star.authority.blocks["mine"]
    assert change_of(lambda r: r.edit("yours", "vandalism")) == ()
    (deleted,) = change_of(lambda r: r.delete(["mine"]))
    assert deleted.after is None


@pytest.mark.parametrize("done", [0, 1, 2])
@pytest.mark.parametrize("first", ["receive", "write", "amend", "seed", "bind", "verify"])
def test_an_authority_that_is_made_ready_later_judges_the_same(
    star: Star, first: str, done: int
) -> None:
    update = written(star.clients[0], lambda r: r.edit("mine", "better")).update
    forged = written(star.clients[0], lambda r: r.edit("yours", "worse")).update
    ledger = Ledger(star.authority.ledger.since(0))
    later = Authority(99, state=star.authority.state(), ledger=ledger, later=True)
    assert later.blocks == star.authority.blocks
    preparing = later.preparing()
    for _ in range(done):
        next(preparing)
    if first == "write":
        verdict = later.write(OWNER, lambda r: r.add([block("new", "Olga")]), NOW)
        assert [change.id for change in verdict.changes] == ["new"]
    elif first == "amend":
        (change,) = later.amend({"yours": {"status": '"resolved"'}}).changes
        assert change.after
        assert change.after.status == "resolved"
    elif first == "seed":
        assert later.seed([block("new", "Olga")]).relay
    elif first == "bind":
        later.bind(12345, "peer-0")
    elif first == "verify":
        assert verified(later)
    author = star.clients[0].author
    assert later.receive(author, update, NOW).accepted
    assert codes(later.receive(author, forged, NOW).rejected) == {"yours": RejectCode.NOT_YOURS}
    assert not [*preparing], "it is ready since the first change"
    assert verified(later)
