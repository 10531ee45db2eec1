"""Blocks are found wherever a Markdown file can hold them, and their faults reported."""

import pytest
from hypothesis import example, given, strategies as st

from chatter_tui.blocks import Block, EncodingError, SourceFile
from chatter_tui.blocks.slots import Plain, mixed_slots, parsed_slots, plain_slots
from chatter_tui.markdown import Markdown, canonical
from tests.blocks.documents import ONE, Written, documents, files, newlines, spelled


def ids(text: str) -> list[str]:
    return [stored.block.id for stored in SourceFile(text).blocks]


def faults(text: str) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in SourceFile(text).problems]


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
    assert SourceFile(text).append([Block.from_json(ONE)]).startswith(text.encode())


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
