import json
import re

import pytest
from hypothesis import example, given, strategies as st

from chatter_tui.blocks import Block, BlockError, EncodingError, SourceFile
from chatter_tui.blocks.slots import Plain, mixed_slots, parsed_slots, plain_slots
from chatter_tui.markdown import Markdown, canonical
from tests.blocks.documents import Written, documents

ONE = '{"id":"1","type":"comment","content":"x"}'


def ids(text: str) -> list[str]:
    return [stored.block.id for stored in SourceFile(text).blocks]


def faults(text: str) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in SourceFile(text).problems]


def new_block(number: str = "new") -> Block:
    return Block.of({"id": number, "type": "comment", "content": "hello"})


# --- where blocks are -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"```chattermatter\n{ONE}\n```",
        f"~~~chattermatter\n{ONE}\n~~~\n",
        f"   `````  chattermatter foo=bar\n{ONE}\n   `````  \n",
        f"````chattermatter\n{ONE}\n`````\n",
        f"text\n```chattermatter\n{ONE}\n```\ntext",
        f"```chattermatter\n{ONE}\n",
        f"```chattermatter\n\n\n  {ONE}  \n\n\n",
        f"- ```chattermatter\n  {ONE}\n  ```\n",
        f"1. a\n\n   - b\n     ~~~chattermatter\n     {ONE}\n     ~~~\n",
        f"-\t```chattermatter\n\t{ONE}\n",
        f"> ```chattermatter\n> {ONE}\n> ```\n",
        f"> ```chattermatter\n>{ONE}\nafter the quote",
        f"> - > ```chattermatter\n>   > {ONE}\n",
        f"- ```chattermatter\n  {ONE}\nafter the list",
        f"<!--chattermatter {ONE} -->",
        f"<!--chattermatter\n{ONE}\n-->",
        f"<!--chattermatter\t{ONE}-->",
        f"a <!--chattermatter {ONE} --> b",
        f"# Heading <!--chattermatter {ONE} -->",
        f"> quoted\n> <!--chattermatter\n> {ONE} -->\n",
        f"<div>\n<!--chattermatter {ONE} -->\n</div>",
        f"| a |\n|---|\n| <!--chattermatter {ONE} --> |",
        f"- <!--chattermatter {ONE} -->",
        f"<!-- other --><!--chattermatter {ONE} -->",
        '```chattermatter\n{"id":"1","type":"comment",\n\n"content":"x"}\n```',
        '```chattermatter\n{"id":"1","type":"comment","content":"--> ``` ~~~"}\n```',
    ],
)
def test_a_block_is_found(text: str) -> None:
    for newline in ("\n", "\r\n", "\r"):
        for start in ("", "\ufeff", "\ufeffprose" + 2 * newline):
            assert ids(start + text.replace("\n", newline)) == ["1"]


@pytest.mark.parametrize(
    "text",
    [
        f"````\n```chattermatter\n{ONE}\n```\n````",
        f"~~~\n```chattermatter\n{ONE}\n```\n~~~",
        f"```markdown\n~~~chattermatter\n{ONE}\n~~~\n```",
        f"    ```chattermatter\n    {ONE}\n    ```",
        f"\t```chattermatter\n\t{ONE}\n\t```",
        f"para\n\n    ```chattermatter\n    {ONE}\n    ```",
        f"- item\n\n      ```chattermatter\n      {ONE}\n",
        f"`<!--chattermatter {ONE} -->`",
        f"``<!--chattermatter {ONE} -->``",
        f"    <!--chattermatter {ONE} -->",
        f"```\n<!--chattermatter {ONE} -->\n```",
        f"\\<!--chattermatter {ONE} -->",
        f"<!-- <!--chattermatter {ONE} -->",
        f"```chatter\n{ONE}\n```",
        f"```chattermatters\n{ONE}\n```",
        f"```Chattermatter\n{ONE}\n```",
        f"```x chattermatter\n{ONE}\n```",
        f"``chattermatter\n{ONE}\n``",
        f"``` chattermatter ``` {ONE}",
        f"<!-- chattermatter {ONE} -->",
        f"<!--chattermatter{ONE} -->",
        f"<!--chattermatters {ONE} -->",
        f"<a title='<!--chattermatter {ONE} -->'>",
    ],
)
def test_what_only_looks_like_a_block_is_none_and_no_fault(text: str) -> None:
    assert ids(text) == []
    assert faults(text) == []
    assert SourceFile(text).strip() == text.encode()


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{}{}",
        f"{ONE}\n{ONE}",
        "[]",
        "null",
        "{'id': 1}",
        '{"id": "1",}',
        f"{ONE} // x",
        '{"id": NaN}',
        "[" * 50_000,
    ],
)
def test_what_is_not_one_object_is_reported_and_left(payload: str) -> None:
    text = (
        f"prose\n\n```chattermatter\n{payload}\n```\n\nmore <!--chattermatter {payload} --> prose\n"
    )
    assert ids(text) == []
    assert faults(text) == [("malformed-json", 3), ("malformed-json", 7 + payload.count("\n"))]
    assert SourceFile(text).strip() == text.encode()
    assert SourceFile(text).append([new_block()]).startswith(text.encode())


