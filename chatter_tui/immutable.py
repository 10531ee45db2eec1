"""Frozen dataclasses that are made in a fifth of the time: every start makes more than a hundred.

To a type checker, and to all functions of `dataclasses`, they are what they are everywhere. Python compiles six
functions for each; here that is one, `__init__`. An instance takes longer to make for it, some
microseconds: what there are tens of thousands of is better off with Python's own.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - to be had from here
else:

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type[Any]], type[Any]]:
        """As in `dataclasses`, for classes that are both."""
        assert frozen, "what may change is made by `dataclasses`"
        assert slots, "what takes other attributes is made by `dataclasses`"
        return _make


def _make(cls: type[Any]) -> type[Any]:
    for method in (_setattr, _delattr, _repr, _eq, _hash):
        name = f"_{method.__name__}__"
        if name not in cls.__dict__:
            setattr(cls, name, method)
    made: type[Any] = dataclasses.dataclass(slots=True, repr=False, eq=False)(cls)
    return made


def _setattr(self: object, name: str, value: object) -> None:
    if hasattr(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _delattr(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _repr(self: Any) -> str:
    shown = (field.name for field in dataclasses.fields(self) if field.repr)
    values = (f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({', '.join(values)})"


def _compared(self: Any) -> tuple[object, ...]:
    fields = type(self).__dataclass_fields__.values()
    return tuple([getattr(self, field.name) for field in fields if field.compare])


def _eq(self: object, other: object) -> bool:
    if type(other) is not type(self):
        return NotImplemented  # type: ignore[no-any-return]  # as in any `__eq__`
    return self is other or _compared(self) == _compared(other)


def _hash(self: object) -> int:
    return hash(_compared(self))
