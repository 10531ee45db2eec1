import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from chatter_tui.blocks import (
    CANONICAL_ORDER,
    Block,
    BlockError,
    Suggestion,
    is_reaction,
    loads,
    strict_problems,
)

GOOD: dict[str, Any] = {
    "id": "01",
    "type": "suggestion",
    "content": "c",
    "author": "alice",
    "timestamp": "2026-02-20T10:30:00Z",
    "anchor": {
        "type": "text",
        "exact": "x",
        "fallback": {"type": "heading", "text": "H", "level": 2},
    },
    "parent_id": None,
    "status": "open",
    "suggestion": {"original": "x", "replacement": "y"},
    "metadata": {"model": "m"},
    "spec_version": "0.1",
}


def codes(block: Block) -> list[str]:
    return [problem.code for problem in block.problems()]


def test_a_full_block_reads_as_what_it_says_and_has_no_fault() -> None:
    block = Block.of(GOOD)
    assert (block.id, block.type, block.content, block.author) == ("01", "suggestion", "c", "alice")
    assert (block.timestamp, block.parent_id, block.status) == (
        "2026-02-20T10:30:00Z",
        None,
        "open",
    )
    assert block.suggestion == Suggestion("x", "y")
    assert block.value("metadata") == {"model": "m"}
    assert block.anchor == GOOD["anchor"]
    assert list(strict_problems(block)) == []


def test_the_smallest_block_is_whole() -> None:
    block = Block.from_json('{"id":"1","type":"comment","content":"x"}')
    assert list(strict_problems(block)) == []
    assert (block.author, block.anchor, block.parent_id, block.status) == (None, None, None, "open")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("author", 1), ("author", None), ("timestamp", "yesterday"), ("timestamp", 1), ("timestamp", "2026-13-01"),
        ("timestamp", "2026-01-01T00:00:00x"), ("anchor", None), ("anchor", "x"), ("anchor", {}),
        ("anchor", {"type": 1}), ("anchor", {"type": ""}), ("anchor", {"type": "text"}),
        ("anchor", {"type": "text", "exact": ""}), ("anchor", {"type": "text", "exact": "x", "context_before": 1}),
        ("anchor", {"type": "heading"}), ("anchor", {"type": "heading", "text": "H", "level": 7}),
        ("anchor", {"type": "heading", "text": "H", "level": True}),
        ("anchor", {"type": "heading", "text": "H", "level": None}),
        ("anchor", {"type": "block_index"}), ("anchor", {"type": "block_index", "index": -1}),
        ("anchor", {"type": "block_index", "index": 1.5}), ("anchor", {"type": "block_index", "index": "1"}),
        ("parent_id", 1), ("parent_id", ""), ("status", "closed"), ("status", None), ("status", ["open"]),
        ("suggestion", "y"), ("suggestion", {"original": "x"}), ("suggestion", {"original": 1, "replacement": "y"}),
        ("metadata", []), ("spec_version", 0.1),
    ],
)  # fmt: skip
def test_a_known_field_of_the_wrong_shape_is_reported_kept_and_absent(
    name: str, value: object
) -> None:
    block = Block.of(GOOD | {name: value})
    assert codes(block) == ["invalid-field"]
    assert name in block.problems()[0].message
    assert block.problems()[0].block == "01"
    assert loads(block.fields[name]) == value
    if name not in ("status", "metadata", "spec_version"):
        assert getattr(block, name) is None
    assert block.status == "open"


def test_a_broken_fallback_is_reported_and_the_anchor_before_it_counts() -> None:
    block = Block.of(
        GOOD | {"anchor": {"type": "text", "exact": "x", "fallback": {"type": "heading"}}}
    )
    assert codes(block) == ["invalid-field"]
    assert block.anchor is not None


@pytest.mark.parametrize(
    "anchor",
    [
        {"type": "offset", "from": 3}, {"type": "block_index", "index": 2.0},
        {"type": "heading", "exact": "H"}, {"type": "text", "exact": "x", "context_after": ""},
    ],
)  # fmt: skip
def test_anchors_of_later_versions_and_spellings_in_the_wild_are_no_fault(anchor: object) -> None:
    block = Block.of(GOOD | {"anchor": anchor})
    assert codes(block) == []
    assert block.anchor == anchor


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({}, ["id", "type", "content"]),
        ({"id": "", "type": "comment", "content": "x"}, ["id"]),
        ({"id": 1, "type": None, "content": "x"}, ["id", "type"]),
        ({"id": "1", "type": "comment", "content": ""}, ["content"]),
        ({"id": "1", "type": "comment", "content": ["x"]}, ["content"]),
    ],
)
def test_a_block_that_cannot_be_shown_is_none(
    values: dict[str, object], missing: list[str]
) -> None:
    assert Block.of(values).missing() == missing
    with pytest.raises(BlockError) as error:
        Block.from_json(json.dumps(values))
    assert error.value.code == "missing-field"
    assert codes(Block.of(values)).count("missing-field") == len(missing)


