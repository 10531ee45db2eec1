"""Import modules without executing them until something of theirs is used."""

from __future__ import annotations

import contextlib
import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

from chatter_tui.startup.finding import finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec


@contextlib.contextmanager
def postponed(*names: str) -> Iterator[None]:
    """Postpone executing these modules, if they are imported in this context.

    Python's own `LazyLoader` executes a module when it is imported a second time.
    """
    with finding(_Finder(names)):
        yield


class _Finder:
    """Finds what the other finders find."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._names:
            return None
        for finder in sys.meta_path:
            if not isinstance(finder, _Finder):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    assert spec.loader is not None, "not a folder without code"
                    spec.loader = _Loader(spec.loader)  # type: ignore[assignment]  # as in `without`
                    return spec
        return None


class _Loader:
    def __init__(self, own: Loader) -> None:
        self.own = own

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Postponed(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


# One thread executes a module, once; others that use it wait.
_LOCK = threading.RLock()


class _Postponed(ModuleType):
    """A module that is executed when an attribute is not found."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        with _LOCK:
            spec = self.__spec__
            if spec is not None and isinstance(spec.loader, _Loader):
                _execute(self, spec, spec.loader)
            if type(self) is _Postponed:  # it is looking for something of its own
                raise AttributeError(name)
        return getattr(self, name)


def _execute(module: ModuleType, spec: ModuleSpec, loader: _Loader) -> None:
    spec.loader = module.__loader__ = loader.own
    try:
        loader.own.exec_module(module)
    except BaseException:
        spec.loader = loader  # type: ignore[assignment]  # the next user gets the error, too
        raise
    module.__class__ = ModuleType
