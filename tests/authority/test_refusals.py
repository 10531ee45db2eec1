"""What a rejection means for everybody else, and that it survives restarts and lost answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatter_tui.authority import (
    RejectCode,
    Role,
)
from chatter_tui.authority.codec import (
    Update,
    encode,
)
from tests.authority.star import (
    NOW,
    RESOLVED,
    Star,
    block,
    codes,
    vector,
    written,
)

if TYPE_CHECKING:
    pass


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
