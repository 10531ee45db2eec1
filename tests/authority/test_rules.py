"""Who may do what to a block, and what a block must be: one test for each rule."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from chatter_tui.authority import (
    REASONS,
    RIGHTS,
    SENTENCES,
    Authority,
    Limits,
    RejectCode,
    Right,
    Role,
    ViolationCode,
)
from chatter_tui.authority.codec import ANY, MAP, STRING, TEXT, TYPE, Struct, Update, encode
from chatter_tui.blocks import Block, dumps
from chatter_tui.replica import Replica
from tests.authority.star import NOW, OWNER, Client, Star, block, codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.authority import Verdict

REVIEWERS = (Role.OWNER, Role.MODERATOR, Role.REVIEWER)
MODERATORS = (Role.OWNER, Role.MODERATOR)


@pytest.fixture
def star() -> Star:
    star = Star()
    star.authority.seed(
        [
            block("mine", "peer-0", "my text"),
            block("answered", "peer-0"),
            block("answer", "peer-1", parent_id="answered"),
            block("own-thread", "peer-0"),
            block("own-answer", "peer-0", parent_id="own-thread"),
            block("smile", "peer-0", "👍", type="reaction", parent_id="root-0"),
        ]
    )
    return star


@pytest.fixture
def client(star: Star) -> Client:
    return star.join(7)


def attempt(star: Star, client: Client, change: Callable[[Replica], object]) -> Verdict:
    """Make a change and let everything arrive."""
    client.write(change)
    verdict = star.deliver_up(client)
    star.settle()
    return verdict


def test_every_code_has_a_sentence() -> None:
    assert set(REASONS) == set(RejectCode)
    assert set(SENTENCES) == set(ViolationCode)


def test_every_role_can_do_what_the_one_below_can() -> None:
    roles = [Role.VIEWER, Role.REVIEWER, Role.MODERATOR, Role.OWNER]
    assert set(RIGHTS) == set(roles)
    for lower, higher in pairwise(roles):
        assert RIGHTS[lower] < RIGHTS[higher]
    assert RIGHTS[Role.OWNER] == set(Right)


# -- by role -----------------------------------------------------------------------------------

FORBIDDEN: dict[str, tuple[tuple[Role, ...], RejectCode, Callable[[Replica], object]]] = {
    "add": (REVIEWERS, RejectCode.READ_ONLY, lambda r: r.add([block("new", "peer-0")])),
    "reply": (
        REVIEWERS,
        RejectCode.READ_ONLY,
        lambda r: r.add([block("new", "peer-0", parent_id="root-0")]),
    ),
    "react": (
        REVIEWERS,
        RejectCode.READ_ONLY,
        lambda r: r.add([block("new", "peer-0", "agree", type="reaction", parent_id="root-0")]),
    ),
    "resolve": (
        REVIEWERS,
        RejectCode.READ_ONLY,
        lambda r: r.set_fields("root-0", {"status": '"resolved"'}),
    ),
    "edit own": (REVIEWERS, RejectCode.READ_ONLY, lambda r: r.edit("mine", "my new text")),
    "edit another's": ((), RejectCode.NOT_YOURS, lambda r: r.edit("root-0", "vandalism")),
    "anchor own": (
        REVIEWERS,
        RejectCode.READ_ONLY,
        lambda r: r.set_fields("mine", {"anchor": '{"type": "block_index", "index": 0}'}),
    ),
    "anchor another's": (
        MODERATORS,
        RejectCode.NOT_YOURS,
        lambda r: r.set_fields("root-0", {"anchor": '{"type": "block_index", "index": 0}'}),
    ),
    "unknown field of own": (
        REVIEWERS,
        RejectCode.READ_ONLY,
        lambda r: r.set_fields("mine", {"x-tool": "1.0"}),
    ),
    "unknown field of another's": (
        (),
        RejectCode.NOT_YOURS,
        lambda r: r.set_fields("root-0", {"x-tool": "1.0"}),
    ),
    "metadata of another's": (
        (),
        RejectCode.NOT_YOURS,
        lambda r: r.set_fields("root-0", {"metadata": "{}"}),
    ),
    "delete own": (REVIEWERS, RejectCode.READ_ONLY, lambda r: r.delete(["mine"])),
    "delete own with replies": (
        MODERATORS,
        RejectCode.HAS_REPLIES,
        lambda r: r.delete(["answered"]),
    ),
    "delete own with own replies": (
        REVIEWERS,
        RejectCode.READ_ONLY,
        lambda r: r.delete(["own-thread", "own-answer"]),
    ),
    "delete another's": (MODERATORS, RejectCode.NOT_YOURS, lambda r: r.delete(["root-0"])),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("what", FORBIDDEN)
def test_roles(star: Star, client: Client, role: Role, what: str) -> None:
    allowed, code, change = FORBIDDEN[what]
    client.role = role
    before = dict(star.authority.blocks)
    verdict = attempt(star, client, change)
    if role in allowed:
        assert verdict.accepted
        assert star.authority.blocks != before
    else:
        expected = RejectCode.READ_ONLY if role == Role.VIEWER else code
        assert set(codes(verdict.rejected).values()) == {expected}
        assert star.authority.blocks == before


# -- what a block must be ------------------------------------------------------------------------

LONG = "x" * 70_000
BAD_ADDS: dict[str, tuple[RejectCode, Block]] = {
    "forged author": (RejectCode.WRONG_AUTHOR, block("new", "Olga")),
    "no author": (
        RejectCode.WRONG_AUTHOR,
        Block.of({"id": "new", "type": "comment", "content": "x"}),
    ),
    "from the future": (
        RejectCode.FUTURE_TIMESTAMP,
        block("new", "peer-0", timestamp="2027-01-16T09:00:01Z"),
    ),
    "unknown parent": (RejectCode.PARENT_MISSING, block("new", "peer-0", parent_id="nowhere")),
    "its own parent": (RejectCode.THREAD_CYCLE, block("new", "peer-0", parent_id="new")),
    "its own parent, spelled otherwise": (
        RejectCode.THREAD_CYCLE,
        block("new", "peer-0", thread="new"),
    ),
    "id in use": (RejectCode.REUSED_ID, block("root-0", "peer-0")),
    "unknown type": (RejectCode.INVALID_BLOCK, block("new", "peer-0", type="novel")),
    "no text": (RejectCode.INVALID_BLOCK, block("new", "peer-0", "")),
    "bad anchor": (RejectCode.INVALID_BLOCK, block("new", "peer-0", anchor={"type": "text"})),
    "bad status": (RejectCode.INVALID_BLOCK, block("new", "peer-0", status="closed")),
    "bad timestamp": (RejectCode.INVALID_BLOCK, block("new", "peer-0", timestamp="yesterday")),
    "reaction to nothing": (
        RejectCode.INVALID_BLOCK,
        block("new", "peer-0", "👍", type="reaction"),
    ),
    "reaction of words": (
        RejectCode.INVALID_BLOCK,
        block("new", "peer-0", "I agree", type="reaction", parent_id="root-0"),
    ),
    "suggestion of nothing": (RejectCode.INVALID_BLOCK, block("new", "peer-0", type="suggestion")),
    "not JSON": (
        RejectCode.INVALID_BLOCK,
        Block({**block("new", "peer-0").fields, "x-tool": "{"}),
    ),
    "field nested too deeply": (
        RejectCode.TOO_LARGE,
        Block({**block("new", "peer-0").fields, "x-tool": "[" * 40 + "]" * 40}),
    ),
    "long text": (RejectCode.TOO_LARGE, block("new", "peer-0", LONG)),
    "long field": (RejectCode.TOO_LARGE, block("new", "peer-0", x=LONG)),
    "many fields": (
        RejectCode.TOO_LARGE,
        block("new", "peer-0").replace({f"x{i}": i for i in range(70)}),
    ),
}


@pytest.mark.parametrize("what", BAD_ADDS)
def test_bad_blocks_are_refused(star: Star, client: Client, what: str) -> None:
    code, bad = BAD_ADDS[what]
    before = dict(star.authority.blocks)
    verdict = attempt(star, client, lambda r: r.add([bad]))
    assert codes(verdict.rejected) == {bad.id: code}
    assert star.authority.blocks == before
    assert attempt(star, client, lambda r: r.add([block("next", "peer-0")])).accepted


GOOD_ADDS: dict[str, Block] = {
    "a day ahead": block("new", "peer-0", timestamp="2027-01-16T07:59:59Z"),
    "exact numbers": Block(
        {**block("new", "peer-0").fields, "x": "1.0", "y": "12345678901234567890", "z": "1e400"}
    ),
    "spaces kept": Block({**block("new", "peer-0").fields, "metadata": '{ "a" :  1.50 }'}),
    "reaction": block("new", "peer-0", "👩‍👩‍👧", type="reaction", parent_id="root-0"),
    "reply by another spelling": block("new", "peer-0", thread="root-0"),
    "text of all planes": block("new", "peer-0", "a\0é漢😀\u2028" + "x" * 60_000),
}


@pytest.mark.parametrize("what", GOOD_ADDS)
def test_good_blocks_are_taken_as_they_are_spelled(star: Star, client: Client, what: str) -> None:
    good = GOOD_ADDS[what]
    assert attempt(star, client, lambda r: r.add([good])).accepted
    found = star.authority.blocks["new"]
    assert found.content == good.content
    assert {k: v for k, v in found.fields.items() if k != "content"} == {
        k: v for k, v in good.fields.items() if k != "content"
    }


@pytest.mark.parametrize(
    "name", ["type", "author", "parent_id", "thread", "timestamp", "spec_version", "id"]
)
@pytest.mark.parametrize("value", ['"x"', None])
def test_what_a_block_is_never_changes(
    star: Star, client: Client, name: str, value: str | None
) -> None:
    star.seed(
        block("full", "peer-0", timestamp="2026-01-01T00:00:00Z", spec_version="0.1", thread="mine")
    )
    client.role = Role.OWNER
    before = star.authority.blocks["full"]
    if value is None and name not in before.fields:
        value = "null"
    if value is None and name == "id":
        return  # the map's key cannot be removed from within
    verdict = attempt(star, client, lambda r: r.set_fields("full", {name: value}))
    assert codes(verdict.rejected) == {"full": RejectCode.IMMUTABLE_FIELD}
    assert star.authority.blocks["full"] == before


def test_a_text_is_edited_never_replaced(star: Star, client: Client) -> None:
    verdict = attempt(star, client, lambda r: r.set_fields("mine", {"content": None}))
    assert codes(verdict.rejected) == {"mine": RejectCode.IMMUTABLE_FIELD}


def test_a_text_is_never_emptied(star: Star, client: Client) -> None:
    verdict = attempt(star, client, lambda r: r.edit("mine", ""))
    assert codes(verdict.rejected) == {"mine": RejectCode.INVALID_BLOCK}
    assert not verdict.retried


def test_a_text_never_grows_too_long(star: Star, client: Client) -> None:
    verdict = attempt(star, client, lambda r: r.edit("mine", LONG))
    assert codes(verdict.rejected) == {"mine": RejectCode.TOO_LARGE}
    assert not verdict.retried


def test_a_reaction_is_not_edited(star: Star, client: Client) -> None:
    verdict = attempt(star, client, lambda r: r.edit("smile", "👎"))
    assert codes(verdict.rejected) == {"smile": RejectCode.IMMUTABLE_FIELD}


def test_a_faulty_block_of_a_file_can_be_resolved_but_not_made_worse() -> None:
    star = Star()
    star.check = lambda: None  # type: ignore[method-assign]  # the file's block is not valid
    client = star.join(7)
    faulty = Block({**block("é fault", "peer-0").fields, "timestamp": '"last week"'})
    star.seed(faulty)
    assert attempt(
        star, client, lambda r: r.set_fields(faulty.id, {"status": '"resolved"'})
    ).accepted
    worse = attempt(star, client, lambda r: r.set_fields(faulty.id, {"anchor": "3"}))
    assert codes(worse.rejected) == {faulty.id: RejectCode.INVALID_BLOCK}
    better = attempt(star, client, lambda r: r.edit(faulty.id, "better"))
    assert better.accepted


def test_no_more_blocks_than_allowed(star: Star) -> None:
    authority = Authority(1, limits=Limits(blocks=2))
    authority.seed([block("root-0", "Olga")])
    verdict = authority.write(
        OWNER, lambda r: r.add([block(f"new-{i}", "Olga") for i in range(2)]), NOW
    )
    assert set(codes(verdict.rejected).values()) == {RejectCode.TOO_MANY_BLOCKS}
    assert authority.write(OWNER, lambda r: r.add([block("new", "Olga")]), NOW).accepted


def test_a_document_that_is_full_takes_no_more_but_can_still_be_settled() -> None:
    authority = Authority(1, limits=Limits(state=3_000))

    def add(id_: str) -> Verdict:
        return authority.write(OWNER, lambda r: r.add([block(id_, "Olga")]), NOW)

    added = 0
    while add(f"new-{added}").accepted:
        added += 1
    assert 5 < added < 100
    assert set(codes(add("one-more").rejected).values()) == {RejectCode.TOO_MANY_BLOCKS}
    resolved = authority.write(
        OWNER, lambda r: r.set_fields("new-0", {"status": '"resolved"'}), NOW
    )
    assert resolved.accepted
    authority.write(OWNER, lambda r: r.delete([f"new-{number}" for number in range(added)]), NOW)
    assert add("again").accepted


# -- several blocks in one update ----------------------------------------------------------------


def test_the_valid_part_of_a_batch_stands(star: Star, client: Client) -> None:
    def batch(replica: Replica) -> None:
        replica.add(
            [
                block("good", "peer-0"),
                block("below-good", "peer-0", parent_id="good"),
                block("forged", "Olga"),
                block("below-forged", "peer-0", parent_id="forged"),
                block("deeper", "peer-0", parent_id="below-forged"),
            ]
        )
        replica.set_fields("root-0", {"status": '"resolved"'})
        replica.edit("root-1", "vandalism")
        replica.delete(["root-2"])

    verdict = attempt(star, client, batch)
    assert codes(verdict.rejected) == {
        "forged": RejectCode.WRONG_AUTHOR,
        "below-forged": RejectCode.PARENT_REJECTED,
        "deeper": RejectCode.PARENT_REJECTED,
        "root-1": RejectCode.NOT_YOURS,
        "root-2": RejectCode.NOT_YOURS,
    }
    assert {"good", "below-good", "root-2"} <= star.authority.blocks.keys()
    assert star.authority.blocks["root-0"].status == "resolved"
    assert star.authority.blocks["root-1"].content == "root 😀 1"


def test_replies_in_a_circle_are_refused_with_what_hangs_off_it(star: Star, client: Client) -> None:
    circle = [
        block("a", "peer-0", parent_id="b"),
        block("b", "peer-0", parent_id="a"),
        block("c", "peer-0", parent_id="a"),
    ]
    verdict = attempt(star, client, lambda r: r.add(circle))
    assert codes(verdict.rejected) == dict.fromkeys("abc", RejectCode.THREAD_CYCLE)


def test_a_very_deep_thread_is_judged_and_deleted_without_recursion(star: Star) -> None:
    depth = 1_500
    authority = star.authority
    thread = [block("deep-0", "Olga")]
    thread += [block(f"deep-{i}", "Olga", parent_id=f"deep-{i - 1}") for i in range(1, depth)]
    assert authority.write(OWNER, lambda r: r.add(thread[::-1]), NOW).accepted
    verdict = authority.write(OWNER, lambda r: r.delete(["deep-0"]), NOW)
    assert len(verdict.changes) == depth
    assert not any(id_.startswith("deep") for id_ in authority.blocks)


def test_a_reply_to_what_the_same_update_deletes_is_refused(star: Star, client: Client) -> None:
    def batch(replica: Replica) -> None:
        replica.delete(["mine"])
        replica.add([block("late", "peer-0", parent_id="mine")])

    verdict = attempt(star, client, batch)
    assert codes(verdict.rejected) == {"late": RejectCode.PARENT_MISSING}
    assert "mine" not in star.authority.blocks


def test_a_refused_deletion_of_a_reply_keeps_its_thread(star: Star, client: Client) -> None:
    verdict = attempt(star, client, lambda r: r.delete(["answered", "answer"]))
    assert codes(verdict.rejected) == {
        "answer": RejectCode.NOT_YOURS,
        "answered": RejectCode.HAS_REPLIES,
    }


def test_a_refused_deletion_keeps_all_of_the_thread_above(star: Star, client: Client) -> None:
    thread = [f"deep-{i}" for i in range(9)]
    above = [None, *thread]
    star.seed(
        *(block(id_, "peer-0", parent_id=up) for id_, up in zip(thread, above, strict=False)),
        block("theirs", "peer-1", parent_id=thread[-1]),
    )
    verdict = attempt(star, client, lambda r: r.delete([*thread, "theirs"]))
    expected = dict.fromkeys(thread, RejectCode.HAS_REPLIES)
    assert codes(verdict.rejected) == expected | {"theirs": RejectCode.NOT_YOURS}


def test_added_and_deleted_at_once_uses_up_the_id(star: Star, client: Client) -> None:
    def batch(replica: Replica) -> None:
        replica.add([block("brief", "peer-0")])
        replica._map.pop("brief")

    assert attempt(star, client, batch).accepted
    verdict = attempt(star, client, lambda r: r.add([block("brief", "peer-0")]))
    assert codes(verdict.rejected) == {"brief": RejectCode.REUSED_ID}


@pytest.mark.parametrize("texts", [0, 2])
def test_a_block_without_its_one_text_is_refused_at_sight(
    star: Star, client: Client, texts: int
) -> None:
    fields = {"type": '"reaction"', "parent_id": '"root-0"', "author": f'"{client.name}"'}
    structs = [Struct(99, 0, 1, TYPE, parent="blocks", key="odd", keyed=True, content=MAP)]

    def add(kind: int, parent: int, key: str | None, content: str | int) -> None:
        clock = len(structs)
        where = {"parent": (99, parent), "key": key, "keyed": key is not None}
        structs.append(Struct(99, clock, 1, kind, content=content, **where))  # type: ignore[arg-type]

    for name, text in fields.items():
        add(ANY, 0, name, text)
    for _ in range(texts):
        add(TYPE, 0, "content", TEXT)
        add(STRING, len(structs) - 1, None, "✓")
    verdict = star.authority.receive(client.author, encode(Update({99: structs})), NOW)
    assert codes(verdict.rejected) == {"odd": RejectCode.INVALID_BLOCK}
    assert not verdict.retried
    star.check()


def test_the_reason_says_which_field_and_why(star: Star, client: Client) -> None:
    verdict = attempt(star, client, lambda r: r.set_fields("mine", {"status": dumps("closed")}))
    assert "status is neither open nor resolved" in verdict.rejected[0].reason
