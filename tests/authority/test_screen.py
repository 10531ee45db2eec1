"""What no honest client sends: each ends in a violation, and nothing of it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatter_tui.authority import (
    Author,
    Authority,
    Ledger,
    Limits,
    RejectCode,
    Role,
    Violation,
    ViolationCode,
)
from chatter_tui.authority.codec import (
    ANY,
    DELETED,
    GC,
    MAP,
    SKIP,
    STRING,
    TEXT,
    TYPE,
    Id,
    Struct,
    Update,
    encode,
)
from chatter_tui.replica import Fork
from tests.authority.star import NOW, block, vector, verified

if TYPE_CHECKING:
    from chatter_tui.authority import Verdict

MALLORY = Author("m", "Mallory", Role.MODERATOR)
ME = 9
LIMITS = Limits(update=2_000, structs=60, ranges=40, touched=20, clients=3)


@pytest.fixture
def authority() -> Authority:
    authority = Authority(1, limits=LIMITS)
    authority.seed([block("own", "Mallory", "a😀b"), block("other", "Olga")])
    authority.bind(50, "bob")
    return authority


@pytest.fixture
def entry(authority: Authority) -> Id:
    return authority._index.entries["own"]


@pytest.fixture
def text(authority: Authority) -> Id:
    return authority._index.texts["own"]


def run(
    authority: Authority, *structs: Struct, deletes: dict[int, list[Id]] | None = None
) -> Verdict:
    """Send structs, numbered one after the other for each client."""
    update = Update(deletes=deletes or {})
    for struct in structs:
        group = update.structs.setdefault(struct.client, [])
        if group:
            struct.clock = group[-1].end
        group.append(struct)
    return authority.receive(MALLORY, encode(update), NOW)


def struct(
    kind: int, content: str | int = 0, *, client: int = ME, length: int = 1, **place: object
) -> Struct:
    """A struct of the sender's own client."""
    made = Struct(client, 0, length, kind, content=content)
    for name, value in place.items():
        setattr(made, name, value)
    made.keyed = made.key is not None
    return made


def refused(code: ViolationCode, authority: Authority, *structs: Struct, **more: object) -> None:
    """Expect a violation that changes nothing."""
    before = authority.state()
    mark = len(authority.ledger)
    with pytest.raises(Violation) as caught:
        run(authority, *structs, **more)  # type: ignore[arg-type]
    assert caught.value.code == code, caught.value
    assert caught.value.reason
    assert authority.state() == before
    assert len(authority.ledger) == mark


# -- as a whole ----------------------------------------------------------------------------------


def test_too_many_bytes(authority: Authority) -> None:
    with pytest.raises(Violation) as caught:
        authority.receive(MALLORY, bytes(2_001), NOW)
    assert caught.value.code == ViolationCode.TOO_LARGE


def test_not_an_update(authority: Authority) -> None:
    with pytest.raises(Violation) as caught:
        authority.receive(MALLORY, b"GET / HTTP/1.1", NOW)
    assert caught.value.code == ViolationCode.MALFORMED


def test_too_many_structs(authority: Authority, text: Id) -> None:
    runs = [struct(STRING, "x", parent=text) for _ in range(61)]
    refused(ViolationCode.TOO_LARGE, authority, *runs)


def test_a_peer_named_like_the_master() -> None:
    with pytest.raises(ValueError, match="id"):
        Authority(1).receive(Author("", "Mallory", Role.OWNER), b"\0\0", NOW)


def test_foreign_content(authority: Authority) -> None:
    with pytest.raises(Violation) as caught:
        authority.receive(MALLORY, b"\1\1\5\0\x88\1\0\1\x7d\1\0", NOW)
    assert caught.value.code == ViolationCode.FOREIGN_CONTENT


def test_changes_of_too_many_blocks(authority: Authority) -> None:
    adds = [struct(TYPE, MAP, parent="blocks", key=f"new-{i}") for i in range(21)]
    refused(ViolationCode.TOO_LARGE, authority, *adds)
    assert len(run(authority, *adds[:20]).rejected) == 20


