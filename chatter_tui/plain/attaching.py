"""Reattach threads in plain mode: to moved text, to given words or to a passage."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chatter_tui.blocks.anchors import make_anchor
from chatter_tui.controller.commands import Anchor
from chatter_tui.tui.model.drafts import is_quotable
from chatter_tui.tui.model.notices import excerpt
from chatter_tui.tui.model.rights import attach_refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chatter_tui.blocks import Location
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.markdown import Markdown
    from chatter_tui.plain.context import Context
    from chatter_tui.plain.reading import Reading


class Attaching:
    """The command that attaches the current thread."""

    def __init__(self, context: Context, reading: Reading) -> None:
        self._context = context
        self._reading = reading

    @property
    def commands(self) -> Mapping[str, Callable[[str], None]]:
        """The function for each command."""
        return {"thread.attach": self._attach}

    def _attach(self, argument: str) -> None:
        context, model = self._context, self._context.model
        thread = context.current_thread()
        if thread is None:
            return
        root = model.threads.root_of(thread.block.id)
        if (reason := attach_refusal(model, root.block)) is not None:
            context.say(reason)
            return
        if argument and argument.casefold() != "here" and not self._reading.select(argument):
            return
        if argument or self._reading.selection:
            self._attach_to(model.document, root.block.id, *self._reading.span)
        elif (place := model.offers.of(model.document, root)) is not None:
            self._offer(root, place)
        else:
            context.say(
                f"Where does “{excerpt(root.block.content, 30)}” belong? Read on to the passage,"
                " then: attach WORDS of it, or attach here."
            )

    def _offer(self, root: Thread, place: Location) -> None:
        """Describe where the text seems to be now, and ask for confirmation."""
        document = self._context.model.document
        self._context.say(*self._reading.put(place.start))
        section = document.section_at(place.start)
        where = f" under “{section.text}”" if section is not None else ""
        words = excerpt(document.text[place.start : place.end])
        attach = partial(self._attach_to, document, root.block.id, place.start, place.end)
        self._context.ask(f"Attach it to “{words}”{where}?", attach)

    def _attach_to(self, document: Markdown, id_: str, start: int, end: int) -> None:
        model = self._context.model
        if document is not model.document:
            self._context.say("The document has changed: look again.")
        elif id_ not in model.threads.blocks:
            self._context.say("The thread is gone.")
        elif start >= end:
            self._context.say("There is no text here to attach it to.")
        elif not is_quotable("comment", document.text, start, end):
            self._context.say("That is too long to quote: attach WORDS of it.")
        else:
            self._reading.selection = None
            self._context.change(id_, Anchor(id_, make_anchor(document, start, end)))
            words = excerpt(document.text[start:end])
            self._context.say(f"Attached to “{words}”: undo reverses it.")
