"""Validate one block: faults are reported in a file and rejected in a live session."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chatter_tui.blocks.problem import Problem
from chatter_tui.blocks.strict_json import JSONError, has_lone_surrogate, is_deeper, loads
from chatter_tui.blocks.values import (
    TYPES,
    anchor_fault,
    is_id,
    is_reaction,
    suggestion_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chatter_tui.blocks.block import Block

# Controls that reorder the text around them, and separators that break a line.
_DISRUPTIVE = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
)
_LAST_INSTANT = datetime(9999, 12, 31, 23, 59, 59) - datetime(1970, 1, 1)  # noqa: DTZ001  (a span)
_ID_LENGTH = 128  # several times a ULID or a UUID
_AUTHOR_LENGTH = 64  # twice the longest name in a session


def problems(block: Block) -> list[Problem]:
    """Return the faults of a block by itself."""
    shapes = _wrong_shapes(block)  # decodes all fields, so the other checks need not
    faults = _identity(block) + shapes
    if block.type == "reaction":
        faults += _reaction(block)
    return [fault._replace(block=block.id or None) for fault in faults]


def strict_problems(
    block: Block,
    *,
    content_bytes: int = 64 * 1024,
    field_bytes: int = 16 * 1024,
    field_count: int = 64,
    name_length: int = 64,
    depth: int = 32,
) -> Sequence[Problem]:
    """Return what keeps a block out of a live session: all faults and exceeded limits.

    Limits are in bytes of UTF-8 or in characters. A field's bytes and depth are those of its JSON.
    """
    found = problems(block)
    excess: list[str] = []
    if len(block.fields) > field_count:
        excess.append(f"more than {field_count} fields")
    if _size(block.content) > content_bytes:
        excess.append(f"content longer than {content_bytes} bytes")
    least = min(content_bytes, field_bytes)
    each = () if _is_modest(block, least, name_length, depth) else block.fields.items()
    for name, text in each:
        if not name or len(name) > name_length or not _is_plain(name):
            excess.append(
                f"a field's name is empty, not plain or longer than {name_length} characters"
            )
        elif name != "content" and _size(text) > field_bytes:
            excess.append(f"{name} longer than {field_bytes} bytes")
        elif is_deeper(text, depth):
            excess.append(f"{name} nested more than {depth} levels deep")
    if len(block.id) > _ID_LENGTH:
        excess.append(f"id longer than {_ID_LENGTH} characters")
    author = block.author
    if author is not None and not (0 < len(author) <= _AUTHOR_LENGTH and _is_plain(author)):
        excess.append(f"author is not 1 to {_AUTHOR_LENGTH} plain characters")
    if block.instant is not None and not timedelta() <= block.instant <= _LAST_INSTANT:
        excess.append("timestamp outside the years 1970 to 9999")
    return found + [Problem.of("limit", message, block=block.id or None) for message in excess]


def _is_modest(block: Block, size: int, name_length: int, depth: int) -> bool:
    """Return whether all fields together are within the limits of each one: the usual case."""
    names, texts = "".join(block.fields), "".join(block.fields.values())
    return (
        texts.isascii()
        and len(texts) <= size
        and texts.count("[") + texts.count("{") <= depth
        and _is_plain(names)
        and "" not in block.fields
        and max(map(len, block.fields), default=0) <= name_length
    )


def _identity(block: Block) -> list[Problem]:
    found = [Problem.of("missing-field", f"no usable {name}") for name in block.missing()]
    if block.id and not is_id(block.id):
        found.append(Problem.of("invalid-id", "the id is not printable ASCII without spaces"))
    if block.type and block.type not in TYPES:
        message = f"unknown type {block.type!r}, shown as a comment"
        found.append(Problem.of("unknown-type", message))
    return found


def _wrong_shapes(block: Block) -> list[Problem]:
    found = []
    values = block.values()
    for name, text in block.fields.items():
        value = values[name]
        if value is None and not _is_null(text):
            found.append(Problem.of("malformed-json", f"{name} is not JSON"))
        elif name in _CHECKED and (fault := _fault(block, name, value)):
            found.append(Problem.of("invalid-field", f"{name} {fault}"))
        elif "\\" in text and has_lone_surrogate(text):
            message = f"{name} holds half a character (a lone surrogate)"
            found.append(Problem.of("invalid-field", message))
    if block.type == "suggestion" and "suggestion" not in block.fields:
        found.append(Problem.of("invalid-field", "suggestion is missing"))
    return found


def _fault(block: Block, name: str, value: object) -> str | None:
    if name == "timestamp":  # already decoded by the block
        return None if block.instant is not None else "is not an ISO 8601 date and time"
    if name == "anchor":
        return _chain_fault(value)
    holds, fault = _SHAPES[name]
    return None if holds(value) else fault


def _chain_fault(anchor: object) -> str | None:
    path = ""
    while True:
        if fault := anchor_fault(anchor):
            return f"({path.strip()}) {fault}" if path else fault
        assert isinstance(anchor, dict), "nothing else is without fault"
        if "fallback" not in anchor:
            return None
        anchor, path = anchor["fallback"], f"{path} fallback"


_TEXT = (lambda value: isinstance(value, str), "is not a string")
_SHAPES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "author": _TEXT,
    "spec_version": _TEXT,
    "parent_id": (
        lambda value: value is None or (isinstance(value, str) and value != ""),
        "is not a block's id",
    ),
    "status": (lambda value: value in ("open", "resolved"), "is neither open nor resolved"),
    "suggestion": (
        lambda value: suggestion_of(value) is not None,
        "is not an original and a replacement",
    ),
    "metadata": (lambda value: isinstance(value, dict), "is not an object"),
}
_CHECKED = _SHAPES.keys() | {"timestamp", "anchor"}


def _is_null(text: str) -> bool:
    try:
        return loads(text) is None
    except JSONError:
        return False


def _reaction(block: Block) -> list[Problem]:
    messages = []
    if block.parent_id is None:
        messages.append("a reaction needs a parent_id")
    if "anchor" in block.fields:
        messages.append("a reaction has no anchor of its own")
    content = block.value("content")
    if not isinstance(content, str) or (content and not is_reaction(content)):
        messages.append("a reaction is one emoji, +1, -1, agree or disagree")
    return [Problem.of("invalid-field", message) for message in messages]


def _size(text: str) -> int:
    # A block made of unchecked texts may contain lone surrogates, which is a fault of its own.
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def _is_plain(text: str) -> bool:
    if text.isascii() and text.isprintable():  # the usual case, without controls
        return True
    return not any(unicodedata.category(c) in ("Cc", "Cs") or c in _DISRUPTIVE for c in text)
