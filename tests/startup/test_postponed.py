"""A postponed module is executed once, by its first use, and is an ordinary one from then on."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from chatter_tui.startup.postponed import postponed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TLS = """
import sys
import chatter_tui.tui.application
from asyncio import sslproto
assert "_ssl" not in sys.modules
import ssl
assert "_ssl" not in sys.modules
context = ssl.create_default_context()
assert "_ssl" in sys.modules
assert isinstance(context, ssl.SSLContext)
assert issubclass(ssl.SSLWantReadError, sslproto.SSLAgainErrors)
"""


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of a module `later_`, which counts how often it is executed."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "times", 0, raising=False)
    file = tmp_path / "later_.py"
    file.write_text('"""Its docstring."""\nimport sys\nsys.times += 1\nvalue = 7\n')
    yield file
    sys.modules.pop("later_", None)


def imported() -> Any:
    with postponed("later_"):
        import later_  # type: ignore[import-not-found]  # made by `later`
    return later_


def times() -> int:
    return int(getattr(sys, "times"))  # noqa: B009 - which it has only here


def test_the_first_use_executes_it_once(later: Path) -> None:
    module = imported()
    assert imported() is module
    assert module.__file__ == str(later)
    assert not hasattr(module, "__nonsense__")
    assert times() == 0
    assert module.value == 7
    assert not hasattr(module, "nonsense")
    assert times() == 1
    assert type(module) is ModuleType
    assert module.__doc__ == "Its docstring."
    assert type(module.__loader__).__name__ == "SourceFileLoader"


@pytest.mark.usefixtures("later")
def test_importing_something_from_it_is_a_use() -> None:
    imported()
    from later_ import value  # made by `later`

    assert (value, times()) == (7, 1)


def test_an_error_is_everybodys(later: Path) -> None:
    later.write_text("import sys\nsys.times += 1\nraise OSError('no library')\n")
    module = imported()
    for _ in range(2):
        with pytest.raises(OSError, match="no library"):
            module.value  # noqa: B018
    assert times() == 2


def test_it_may_look_for_something_of_its_own(later: Path) -> None:
    later.write_text(
        "import sys\nvalue = hasattr(sys.modules[__name__], 'other')\nother = not value\n"
    )
    module = imported()
    assert (module.value, module.other) == (False, True)


def test_other_threads_wait_until_it_is_executed(
    later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(sys, "gate", (entered, go_on), raising=False)
    later.write_text(
        "import sys\nsys.times += 1\nsys.gate[0].set()\nsys.gate[1].wait(20)\nvalue = 7\n"
    )
    module, found = imported(), []

    def use() -> None:
        found.append(module.value)

    threads = [threading.Thread(target=use) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert entered.wait(20)
    assert not found
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert (found, times()) == ([7] * 5, 1)


def test_other_modules_are_not_postponed(later: Path) -> None:
    with postponed("another"):
        import later_  # noqa: F401
    assert times() == 1
    assert later.exists()


def test_a_screen_loads_tls_when_it_is_used() -> None:
    subprocess.run([sys.executable, "-c", TLS], check=True, timeout=50)
