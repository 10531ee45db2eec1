"""Codec for messages.

A message is a MessagePack map with a `type`, or the same as a JSON object with bytes in base64; the
first byte tells which. docs/protocol.md describes every field.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
import types
import typing
from typing import Any, Final, Literal, NoReturn

import msgpack

from chatter_tui.session.messages import MESSAGES, Message, MessageError, RejectedItem, Side

_MAX_TEXT: Final = 16 * 2**20  # bytes of one string; documents are the longest
_MAX_FIELDS: Final = 1024  # per message
# Per rejection: the blocks that one update touches, and those it repeats from earlier ones.
_MAX_ITEMS: Final = 2**15
_MAX_NAME: Final = 256  # characters of names, ids and codes


def encode(message: Message, *, as_json: bool = False) -> bytes:
    """Encode a message, as MessagePack unless JSON is requested."""
    fields = {"type": message.TYPE, **_to_wire(message)}
    if as_json:
        return json.dumps(fields, ensure_ascii=False, default=_to_base64).encode()
    return typing.cast("bytes", msgpack.packb(fields))


def decode(data: bytes, *, sender: Side, limit: int = _MAX_TEXT + 65536) -> Message:
    """Decode a message sent by `sender`, ignoring unknown fields for the sake of later versions.

    Raises:
        MessageError: The bytes are not a valid message of that side.
    """
    if len(data) > limit:
        raise MessageError("message too large")
    as_json = data[:1] == b"{"
    fields = _from_json(data) if as_json else _from_msgpack(data)
    if not isinstance(fields, dict):
        raise MessageError("not a map")
    kind = fields.get("type")
    cls = MESSAGES.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise MessageError("unknown type of message")
    if sender not in cls.SENDERS:
        raise MessageError(f"a {sender} may not send {cls.TYPE}")
    return _build(cls, fields, as_json=as_json)


def _from_msgpack(data: bytes) -> object:
    try:
        return msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            max_str_len=_MAX_TEXT,
            max_bin_len=_MAX_TEXT,
            max_array_len=_MAX_ITEMS,
            max_map_len=_MAX_FIELDS,
            max_ext_len=0,
        )
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise MessageError("malformed MessagePack") from error


def _from_json(data: bytes) -> object:
    try:
        return json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MessageError("malformed JSON") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _to_base64(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def wire_name(name: str) -> str:
    """Return a field's name on the wire: `peer_id` is `peerId`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _to_wire(message: Message) -> dict[str, Any]:
    wire: dict[str, Any] = {}
    for field in dataclasses.fields(message):
        value = getattr(message, field.name)
        if isinstance(value, tuple):
            wire[wire_name(field.name)] = [_to_wire(item) for item in value]
        elif value is not None:
            wire[wire_name(field.name)] = value
    return wire


_Check = typing.Callable[[Any], Any]


def _build(cls: type[Message], fields: dict[Any, Any], *, as_json: bool) -> Message:
    values: dict[str, Any] = {}
    for name, wire, required, check in _plan(cls, as_json=as_json):  # type: ignore[arg-type] # mypy takes slots for unhashable
        if wire in fields:
            try:
                values[name] = check(fields[wire])
            except ValueError as error:
                raise MessageError(f"{cls.TYPE or 'item'}: bad field {wire}") from error
        elif required:
            raise MessageError(f"{cls.TYPE or 'item'}: field {wire} is missing")
    return cls(**values)


def _string(maximum: int) -> _Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > maximum:
            raise ValueError
        value.encode()  # a lone surrogate, possible in JSON, raises a ValueError
        return value

    return check


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError  # noqa: TRY004 - callers handle one kind of error
    return value


def _base64(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - as above
    return base64.b64decode(value, validate=True)


def _integer(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError
    return value


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _optional(check: _Check) -> _Check:
    return lambda value: None if value is None else check(value)


def _choice(options: tuple[str, ...]) -> _Check:
    def check(value: Any) -> str:
        if value not in options or not isinstance(value, str):
            raise ValueError
        return value

    return check


def _items(value: Any) -> tuple[Message, ...]:
    if not isinstance(value, list) or len(value) > _MAX_ITEMS:
        raise ValueError
    if not all(isinstance(item, dict) for item in value):
        raise ValueError
    return tuple(_build(RejectedItem, item, as_json=False) for item in value)


@functools.cache
def _plan(cls: Any, *, as_json: bool) -> list[tuple[str, str, bool, _Check]]:
    """Return how to read each field: name, name on the wire, whether required, check."""
    hints = typing.get_type_hints(cls)
    return [
        (
            field.name,
            wire_name(field.name),
            field.default is dataclasses.MISSING,
            _check_for(hints[field.name], long=field.name in ("text", "reason"), as_json=as_json),
        )
        for field in dataclasses.fields(cls)
    ]


def _check_for(hint: Any, *, long: bool, as_json: bool) -> _Check:
    if isinstance(hint, types.UnionType):
        inner = next(each for each in hint.__args__ if each is not types.NoneType)
        return _optional(_check_for(inner, long=long, as_json=as_json))
    if typing.get_origin(hint) is Literal:
        return _choice(typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        return _items
    simple: dict[Any, _Check] = {
        str: _string(_MAX_TEXT if long else _MAX_NAME),
        bytes: _base64 if as_json else _bytes,
        int: _integer,
        bool: _boolean,
    }
    return simple[hint]
