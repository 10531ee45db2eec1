"""JSON exactly as RFC 8259 has it, and with each value's spelling, so that numbers survive a rewrite.

Python's own reader is kept to the standard: `NaN` and `Infinity` are refused, depth is bounded
before the recursive reader sees the text, and no decoded string holds half a surrogate pair.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Never

if TYPE_CHECKING:
    from collections.abc import Iterator

# Python's reader and writer recurse, one frame a level, under a limit of 1,000 in all.
MAX_DEPTH = 256

_BLANK = re.compile(r"[ \t\n\r]*")
# Possessive: an unclosed string or a flood of backslashes is still read only once.
_BRACKET_OR_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SURROGATE_HINT = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\.",
    re.DOTALL,
)


class JSONError(ValueError):
    """A text is not JSON, or a value cannot be written as JSON."""


def loads(text: str, *, depth: int = MAX_DEPTH) -> object:
    """Return the one value that `text` holds.

    The last of several equal names counts; half a surrogate pair becomes U+FFFD; a number beyond
    what Python converts becomes a float, at worst an infinite one. Raises JSONError otherwise.
    """
    _require_encodable(text)
    _require_depth(text, depth)
    value, end = _value(_without_lone_surrogates(text), 0)
    if end is not None:
        raise JSONError(f"something follows the value, at character {end + 1}")
    return value


def loads_fields(text: str, *, depth: int = MAX_DEPTH) -> dict[str, str]:
    """Return the fields of the one object that `text` holds: name to its value as spelled.

    The last of several equal names counts. Raises JSONError.
    """
    return dict(field_spellings(text, depth=depth))


def field_spellings(text: str, *, depth: int = MAX_DEPTH) -> Iterator[tuple[str, str]]:
    """Yield each field of the object that `text` holds, doubled names included; raises JSONError."""
    _require_encodable(text)
    _require_depth(text, depth)
    at = _skip(text, 0)
    if not text.startswith("{", at):
        raise JSONError("not a JSON object")
    at = _skip(text, at + 1)
    if not text.startswith("}", at):
        while True:
            start, colon = at, _name_end(text, at)
            value_start = _skip(text, colon + 1)
            end = _decode(text, value_start)[1]
            name = _decode(_without_lone_surrogates(text[start:colon]), 0)[0]
            yield str(name), text[value_start:end]
            at = _skip(text, end)
            if not text.startswith(",", at):
                break
            at = _skip(text, at + 1)
        if not text.startswith("}", at):
            raise JSONError(f"expected ',' or '}}' at character {at + 1}")
    at = _skip(text, at + 1)
    if at != len(text):
        raise JSONError(f"something follows the object, at character {at + 1}")


def dumps(value: object, *, depth: int = MAX_DEPTH) -> str:
    """Return `value` as JSON on one line, not escaped beyond need; raises JSONError."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise JSONError(f"not a JSON value: {error}") from None
    _require_encodable(text)
    _require_depth(text, depth)
    return text


def has_lone_surrogate(text: str) -> bool:
    r"""Say whether a string in the JSON `text` escapes half a surrogate pair, as `"\ud800"` does."""
    return _without_lone_surrogates(text) != text


def depth_of(text: str) -> int:
    """Return how deeply arrays and objects are nested in the JSON `text`."""
    level = deepest = 0
    for match in _BRACKET_OR_STRING.finditer(text):
        if match[0] in "[{":
            level += 1
            deepest = max(deepest, level)
        elif match[0] in "]}":
            level -= 1
    return deepest


def _require_encodable(text: str) -> None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise JSONError("a character is half a surrogate pair, which is no text") from None


def _require_depth(text: str, depth: int) -> None:
    # Counting brackets is cheap and enough for nearly every text.
    if text.count("[") + text.count("{") > depth and depth_of(text) > depth:
        raise JSONError(f"nested more than {depth} levels deep")


def _without_lone_surrogates(text: str) -> str:
    if not _SURROGATE_HINT.search(text):
        return text
    return _ESCAPE.sub(lambda match: r"\ufffd" if match["lone"] else match[0], text)


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    assert match, "the pattern matches nothing, too"
    return match.end()


def _name_end(text: str, at: int) -> int:
    if not text.startswith('"', at):
        raise JSONError(f"expected a field's name at character {at + 1}")
    colon = _skip(text, _decode(text, at)[1])
    if not text.startswith(":", colon):
        raise JSONError(f"expected ':' at character {colon + 1}")
    return colon


def _value(text: str, at: int) -> tuple[object, int | None]:
    value, end = _decode(text, _skip(text, at))
    end = _skip(text, end)
    return value, None if end == len(text) else end


def _decode(text: str, at: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise JSONError(f"{error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise JSONError("nested too deeply") from None


def _refuse_constant(name: str) -> Never:
    raise JSONError(f"{name} is not JSON")


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # more digits than Python converts
        return float(digits)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_integer)
