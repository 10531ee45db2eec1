"""Strict RFC 8259 JSON that keeps each value's spelling, so that numbers survive a rewrite.

Python's own parser is restricted to the standard: `NaN` and `Infinity` are refused, depth is
limited before the recursive parser sees the text, and decoded strings contain no lone surrogates.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple, Never

if TYPE_CHECKING:
    from collections.abc import Iterator

# Python's parser and serializer use one stack frame per level, of 1,000 in total.
MAX_DEPTH = 256

_BLANKS = " \t\n\r"
_OPENING = re.compile(r"[ \t\n\r]*\{[ \t\n\r]*(?:(\})[ \t\n\r]*)?")
# A string of ASCII characters without escapes: its value is what is between the quotes.
is_plain_string = re.compile(r'"[ !#-\[\]-~]*+"').fullmatch
_PLAIN_NAME = re.compile(r'"([^"\\\x00-\x1f]*+)"[ \t\n\r]*:[ \t\n\r]*')
# A whole field with such a value, as most are, and what separates it from the next one.
_PLAIN_FIELD = re.compile(
    r'"([^"\\\x00-\x1f]*+)"[ \t\n\r]*:[ \t\n\r]*("[ !#-\[\]-~]*+")[ \t\n\r]*([,}])[ \t\n\r]*'
)
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_SEPARATOR = re.compile(r"[ \t\n\r]*([,}])[ \t\n\r]*")
# Possessive, so an unclosed string or a flood of backslashes takes linear time.
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


def loads(text: str) -> object:
    """Parse a JSON value.

    Of equal names, the last one counts; lone surrogates become U+FFFD; numbers beyond Python's
    conversion limits become floats, possibly infinite.

    Raises:
        JSONError: The text is not JSON.
    """
    if is_plain_string(text):  # most values are
        return text[1:-1]
    _require_encodable(text)
    _require_depth(text, MAX_DEPTH)
    text = _without_lone_surrogates(text).strip(_BLANKS)
    value, end = _decode(text, 0)
    if end != len(text):
        raise JSONError(f"something follows the value, at character {end + 1}")
    return value


def loads_fields(text: str) -> dict[str, str]:
    """Return the fields of a JSON object: name to the value as spelled.

    Of equal names, the last one counts.

    Raises:
        JSONError: The text is not a JSON object.
    """
    return {field.name: field.spelling for field in read_fields(text)}


class Field(NamedTuple):
    """A field of an object: its value as spelled, and decoded as by `loads`."""

    name: str
    spelling: str
    value: object


def read_fields(text: str) -> Iterator[Field]:
    """Yield each field of a JSON object, duplicate names included.

    Raises:
        JSONError: The text is not a JSON object.
    """
    _require_encodable(text)
    _require_depth(text, MAX_DEPTH)
    opening = _OPENING.match(text)
    if opening is None:
        raise JSONError("not a JSON object")
    at, separator = opening.end(), opening[1]
    while separator != "}":
        if plain := _PLAIN_FIELD.match(text, at):
            name, spelling, separator = plain.groups()
            yield Field(name, spelling, spelling[1:-1])
            at = plain.end()
            continue
        name, at = _name(text, at)
        value, end = _decode(text, at)
        spelling = text[at:end]
        if _SURROGATE_HINT.search(spelling):
            value = _decode(_without_lone_surrogates(spelling), 0)[0]
        yield Field(name, spelling, value)
        following = _SEPARATOR.match(text, end)
        if following is None:
            raise JSONError(f"expected ',' or '}}' at character {end + 1}")
        at, separator = following.end(), following[1]
    if at != len(text):
        raise JSONError(f"something follows the object, at character {at + 1}")


def _name(text: str, at: int) -> tuple[str, int]:
    """Return a field's name and the position of its value."""
    if plain := _PLAIN_NAME.match(text, at):
        return plain[1], plain.end()
    if not text.startswith('"', at):
        raise JSONError(f"expected a field's name at character {at + 1}")
    end = _decode(text, at)[1]
    colon = _COLON.match(text, end)
    if colon is None:
        raise JSONError(f"expected ':' at character {end + 1}")
    return str(_decode(_without_lone_surrogates(text[at:end]), 0)[0]), colon.end()


def dumps(value: object, *, depth: int = MAX_DEPTH) -> str:
    """Return `value` as JSON on one line, with as few escapes as possible.

    Raises:
        JSONError: JSON cannot hold it.
    """
    if isinstance(value, str):
        text = _quoted(value)
        _require_encodable(text)
        return text
    try:
        text = _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise JSONError(f"not a JSON value: {error}") from None
    _require_encodable(text)
    _require_depth(text, depth)
    return text


def has_lone_surrogate(text: str) -> bool:
    r"""Return whether a string in JSON escapes a lone surrogate, as `"\ud800"` does."""
    return _without_lone_surrogates(text) != text


def depth_of(text: str) -> int:
    """Return how deeply arrays and objects are nested in JSON."""
    level = deepest = 0
    for match in _BRACKET_OR_STRING.finditer(text):
        if match[0] in "[{":
            level += 1
            deepest = max(deepest, level)
        elif match[0] in "]}":
            level -= 1
    return deepest


def is_deeper(text: str, depth: int) -> bool:
    """Return whether arrays and objects in JSON are nested more than `depth` levels deep."""
    # Counting brackets is cheap, and suffices for nearly all texts.
    return text.count("[") + text.count("{") > depth and depth_of(text) > depth


def _require_encodable(text: str) -> None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise JSONError("a character is half a surrogate pair, which is no text") from None


def _require_depth(text: str, depth: int) -> None:
    if is_deeper(text, depth):
        raise JSONError(f"nested more than {depth} levels deep")


def _without_lone_surrogates(text: str) -> str:
    if "\\" not in text or not _SURROGATE_HINT.search(text):
        return text
    return _ESCAPE.sub(lambda match: r"\ufffd" if match["lone"] else match[0], text)


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


_quoted = json.encoder.encode_basestring
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_integer)
