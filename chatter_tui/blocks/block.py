"""A comment block: fields with their exact spelling, and typed access to them."""

from __future__ import annotations

from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, Self

from chatter_tui.blocks.lazy import lazy
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
_SHORT: Final = 26  # characters of a time as JSON, to the millisecond
# What is decoded of most blocks: in memory once, and never written to.
_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Block:
    """One comment, immutable; two blocks are equal when their fields are spelled the same.

    `fields` maps every field to the JSON text of its value; `values` are those that are decoded
    already. The constructor trusts both; `of` and `from_json` check the texts. The other attributes
    read them leniently: a known field of the wrong shape counts as absent.
    """

    def __init__(self, fields: Mapping[str, str], values: Mapping[str, object] = _NOTHING) -> None:
        # Thousands of blocks have the same names, authors and states, and many the same times.
        self.fields: Final[Mapping[str, str]] = MappingProxyType(
            {
                intern(name): intern(text) if len(text) <= _SHORT else text
                for name, text in fields.items()
            }
        )
        self._values = values or _NOTHING

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """Return a block of JSON values; raises BlockError for a value that JSON cannot hold."""
        return cls(_spelled(values))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the block that a JSON object is.

        Raises BlockError: `malformed-json`, or `missing-field` when it could not be shown.
        """
        try:
            return cls.from_read(read_fields(text))
        except JSONError as error:
            raise BlockError("malformed-json", str(error)) from None

    @classmethod
    def from_read(cls, fields: Iterable[Field]) -> Self:
        """Return the block of an object's fields; raises BlockError (`missing-field`)."""
        block = cls({field.name: field.spelling for field in fields})
        if missing := block.missing():
            raise BlockError("missing-field", f"no usable {' and no usable '.join(missing)}")
        return block

    def replace(self, values: Mapping[str, object | None]) -> Self:
        """Return the block with other values; None removes a field, and a new one goes last."""
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
        """Return a block of these JSON texts, which are trusted as the constructor trusts them.

        Those that are as they are here are not decoded again.
        """
        values = self._values.items()
        kept = {name: value for name, value in values if fields.get(name) == self.fields[name]}
        return type(self)(fields, kept)

    def to_json(self) -> str:
        """Return the block as JSON, each field on a line of its own, values as they were spelled."""
        lines = (f"  {_name(name)}: {text}" for name, text in self.fields.items())
        return "{\n" + ",\n".join(lines) + "\n}" if self.fields else "{}"

    def to_line(self) -> str:
        """Return the block as JSON on one line, values as they were spelled."""
        fields = (f"{_name(name)}: {text}" for name, text in self.fields.items())
        # A JSON string holds no raw line break, so every one is mere layout.
        return "{" + ", ".join(fields).replace("\r", " ").replace("\n", " ") + "}"

    def value(self, name: str) -> object:
        """Return the decoded value of a field, None when it is absent or not JSON."""
        if name in self._values:
            return self._values[name]
        if name not in self.fields:
            return None
        value = self._writable()[name] = self._decode(name)
        return value

    def values(self) -> Mapping[str, object]:
        """Return the decoded values of all fields, None for those that are not JSON."""
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

    @lazy
    def id(self) -> str:
        """What names the block; empty if nothing does."""
        return self._text("id") or ""

    @lazy
    def type(self) -> str:
        """One of TYPES or something newer; empty if absent."""
        return self._text("type") or ""

    @lazy
    def content(self) -> str:
        """The Markdown text."""
        return self._text("content") or ""

    @lazy
    def author(self) -> str | None:
        """A display name."""
        return self._text("author")

    @property
    def timestamp(self) -> str | None:
        """When it was written, as spelled, if it names an instant."""
        return None if self.instant is None else self._text("timestamp")

    @lazy
    def instant(self) -> timedelta | None:
        """The time since 1970 that `timestamp` names."""
        spelled = self._text("timestamp")
        return None if spelled is None else instant_of(spelled)

    @lazy
    def parent_id(self) -> str | None:
        """The block it replies to."""
        return self._text("parent_id" if "parent_id" in self.fields else "thread") or None

    @property
    def anchor(self) -> Mapping[str, object] | None:
        """Where it points; None is the whole document.

        It is large, and seldom looked at more than once: what was not decoded before is not kept.
        """
        value = self._values.get("anchor") or self._decode("anchor")
        return value if isinstance(value, dict) and anchor_fault(value) is None else None

    @lazy
    def status(self) -> Literal["open", "resolved"]:
        """Whether it is settled."""
        return "resolved" if self._text("status") == "resolved" else "open"

    @property
    def suggestion(self) -> Suggestion | None:
        """The change it proposes."""
        return self._suggestion if "suggestion" in self.fields else None

    @lazy
    def _suggestion(self) -> Suggestion | None:
        return suggestion_of(self.value("suggestion"))

    def missing(self) -> list[str]:
        """Return the required fields that are not usable, so that the block cannot be shown."""
        usable = {"id": self.id, "type": self.type}
        missing = [name for name, text in usable.items() if not text]
        if not self.content and self.type != "reaction":
            missing.append("content")
        return missing

    def problems(self) -> Sequence[Problem]:
        """Return the block's faults, apart from what other blocks and the document have to do with."""
        return problems(type(self)(self.fields))  # which decodes all of it, for this once

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