def test_a_comment_ends_at_the_first_arrow_in_it() -> None:
    text = '<!--chattermatter {"id":"1","type":"comment","content":"a --> b"} -->\n'
    assert faults(text) == [("malformed-json", 1)]


def test_a_comment_that_never_ends_is_reported() -> None:
    assert faults(f"prose\n\n<!--chattermatter {ONE}\n") == [("malformed-json", 3)]


def test_a_field_that_stands_twice_is_reported() -> None:
    text = '```chattermatter\n{"id":"0","type":"comment","content":"x","id":"1"}\n```\n'
    assert ids(text) == ["1"]
    assert faults(text) == [("invalid-field", 1)]


def test_missing_fields_are_reported_and_left() -> None:
    text = '```chattermatter\n{"id":"1"}\n```\n'
    assert ids(text) == []
    assert faults(text) == [("missing-field", 1)]


def test_lines_count_from_one_as_editors_count() -> None:
    text = f"\ufeffa\r\n\rb\n```chattermatter\r\n{ONE}\r\n```\n\n> <!--chattermatter {ONE} -->"
    assert [stored.line for stored in SourceFile(text).blocks] == [4, 8]
    assert [stored.encoding for stored in SourceFile(text).blocks] == ["fence", "comment"]


@pytest.mark.parametrize(
    ("data", "line"), [(b"\xff\xfea", 1), (b"ok\n\xe9", 2), (b"\xed\xa0\x80", 1), (b"\xc0\x80", 1)]
)
def test_what_is_not_utf_8_is_one_error(data: bytes, line: int) -> None:
    with pytest.raises(EncodingError, match=f"on line {line}"):
        SourceFile.parse(data)


@given(
    st.binary(max_size=60)
    | st.text('`~<>!-chaterm {}":,[]\r\n\t>#\ufeff\x00', max_size=60).map(str.encode)
)
def test_any_bytes_are_a_file_or_one_error(data: bytes) -> None:
    try:
        file = SourceFile.parse(data)
    except EncodingError:
        return
    assert file.rewrite({}) == data
    assert file.strip() == data or file.blocks


@given(st.text('`~< >!-{}"\n\t', max_size=40))
def test_any_payload_ends_in_a_block_or_a_fault(payload: str) -> None:
    file = SourceFile(f"```chattermatter\n{payload}\n```\n\n<!--chattermatter {payload} -->\n")
    assert file.problems
    assert not file.blocks


# --- the shortcut for sidecars --------------------------------------------------------------------

sidecar_lines = st.sampled_from(
    ["```chattermatter", "```chattermatter ", "```", "``` ", "````", " ```", "~~~", "", " ", "\t", ONE, "{", "}",
     "prose", "> ", "- ", "```x", "   ```chattermatter", "~~~chattermatter", "\u00a0", "<!--"]
)  # fmt: skip


@given(st.lists(sidecar_lines, max_size=9), st.booleans())
def test_the_shortcut_for_plain_fences_finds_what_the_parser_finds(
    lines: list[str], ends: bool
) -> None:
    text = "\n".join(lines) + "\n" * ends
    plain = plain_slots(text)
    if plain is not None:
        assert list(plain) == list(parsed_slots(Markdown(text)))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "\n", " \n\n"]), st.sampled_from([ONE, f"\n {ONE}\n", "{\n}"])
        ),
        max_size=4,
    )
)
def test_sidecars_take_the_shortcut(parts: list[tuple[str, str]]) -> None:
    text = "".join(f"{blank}```chattermatter\n{payload}\n```\n" for blank, payload in parts)
    plain = plain_slots(text)
    assert plain is not None
    assert list(plain) == list(parsed_slots(Markdown(text)))


