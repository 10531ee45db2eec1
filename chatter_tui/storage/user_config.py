"""What a user has set for all documents, in a file they write themselves."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from chatter_tui.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def user_config() -> Path:
    """The file. It is the user's alone: nothing is read from the folder of a document."""
    return Path(platformdirs.user_config_dir("chatter-tui", appauthor=False), "config.toml")


def chosen_keys(path: Path) -> Mapping[str, object]:
    """The table `keys` of a configuration; an absent file or table is an empty one.

    Raises:
        StorageError: when the file cannot be read or is no such configuration.
    """
    try:
        keys = tomllib.loads(path.read_text(encoding="utf-8")).get("keys", {})
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:  # of TOML, or of UTF-8
        raise StorageError(f"{path}: {error}") from error
    if not isinstance(keys, dict):
        raise StorageError(f"{path}: keys must be a table, [keys]")
    return _flat(keys)


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """`thread.next = "n"` is a table within a table to TOML."""
    flat: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
