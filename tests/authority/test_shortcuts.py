"""Every shortcut comes to what the long way comes to, whatever is sent."""

from __future__ import annotations

import os
import random
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies as st

import chatter_tui.authority.authority
import chatter_tui.blocks.block
from chatter_tui.authority import (
    Author,
    Authority,
    Ledger,
    Limits,
    Role,
    Verdict,
    Violation,
    relations,
)
from chatter_tui.authority.case import Case
from chatter_tui.authority.causal import causal_order, references
from chatter_tui.authority.codec import (
    ANY,
    DELETED,
    GC,
    MAP,
    STRING,
    TEXT,
    TYPE,
    Struct,
    Update,
    decode,
    encode,
    utf16_length,
)
from chatter_tui.authority.codes import ViolationCode
from chatter_tui.authority.cursor import Cursor
from chatter_tui.authority.document import Document
from chatter_tui.authority.intent import gather
from chatter_tui.authority.overlay import Overlay
from chatter_tui.authority.rewrite import Rewritten
from chatter_tui.authority.screen import Screened, _Screening, read, screen
from chatter_tui.authority.shortcut import screen_new_block
from chatter_tui.blocks import Block, strict_json, strict_problems, validation
from chatter_tui.replica import Fork, Replica
from chatter_tui.replica.replica import NOTHING
from tests.authority.hostile import NOW, Attacker
from tests.authority.star import assert_kept, block, from_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.replica import Change

ATTACKS = int(os.environ.get("CHATTER_HOSTILE", "20000")) // 50
ROLES = (Role.REVIEWER, Role.REVIEWER, Role.MODERATOR, Role.VIEWER)


@contextmanager
def the_long_way() -> Iterator[None]:
    """Within this no shortcut is taken."""
    judge_result, place_all, add = Case.judge_result, _Screening._place_all, Overlay.add
    respelled = Block.respelled

    def judged(self: Case, changes: tuple[Change, ...]) -> bool:
        found = judge_result(self, changes)
        if found:
            self._relate(dict(self.blocks) | {c.id: c.after for c in changes if c.after})
        return found

    def added(self: Overlay, struct: Struct) -> None:
        add(self, struct)
        self.entries.clear()

    def placed(self: _Screening) -> None:
        place_all(self)
        references_one_by_one(self)

    def fresh(self: _Screening, client: int, structs: list[Struct]) -> list[Struct]:
        return list(self._unknown(client, structs))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chatter_tui.authority.authority, "screen_new_block", lambda *_: None)
        patch.setattr(Cursor, "parent", Cursor._read_parent)
        patch.setattr(_Screening, "_fresh", fresh)
        patch.setattr(_Screening, "_in_order", lambda self: causal_order(self.overlay.new))
        patch.setattr(_Screening, "_place_all", placed)
        patch.setattr(Overlay, "add", added)
        patch.setattr(Overlay, "is_new", lambda *_: False)
        patch.setattr(Screened, "whole", property(lambda _: False, lambda *_: None))
        patch.setattr(Overlay, "at", Overlay._look_up)
        patch.setattr(Rewritten, "in_order", lambda self: causal_order(self.structs))
        patch.setattr(relations, "_all_answer_what_stays", lambda *_: False)
        patch.setattr(Case, "judge_result", judged)
        patch.setattr(Document, "_likely", lambda *_: None)
        patch.setattr(Block, "respelled", lambda self, fields: type(self)(fields))
        no_shortcut_in_reading(patch)
        yield
    assert Block.respelled is respelled


def references_one_by_one(self: _Screening) -> None:
    for struct in chain(*self.overlay.new.values()):
        for client, clock in references(struct):
            if clock >= self.overlay.end(client):
                raise Violation(ViolationCode.UNKNOWN_REFERENCE)
        if struct.origin:
            self._require_whole(struct.origin[0], struct.origin[1] + 1)
        if struct.right:
            self._require_whole(*struct.right)


