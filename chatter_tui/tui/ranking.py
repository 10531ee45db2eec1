"""The order of the command list before anything has been typed: likely commands first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.tui.model.rights import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chatter_tui.tui.commands import Command
    from chatter_tui.tui.screens.review import ReviewScreen

OFTEN: Final = {
    "document": ("comment.new", "select.words", "suggestion.new", "comment.reply"),
    "threads": ("comment.reply", "thread.resolve", "comment.react", "thread.fold"),
    "people": ("people.follow", "people.raise", "people.lower", "people.remove"),
}
ANYWHERE: Final = (
    *("search.open", "filter.open", "outline.open", "kind.next", "copy.open", "undo"),
    *("history.open", "status.open", "draft.list", "help.open"),
)
# The rest, by group: rarely searched by name.
GROUPS: Final = ("Write", "People", "Session", "Everywhere", "Move")


def by_relevance(screen: ReviewScreen, commands: Iterable[Command]) -> list[Command]:
    """Sort commands by relevance to the current state; commands not allowed come last."""
    first = {id_: rank for rank, id_ in reversed([*enumerate(_first(screen))])}
    model = screen.work.model

    def rank(command: Command) -> tuple[bool, int, int]:
        refused = refusal(model, command) is not None
        return refused, first.get(command.id, len(first)), GROUPS.index(command.group)

    return sorted(commands, key=rank)


def _first(screen: ReviewScreen) -> Iterator[str]:
    model = screen.work.model
    if model.link.since is not None and model.ended is None:
        yield "session.online"
    if screen.writing.rejected is not None:
        yield from ("comment.edit", "comment.delete")
    if screen.document.selection is not None:
        yield from ("comment.new", "suggestion.new", "copy.open", "thread.attach")
    if screen.current is not None and screen.pane != "people":
        thread = model.threads[screen.current]
        if thread.is_lost:
            yield "thread.attach"
        if thread.block.suggestion is not None and thread.block.status == "open":
            yield from ("suggestion.preview", "suggestion.accept", "suggestion.reject")
    yield from OFTEN[screen.pane]
    if screen.current is not None and model.is_mine(model.threads.blocks[screen.current]):
        yield from ("comment.edit", "comment.delete")
    if model.unread.ids:
        yield from ("thread.unread", "thread.read-all")
    if model.invite is not None:
        yield from ("invite.open", "invite.list", "invite.new")
    yield from ANYWHERE