@pytest.mark.parametrize("id_", ["a b", "é", "a\n", "\x7f", "a\u200b"])
def test_an_id_that_is_not_printable_ascii_is_reported_and_kept(id_: str) -> None:
    block = Block.of({"id": id_, "type": "comment", "content": "x"})
    assert codes(block) == ["invalid-id"]
    assert block.id == id_


def test_an_unknown_type_is_a_warning_and_refused_live() -> None:
    block = Block.of(GOOD | {"type": "praise"})
    assert [(p.code, p.severity) for p in block.problems()] == [("unknown-type", "warning")]
    assert [p.code for p in strict_problems(block)] == ["unknown-type"]


def test_a_suggestion_needs_one() -> None:
    assert codes(Block.of({"id": "1", "type": "suggestion", "content": "x"})) == ["invalid-field"]


@pytest.mark.parametrize(
    "content",
    [
        "+1",
        "-1",
        "agree",
        "disagree",
        "👍",
        "👍🏽",
        "❤️",
        "❤",
        "🇩🇪",
        "👨‍👩‍👧‍👦",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "1️⃣",
        "#️⃣",
        "🏳️‍🌈",
        "🧑🏿‍🚀",
        "☺️",
        "©️",
    ],
)
def test_a_reaction_is_one_emoji_or_word(content: str) -> None:
    assert is_reaction(content)
    assert (
        codes(Block.of({"id": "1", "type": "reaction", "content": content, "parent_id": "0"})) == []
    )


@pytest.mark.parametrize(
    "content",
    ["1", "#", "*", "a", "👍👍", "👍 ", "ok", "+2", "🇩", "🇩🇪🇫🇷", "\u200d", "\ufe0f", "👍x", "🏽👍"],
)
def test_anything_else_is_no_reaction(content: str) -> None:
    assert not is_reaction(content)
    block = Block.of({"id": "1", "type": "reaction", "content": content, "parent_id": "0"})
    assert codes(block) == ["invalid-field"]


def test_a_reaction_belongs_to_a_block_and_may_be_empty() -> None:
    assert codes(Block.of({"id": "1", "type": "reaction", "content": "", "parent_id": "0"})) == []
    assert codes(Block.of({"id": "1", "type": "reaction", "parent_id": "0"})) == ["invalid-field"]
    assert codes(Block.of({"id": "1", "type": "reaction", "content": "👍"})) == ["invalid-field"]
    anchored = {
        "id": "1",
        "type": "reaction",
        "content": "👍",
        "parent_id": "0",
        "anchor": {"type": "block_index", "index": 0},
    }
    assert codes(Block.of(anchored)) == ["invalid-field"]


def test_thread_is_read_as_parent_id_where_there_is_none() -> None:
    values = {"id": "1", "type": "comment", "content": "x", "thread": "0"}
    assert Block.of(values).parent_id == "0"
    assert Block.of(values | {"parent_id": None}).parent_id is None
    assert Block.of(values | {"parent_id": "2"}).parent_id == "2"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00"),
        ("2026-01-01T00:00:00.000Z", "2026-01-01"),
        ("20260101T000000Z", "2026-01-01t00:00:00z"),
        ("0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00+23:59"),
    ],
)
def test_instants_count_not_their_spelling(one: str, other: str) -> None:
    left, right = (Block.of(GOOD | {"timestamp": t}) for t in (one, other))
    assert left.instant is not None
    assert left.instant == right.instant


def test_instants_order_across_offsets() -> None:
    early, late = (
        Block.of(GOOD | {"timestamp": t})
        for t in ("2026-01-01T12:00:00+05:00", "2026-01-01T08:00:00Z")
    )
    assert early.instant is not None
    assert late.instant is not None
    assert early.instant < late.instant


def test_a_change_keeps_spelling_and_order_and_adds_at_the_end() -> None:
    block = Block.from_json(
        '{"z": 1.0, "id":"1", "type":"comment","n":12345678901234567890, "content":"a"}'
    )
    changed = block.replace({"content": "b", "status": "resolved", "z": None, "gone": None})
    assert changed.to_json() == (
        '{\n  "id": "1",\n  "type": "comment",\n  "n": 12345678901234567890,\n  "content": "b",\n  "status": "resolved"\n}'
    )
    assert block.content == "a"