def no_shortcut_in_reading(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(strict_json, "is_plain_string", lambda _: None)
    patch.setattr(chatter_tui.blocks.block, "is_plain_string", lambda _: None)
    patch.setattr(strict_json, "is_deeper", lambda text, depth: strict_json.depth_of(text) > depth)
    patch.setattr(validation, "is_deeper", lambda text, depth: strict_json.depth_of(text) > depth)
    patch.setattr(validation, "_is_modest", lambda *_: False)


def outcome(authority: Authority, author: Author, update: bytes) -> Verdict | str:
    """The verdict; the code of a violation."""
    try:
        return authority.receive(author, update, NOW)
    except Violation as violation:
        return violation.code


def authorities() -> tuple[Authority, Authority]:
    """Two authorities of the same document, one of which leaves aside what it can."""
    first = from_files(
        1,
        [block(f"root-{i}", "Olga", "text 😀 of it") for i in range(3)]
        + [block("own", "Mallory", "mine 😀", parent_id="root-0"), block("bobs", "Bob")],
    )
    second = Authority(1, state=first.state(), ledger=Ledger(first.ledger.since(0)))
    second._document.need(second.blocks)
    return first, second


@pytest.mark.parametrize("seed", range(4))
def test_updates_of_all_kinds(seed: int) -> None:
    rng = random.Random(seed)
    outcomes: Counter[str] = Counter()
    while outcomes.total() < ATTACKS // 4:
        outcomes += campaign(rng)
    assert min(outcomes[kind] for kind in ("accepted", "rejected", "refused")) > ATTACKS // 100


def campaign(rng: random.Random) -> Counter[str]:
    """A hundred updates, fewer if they delete nearly everything."""
    outcomes: Counter[str] = Counter()
    short, long = authorities()
    attacker = Attacker(rng, short)
    family = partial(threads, attacker)
    while len(short.blocks) >= 4 and outcomes.total() < 100:
        update = rng.choice((attacker.update, partial(rng.choice, attacker.honest), family))()
        author = Author("m", "Mallory", rng.choice(ROLES))
        with the_long_way():
            expected = outcome(long, author, update)
        found = outcome(short, author, update)
        assert found == expected
        agree(short, long)
        if not isinstance(found, Verdict):
            outcomes["refused"] += 1
            continue
        outcomes["accepted" if found.accepted else "rejected"] += 1
        if found.relays and len(short.blocks) >= 4:
            attacker.refresh()
    return outcomes


def threads(attacker: Attacker) -> bytes:
    """New blocks that reply to each other, to existing blocks or to none, and deletions.

    Now and then two clients write concurrently what one of the blocks replies to, so that only
    merging can tell.
    """
    rng, fork = attacker.rng, Fork(attacker.clients[0], attacker.authority.state())
    known = sorted(fork.blocks)
    new = [f"n-{rng.randrange(10**9)}" for _ in range(rng.randrange(1, 4))]
    parents = [*new, *known, "missing"]

    def change(replica: Replica) -> None:
        replica.add([block(id_, "Mallory", parent_id=rng.choice(parents)) for id_ in new])
        replica.delete(rng.sample(known, rng.choice((0, 0, 0, 1))))

    pending = fork.write(lambda replica: replica.batch(change))
    assert pending
    update = decode(pending.update)
    if rng.random() < 0.5:
        first = next(s for s in update.structs[fork.client_id] if s.parent == "blocks")
        other, value = attacker.clients[1], f'"{rng.choice(parents)}"'
        clock = attacker.ends.get(other, 0)
        entry = (first.client, first.clock)
        update.structs[other] = [
            Struct(other, clock, 1, ANY, None, None, entry, "parent_id", keyed=True, content=value)
        ]
    return encode(update)


def agree(short: Authority, long: Authority) -> None:
    """Nothing that either holds differs, the clocks of both replicas included."""
    assert short.blocks == long.blocks
    for id_, found in short.blocks.items():
        assert list(found.fields) == list(long.blocks[id_].fields)
    assert short.ledger.since(0) == long.ledger.since(0)
    assert decode(short.state()) == decode(long.state())
    assert long._index.vector() == short._index.vector()
    for authority in (short, long):
        assert_kept(authority)


# -- one new block ---------------------------------------------------------------------------------

CLIENT = 2**20  # two-byte numbers and more, as real ones
SOUND = {
    "status": '"open"',
    "type": '"comment"',
    "author": '"Mallory"',
    "parent_id": '"root-0"',
    "timestamp": '"2026-01-02T03:04:05Z"',
}
NAMES = (*SOUND, "content", "id", "k" * 64, "k" * 65, "é" * 64, "")
TEXTS = ("", "text", "a😀b", "long " * 40, '"Mallory"', '"root-0"', "1.0", "null")


def almost_plain(rng: random.Random, clock: int) -> Update:
    """One new block in the order in which clients write it, or with something out of order."""
    entry = (CLIENT, clock)
    new = f"n-{rng.randrange(10**9)}"
    id_ = rng.choice((new, new, new, new, "root-0", "x" * 128, "é", ""))
    structs = [Struct(CLIENT, clock, 1, TYPE, None, None, "blocks", id_, True, MAP)]
    names = rng.sample(sorted(SOUND), rng.choice((2, 5, 5, 5)))
    names += rng.sample(NAMES, rng.choice((0, 0, 0, 1)))
    names.insert(rng.randrange(len(names) + 1), "content")
    for name in names:
        at = structs[-1].end
        if name == "content":
            structs.append(Struct(CLIENT, at, 1, TYPE, None, None, entry, name, True, TEXT))
            if text := rng.choice(TEXTS):
                holder, length = (CLIENT, at), utf16_length(text)
                structs.append(Struct(CLIENT, at + 1, length, STRING, parent=holder, content=text))
        else:
            value = rng.choice(TEXTS if rng.random() < 0.1 else [SOUND.get(name, "[]")])
            structs.append(Struct(CLIENT, at, 1, ANY, None, None, entry, name, True, value))
    if rng.random() < 0.2:
        odd = structs[rng.randrange(len(structs))]
        what, values = rng.choice(
            (
                ("clock", (0, 1, 2**31 - 2)),
                ("kind", (ANY, GC, DELETED, STRING, TYPE)),
                ("origin", ((CLIENT, 0), entry)),
                ("right", ((CLIENT, 0), entry)),
                ("parent", ("blocks", "other", (CLIENT, clock + 1), (1, 0))),
                ("key", NAMES),
                ("keyed", (not odd.keyed,)),
                ("content", (MAP, TEXT, "", "x")),
            )
        )
        setattr(odd, what, rng.choice(values))
    deletes = {CLIENT: [(clock, clock + 1)]} if rng.random() < 0.05 else {}
    return Update({CLIENT: structs}, deletes)


def damaged(rng: random.Random, data: bytes) -> bytes:
    """An update in which a few bytes are changed, missing or added, now and then."""
    bytes_ = bytearray(data)
    for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
        at = rng.randrange(len(bytes_))
        bytes_[at : at + rng.randrange(3)] = rng.choice((b"", b"\0", b"\x80", rng.randbytes(1)))
    return bytes(bytes_)


@pytest.mark.parametrize("seed", range(2))
def test_a_new_block_read_at_one_go(seed: int) -> None:
    rng = random.Random(seed)
    authority = authorities()[0]
    authority.bind(CLIENT, "m")
    author = Author("m", "Mallory", Role.REVIEWER)
    limits = Limits(structs=8)
    known = ("m", authority._index, authority.ledger, limits)
    outcomes: Counter[str] = Counter()
    while outcomes.total() < 2 * ATTACKS:  # some counted twice
        clock = authority._index.end(CLIENT)
        try:
            update = damaged(rng, encode(almost_plain(rng, clock)))
        except (AssertionError, AttributeError, KeyError, TypeError):  # nothing that has bytes
            continue
        found = screen_new_block(update, *known)
        try:
            expected: Screened | str = screen(read(update, limits), *known)
        except Violation as violation:
            expected = violation.code
        if found:
            assert isinstance(expected, Screened)
            assert found.intents == gather(expected, authority._index)
            assert replace(found, intents=None) == expected
            places = [struct.place for struct in found.structs[CLIENT]]
            assert places == [struct.place for struct in expected.structs[CLIENT]]
            assert encode(Update({**found.structs})) == update
            if rng.random() < 0.2:
                verdict = authority.receive(author, update, NOW)
                if verdict.accepted:
                    outcomes["accepted"] += 1
                    assert verdict.relay == update
                    taken = {change.id: change.after for change in verdict.changes}
                    assert authority._document.read(taken) == taken
        outcomes["found" if found else "left" if isinstance(expected, Screened) else "wrong"] += 1
    assert min(outcomes[kind] for kind in ("found", "left", "wrong")) > ATTACKS // 20, outcomes
    assert outcomes["accepted"]


# -- reading a block -------------------------------------------------------------------------------

odd = st.text(st.sampled_from('ab_"\\[]{}:,0é😀\u202e\ud800\x1f \t'), max_size=12)
spelled = (
    odd
    | odd.map(lambda text: f'"{text}"')
    | st.sampled_from(
        [
            '"2026-01-02T03:04:05Z"',
            '"2026"',
            "null",
            '"open"',
            '{"type": "x"}',
            "[[[]]]",
            r'"\ud83d"',
        ]
    )
)
names = st.sampled_from(["id", "type", "author", "timestamp", "status", "anchor", "content"]) | odd


@given(st.dictionaries(names, spelled, max_size=6))
@settings(max_examples=300)
def test_the_faults_of_a_block(fields: dict[str, str]) -> None:
    def faults() -> list[object]:
        found = strict_problems(
            Block(fields), content_bytes=9, field_bytes=9, name_length=9, depth=2
        )
        return list(found)

    def values(of: Block) -> list[object]:
        return [repr(of.value(name)) for name in of.fields]

    short, read = faults(), values(Block(fields))
    known = Block(fields)
    again = known.respelled(fields | {"status": '"open"'} if values(known) else fields)
    with pytest.MonkeyPatch.context() as patch:
        no_shortcut_in_reading(patch)
        assert faults() == short
        assert values(Block(fields)) == read
        assert values(Block(again.fields)) == values(again)


# -- how far a transaction moved -------------------------------------------------------------------


@pytest.mark.parametrize("lags", [True, False])
def test_a_replica_whose_clocks_differ_takes_nothing(
    lags: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = authorities()[0]
    fork = Fork(9, authority.state())
    update = fork.write(lambda replica: replica.add([block("new", "Bob")]))
    assert update
    merge = Document.merge

    def astray(self: Document, data: bytes, *rest: object, **more: object) -> object:
        monkeypatch.undo()
        if lags:
            return merge(self, NOTHING)
        foreign = {77: [Struct(77, 0, 3, GC)]}  # which no block shows
        return merge(self, encode(Update(decode(data).structs | foreign)))

    monkeypatch.setattr(Document, "merge", astray)
    before = dict(authority.blocks)
    verdict = authority.receive(Author("bob", "Bob", Role.REVIEWER), update.update, NOW)
    assert not verdict.accepted
    assert authority.blocks == before
