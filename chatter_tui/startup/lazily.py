"""Import modules without what a start does not need: patterns, methods of dataclasses, TLS.

Textual and markdown-it have a hundred regular expressions and thirty dataclasses, and compiling them
takes an eighth of the imports. In a block of `lazily()`, each is compiled when it is first used.
OpenSSL, which asyncio imports, takes a twenty-fifth; it is loaded when it is first used.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from typing import TYPE_CHECKING, Any, Final

from chatter_tui.startup.postponed import postponed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_COMPILE: Final = re.compile
_DATACLASS: Final = dataclasses.dataclass
_TLS: Final = ("ssl", "asyncio.sslproto")
_METHODS: Final = ("match", "search", "fullmatch", "finditer", "findall", "split", "sub", "subn")


@contextlib.contextmanager
def lazily() -> Iterator[None]:
    """Postpone all that for modules imported in this block; for one thread at a time."""
    before = re.compile, dataclasses.dataclass
    re.compile, dataclasses.dataclass = _compile, _dataclass
    try:
        with postponed(*_TLS):
            yield
    finally:
        re.compile, dataclasses.dataclass = before


def _compile(pattern: Any, flags: int = 0) -> Any:
    return _Pattern(pattern, flags) if isinstance(pattern, str) else _COMPILE(pattern, flags)


class _Pattern:
    """A pattern to everyone who asks, compiled on the first use of one of its methods."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._arguments = pattern, flags

    @property  # type: ignore[misc]  # `isinstance` only reads it
    def __class__(self) -> type:
        return re.Pattern

    def match(self, *arguments: Any, **named: Any) -> Any:
        return self._made.match(*arguments, **named)

    def search(self, *arguments: Any, **named: Any) -> Any:
        return self._made.search(*arguments, **named)

    def sub(self, *arguments: Any, **named: Any) -> Any:
        return self._made.sub(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        if name == "_made":
            made = self._made = _COMPILE(*self._arguments)
            # The instance's own attributes are found first from now on.
            vars(self).update({method: getattr(made, method) for method in _METHODS})
            return made
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._made, name)


def _dataclass(cls: type[Any] | None = None, /, **options: Any) -> Any:
    if cls is None:
        return lambda cls: _dataclass(cls, **options)
    inherits = any(dataclasses.is_dataclass(base) for base in cls.__mro__[1:])
    if inherits or not options.keys() <= {"frozen", "slots"}:
        return _DATACLASS(cls, **options)
    frozen = options.pop("frozen", False)
    own = vars(cls).keys()
    hashes = "__hash__" in own and not (cls.__hash__ is None and "__eq__" in own)
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # or its signature would be found out for it
    made: type[Any] = _DATACLASS(cls, init=False, repr=False, eq=False, **options)
    for name in ("__init__", "__repr__", "__eq__"):
        if name not in own:
            setattr(made, name, _postponed(made, name, frozen=frozen))
    if frozen:
        made.__setattr__, made.__delattr__ = _setattr, _refuse  # type: ignore[assignment]
    if not hashes:
        made.__hash__ = _postponed(made, "__hash__", frozen=True) if frozen else None  # type: ignore[assignment]
    return made


def _postponed(made: type[Any], name: str, *, frozen: bool) -> Callable[..., Any]:
    """Return a method that replaces itself on its first call by what `dataclasses` compiles."""

    def first(self: object, *arguments: Any, **named: Any) -> Any:
        method = _method(made, name, frozen=frozen)
        if vars(made)[name] is first:  # and nobody has replaced it since
            setattr(made, name, method)
        return method(self, *arguments, **named)

    return first


def _method(made: type[Any], name: str, *, frozen: bool) -> Callable[..., Any]:
    fields = []
    for each in dataclasses.fields(made):
        kept: dict[str, Any] = {
            key: getattr(each, key) for key in ("init", "repr", "hash", "compare", "kw_only")
        }
        kept |= {"default": each.default, "default_factory": each.default_factory}
        fields.append((each.name, each.type, dataclasses.field(**kept)))
    after = {"__doc__": made.__doc__}
    if hasattr(made, "__post_init__"):
        after["__post_init__"] = None
    twin = dataclasses.make_dataclass(
        made.__name__,
        fields,
        namespace=after,
        frozen=frozen,
        init=name == "__init__",
        repr=name == "__repr__",
        eq=name in {"__eq__", "__hash__"},
    )
    method: Callable[..., Any] = vars(twin)[name]
    method.__qualname__ = f"{made.__qualname__}.{name}"
    return method


def _setattr(self: object, name: str, value: object) -> None:
    if hasattr(self, name) or name not in type(self).__dataclass_fields__:  # type: ignore[attr-defined]
        _refuse(self, name)
    object.__setattr__(self, name, value)  # of one that is copied


def _refuse(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"{type(self).__name__} is frozen: {name!r}")
