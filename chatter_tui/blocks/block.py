"""A comment block: fields with their exact spelling, and typed access to them."""

from __future__ import annotations

from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, Self

from chatter_tui.blocks.problem import BlockError
from chatter_tui.blocks.strict_json import (
    MAX_DEPTH,
    Field,
    JSONError,
    dumps,
    is_plain_string,
    loads,
    read_fields,
)
from chatter_tui.blocks.validation import problems
from chatter_tui.blocks.values import Suggestion, anchor_fault, instant_of, suggestion_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import timedelta

    from chatter_tui.blocks.problem import Problem

SPEC_VERSION: Final = "0.1"
CANONICAL_ORDER: Final = (
    "id",
    "type",
    "author",
    "timestamp",
    "anchor",
    "parent_id",
    "status",
    "content",
    "suggestion",
    "metadata",
    "spec_version",
)
_KNOWN = frozenset(CANONICAL_ORDER)
_SHORT: Final = 26  # characters of a timestamp's JSON, to the millisecond
# Shared by the many blocks of which nothing is decoded; never written to.
_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Block:
    """An immutable comment. Two blocks are equal if their fields are spelled the same.

    `fields` maps every field to the JSON text of its value; `values` are those already decoded. The
    constructor trusts both; `of` and `from_json` check them. The other attributes read the fields
    leniently: a known field of the wrong shape counts as absent.
    """

    # Thousands of blocks are in memory: no dictionary for each. Most slots are filled when first read.
    __slots__ = (
        "_suggestion",
        "_values",
        "author",
        "content",
        "fields",
        "id",
        "instant",
        "parent_id",
        "status",
        "type",
    )

    id: str
    """The block's id; empty if absent."""
    type: str
    """One of TYPES, or a type of a newer version; empty if absent."""
    content: str
    """The Markdown text."""
    author: str | None
    """A display name."""
    instant: timedelta | None
    """The time since 1970 in `timestamp`."""
    parent_id: str | None
    """The id of the block it replies to."""
    status: Literal["open", "resolved"]
    """The state of the thread that it starts."""
    _suggestion: Suggestion | None

    def __init__(self, fields: Mapping[str, str], values: Mapping[str, object] = _NOTHING) -> None:
        # Thousands of blocks share names, authors and states, and many share timestamps.
        self.fields: Final[Mapping[str, str]] = MappingProxyType(
            {
                intern(name): intern(text) if len(text) <= _SHORT else text
                for name, text in fields.items()
            }
        )
        self._values = values or _NOTHING

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """Create a block from JSON values.

        Raises:
            BlockError: JSON cannot hold a value.
        """
        return cls(_spelled(values))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parse a block from a JSON object.

        Raises:
            BlockError: `malformed-json`, or `missing-field` if it could not be shown.
        """
        try:
            return cls.from_read(read_fields(text))
        except JSONError as error:
            raise BlockError("malformed-json", str(error)) from None

    @classmethod
    def from_read(cls, fields: Iterable[Field]) -> Self:
        """Create a block from the fields of an object.

        Raises:
            BlockError: `missing-field`.
        """
        block = cls({field.name: field.spelling for field in fields})
        if missing := block.missing():
            raise BlockError("missing-field", f"no usable {' and no usable '.join(missing)}")
        return block

    def replace(self, values: Mapping[str, object | None]) -> Self:
        """Return the block with other values. None removes a field; a new field goes last."""
        kept = {
            name: text for name, text in self.fields.items() if values.get(name, "") is not None
        }
        changed = {name: value for name, value in values.items() if value is not None}
        return type(self)(kept | _spelled(changed))

    def canonical(self) -> Self:
        """Return the block with its fields in the order of CANONICAL_ORDER, unknown ones sorted."""
        ordered = in_order(self.fields)
        return self if list(ordered) == list(self.fields) else self.respelled(ordered)

    def respelled(self, fields: Mapping[str, str]) -> Self:
        """Return a block with these trusted JSON texts.

        Values whose texts are the same as here are not decoded again.
        """
        values = self._values.items()
        kept = {name: value for name, value in values if fields.get(name) == self.fields[name]}
        return type(self)(fields, kept)

    def to_json(self) -> str:
        """Return the block as JSON, one field per line, values as they were spelled."""
        lines = (f"  {_name(name)}: {text}" for name, text in self.fields.items())
        return "{\n" + ",\n".join(lines) + "\n}" if self.fields else "{}"

    def to_line(self) -> str:
        """Return the block as JSON on one line, values as they were spelled."""
        fields = (f"{_name(name)}: {text}" for name, text in self.fields.items())
        # JSON strings contain no raw line breaks, so these are layout.
        return "{" + ", ".join(fields).replace("\r", " ").replace("\n", " ") + "}"

    def value(self, name: str) -> object:
        """Return the decoded value of a field; None if it is absent or not JSON."""
        if name in self._values:
            return self._values[name]
        if name not in self.fields:
            return None
        value = self._writable()[name] = self._decode(name)
        return value

    def values(self) -> Mapping[str, object]:
        """Return the decoded values of all fields; None for those that are not JSON."""
        values = self._writable()
        if len(values) < len(self.fields):
            for name, text in self.fields.items():
                if name not in values:
                    values[name] = text[1:-1] if is_plain_string(text) else self._decode(name)
        return values

    def _writable(self) -> dict[str, object]:
        if not isinstance(self._values, dict):
            self._values = {}
        return self._values

    def _decode(self, name: str) -> object:
        try:
            return loads(self.fields[name]) if name in self.fields else None
        except JSONError:
            return None

    @property
    def timestamp(self) -> str | None:
        """When it was written, as spelled; None unless it is a valid time."""
        return None if self.instant is None else self._text("timestamp")

    @property
    def anchor(self) -> Mapping[str, object] | None:
        """Where it points; None means the whole document.

        Anchors are large and seldom read twice, so the decoded value is not cached.
        """
        value = self._values.get("anchor") or self._decode("anchor")
        return value if isinstance(value, dict) and anchor_fault(value) is None else None

    @property
    def suggestion(self) -> Suggestion | None:
        """The proposed change."""
        return self._suggestion if "suggestion" in self.fields else None

    def missing(self) -> list[str]:
        """Return the required fields that are missing or invalid."""
        usable = {"id": self.id, "type": self.type}
        missing = [name for name, text in usable.items() if not text]
        if not self.content and self.type != "reaction":
            missing.append("content")
        return missing

    def problems(self) -> Sequence[Problem]:
        """Return the faults of the block itself, regardless of other blocks and the document."""
        return problems(type(self)(self.fields))  # decodes all fields, in a copy that is not kept

    if not TYPE_CHECKING:  # which would take any name for an attribute

        def __getattr__(self, name: str) -> object:  # only called for a slot that is empty
            value = self._read(name)
            setattr(self, name, value)
            return value

    def _read(self, name: str) -> object:
        match name:
            case "id" | "type" | "content":
                return self._text(name) or ""
            case "author":
                return self._text(name)
            case "parent_id":
                return self._text(name if name in self.fields else "thread") or None
            case "status":
                return "resolved" if self._text(name) == "resolved" else "open"
            case "instant":
                spelled = self._text("timestamp")
                return None if spelled is None else instant_of(spelled)
            case "_suggestion":
                return suggestion_of(self.value("suggestion"))
        raise AttributeError(name)

    def _text(self, name: str) -> str | None:
        value = self._values[name] if name in self._values else self._decode(name)
        if not isinstance(value, str):
            return None
        return intern(value) if len(value) < _SHORT else value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Block) and self.fields == other.fields

    def __hash__(self) -> int:
        return hash(self.fields.get("id"))

    def __repr__(self) -> str:
        return f"Block({dict(self.fields)!r})"


def in_order(fields: Mapping[str, str]) -> dict[str, str]:
    """Return fields in the order of CANONICAL_ORDER, unknown ones sorted."""
    ordered = {name: fields[name] for name in CANONICAL_ORDER if name in fields}
    if len(ordered) < len(fields):
        ordered |= {name: fields[name] for name in sorted(fields.keys() - _KNOWN)}
    return ordered


def _spelled(values: Mapping[str, object]) -> dict[str, str]:
    try:
        return {name: dumps(value, depth=MAX_DEPTH - 1) for name, value in values.items()}
    except JSONError as error:
        raise BlockError("malformed-json", str(error)) from None


@lru_cache(maxsize=256)  # most blocks have the same fields
def _name(name: str) -> str:
    return dumps(name)
