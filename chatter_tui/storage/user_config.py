"""The user's configuration file, for all documents."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from chatter_tui.startup.immutable import dataclass
from chatter_tui.storage.user_data import user_configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

# The valid values of each setting except keys.
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
    """The settings, with defaults where the file has no valid value.

    `keys` are the user's keys by command id, not validated yet. `bell` and `desktop` say how urgent
    events are announced. `theme` is `dark`, `light` or `terminal` (the terminal's own colours).
    `theme`, `ascii` and `mouse` are None if the terminal decides. `problems` describe what is wrong
    with the file.
    """

    keys: Mapping[str, object] = field(default_factory=dict)
    bell: bool = True
    desktop: bool = True
    theme: str | None = None
    ascii: bool | None = None
    mouse: bool | None = None
    problems: Sequence[str] = ()


def user_config() -> Path:
    """Return the file's path.

    It is always the user's own: a document's folder cannot override it.
    """
    return user_configuration() / "config.toml"


def load_config(path: Path) -> UserConfig:
    """Load a configuration file; a missing one means the defaults."""
    try:
        text = path.read_text(encoding="utf-8")
        import tomllib  # noqa: PLC0415 - most people have no such file

        found = tomllib.loads(text)
    except FileNotFoundError:
        return UserConfig()
    except OSError as error:
        return UserConfig(problems=[f"{path}: {(error.strerror or str(error)).lower()}"])
    except ValueError as error:  # of TOML or UTF-8
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
    """Yield the name and problem of each invalid setting in a table."""
    for each, value in table.items():
        allowed = _SETTINGS[name].get(each)
        if allowed is None:
            yield each, f"there is no setting {name}.{each}"
        elif not any(value is one or (isinstance(one, str) and value == one) for one in allowed):
            *others, last = ("true", "false") if True in allowed else map(str, allowed)
            yield each, f"{name}.{each} is {', '.join(others)} or {last}"


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Flatten nested tables: in TOML, `thread.next = "n"` is a table within a table."""
    flat: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