fences = st.lists(
    st.builds(
        "{}```chattermatter{}\n{}\n```{}\n".format,
        st.sampled_from(["", "\n", " \n\n"]),
        st.sampled_from(["", " "]),
        st.sampled_from([ONE, f"\n {ONE}\n", "{\n}", "{"]),
        st.sampled_from(["", " ", "x"]),
    ),
    max_size=6,
)


@given(fences, fences, fences, fences, st.booleans(), st.booleans())
@example(
    start=[f"```chattermatter\n{ONE}\n```\n"],
    old=[],
    new=[" \n"],
    end=[],
    ends=True,
    ended=False,
)
@example(
    start=[],
    old=["```chattermatter\n{\n}\n```\n"],
    new=["```chattermatter\n[\n]\n```\n"],
    end=[],
    ends=True,
    ended=True,
)
def test_what_stayed_of_a_sidecar_is_found_as_if_all_were_searched(
    start: list[str], old: list[str], new: list[str], end: list[str], ends: bool, ended: bool
) -> None:
    before = "".join(start + old + end).removesuffix("" if ended else "\n")
    text = "".join(start + new + end).removesuffix("" if ends else "\n")
    slots = plain_slots(before)
    known = None if slots is None else Plain(before, slots)
    assert plain_slots(text, known) == plain_slots(text)


@given(
    st.one_of(
        st.lists(sidecar_lines, max_size=12).map("\n".join), documents().map(lambda d: d.text)
    ),
    st.data(),
)
def test_the_shortcut_for_fences_at_the_end_finds_what_the_parser_finds(
    head: str, data: st.DataObject
) -> None:
    fences = data.draw(
        st.lists(
            st.sampled_from(
                [f"```chattermatter\n{ONE}\n```\n", "```chattermatter \n{\n}\n``` \n\n"]
            ),
            max_size=4,
        )
    )
    text = canonical(head + data.draw(st.sampled_from(["\n\n", "\n", "\n \n"])) + "\n".join(fences))
    plain = plain_slots(text)
    found = mixed_slots(text) if plain is None else plain
    assert list(found) == list(parsed_slots(Markdown(text)))


# --- rewriting ------------------------------------------------------------------------------------

newlines = st.sampled_from([("\n",), ("\r\n",), ("\r",), ("\n", "\r\n"), ("\r\n", "\n", "\r")])


def spelled(written: Written, kinds: tuple[str, ...], bom: bool) -> str:
    lines = iter(range(10**6))
    text = re.sub("\n", lambda _: kinds[next(lines) % len(kinds)], written.text)
    return "\ufeff" * bom + text


files = st.builds(spelled, documents(), newlines, st.booleans())
edits = st.sampled_from(
    [
        {"content": "y --> ``` | ' ) ] </script> é👍\n\nz"},
        {"status": "resolved"},
        {"x-new": [1.5, {"a|b": "<"}]},
    ]
)


@given(documents(), newlines, st.booleans())
def test_every_block_is_found_in_order(written: Written, kinds: tuple[str, ...], bom: bool) -> None:
    assert ids(spelled(written, kinds, bom)) == written.ids


@given(files, files)
def test_a_file_read_like_another_one_says_the_same(text: str, other: str) -> None:
    plain = SourceFile(text)
    for like in (SourceFile(other), SourceFile(other, plain), plain):
        again = SourceFile(text, like)
        assert (again.blocks, again.problems) == (plain.blocks, plain.problems)
        assert again.strip() == plain.strip()


@given(files, files)
def test_a_file_that_holds_what_is_expected_says_the_same(text: str, other: str) -> None:
    blocks = [stored.block for stored in SourceFile(other).blocks]
    data = SourceFile(text).strip() + b"\n\n" + SourceFile("").append(blocks)
    plain, again = SourceFile.parse(data), SourceFile.parse(data, expected=blocks)
    assert (again.blocks, again.problems) == (plain.blocks, plain.problems)


@given(files, edits, st.data())
def test_a_rewrite_touches_one_block_only(
    text: str, change: dict[str, object], data: st.DataObject
) -> None:
    file = SourceFile(text)
    if not file.blocks:
        return
    number = data.draw(st.integers(0, len(file.blocks) - 1))
    stored = file.blocks[number]
    changed = stored.block.replace(change)
    result = file.rewrite({stored.block.id: changed}).decode()
    again = SourceFile(result)
    assert [other.block for other in again.blocks if other.block.id != stored.block.id] == [
        other.block for other in file.blocks if other.block.id != stored.block.id
    ]
    mine = again.blocks[number].block
    assert {name: mine.value(name) for name in mine.fields} == {
        name: changed.value(name) for name in changed.fields
    }
    assert list(mine.fields) == list(changed.fields)
    if stored.encoding == "fence":
        assert mine.fields == changed.fields
    before, after = around(file, number)
    assert result.startswith(text[: len(text) - len(text.lstrip("\ufeff"))])
    assert canonical(result).startswith(before)
    assert canonical(result).endswith(after)
    assert kept_newlines(text, before, after) == kept_newlines(result, before, after)


