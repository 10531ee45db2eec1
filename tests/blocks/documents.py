"""Random Markdown documents with blocks in every place a block can be."""

import json
import re
from typing import Any, NamedTuple

from hypothesis import strategies as st

ONE = '{"id":"1","type":"comment","content":"x"}'
TEXT = st.text(st.sampled_from("ab \t`~|<>'\"\\*_[]()#-+1.é👍🏽\u202e\x00\x1b!&="), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
PROSE = st.sampled_from(
    ["Some *prose* here.", "Two\nlines 👍🏽", "# Heading", "Setext\n===", "trailing  ", "a ` b | c", "    code",
     "- item\n- item", "1. one\n\n   more", "> quote\n> more", "````\n```chattermatter\n{}\n```\n````",
     "    ```chattermatter\n    {}", "`<!--chattermatter {} -->`", "<div>\nhtml\n</div>", "| a | b |\n|---|---|\n| 1 | 2 |",
     "---", "[link](x 'y')", "~~~\n<!--chattermatter {} -->\n~~~", "\u2028odd\u0085lines"]
)  # fmt: skip


class Written(NamedTuple):
    """A document's text with `\\n` newlines, and the ids and encodings of the blocks in it."""

    text: str
    ids: list[str]


@st.composite
def blocks(draw: st.DrawFn, number: int) -> dict[str, Any]:
    values: dict[str, Any] = {"id": f"b{number}", "type": "comment", "content": "x" + draw(TEXT)}
    values |= draw(
        st.dictionaries(st.sampled_from(["x-a", "author", "metadata", "é"]), VALUES, max_size=3)
    )
    return values


@st.composite
def fences(draw: st.DrawFn, number: int) -> str:
    body = json.dumps(
        draw(blocks(number)),
        indent=draw(st.sampled_from([None, 0, 2])),
        ensure_ascii=draw(st.booleans()),
    )
    fence = draw(st.sampled_from(["```", "````", "~~~"]))
    info = draw(st.sampled_from(["chattermatter", " chattermatter", "chattermatter and more"]))
    if fence[0] == "`":
        info = info.replace("`", "")
    padding = draw(st.sampled_from(["", "\n", " \n"]))
    return f"{fence}{info}\n{padding}{body}\n{padding}{fence}"


@st.composite
def comments(draw: st.DrawFn, number: int) -> str:
    body = json.dumps(draw(blocks(number)), indent=draw(st.sampled_from([None, 2])))
    for char in "<>`|'()":
        body = body.replace(char, f"\\u{ord(char):04x}")
    return f"<!--chattermatter {body} -->"


def _indented(text: str, first: str, rest: str) -> str:
    return first + text.replace("\n", "\n" + rest)


@st.composite
def documents(draw: st.DrawFn) -> Written:
    """Return chunks of prose and blocks, separated, in containers or not."""
    chunks, ids = [], []
    for number in range(draw(st.integers(0, 6))):
        kind = draw(
            st.sampled_from(
                ["prose", "fence", "comment", "inline", "list", "quote", "nested", "glued", "end"]
            )
        )
        if kind == "prose":
            chunks.append(draw(PROSE))
            continue
        ids.append(f"b{number}")
        fence = draw(fences(number))
        if kind == "fence":
            chunks.append(fence)
        elif kind == "comment":
            chunks.append(draw(comments(number)))
        elif kind == "inline":
            one_line = " ".join(draw(comments(number)).split("\n"))
            chunks.append(f"before {one_line} after")
        elif kind == "list":
            chunks.append(
                draw(st.sampled_from(["- item\n\n  ", "- ", "* a\n* "]))
                + _indented(fence, "", "  ")
            )
        elif kind == "quote":
            chunks.append(draw(st.sampled_from(["", "> said\n"])) + _indented(fence, "> ", "> "))
        elif kind == "nested":
            chunks.append(_indented(fence, "> 1. x\n>    - ", ">      "))
        elif kind == "glued":
            chunks.append(f"above\n{fence}\nbelow")
        else:
            chunks.append(fence)
            chunks.append("prose after it")
    text = draw(st.sampled_from(["\n\n", "\n\n\n"])).join(chunks)
    return Written(text + draw(st.sampled_from(["", "\n", "\n\n"])), ids)


newlines = st.sampled_from([("\n",), ("\r\n",), ("\r",), ("\n", "\r\n"), ("\r\n", "\n", "\r")])


def spelled(written: Written, kinds: tuple[str, ...], bom: bool) -> str:
    """The text of a document with these line endings in turn."""
    lines = iter(range(10**6))
    text = re.sub("\n", lambda _: kinds[next(lines) % len(kinds)], written.text)
    return "\ufeff" * bom + text


files = st.builds(spelled, documents(), newlines, st.booleans())
