"""The document pane on this screen: its keys are handled in order with all others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from chatter_tui.tui.document.view import DocumentView

if TYPE_CHECKING:
    from textual.binding import BindingType


class DocumentPane(DocumentView, inherit_bindings=False):
    """A document view whose keys are handled in order with all others: see `order`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        replace(binding, priority=True)
        for binding in DocumentView.BINDINGS
        if isinstance(binding, Binding)
    ]