# -- client ids ----------------------------------------------------------------------------------


def test_a_hole_in_the_clocks(authority: Authority, text: Id) -> None:
    refused(ViolationCode.GAP, authority, struct(STRING, "x", parent=text, clock=1))


def test_a_struct_that_skips(authority: Authority, text: Id) -> None:
    skip, after = struct(SKIP, length=3), struct(STRING, "x", parent=text)
    refused(ViolationCode.GAP, authority, skip, after)


def test_the_id_of_another_peer(authority: Authority, text: Id) -> None:
    refused(ViolationCode.FOREIGN_CLIENT, authority, struct(STRING, "x", parent=text, client=50))


def test_the_id_of_the_master(authority: Authority, text: Id) -> None:
    clock = vector(authority)[1]
    mine = struct(STRING, "x", parent=text, client=1, clock=clock)
    refused(ViolationCode.FOREIGN_CLIENT, authority, mine)


def test_an_id_that_is_nobodys(authority: Authority, text: Id) -> None:
    lost = Authority(2, state=authority.state())
    old = struct(STRING, "x", parent=text, client=1, clock=vector(authority)[1])
    refused(ViolationCode.FOREIGN_CLIENT, lost, old)
    with pytest.raises(Violation):
        lost.bind(1, "m")


def test_known_structs_of_others_are_passed_over(authority: Authority) -> None:
    assert authority.receive(MALLORY, authority.state(), NOW).relays == ()


def test_too_many_ids_in_one_update(authority: Authority, text: Id) -> None:
    runs = [struct(STRING, "x", parent=text, client=60 + i) for i in range(4)]
    refused(ViolationCode.TOO_MANY_CLIENTS, authority, *runs)
    assert run(authority, *runs[:3]).accepted


def test_too_many_ids_in_all(authority: Authority) -> None:
    for client in range(60, 63):
        authority.bind(client, "m")
        authority.bind(client, "m")
    with pytest.raises(Violation) as caught:
        authority.bind(63, "m")
    assert caught.value.code == ViolationCode.TOO_MANY_CLIENTS


def test_a_bound_id_is_refused_to_others_across_restarts(authority: Authority, text: Id) -> None:
    with pytest.raises(Violation) as caught:
        authority.bind(50, "m")
    assert caught.value.code == ViolationCode.FOREIGN_CLIENT
    ledger = Ledger(authority.ledger.since(0))
    again = Authority(2, state=authority.state(), ledger=ledger, limits=LIMITS)
    refused(ViolationCode.FOREIGN_CLIENT, again, struct(STRING, "x", parent=text, client=50))
    with pytest.raises(ValueError, match="peer"):
        Authority(50, ledger=ledger)


# -- references ----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["origin", "right", "parent"])
@pytest.mark.parametrize("id_", [(1, 10_000), (777, 0), (ME, 0), (ME, 1)])
def test_references_to_what_nobody_made(authority: Authority, place: str, id_: Id) -> None:
    made = struct(STRING, "x")
    setattr(made, place, id_)
    refused(ViolationCode.UNKNOWN_REFERENCE, authority, made)


def test_references_in_a_circle(authority: Authority, text: Id) -> None:
    first = struct(STRING, "x", client=ME, origin=(ME + 1, 0))
    second = struct(STRING, "x", client=ME + 1, right=(ME, 0))
    refused(ViolationCode.UNKNOWN_REFERENCE, authority, first, second)


def test_references_to_what_the_same_client_makes_later(authority: Authority, text: Id) -> None:
    later = struct(STRING, "y", clock=1, parent=text)
    first = struct(STRING, "x", origin=(ME, 1))
    refused(ViolationCode.UNKNOWN_REFERENCE, authority, first, later)


def test_references_across_clients_in_any_order(authority: Authority, text: Id) -> None:
    first = struct(STRING, "1", client=ME, parent=text)
    third = struct(STRING, "3", client=ME, origin=(ME + 1, 0))
    second = struct(STRING, "2", client=ME + 1, origin=(ME, 0))
    assert run(authority, second, first, third).accepted
    assert "123" in authority.blocks["own"].content