def around(file: SourceFile, number: int) -> tuple[str, str]:
    """The canonical text before and after a block's JSON or comment."""
    start, end = file.blocks[number].span
    whole = file.text[start:end]
    opening = whole.index("{") if file.blocks[number].encoding == "fence" else whole.index("<!--")
    closing = (
        whole.rindex("}") + 1
        if file.blocks[number].encoding == "fence"
        else whole.rindex("-->") + 3
    )
    return file.text[: start + opening], file.text[start + closing :]


def kept_newlines(raw: str, before: str, after: str) -> tuple[list[str], list[str]]:
    found = re.findall(r"\r\n|\r|\n", raw)
    last = after.count("\n")
    return found[: before.count("\n")], found[len(found) - last :] if last else []


@given(files)
def test_a_change_to_the_same_changes_nothing_the_second_time(text: str) -> None:
    file = SourceFile(text)
    once = file.rewrite({stored.block.id: stored.block for stored in file.blocks})
    again = SourceFile.parse(once)
    assert again.rewrite({stored.block.id: stored.block for stored in again.blocks}) == once


@given(files, st.data())
def test_deleting_takes_one_block_and_none_of_the_prose(text: str, data: st.DataObject) -> None:
    file = SourceFile(text)
    if not file.blocks:
        return
    doomed = data.draw(
        st.sets(st.sampled_from([stored.block.id for stored in file.blocks]), min_size=1)
    )
    result = SourceFile.parse(file.rewrite(dict.fromkeys(doomed)))
    assert [s.block for s in result.blocks] == [
        s.block for s in file.blocks if s.block.id not in doomed
    ]
    assert prose(result) == prose(file)


def prose(file: SourceFile) -> list[str]:
    """The words outside the blocks, paragraph by paragraph."""
    text = file.text
    for stored in reversed(file.blocks):
        text = (
            text[: stored.span[0]] + "\n\n" * (stored.encoding == "fence") + text[stored.span[1] :]
        )
    words = Markdown(text)
    return [
        re.sub(r"\s+", " ", t.content).strip()
        for t in words.tokens
        if t.type == "inline" and t.content.strip()
    ]


@given(files, st.lists(st.sampled_from(["n1", "n2"]), max_size=2, unique=True))
def test_appending_keeps_all_that_was_and_stripping_brings_it_back(
    text: str, names: list[str]
) -> None:
    file = SourceFile(text)
    data = file.append([new_block(name) for name in names])
    assert data.startswith(text.encode())
    result = SourceFile.parse(data)
    assert [s.block.id for s in result.blocks] == [s.block.id for s in file.blocks] + names
    assert [s.block for s in result.blocks][len(file.blocks) :] == [
        new_block(name) for name in names
    ]
    back = result.rewrite(dict.fromkeys(names))
    assert back.decode().rstrip("\r\n") == text.rstrip("\r\n")
    if re.search(r"[^\n]\n\Z", file.text):
        assert back == text.encode()


def test_appended_blocks_take_the_files_line_endings_and_a_blank_line() -> None:
    text = "prose\r\n"
    assert SourceFile(text).append([new_block()]).decode() == (
        "prose\r\n\r\n```chattermatter\r\n{\r\n"
        '  "id": "new",\r\n  "type": "comment",\r\n  "content": "hello"\r\n}\r\n```\r\n'
    )
    assert SourceFile("").append([]) == b""


@pytest.mark.parametrize(
    "text", ["```\nopen", "~~~~ x\nopen\n", "```chattermatter\n" + ONE + "\n", "prose\n\n````\n```"]
)
def test_a_fence_left_open_is_closed_before_a_block_follows(text: str) -> None:
    file = SourceFile(text)
    result = SourceFile.parse(file.append([new_block()]))
    assert [s.block for s in result.blocks] == [*(s.block for s in file.blocks), new_block()]
    assert result.text.startswith(text)


