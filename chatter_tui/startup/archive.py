"""One file with the code of all modules of earlier starts, instead of one file for each module.

Finding, opening and reading five hundred files takes a fifth of a start's imports, and most of them
when the files are not in the system's cache. The archive lies beside Python's own compiled files, may
be deleted like them, and follows their rule: the code of a source that has changed is not used.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source
from typing import TYPE_CHECKING, Final, TypeAlias

from chatter_tui.startup.finding import finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import CodeType, ModuleType

    # Its path, modification time in ns, and size.
    Source: TypeAlias = tuple[str, int, int]
    # Of a module; with the path of its compiled file, whether it is a package, and the length and
    # offset of its code.
    Entry: TypeAlias = tuple[Source, str | None, bool, int, int]

_BROKEN: Final = (OSError, EOFError, ValueError, TypeError, OverflowError, MemoryError)
MISSED: Final = 20  # modules, whose import from files of their own takes as long as 1 % of a start


@contextlib.contextmanager
def in_use() -> Iterator[None]:
    """Import from the archive in this context; renew it at the end if it missed many modules."""
    archive = Archive(f"{cache_from_source(__file__).removesuffix('.pyc')}.modules")
    try:
        with finding(archive):
            yield
            archive.renew()
    finally:
        archive.close()


class Archive:
    """Finds modules in an archive file.

    A file that is missing, broken or of another environment contains nothing.

    Args:
        path: The file: the code of the modules, an index, and eight bytes with the index's length.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1
        self._entries: dict[str, Entry] = {}
        if not hasattr(os, "pread"):  # by which threads may read at the same time
            return
        # Whatever may be wrong: there are the files of the modules.
        with contextlib.suppress(*_BROKEN):
            self._file = os.open(path, os.O_RDONLY)
            end = os.fstat(self._file).st_size - 8
            length = int.from_bytes(os.pread(self._file, 8, end), "big")
            index = os.pread(self._file, length, end - length)
            environment, entries = marshal.loads(index)  # noqa: S302 - as much ours as Python's own files
            if environment == _environment():
                self._entries = entries

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec that Python's own finder returns, but for where the code comes from."""
        entry = self._entries.get(name)
        if entry is None or not _is_current(entry[0]):
            return None
        (path, *_), compiled, is_package, length, offset = entry
        loader = _Loader(name, path)
        loader.read = partial(self._read, length, offset)
        spec = ModuleSpec(name, loader, origin=path, is_package=is_package)
        spec.has_location = True
        spec.cached = compiled
        if is_package:
            spec.submodule_search_locations = [path.rpartition(os.sep)[0]]
        return spec

    def renew(self) -> None:
        """Write the archive again if many imported modules are missing from it."""
        missed = [
            spec
            for module in [*sys.modules.values()]
            if isinstance(spec := getattr(module, "__spec__", None), ModuleSpec)
            and type(spec.loader) is SourceFileLoader
            and sys.modules.get(spec.name) is module
            # What is imported before the archive comes from files, even if it is in it.
            and not (spec.name in self._entries and _is_current(self._entries[spec.name][0]))
        ]
        if len(missed) >= MISSED and not sys.dont_write_bytecode and hasattr(os, "pread"):
            with contextlib.suppress(OSError):  # no space, or not the user's folder
                self._write(missed)

    def _write(self, missed: list[ModuleSpec]) -> None:
        entries: dict[str, Entry] = {}
        new = f"{self._path}.{os.getpid()}"
        try:
            with open(new, "xb") as file:  # noqa: PTH123 - pathlib is not loaded at a start's beginning
                for name, (source, compiled, is_package, *piece) in self._entries.items():
                    if _is_current(source):
                        start = file.tell()
                        length = file.write(self._read(*piece))
                        entries[name] = source, compiled, is_package, length, start
                for spec in missed:
                    assert isinstance(spec.loader, SourceFileLoader)
                    assert spec.origin is not None, "a source file's loader has one"
                    source = _source(spec.origin)  # before it is read
                    with contextlib.suppress(ImportError, SyntaxError):  # it has changed
                        start = file.tell()
                        length = file.write(marshal.dumps(spec.loader.get_code(spec.name)))
                        is_package = spec.submodule_search_locations is not None
                        entries[spec.name] = source, spec.cached, is_package, length, start
                index = marshal.dumps((_environment(), entries))
                file.write(index)
                file.write(len(index).to_bytes(8, "big"))
            os.replace(new, self._path)  # noqa: PTH105 - as above
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(new)  # noqa: PTH108 - as above
            raise

    def _read(self, length: int, offset: int) -> bytes:
        return os.pread(self._file, length, offset)  # fails when closed

    def close(self) -> None:
        """Close the file; modules that were found, but not loaded yet, come from files of their own."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1
        self._entries = {}


class _Loader(SourceFileLoader):
    """Python's own, for all but reading the code."""

    read: Callable[[], bytes]

    def get_code(self, fullname: str) -> CodeType | None:
        try:
            code: CodeType = marshal.loads(self.read())  # noqa: S302 - as above
        except _BROKEN:
            return super().get_code(fullname)
        return code


def _environment() -> list[object]:
    """Return what decides which modules are found, but for the script's folder, and how they are kept."""
    return [MAGIC_NUMBER, sys.path[1:], _source(__file__)]


def _source(path: str) -> Source:
    status = os.stat(path)  # noqa: PTH116 - as above
    return path, status.st_mtime_ns, status.st_size


def _is_current(source: Source) -> bool:
    try:
        return _source(source[0]) == source
    except OSError:
        return False
