"""Interruptions and failures of native code: nothing of an update is left behind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from pycrdt import Doc, Text

from chatter_tui.authority import (
    RejectCode,
    document,
)
from chatter_tui.authority.document import Document
from chatter_tui.authority.index import Index
from chatter_tui.authority.order import TextOrder
from chatter_tui.replica import Replica
from tests.authority.hostile import crossed
from tests.authority.star import (
    NOW,
    OWNER,
    Star,
    block,
    codes,
    verified,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable


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
    for what, owner, name in (("tried", Document, "_transact"), ("learnt", Index, "extend")):
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
        star.authority.write(OWNER, lambda r: r.batch(fail), NOW)
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
