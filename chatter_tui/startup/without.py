"""Import libraries without unused parts, to save their time and memory."""

from __future__ import annotations

import contextlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

from chatter_tui.startup.finding import finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class _Empty(ModuleType):
    """Has a class of any name: importing code only looks names up."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class _Finder:
    """Finds and loads: without the bases for it, whose import takes as long as this saves of some."""

    def __init__(self, part: str) -> None:
        self._part = part

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not self.is_of(name):
            return None
        return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]  # it has the methods

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass

    def is_of(self, name: str) -> bool:
        return name == self._part or name.startswith(f"{self._part}.")


@contextlib.contextmanager
def without(part: str) -> Iterator[None]:
    """Replace a module by an empty one for imports in this context.

    Later imports get the real one.
    """
    if part in sys.modules:
        yield
        return
    finder = _Finder(part)
    try:
        with finding(finder):
            yield
    finally:
        for name in [*filter(finder.is_of, sys.modules)]:
            del sys.modules[name]
        package, _, last = part.rpartition(".")
        if package in sys.modules:
            vars(sys.modules[package]).pop(last, None)
