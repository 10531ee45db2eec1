"""Watch files for changes on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import watchfiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

# Milliseconds without a change that end a burst. As often the library wakes to see whether there is
# any, all day.
_QUIET: Final = 150
_LONGEST: Final = 400  # milliseconds of a burst


class WatchError(Exception):
    """The system cannot watch; the message says why."""


async def changes(*paths: Path) -> AsyncIterator[None]:
    """Go on after each burst of changes of any of `paths`, which are in one folder.

    Raises:
        WatchError: when that folder cannot be watched, or not any more.
    """
    folder = paths[0].resolve().parent
    wanted = {str(folder / path.name) for path in paths} | {str(path.resolve()) for path in paths}
    try:
        # Watch the folder: a replaced file has another inode.
        async for _ in watchfiles.awatch(
            folder,
            watch_filter=lambda _, path: path in wanted,
            debounce=_LONGEST,
            step=_QUIET,
            recursive=False,
        ):
            yield
    except (OSError, RuntimeError) as error:  # its Rust part raises the latter
        raise WatchError(str(error)) from error
