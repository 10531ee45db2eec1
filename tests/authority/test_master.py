"""The master's own changes, and blocks taken over from files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from chatter_tui.authority import (
    RejectCode,
    Violation,
)
from chatter_tui.authority.codec import (
    decode,
)
from chatter_tui.authority.ledger import MASTER
from chatter_tui.authority.seeding import SHARE
from chatter_tui.blocks import Block
from chatter_tui.replica import CodecError, Replica, Written
from tests.authority.star import (
    NOW,
    OWNER,
    Star,
    block,
    codes,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_owner_is_held_to_the_rules_and_nothing_is_left_behind(star: Star) -> None:
    authority = star.authority
    before = decode(authority.state())
    refused: dict[str, Callable[[Replica], Written]] = {
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
        star.authority.write(OWNER, lambda r: r.batch(broken), NOW)
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