@pytest.mark.parametrize("text", ["<!-- open", "<script>\nopen\n", "<?php", "prose\n\n<!--\n"])
def test_a_block_is_not_swallowed_by_html_left_open(text: str) -> None:
    with pytest.raises(BlockError) as error:
        SourceFile(text).append([new_block()])
    assert error.value.code == "unclosed-html"


@pytest.mark.parametrize(
    "text",
    ["<div>\nopen", "- ```\n  open", "> ```\n> open", "- item", "<!-- closed -->", "    code"],
)
def test_what_a_blank_line_ends_needs_no_closing(text: str) -> None:
    result = SourceFile.parse(SourceFile(text).append([new_block()]))
    assert [s.block.id for s in result.blocks] == ["new"]
    assert result.text.startswith(text + "\n\n```chattermatter")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("A\n```chattermatter\n%s\n```\nB\n", "A\n\nB\n"),
        ("A\n\n```chattermatter\n%s\n```\n\nB\n", "A\n\n\nB\n"),
        ("A\n\n```chattermatter\n%s\n```\n", "A\n"),
        ("A\n```chattermatter\n%s\n```", "A\n"),
        ("> A\n> ```chattermatter\n> %s\n> ```\n> B\n", "> A\n>\n> B\n"),
        ("- A\n  ```chattermatter\n  %s\n  ```\n  B\n", "- A\n\n  B\n"),
        ("- ```chattermatter\n  %s\n  ```\n\n  B\n", "-\n\n  B\n"),
        ("A <!--chattermatter %s --> B\n", "A  B\n"),
        ("A\n<!--chattermatter %s -->\nB\n", "A\n\nB\n"),
        ("A\n      <!--chattermatter %s -->\nB\n", "A\nB\n"),
        ("<div>\n<!--chattermatter %s -->\n</div>\n", "<div>\n</div>\n"),
        ("```chattermatter\n%s\n```\n", ""),
    ],
)
def test_what_deleting_leaves(text: str, left: str) -> None:
    for newline in ("\n", "\r\n"):
        data = SourceFile((text % ONE).replace("\n", newline)).strip()
        assert data.decode() == left.replace("\n", newline)


def test_blocks_in_a_row_go_without_a_trace() -> None:
    block = f"```chattermatter\n{ONE}\n```\n"
    assert SourceFile(f"A\n{block}{block}B\n").strip() == b"A\n\nB\n"
    assert SourceFile(f"A\n\n{block}{block}B\n").strip() == b"A\n\nB\n"
    assert SourceFile(f"A\n\n{block}\n{block}\n{block}").strip() == b"A\n"


def test_a_sidecar_loses_a_block_and_its_blank_line() -> None:
    parts = [f"```chattermatter\n{ONE.replace('1', str(n), 1)}\n```\n" for n in range(3)]
    file = SourceFile("\n".join(parts))
    for n in range(3):
        expected = "\n".join(part for number, part in enumerate(parts) if number != n)
        assert file.rewrite({str(n): None}).decode() == expected


def test_the_last_of_equal_ids_is_the_one_that_changes() -> None:
    text = f"```chattermatter\n{ONE}\n```\n\n```chattermatter\n{ONE}\n```\n"
    changed = (
        SourceFile(text).rewrite({"1": Block.from_json(ONE).replace({"content": "new"})}).decode()
    )
    assert changed.startswith(f"```chattermatter\n{ONE}\n```\n\n")
    assert '"content": "new"' in changed


def test_an_id_that_is_not_there_is_the_callers_mistake() -> None:
    with pytest.raises(KeyError):
        SourceFile("").rewrite({"1": None})


@given(
    st.dictionaries(st.text(max_size=3), st.integers() | st.text("`~-> \n", max_size=8), max_size=4)
)
def test_three_backticks_always_hold_a_block(extra: dict[str, object]) -> None:
    try:
        block = Block.of(
            {
                "id": "1",
                "type": "comment",
                "content": "```\n~~~\n-->\n```chattermatter",
                **{f"x{n}": v for n, v in extra.items()},
            }
        )
    except BlockError:
        return  # half a character
    text = SourceFile("").append([block]).decode()
    assert [s.block for s in SourceFile(text).blocks] == [block]
    # What tools that look for lines with a regular expression see.
    found = re.findall(
        r"^(```|~~~)chattermatter[ \t]*\r?\n([\s\S]*?)\r?\n\1\s*$", text, re.MULTILINE
    )
    assert [json.loads(body)["id"] for _, body in found] == ["1"]