def test_deleting_what_nobody_made(authority: Authority) -> None:
    refused(ViolationCode.UNKNOWN_REFERENCE, authority, deletes={1: [(0, 10_000)]})
    refused(ViolationCode.UNKNOWN_REFERENCE, authority, deletes={777: [(0, 1)]})


def test_deleting_too_much_at_once(authority: Authority) -> None:
    authority.seed(block(f"more-{i}", "Olga") for i in range(14))  # no more blocks than allowed
    end = vector(authority)[1]
    refused(ViolationCode.TOO_LARGE, authority, deletes={1: [(0, end)]})


# -- places --------------------------------------------------------------------------------------


def test_another_root(authority: Authority) -> None:
    refused(ViolationCode.MISPLACED, authority, struct(TYPE, MAP, parent="secrets", key="x"))
    refused(ViolationCode.MISPLACED, authority, struct(TYPE, MAP, parent="blocks"))


@pytest.mark.parametrize("id_", ["", "a b", "é", "x" * 129, "new\n"])
def test_ids_no_new_block_can_have(authority: Authority, id_: str) -> None:
    refused(ViolationCode.MISPLACED, authority, struct(TYPE, MAP, parent="blocks", key=id_))


def test_a_block_that_is_no_map(authority: Authority) -> None:
    for kind, content in ((TYPE, TEXT), (ANY, '"x"'), (STRING, "x")):
        made = struct(kind, content, parent="blocks", key="new")
        refused(ViolationCode.MISPLACED, authority, made)


def test_a_field_that_is_no_string(authority: Authority, entry: Id) -> None:
    for kind, content in ((TYPE, MAP), (TYPE, TEXT), (STRING, "x")):
        made = struct(kind, content, parent=entry, key="status")
        refused(ViolationCode.MISPLACED, authority, made)


def test_a_content_that_is_no_text(authority: Authority, entry: Id) -> None:
    for kind, content in ((TYPE, MAP), (ANY, '"x"'), (STRING, "x")):
        made = struct(kind, content, parent=entry, key="content")
        refused(ViolationCode.MISPLACED, authority, made)


def test_a_field_with_a_long_name(authority: Authority, entry: Id) -> None:
    made = struct(ANY, '"x"', parent=entry, key="k" * 65)
    refused(ViolationCode.MISPLACED, authority, made)


def test_something_else_than_text_in_a_text(authority: Authority, text: Id) -> None:
    for kind, content in ((TYPE, TEXT), (ANY, '"x"')):
        refused(ViolationCode.MISPLACED, authority, struct(kind, content, parent=text))


def test_a_run_in_a_map_and_a_field_in_a_text(authority: Authority, entry: Id, text: Id) -> None:
    refused(ViolationCode.MISPLACED, authority, struct(STRING, "x", parent=entry))
    refused(ViolationCode.MISPLACED, authority, struct(ANY, '"x"', parent=text, key="status"))


def test_a_parent_that_holds_nothing(authority: Authority, text: Id) -> None:
    inside = (text[0], text[1] + 1)
    refused(ViolationCode.MISPLACED, authority, struct(STRING, "x", parent=inside))


def test_neighbours_in_different_places(authority: Authority, text: Id) -> None:
    other = authority._index.texts["other"]
    between = struct(STRING, "x", origin=(text[0], text[1] + 1), right=(1, other[1] + 1))
    refused(ViolationCode.MISPLACED, authority, between)


def test_one_neighbour_on_both_sides(authority: Authority, text: Id) -> None:
    first = (text[0], text[1] + 1)
    refused(ViolationCode.MISPLACED, authority, struct(STRING, "x", origin=first, right=first))


def test_neighbours_that_never_stood_side_by_side(authority: Authority, text: Id) -> None:
    client, start = text
    swapped = struct(STRING, "x", origin=(client, start + 4), right=(client, start + 1))
    refused(ViolationCode.MISPLACED, authority, swapped)
    apart = struct(STRING, "x", origin=(client, start + 1), right=(client, start + 4))
    refused(ViolationCode.MISPLACED, authority, apart)