def test_a_null_stays_as_it_was_spelled() -> None:
    block = Block.from_json('{"id":"1","type":"comment","content":"a","parent_id":null}')
    assert block.replace({"content": "b"}).fields["parent_id"] == "null"


@given(st.permutations([*GOOD, "x-b", "x-a"]))
def test_the_canonical_order_depends_on_nothing_else(order: list[str]) -> None:
    values = GOOD | {"x-b": 1, "x-a": 2}
    block = Block.of({name: values[name] for name in order}).canonical()
    assert list(block.fields) == [*(n for n in CANONICAL_ORDER if n in values), "x-a", "x-b"]
    assert block == Block.of(values)


def test_json_on_lines_and_on_one_line_is_the_same_block() -> None:
    block = Block.from_json(
        '{"id":"1","type":"comment","content":"a\\nb","anchor":{\n "type": "text",\n\n "exact":"x"}}'
    )
    assert Block.from_json(block.to_json()) == block
    assert "\n" not in block.to_line()
    assert Block.from_json(block.to_line()).anchor == block.anchor
    assert Block({}).to_json() == "{}"


def test_fields_from_elsewhere_are_checked() -> None:
    halves = Block(
        {"id": '"1"', "type": '"comment"', "content": '"c"', "x": '"\ud800"', "\udfff": "1"}
    )
    assert {problem.code for problem in strict_problems(halves)} == {"malformed-json", "limit"}
    unchecked = Block(
        {"id": '"1"', "type": '"comment"', "content": '"c"', "x": "nonsense", "status": "?"}
    )
    assert codes(unchecked) == ["malformed-json", "malformed-json"]
    assert unchecked.status == "open"


@pytest.mark.parametrize("value", [float("nan"), b"x", "\ud800", [10**5000]])
def test_values_that_json_cannot_hold_make_no_block(value: object) -> None:
    with pytest.raises(BlockError):
        Block.of(GOOD | {"x": value})
    with pytest.raises(BlockError):
        Block.of(GOOD).replace({"x": value})


def test_half_a_character_is_shown_as_replaced_and_reported() -> None:
    text = '{"id":"1","type":"comment","content":"a\\ud83d"}'
    block = Block.from_json(text)
    assert block.content == "a\ufffd"
    assert codes(block) == ["invalid-field"]
    assert Block.from_json(block.to_json()) == block


@pytest.mark.parametrize(
    "values",
    [
        {"content": "é" * 32_769},
        {"x": "é" * 8192},
        {"id": "i" * 129},
        {"author": ""},
        {"author": "a" * 65},
        {"author": "a\x1b[31m"},
        {"author": "a\u202eb"},
        {"author": "a\nb"},
        {"timestamp": "1969-12-31T23:59:59Z"},
        {"timestamp": "9999-12-31T23:59:59-01:00"},
        {"x" * 65: 1},
        {"": 1},
        {"a\x00b": 1},
        {f"x{number}": 1 for number in range(64)},
        {"x": json.loads("[" * 33 + "]" * 33)},
    ],
)
def test_what_exceeds_a_limit_is_kept_in_a_file_and_refused_live(values: dict[str, object]) -> None:
    block = Block.of(GOOD | values)
    assert codes(block) == []
    assert {problem.code for problem in strict_problems(block)} == {"limit"}


def test_what_is_just_within_the_limits_passes() -> None:
    values = {
        "content": "é" * 32_768, "x": "x" * (16 * 1024 - 2), "id": "i" * 128, "author": "ä" * 64,
        "timestamp": "1970-01-01T00:00:00Z", "n" * 64: 1, "y": json.loads("[" * 32 + "]" * 32),
    }  # fmt: skip
    assert list(strict_problems(Block.of(GOOD | values))) == []


def test_limits_can_be_set() -> None:
    assert [p.message for p in strict_problems(Block.of(GOOD), content_bytes=0)] == [
        "content longer than 0 bytes"
    ]


def test_blocks_are_equal_by_their_fields_and_cannot_be_changed() -> None:
    block = Block.of(GOOD)
    assert block == Block.of(dict(reversed(GOOD.items())))
    assert hash(block) == hash(Block.of(GOOD))
    assert block != Block.of(GOOD | {"x": 1})
    assert block != GOOD
    with pytest.raises(TypeError):
        block.fields["id"] = '"2"'  # type: ignore[index]
