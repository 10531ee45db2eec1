"""What a user has set for all documents, in a file they write themselves."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TABLES: Final = ("keys", "notify")
_NOTIFY: Final = ("bell", "desktop")


@dataclass(frozen=True, slots=True)
class UserConfig:
    """The settings, the defaults where the file says nothing or nothing usable.

    `keys` are those chosen for command ids, not yet looked at. `bell` and `desktop` say whether
    what is urgent rings and shows on the desktop. `problems` are what is wrong with the file.
    """

    keys: Mapping[str, object] = field(default_factory=dict)
    bell: bool = True
    desktop: bool = True
    problems: Sequence[str] = ()


def user_config() -> Path:
    """The file. It is the user's alone: nothing is read from the folder of a document."""
    return Path(platformdirs.user_config_dir("chatter-tui", appauthor=False), "config.toml")


def load_config(path: Path) -> UserConfig:
    """What a file says; an absent one says nothing."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return UserConfig()
    except OSError as error:
        return UserConfig(problems=[f"{path}: {(error.strerror or str(error)).lower()}"])
    except ValueError as error:  # of TOML, or of UTF-8
        return UserConfig(problems=[f"{path}: {error}"])
    problems = [f"there is no setting {name!r}" for name in found if name not in _TABLES]
    tables: dict[str, dict[str, object]] = {}
    for name in _TABLES:
        table = found.get(name, {})
        if not isinstance(table, dict):
            problems.append(f"{name} must be a table, [{name}]")
        tables[name] = table if isinstance(table, dict) else {}
    switches: dict[str, bool] = {}
    for name, value in tables["notify"].items():
        if name not in _NOTIFY:
            problems.append(f"there is no setting notify.{name}")
        elif isinstance(value, bool):
            switches[name] = value
        else:
            problems.append(f"notify.{name} is true or false")
    named = tuple(f"{path.name}: {problem}" for problem in problems)
    return UserConfig(_flat(tables["keys"]), problems=named, **switches)


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """`thread.next = "n"` is a table within a table to TOML."""
    flat: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
