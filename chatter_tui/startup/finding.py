"""Let another finder be asked first for modules to import."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed.importlib import MetaPathFinderProtocol


@contextlib.contextmanager
def finding(finder: MetaPathFinderProtocol) -> Iterator[None]:
    """Ask a finder before all others in this context."""
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
