"""Frozen dataclasses that are created ten times faster: starting up creates over a hundred.

To type checkers and the functions of `dataclasses`, they are ordinary dataclasses. Python compiles
six functions for each class; here it is only `__init__`, on the first instantiation, as most starts
need few of the classes. Creating an instance takes some microseconds longer, so classes with tens
of thousands of instances should use Python's own.
"""

from __future__ import annotations

import dataclasses
from dataclasses import field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - re-exported
else:

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type[Any]], type[Any]]:
        """Like `dataclasses.dataclass`, for frozen classes with slots."""
        assert frozen, "what may change is made by `dataclasses`"
        assert slots, "what takes other attributes is made by `dataclasses`"
        return _make


def _make(cls: type[Any]) -> type[Any]:
    for method in (_setattr, _delattr, _repr, _eq, _hash):
        name = f"_{method.__name__}__"
        if name not in cls.__dict__:
            setattr(cls, name, method)
    made: type[Any] = dataclasses.dataclass(slots=True, init=False, repr=False, eq=False)(cls)

    def first(self: object, *values: object, **named: object) -> None:
        made.__init__ = init = _init_of(made)
        init(self, *values, **named)

    made.__init__ = first
    return made


def _init_of(made: type[Any]) -> Any:
    """Return the `__init__` that `dataclasses` compiles for these fields."""
    fields = [
        (each.name, each.type, field(default=each.default, default_factory=each.default_factory))
        for each in dataclasses.fields(made)
    ]
    own = {"__doc__": made.__doc__}  # or the signature would be found out for it
    twin = dataclasses.make_dataclass(made.__name__, fields, namespace=own, repr=False, eq=False)
    return vars(twin)["__init__"]


def _setattr(self: object, name: str, value: object) -> None:
    if hasattr(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _delattr(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _repr(self: Any) -> str:
    shown = (each.name for each in dataclasses.fields(self) if each.repr)
    values = (f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({', '.join(values)})"


def _compared(self: Any) -> tuple[object, ...]:
    fields = type(self).__dataclass_fields__.values()
    return tuple([getattr(self, each.name) for each in fields if each.compare])


def _eq(self: object, other: object) -> bool:
    if type(other) is not type(self):
        return NotImplemented  # type: ignore[no-any-return]  # as in any `__eq__`
    return self is other or _compared(self) == _compared(other)


def _hash(self: object) -> int:
    return hash(_compared(self))