def test_neighbours_that_one_of_them_must_have_seen_apart(authority: Authority, text: Id) -> None:
    client, start = text
    bob = Author("bob", "Bob", Role.MODERATOR)
    inside = struct(STRING, "x", client=50, origin=(client, start + 1), right=(client, start + 2))
    verdict = authority.receive(bob, encode(Update({50: [inside]})), NOW)
    assert verdict.rejected, "it stays as a tombstone"
    before_all = struct(STRING, "x", right=(50, 0))
    refused(ViolationCode.MISPLACED, authority, before_all)


def test_something_before_a_field(authority: Authority, entry: Id) -> None:
    field = (entry[0], entry[1] + 1)
    refused(ViolationCode.MISPLACED, authority, struct(ANY, '"x"', right=field))


# -- characters ----------------------------------------------------------------------------------


def test_cuts_through_a_character(authority: Authority, text: Id) -> None:
    client, start = text
    high, low = (client, start + 2), (client, start + 3)
    code = ViolationCode.SPLIT_CHARACTER
    refused(code, authority, struct(STRING, "x", origin=high))
    refused(code, authority, struct(STRING, "x", right=low))
    refused(code, authority, deletes={client: [(high[1], low[1])]})
    refused(code, authority, deletes={client: [(low[1], low[1] + 1)]})
    assert run(authority, deletes={client: [(high[1], low[1] + 1)]}).accepted
    assert authority.blocks["own"].content == "ab"


def test_cuts_through_a_character_of_the_same_update(authority: Authority, text: Id) -> None:
    emoji = struct(STRING, "😀", length=2, parent=text)
    inside = struct(STRING, "x", origin=(ME, 0))
    refused(ViolationCode.SPLIT_CHARACTER, authority, emoji, inside)


def test_a_character_that_is_known_in_half(authority: Authority, text: Id) -> None:
    assert run(authority, struct(STRING, "a", parent=text)).accepted
    refused(ViolationCode.SPLIT_CHARACTER, authority, struct(STRING, "😀", length=2, parent=text))


# -- what is honest although it looks odd ----------------------------------------------------------


def test_a_run_that_is_known_in_part(authority: Authority, text: Id) -> None:
    assert run(authority, struct(STRING, "ab", length=2, parent=text)).accepted
    grown = struct(STRING, "abc😀d", length=6, parent=text)
    assert run(authority, grown).accepted
    assert "abc😀d" in authority.blocks["own"].content
    assert run(authority, struct(DELETED, length=9, parent=text)).accepted
    assert vector(authority)[ME] == 9
    assert run(authority, struct(GC, length=12)).accepted
    assert vector(authority)[ME] == 12
    assert verified(authority)


def test_merged_deletions_include_what_is_deleted_already(authority: Authority, text: Id) -> None:
    first = (text[0], text[1] + 1)
    assert run(authority, deletes={1: [(first[1], first[1] + 1)]}).accepted
    bob = Author("bob", "Bob", Role.REVIEWER)
    fork = Fork(50, authority.state())
    pending = fork.write(lambda r: r.add([block("bobs", "Bob")]))
    assert pending
    update = Update(deletes={1: [(first[1], first[1] + 1)]})
    assert authority.receive(bob, encode(update), NOW).accepted
    assert authority.receive(bob, pending.update, NOW).accepted


def test_several_texts_in_one_new_block(authority: Authority) -> None:
    new = struct(TYPE, MAP, parent="blocks", key="new")
    texts = [struct(TYPE, TEXT, parent=(ME, 0), key="content") for _ in range(2)]
    verdict = run(authority, new, *texts)
    assert [rejection.code for rejection in verdict.rejected] == [RejectCode.INVALID_BLOCK]
    assert vector(authority)[ME] == 3


def test_a_new_block_without_a_text(authority: Authority) -> None:
    new = struct(TYPE, MAP, parent="blocks", key="new")
    kind = struct(ANY, '"comment"', parent=(ME, 0), key="type")
    verdict = run(authority, new, kind)
    assert [rejection.code for rejection in verdict.rejected] == [RejectCode.INVALID_BLOCK]
