"""Frozen dataclasses made quickly are what Python's own are."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, asdict, field, replace

import pytest

from chatter_tui.startup.immutable import dataclass


@dataclass(frozen=True, slots=True)
class Quick:
    """One of them."""

    id: str
    count: int = 1
    names: list[str] = field(default_factory=list, compare=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Other:
    """Of the same fields as another."""

    id: str
    count: int = 1


def test_it_is_a_dataclass() -> None:
    quick = Quick("a", names=["x"], secret="s")
    assert repr(quick) == "Quick(id='a', count=1, names=['x'])"
    assert asdict(quick) == {"id": "a", "count": 1, "names": ["x"], "secret": "s"}
    assert replace(quick, count=2) == Quick("a", 2, secret="s")
    assert not hasattr(quick, "__dict__")
    match quick:
        case Quick(id, count):
            assert (id, count) == ("a", 1)
    for again in (copy.copy(quick), copy.deepcopy(quick), pickle.loads(pickle.dumps(quick))):
        assert again == quick
        assert again.names == ["x"]


def test_equal_ones_are_of_one_class_and_hash_alike() -> None:
    assert Quick("a", names=["x"]) == Quick("a", names=["y"])
    assert Quick("a") != Quick("a", 2)
    other: object = Other("a")
    assert Quick("a") != other
    assert len({Quick("a", names=["x"]), Quick("a"), Quick("b"), Other("a")}) == 3


def test_nothing_of_it_changes() -> None:
    quick = Quick("a")
    for name in ("id", "names"):
        with pytest.raises(FrozenInstanceError):
            setattr(quick, name, "b")
        with pytest.raises(FrozenInstanceError):
            delattr(quick, name)
    with pytest.raises(AttributeError):
        quick.more = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        Quick()  # type: ignore[call-arg]
    assert dataclasses.is_dataclass(Quick)
