"""Files are rewritten: only the blocks that change, and no other byte."""

import json
import re

import pytest
from hypothesis import given, strategies as st

from chatter_tui.blocks import Block, BlockError, SourceFile
from chatter_tui.markdown import Markdown, canonical
from tests.blocks.documents import ONE, files


def new_block(number: str = "new") -> Block:
    return Block.of({"id": number, "type": "comment", "content": "hello"})


edits = st.sampled_from(
    [
        {"content": "y --> ``` | ' ) ] </script> é👍\n\nz"},
        {"status": "resolved"},
        {"x-new": [1.5, {"a|b": "<"}]},
    ]
)


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
