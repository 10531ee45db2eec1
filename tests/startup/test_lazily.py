"""What is compiled lazily is what would have been compiled at once."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import re
import subprocess
import sys
from typing import Any

import pytest

from chatter_tui.startup.lazily import lazily

LIBRARIES = """
import dataclasses, inspect, sys
if sys.argv[1] == "lazily":
    import chatter_tui.tui.application, chatter_tui.markdown
else:
    import textual.app, textual.drivers.linux_driver, markdown_it
names = ("__init__", "__repr__", "__eq__")
for name, module in sorted(sys.modules.items()):
    if name.partition(".")[0] in ("textual", "rich", "markdown_it") and name != "textual.command":
        for cls in vars(module).values():
            if isinstance(cls, type) and cls.__module__ == name and dataclasses.is_dataclass(cls):
                try:
                    cls()  # which compiles it
                except TypeError:
                    pass
                hashes = cls.__hash__ is not None
                print(cls.__qualname__, inspect.signature(cls.__init__), hashes, cls.__match_args__)
"""


def samples() -> dict[str, Any]:
    @dataclasses.dataclass
    class Plain:
        a: int
        b: list[int] = dataclasses.field(default_factory=list)
        c: str = dataclasses.field(default="c", repr=False, compare=False)

        def __post_init__(self) -> None:
            self.sum = self.a + sum(self.b)

    @dataclasses.dataclass(frozen=True)
    class Frozen:
        a: int
        b: int = 2

    @dataclasses.dataclass(frozen=True, slots=True)
    class Both:
        a: int
        b: list[int] = dataclasses.field(default_factory=list, hash=False)

    @dataclasses.dataclass(slots=True)
    class Slotted:
        a: int
        b: int = 2

        def __repr__(self) -> str:
            return "its own"

    @dataclasses.dataclass
    class Heir(Plain):
        d: int = 4

    @dataclasses.dataclass(frozen=True)
    class Hashed:
        a: int

        def __hash__(self) -> int:
            return 7

    return {each.__name__: each for each in (Plain, Frozen, Both, Slotted, Heir, Hashed)}


STOCK = samples()
with lazily():
    LAZY = samples()


@pytest.mark.parametrize("name", STOCK)
def test_dataclasses_behave_alike(name: str) -> None:
    told = []
    for cls in (STOCK[name], LAZY[name]):
        one, same, other = cls(1), cls(1), cls(a=2)
        hashed = hash(one) if cls.__hash__ is not None else None
        facts = [
            one == same,
            one == other,
            one != other,
            one == "x",
            hashed,
            dataclasses.asdict(one),
        ]
        facts += [dataclasses.replace(one, a=2) == other, copy.deepcopy(one) == one]
        facts += [repr(one).rpartition(".")[2], inspect.signature(cls.__init__), cls.__match_args__]
        facts += [hasattr(one, "__dict__"), getattr(one, "sum", None)]
        with pytest.raises(TypeError):
            cls()
        with pytest.raises(TypeError):
            cls(1, e=2)
        try:
            one.a = 3
            facts.append(one.a)
        except dataclasses.FrozenInstanceError:
            facts.append("frozen")
        try:
            one.more = 3
            facts.append(one.more)
        except (dataclasses.FrozenInstanceError, AttributeError, TypeError):
            facts.append("takes no more")
        told.append(facts)
    assert told[0] == told[1]


def test_the_first_use_may_be_any() -> None:
    with lazily():
        first = samples()
    made = first["Frozen"].__new__(first["Frozen"])
    object.__setattr__(made, "a", 1)
    object.__setattr__(made, "b", 2)
    assert hash(made) == hash((1, 2))
    assert made == first["Frozen"](1)


def test_patterns_behave_alike() -> None:
    with lazily():
        pattern = re.compile("(?P<letter>[a-z])", re.IGNORECASE)
        match, fails = re.compile("b").match, re.compile("(")
    assert re.compile("x").__class__ is type(re.compile("x"))
    assert isinstance(pattern, re.Pattern)
    assert [found["letter"] for found in pattern.finditer("aB1")] == ["a", "B"]
    assert (pattern.pattern, pattern.groups) == ("(?P<letter>[a-z])", 1)
    assert pattern.sub("-", "a1B") == re.sub(pattern, "-", "a1B") == "-1-"
    assert match("b")
    assert not match("ab")
    assert match("ab", 1)
    with pytest.raises(re.error):
        fails.search("")
    with pytest.raises(AttributeError):
        pattern.nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_the_libraries_dataclasses_are_what_they_are_without() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", LIBRARIES, how], capture_output=True, text=True, check=True
        ).stdout
        for how in ("lazily", "at once")
    ]
    assert "Binding" in told[0]
    assert "Token" in told[0]
    lazy, stock = ({*each.splitlines()} for each in told)
    assert lazy <= stock  # of which there are more
