"""Watch files for changes on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import watchfiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

# Milliseconds without a change that end a burst. The library also wakes up this often, all day, to
# check for changes.
_QUIET: Final = 150
_LONGEST: Final = 400  # milliseconds after which a burst is reported although it goes on


class WatchError(Exception):
    """The system cannot watch files; the message says why."""


async def changes(*paths: Path) -> AsyncIterator[None]:
    """Yield after each burst of changes to `paths`, which must be in the same folder.

    Raises:
        WatchError: The folder cannot be watched, or no longer.
    """
    folder = paths[0].resolve().parent
    wanted = {str(folder / path.name) for path in paths} | {str(path.resolve()) for path in paths}
    try:
        # The folder is watched because a replaced file has another inode.
        async for _ in watchfiles.awatch(
            folder,
            watch_filter=lambda _, path: path in wanted,
            debounce=_LONGEST,
            step=_QUIET,
            recursive=False,
        ):
            yield
    except (OSError, RuntimeError) as error:  # RuntimeError comes from the library's Rust part
        raise WatchError(str(error)) from error
