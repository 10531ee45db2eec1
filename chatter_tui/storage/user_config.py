"""The user's configuration file, for all documents."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import platformdirs

from chatter_tui.immutable import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# What each setting but the keys may be.
_SETTINGS: Final[Mapping[str, Mapping[str, tuple[object, ...]]]] = {
    "notify": {"bell": (True, False), "desktop": (True, False)},
    "look": {
        "theme": ("dark", "light", "terminal"),
        "ascii": (True, False),
        "mouse": (True, False),
    },
}


@dataclass(frozen=True, slots=True)
class UserConfig:
    """The settings, the defaults where the file says nothing or nothing usable.

    `keys` are those chosen for command ids, not yet looked at. `bell` and `desktop` say whether
    what is urgent rings and shows on the desktop. `theme` is `dark`, `light` or `terminal`, for its
    own colours; it, `ascii` and `mouse` are None where the terminal decides. `problems` are what is
    wrong with the file.
    """

    keys: Mapping[str, object] = field(default_factory=dict)
    bell: bool = True
    desktop: bool = True
    theme: str | None = None
    ascii: bool | None = None
    mouse: bool | None = None
    problems: Sequence[str] = ()


def user_config() -> Path:
    """The file. It is the user's alone: nothing is read from the folder of a document."""
    return Path(platformdirs.user_config_dir("chatter-tui", appauthor=False), "config.toml")


def load_config(path: Path) -> UserConfig:
    """What a file says; an absent one says nothing."""
    try:
        text = path.read_text(encoding="utf-8")
        import tomllib  # noqa: PLC0415 - most people have no such file

        found = tomllib.loads(text)
    except FileNotFoundError:
        return UserConfig()
    except OSError as error:
        return UserConfig(problems=[f"{path}: {(error.strerror or str(error)).lower()}"])
    except ValueError as error:  # of TOML, or of UTF-8
        return UserConfig(problems=[f"{path}: {error}"])
    problems: list[str] = []
    chosen: dict[str, Any] = {}
    keys: Mapping[str, object] = {}
    for name, table in found.items():
        if name != "keys" and name not in _SETTINGS:
            problems.append(f"there is no setting {name!r}")
        elif not isinstance(table, dict):
            problems.append(f"{name} must be a table, [{name}]")
        elif name == "keys":
            keys = _flat(table)
        else:
            chosen |= {each: table[each] for each in table if each in _SETTINGS[name]}
            for wrong, problem in _problems(name, table):
                chosen.pop(wrong, None)
                problems.append(problem)
    return UserConfig(keys, problems=tuple(f"{path.name}: {each}" for each in problems), **chosen)


def _problems(name: str, table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What is wrong with the settings of a table, by their names."""
    for each, value in table.items():
        allowed = _SETTINGS[name].get(each)
        if allowed is None:
            yield each, f"there is no setting {name}.{each}"
        elif not any(value is one or (isinstance(one, str) and value == one) for one in allowed):
            *others, last = ("true", "false") if True in allowed else map(str, allowed)
            yield each, f"{name}.{each} is {', '.join(others)} or {last}"


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """`thread.next = "n"` is a table within a table to TOML."""
    flat: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
