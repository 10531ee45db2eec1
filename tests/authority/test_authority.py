"""What a refusal means for everyone else, what survives a restart, and what the master does itself."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from pycrdt import Doc, Text

from chatter_tui.authority import (
    Author,
    Authority,
    DeadSpan,
    Ledger,
    Limits,
    RejectCode,
    Rejection,
    Role,
    Violation,
    document,
)
from chatter_tui.authority.codec import (
    ANY,
    MAP,
    STRING,
    TEXT,
    TYPE,
    Struct,
    Update,
    decode,
    encode,
)
from chatter_tui.authority.document import Document
from chatter_tui.authority.index import Index
from chatter_tui.authority.ledger import MASTER
from chatter_tui.authority.order import TextOrder
from chatter_tui.authority.seeding import SHARE
from chatter_tui.blocks import Block
from chatter_tui.replica import CodecError, Fork, Replica
from chatter_tui.replica.lib0 import decode_state_vector, encode_state_vector
from tests.authority.hostile import crossed
from tests.authority.star import (
    NOW,
    OWNER,
    Client,
    Star,
    assert_kept,
    block,
    from_files,
    vector,
    verified,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.authority import Verdict
    from chatter_tui.replica import Change, Pending

RESOLVED = {"status": '"resolved"'}


@pytest.fixture
def star() -> Star:
    star = Star()
    star.authority.seed(
        [block("mine", "peer-0", "my 😀 text"), block("yours", "peer-1", "your text")]
    )
    star.join(7)
    star.join(8)
    return star


def codes(rejected: tuple[Rejection, ...]) -> dict[str, RejectCode]:
    return {rejection.block: rejection.code for rejection in rejected}


def written(client: Client, change: Callable[[Replica], object]) -> Pending:
    """A change of a client that is on its way."""
    pending = client.write(change)
    assert pending
    return pending


# -- nobody else loses anything --------------------------------------------------------------------


def test_a_concurrent_valid_field_survives_a_refused_one(star: Star) -> None:
    bad, good = star.clients
    bad.role = Role.VIEWER
    bad.write(lambda r: r.set_fields("root-0", {"status": '"open"'}))
    good.write(lambda r: r.set_fields("root-0", RESOLVED))
    star.deliver_up(good)
    star.deliver_up(bad)
    star.settle()
    assert star.authority.blocks["root-0"].status == "resolved"


def test_a_concurrent_text_edit_survives_a_refused_deletion(star: Star) -> None:
    author, vandal = star.clients
    vandal.write(lambda r: r.delete(["mine"]))
    author.write(lambda r: r.edit("mine", "my 😀 better text"))
    star.deliver_up(vandal)
    star.settle()
    assert star.authority.blocks["mine"].content == "my 😀 better text"


def test_typing_on_behind_a_refused_run_keeps_its_place(star: Star) -> None:
    client = star.clients[0]
    client.role = Role.VIEWER
    client.write(lambda r: r.edit("mine", "my 😀REFUSED text"))
    client.write(lambda r: r.edit("mine", "my 😀REFUSED-kept text"))
    assert not star.deliver_up(client).accepted
    client.role = Role.REVIEWER
    assert star.deliver_up(client).accepted
    star.settle()
    assert star.authority.blocks["mine"].content == "my 😀-kept text"


def test_a_field_written_again_after_a_refused_write_is_refused_too(star: Star) -> None:
    client = star.clients[0]
    client.write(lambda r: r.set_fields("mine", {"status": '"closed"'}))
    client.write(lambda r: r.set_fields("mine", RESOLVED))
    star.deliver_up(client)
    verdict = star.deliver_up(client)
    assert codes(verdict.rejected) == {"mine": RejectCode.DEPENDS_ON_REJECTED}
    star.settle()
    assert client.write(lambda r: r.set_fields("mine", RESOLVED))
    assert star.deliver_up(client).accepted


def test_what_builds_on_a_refused_block_names_it(star: Star) -> None:
    client = star.clients[0]
    client.write(lambda r: r.add([block("new", "Olga")]))
    client.write(lambda r: r.edit("new", "more"))
    client.write(lambda r: r.add([block("reply", "peer-0", parent_id="new")]))
    star.deliver_up(client)
    assert codes(star.deliver_up(client).rejected) == {"new": RejectCode.DEPENDS_ON_REJECTED}
    assert codes(star.deliver_up(client).rejected) == {"reply": RejectCode.PARENT_MISSING}
    star.settle()


# -- ids -----------------------------------------------------------------------------------------


def test_a_refused_id_can_be_tried_again_a_deleted_one_never(star: Star) -> None:
    client = star.clients[0]
    client.write(lambda r: r.add([block("new", "Olga")]))
    star.deliver_up(client)
    star.settle()
    client.write(lambda r: r.add([block("new", "peer-0")]))
    assert star.deliver_up(client).accepted
    star.settle()
    client.write(lambda r: r.delete(["new"]))
    assert star.deliver_up(client).accepted
    star.settle()
    star.restart(99)
    star.settle()
    client.write(lambda r: r.add([block("new", "peer-0")]))
    assert codes(star.deliver_up(client).rejected) == {"new": RejectCode.REUSED_ID}
    star.settle()


def test_a_few_bytes_that_delete_everything_delete_nothing_of_others(star: Star) -> None:
    state, blocks = star.authority.state(), dict(star.authority.blocks)
    client = star.clients[0]
    everything = {owner: [(0, end)] for owner, end in vector(star.authority).items()}
    update = encode(Update(deletes=everything))
    assert len(update) < 30
    verdict = star.authority.receive(client.author, update, NOW)
    assert codes(verdict.rejected) == dict.fromkeys(blocks.keys() - {"mine"}, RejectCode.NOT_YOURS)
    assert verdict.relays
    assert len(verdict.relays[0]) < 30  # of five blocks one went, the sender's own
    assert star.authority.blocks == {id_: b for id_, b in blocks.items() if id_ != "mine"}
    assert len(star.authority.state()) <= len(state)
    owner, clock = star.authority._index.entries["root-0"]
    deletes = {owner: [(clock, clock + 1)]}
    again = star.authority.receive(star.clients[1].author, encode(Update(deletes=deletes)), NOW)
    assert codes(again.rejected) == {"root-0": RejectCode.NOT_YOURS}
    assert again.relays == ()
    star._send(verdict.relays[0])
    star.settle()


def test_a_block_that_comes_back_from_the_file_is_another_block(star: Star) -> None:
    client = star.clients[0]
    back = star.authority.blocks["mine"]
    late = [
        written(client, lambda r: r.edit("mine", "my 😀 late text")),
        written(client, lambda r: r.set_fields("mine", {"x-late": "1"})),
        written(client, lambda r: r.set_fields("mine", RESOLVED)),
    ]
    star.write(lambda r: r.delete(["mine"]))
    relay = star.authority.seed([back]).relay
    assert relay
    for _ in late:
        verdict = star.deliver_up(client)
        assert codes(verdict.rejected) == {"mine": RejectCode.BLOCK_DELETED}
    star._send(relay)
    star.settle()
    assert star.authority.blocks["mine"] == back
    client.write(lambda r: r.edit("mine", "my 😀 new text"))
    client.write(lambda r: r.set_fields("mine", RESOLVED))
    assert star.deliver_up(client).accepted
    assert star.deliver_up(client).accepted
    star.settle()


# -- deletions -----------------------------------------------------------------------------------


def test_replies_the_deleter_did_not_know_go_too(star: Star) -> None:
    author, other = star.clients
    author.write(lambda r: r.delete(["mine"]))
    other.write(lambda r: r.add([block("reply", "peer-1", parent_id="mine")]))
    other.write(lambda r: r.add([block("deeper", "peer-1", parent_id="reply")]))
    star.deliver_up(other)
    star.deliver_up(other)
    author.role = Role.MODERATOR
    verdict = star.deliver_up(author)
    assert verdict.accepted
    assert verdict.cascade
    assert {change.id for change in verdict.changes} == {"mine", "reply", "deeper"}
    star.settle()
    assert not {"mine", "reply", "deeper"} & star.authority.blocks.keys()


def test_a_reply_to_what_was_deleted_meanwhile_is_refused(star: Star) -> None:
    author, other = star.clients
    author.write(lambda r: r.delete(["mine"]))
    other.write(lambda r: r.add([block("reply", "peer-1", parent_id="mine")]))
    star.deliver_up(author)
    assert codes(star.deliver_up(other).rejected) == {"reply": RejectCode.PARENT_MISSING}
    star.settle()


@pytest.mark.parametrize("restarted", [False, True])
def test_changes_of_what_was_deleted_meanwhile_are_refused(star: Star, restarted: bool) -> None:
    client = star.clients[0]
    client.write(lambda r: r.edit("mine", "my 😀 late text"))
    client.write(lambda r: r.set_fields("mine", {"x-late": "1"}))
    client.write(lambda r: r.set_fields("mine", {"x-late": "2"}))
    star.write(lambda r: r.delete(["mine"]))
    if restarted:  # then nothing tells any more which block the garbage was
        star.restart(99)
        star.go_online(client)
    for code in (RejectCode.BLOCK_DELETED, RejectCode.BLOCK_DELETED, None):
        found = codes(star.deliver_up(client).rejected)
        assert found
        assert code in (None, *found.values())
        assert set(found) <= {"mine", ""}
    star.settle()


# -- what arrives again ----------------------------------------------------------------------------


@pytest.mark.parametrize("restarted", [False, True])
def test_a_lost_rejection_is_told_again(star: Star, restarted: bool) -> None:
    client = star.clients[0]
    client.write(lambda r: r.add([block("new", "Olga"), block("fine", "peer-0")]))
    client.write(lambda r: r.edit("yours", "vandalism"))
    first = star.deliver_up(client).rejected, star.deliver_up(client).rejected
    star.go_offline(client)
    if restarted:
        star.restart(99)
    before = star.authority.state()
    star.go_online(client)
    assert (star.deliver_up(client).rejected, star.deliver_up(client).rejected) == first
    assert star.authority.state() == before
    star.settle()


def test_a_lost_acknowledgement_is_told_again_after_a_refusal(star: Star) -> None:
    client = star.clients[0]
    client.write(lambda r: r.add([block("bad", "Olga")]))
    client.write(lambda r: r.add([block("good", "peer-0")]))
    assert not star.deliver_up(client).accepted
    star.deliver_down(client)
    assert star.deliver_up(client).accepted
    star.go_offline(client)
    star.go_online(client)
    assert star.deliver_up(client).accepted
    star.settle()


def test_a_lost_acknowledgement_is_told_again(star: Star) -> None:
    client = star.clients[0]
    client.write(lambda r: r.add([block("new", "peer-0")]))
    client.write(lambda r: r.set_fields("new", RESOLVED))
    star.deliver_up(client)
    star.deliver_up(client)
    star.go_offline(client)
    star.go_online(client)
    for _ in range(2):
        verdict = star.deliver_up(client)
        assert verdict.accepted
        assert verdict.relays == ()
    star.settle()


def test_a_refused_write_that_arrives_again_does_not_half_apply(star: Star) -> None:
    star.write(lambda r: r.set_fields("root-0", {"status": '"open"'}))
    star.settle()
    client = star.clients[0]
    client.role = Role.VIEWER
    client.write(lambda r: r.set_fields("root-0", RESOLVED))
    star.deliver_up(client)
    star.go_offline(client)
    client.role = Role.MODERATOR
    star.go_online(client)
    assert codes(star.deliver_up(client).rejected) == {"root-0": RejectCode.READ_ONLY}
    assert star.authority.blocks["root-0"].value("status") == "open"
    star.settle()


# -- the master's own ------------------------------------------------------------------------------


def test_the_owner_is_held_to_the_rules_and_nothing_is_left_behind(star: Star) -> None:
    authority = star.authority
    before = decode(authority.state())
    refused: dict[str, Callable[[Replica], object]] = {
        "new": lambda r: r.add([block("new", "somebody")]),
        "mine": lambda r: r.edit("mine", "vandalism"),
        "é": lambda r: r.add([block("é", "Olga")]),
        "root-0": lambda r: r.set_fields("root-0", {"k" * 65: "1"}),
    }
    for id_, change in refused.items():
        verdict = authority.write(OWNER, change, NOW)
        assert set(codes(verdict.rejected)) == {id_}
        assert all(rejection.reason for rejection in verdict.rejected)
        assert verdict.relays == ()
        assert verdict.changes == ()
        assert decode(authority.state()) == before
        star.check()
    assert authority.write(OWNER, lambda r: r.add([block("new", "Olga")]), NOW).accepted


def test_an_own_change_that_fails_leaves_nothing_behind(star: Star) -> None:
    def broken(replica: Replica) -> None:
        replica.add([block("new", "Olga")])
        replica.edit("nowhere", "x")

    with pytest.raises(KeyError):
        star.authority.write(OWNER, broken, NOW)
    star.check()
    assert "new" not in star.authority.blocks


def test_an_own_change_that_is_too_large(star: Star) -> None:
    huge = block("huge", "Olga", "x" * 300_000)
    verdict = star.authority.write(OWNER, lambda r: r.add([huge]), NOW)
    assert codes(verdict.rejected) == {"huge": RejectCode.TOO_LARGE}
    star.check()


def test_an_own_change_of_nothing(star: Star) -> None:
    verdict = star.authority.write(OWNER, lambda r: r.delete(["nowhere"]), NOW)
    assert verdict.accepted
    assert verdict.relays == ()


def test_files_are_taken_over_with_their_faults(star: Star) -> None:
    faulty = Block({**block("é fault", "Ann").fields, "timestamp": "7", "x": "1.0"})
    orphan = block("orphan", "Ann", parent_id="nowhere")
    verdict = star.authority.seed([faulty, orphan])
    assert verdict.accepted
    assert len(verdict.relays) == 1
    assert star.authority.blocks["é fault"] == faulty.canonical()
    assert star.authority.seed([faulty, orphan]).relays == ()


def test_a_large_file_is_taken_over_under_several_client_ids_all_the_masters(star: Star) -> None:
    star.write(lambda r: r.delete(["mine"]))
    many = [block(f"many-{i}", "Ann", f"text 😀 {i}") for i in range(2 * SHARE + 1)]
    again = [block("mine", "peer-0", "back again"), block("root-0", "Olga", "changed")]
    before = star.authority.state()
    verdict = star.authority.seed([*many, *again])
    assert len(verdict.relays) == 1
    assert {change.id for change in verdict.changes} == {found.id for found in (*many, *again)}
    star._send(verdict.relays[0])
    star.settle()
    late = Replica(0, before)
    late.apply(verdict.relays[0])
    assert late.blocks == star.authority.blocks
    assert [late.blocks[found.id] for found in (*many, *again)] == [*many, *again]

    largest = max(
        Counter(
            client
            for client, group in decode(star.authority.state()).structs.items()
            for _ in group
        ).values()
    )
    assert largest < 7 * SHARE  # of about ten that each of them takes
    peer = star.clients[0]
    for client, owner in star.authority.ledger.owners.items():
        assert (owner == MASTER) == (client not in (7, 8))
        if owner == MASTER:
            with pytest.raises(Violation, match="foreign-client"):
                star.authority.bind(client, peer.name)
    star.restart(99)
    star.settle()
    mine = written(peer, lambda r: r.edit("many-1", "no 😀"))
    assert mine.changes
    assert codes(star.deliver_up(peer).rejected) == {"many-1": RejectCode.NOT_YOURS}
    star.settle()


def test_a_changed_file_changes_its_blocks(star: Star) -> None:
    changed = star.authority.blocks["mine"].replace(
        {"content": "edited outside", "status": "resolved", "author": None}
    )
    star.seed(changed)
    star.settle()
    assert star.authority.blocks["mine"] == changed


def test_what_is_too_large_stays_in_its_file(star: Star) -> None:
    verdict = star.authority.seed([block("huge", "Ann", "x" * 300_000), block("small", "Ann")])
    assert codes(verdict.rejected) == {"huge": RejectCode.TOO_LARGE}
    assert "small" in star.authority.blocks


def test_state_bytes_that_are_none(star: Star) -> None:
    for bytes_ in (b"\xff", b"\2\1\1\1\2", b"\1\1\1 and more"):
        with pytest.raises(CodecError):
            star.authority.diff(bytes_)


# -- the last resorts ------------------------------------------------------------------------------


def at_once(star: Star, *values: str) -> bytes:
    """One update in which as many ids of a client write one field at the same time."""
    entry = star.authority._index.entries["mine"]
    structs = {
        client: [Struct(client, 0, 1, ANY, parent=entry, key="status", keyed=True, content=value)]
        for client, value in enumerate(values, 70)
    }
    return encode(Update(structs))


@pytest.mark.parametrize("values", [('"resolved"', '"closed"'), ('"closed"', '"resolved"')])
def test_a_bad_value_is_refused_whether_or_not_it_would_stand(
    star: Star, values: tuple[str, ...]
) -> None:
    before = dict(star.authority.blocks)
    verdict = star.authority.receive(star.clients[0].author, at_once(star, *values), NOW)
    assert codes(verdict.rejected) == {"mine": RejectCode.INVALID_BLOCK}
    assert not verdict.retried
    assert star.authority.blocks == before
    star.check()


def test_good_values_written_at_once_are_merged(star: Star) -> None:
    update = at_once(star, '"resolved"', '"open"', '"resolved"')
    verdict = star.authority.receive(star.clients[0].author, update, NOW)
    assert verdict.accepted
    assert not verdict.retried
    star.check()


def test_more_values_at_once_than_are_looked_at(star: Star) -> None:
    update = at_once(star, *['"resolved"'] * 9)
    verdict = star.authority.receive(star.clients[0].author, update, NOW)
    assert codes(verdict.rejected) == {"mine": RejectCode.UNMERGEABLE}
    assert not verdict.retried
    star.check()


def test_a_new_block_whose_fields_were_written_at_once(star: Star) -> None:
    entry = (70, 0)
    structs = [
        Struct(70, 0, 1, TYPE, parent="blocks", key="new", keyed=True, content=MAP),
        Struct(70, 1, 1, TYPE, parent=entry, key="content", keyed=True, content=TEXT),
    ]
    one, other = [
        Struct(client, clock, 1, ANY, parent=entry, key="type", keyed=True, content=value)
        for client, clock, value in ((70, 2, '"comment"'), (71, 0, '"reaction"'))
    ]
    update = encode(Update({70: [*structs, one], 71: [other]}))
    verdict = star.authority.receive(star.clients[0].author, update, NOW)
    assert codes(verdict.rejected) == {"new": RejectCode.UNMERGEABLE}
    assert not verdict.retried
    star.check()


def test_what_only_merging_shows_is_refused_after_merging(star: Star) -> None:
    client = star.clients[0]
    long = "a" * 30_000 + "界" * 10_000  # how many bytes a cut takes is known once it is made
    client.write(lambda r: r.edit("mine", long))
    assert star.deliver_up(client).accepted
    before = dict(star.authority.blocks)
    update = written(client, lambda r: r.edit("mine", "界" * 10_000 + long[10_000:])).update
    verdict = star.authority.receive(client.author, update, NOW)
    assert codes(verdict.rejected) == {"mine": RejectCode.TOO_LARGE}
    assert verdict.retried == 1
    assert star.authority.blocks == before
    star.check()


def test_a_text_that_can_only_be_too_large_is_refused_at_sight(star: Star) -> None:
    client = star.clients[0]
    client.write(lambda r: r.edit("mine", "界" * 30_000))
    verdict = star.authority.receive(client.author, client.up.popleft().update, NOW)
    assert codes(verdict.rejected) == {"mine": RejectCode.TOO_LARGE}
    assert not verdict.retried


def panic() -> None:
    """Have native code panic."""
    document: Doc[Text] = Doc()
    document["text"] = text = Text("short")
    del text[0:99]


class Interruption(BaseException):
    """Somebody wants the program to end, as a test that takes too long is ended."""


def interrupt() -> None:
    raise Interruption


def fails(
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    fail: Callable[[], None] = panic,
) -> None:
    """Make a method fail, once, when what it does is done."""
    method = getattr(owner, name)

    def failing(self: object, *arguments: object) -> None:
        method(self, *arguments)
        monkeypatch.undo()
        fail()

    monkeypatch.setattr(owner, name, failing)


def test_what_ends_a_program_is_no_fault_of_an_update(
    star: Star, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = star.clients[0]
    for what, owner, name in (("tried", Document, "_transact"), ("learnt", Index, "append")):
        pending = written(client, lambda r, id_=what: r.add([block(id_, "peer-0")]))  # type: ignore[misc]
        fails(monkeypatch, owner, name, interrupt)
        with pytest.raises(Interruption):
            star.authority.receive(client.author, pending.update, NOW)
        star.check()
        for each in star.clients:  # nobody was told
            star.go_offline(each)
        star.go_online(client)
        assert star.deliver_up(client).accepted
        star.settle()
        assert what in star.authority.blocks


def test_a_change_of_the_masters_own_that_fails_half_way_leaves_nothing(star: Star) -> None:
    def fail(replica: Replica) -> None:
        replica.add([block("half", "Olga")])
        raise Interruption

    before = dict(star.authority.blocks)
    with pytest.raises(Interruption):
        star.authority.write(OWNER, fail, NOW)
    assert star.authority.blocks == before
    star.check()
    assert star.authority.write(OWNER, lambda r: r.add([block("half", "Olga")]), NOW).accepted
    star.check()


def test_an_update_that_native_code_chokes_on_is_refused(
    star: Star, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = star.clients[0]
    client.write(lambda r: r.edit("mine", "my 😀 better text"))
    before = dict(star.authority.blocks)
    fails(monkeypatch, Document, "_transact")
    update = client.up.popleft().update
    verdict = star.authority.receive(client.author, update, NOW)
    assert codes(verdict.rejected) == {"mine": RejectCode.UNMERGEABLE}
    assert star.authority.blocks == before
    star.check()
    assert verdict.fixed is not None
    again = star.authority.receive(client.author, update, NOW)  # its answer may have been lost
    assert codes(again.rejected) == {"mine": RejectCode.UNMERGEABLE}
    client.fork.reject(1, verdict.fixed)
    client.write(lambda r: r.edit("mine", "my 😀 good text"))
    assert star.deliver_up(client).accepted


def test_what_was_kept_since_the_bytes_is_there_after_a_fault(
    star: Star, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "_LOOSE", 1_000)
    client, authority = star.clients[0], star.authority
    states = set()
    for number in range(40):  # some is in the bytes by then, some came after them
        pending = written(client, lambda r, id_=f"n{number}": r.add([block(id_, "peer-0")]))  # type: ignore[misc]
        assert authority.receive(client.author, pending.update, NOW).accepted
        states.add(authority._document._kept)
    assert 1 < len(states) < 40
    before = dict(authority.blocks)
    pending = written(client, lambda r: r.edit("n39", "my 😀 better text"))
    fails(monkeypatch, Document, "_transact")
    verdict = authority.receive(client.author, pending.update, NOW)
    assert codes(verdict.rejected) == {"n39": RejectCode.UNMERGEABLE}
    assert authority.blocks == before
    star.check()


def test_texts_that_read_differently_are_written_anew(
    star: Star, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TextOrder, "admits", lambda self, structs: True)
    client = star.clients[0]
    passive = Replica(0, star.authority.state())
    owner, start = star.authority._index.texts["mine"]
    differs = False
    for number, update in enumerate(crossed(owner, start)):
        add = partial(Replica.add, blocks=[block(f"b{number}", "Olga")])
        for relay in star.authority.write(OWNER, add, NOW).relays:
            passive.apply(relay)
        comparing = star.authority.verifying()
        next(comparing)
        verdict = star.authority.receive(client.author, update, NOW)
        for _ in comparing:  # what comes meanwhile is compared the next time
            pass
        for relay in verdict.relays:
            passive.apply(relay)
        assert passive.blocks == star.authority.blocks
        if not verified(star.authority):
            differs = True
            repair = star.authority.repair()
            assert repair.relay
            passive.apply(repair.relay)
            assert passive.blocks == star.authority.blocks
    assert differs, "or there is nothing to repair"
    assert verified(star.authority)
    assert star.authority.repair().relay is None


# -- how much is too much --------------------------------------------------------------------------


def test_an_honest_client_never_comes_near_the_bounds(star: Star) -> None:
    client, limits = star.clients[0], star.authority.limits
    client.online = False

    def keep(id_: str, content: str) -> None:
        client.write(partial(Replica.edit, id_=id_, content=content))

    large = block("large", "peer-0", "word " * 13_000, metadata={"note": "x" * 10_000})
    client.write(partial(Replica.add, blocks=[large]))
    for number in range(50):
        client.write(partial(Replica.add, blocks=[block(f"offline-{number}", "peer-0")]))
        keep("mine", client.fork.blocks["mine"].content + "é")
        keep("large", f"{number}" + client.fork.blocks["large"].content)
    # The difference of two texts that falls apart the most: more of it is replaced as a whole.
    keep("mine", "b" * 1_414)
    keep("mine", "".join(f"{number % 10}b" for number in range(1_414)))
    updates = [decode(pending.update) for pending in client.fork.pending]
    structs = [sum(map(len, update.structs.values())) for update in updates]
    assert 1_400 < max(structs) < limits.structs // 2
    assert sorted(structs)[-2] < 20, "every other change is small"
    assert all(len(pending.changes) == 1 for pending in client.fork.pending)
    for pending in client.fork.pending:
        assert star.authority.receive(client.author, pending.update, NOW).accepted
    client.write(partial(Replica.delete, ids=["mine", "large"]))
    assert star.authority.receive(client.author, client.fork.pending[-1].update, NOW).accepted


def runs_cut_and_deleted(letters: int, end: int, count: int) -> Update:
    """Letters put in between those from 7:`letters` on, each deleted along with its neighbour."""
    structs = [
        Struct(7, end + i, 1, STRING, (7, letters + 3 * i), (7, letters + 3 * i + 1), content="x")
        for i in range(count)
    ]
    old = [(letters + 3 * i, letters + 3 * i + 1) for i in range(count)]
    return Update({7: structs}, {7: old + [(s.clock, s.end) for s in structs]})


def runs_of_many_clients(letters: int, _: int, count: int) -> Update:
    places = [(letters + 3 * i, letters + 3 * i + 1) for i in range(count)]
    return Update(
        {
            1_000 + i: [Struct(1_000 + i, 0, 1, STRING, (7, left), (7, right), content="x")]
            for i, (left, right) in enumerate(places)
        }
    )


@pytest.mark.parametrize("shape", [runs_cut_and_deleted, runs_of_many_clients])
def test_twice_as_much_takes_twice_as_many_steps(
    shape: Callable[[int, int, int], Update],
) -> None:
    taken = []
    for count in (150, 300):
        star = Star()
        client = star.join(7)
        add = written(client, lambda r: r.add([block("long", "peer-0", "abc" * 300)]))
        assert star.authority.receive(client.author, add.update, NOW).accepted
        structs = decode(add.update).structs[7]
        letters = next(s.clock for s in structs if s.kind == STRING)
        update = encode(shape(letters, structs[-1].end, count))
        steps = 0

        def trace(*_: object) -> Any:
            nonlocal steps
            steps += 1
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            verdict = star.authority.receive(client.author, update, NOW)
        finally:
            sys.settrace(before)
        assert verdict.accepted
        taken.append(steps)
    assert taken[1] < 2.2 * taken[0]


def test_the_owner_deletes_as_much_at_once_as_there_is() -> None:
    authority = Authority(1, limits=Limits(structs=5, ranges=5, touched=3))
    for number in range(20):
        owned = block(f"b{number}", "Olga", status="open", spec_version="0.1")
        add = partial(Replica.add, blocks=[owned])
        assert authority.write(OWNER, add, NOW).accepted
    verdict = authority.write(OWNER, partial(Replica.delete, ids=list(authority.blocks)), NOW)
    assert verdict.accepted
    assert not authority.blocks


# -- what must be kept -----------------------------------------------------------------------------


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
