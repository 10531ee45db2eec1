"""Draw a comment as a card of lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from chatter_tui.blocks.ends import common_start
from chatter_tui.blocks.suggestions import decision_of
from chatter_tui.startup.immutable import dataclass
from chatter_tui.tui.clock import age
from chatter_tui.tui.model.drafts import anchored_text, reason_of
from chatter_tui.tui.model.rows import reactions
from chatter_tui.tui.plural import plural
from chatter_tui.tui.text import safe, safe_line
from chatter_tui.tui.widgets.lines import clip, spread, wrap

if TYPE_CHECKING:
    from chatter_tui.blocks import Block
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.model import Model
    from chatter_tui.tui.model.rows import Row
    from chatter_tui.tui.signs import Signs
    from chatter_tui.tui.widgets.lines import Line

BODY: Final = 3  # rows of a comment that is not current
WHOLE: Final = 200  # rows of the current one: longer texts are read elsewhere
LONGEST_NAME: Final = 24
OUTCOMES: Final = {"accepted": "good", "rejected": "bad", "withdrawn": "dim"}


@dataclass(frozen=True, slots=True)
class CardPainter:
    """Draws the rows of the thread list for a model at a given time."""

    model: Model
    signs: Signs
    attach: str = "A"  # the key for reattaching

    def draw(self, row: Row, width: int, now: float, *, current: bool) -> list[Line]:
        """Return the lines of a row's card."""
        if row.thread is None:
            return [[], [(clip(f" {row.title}", width), "heading")]]
        indent = 2 * row.depth
        inner = max(width - indent - 4, 8)
        body = self._body(row, row.thread, inner, current=current)
        head = self._head(row, row.thread, width - indent - 2, now)
        bar = (self.signs.cursor if current else " ", "key" if current else "")
        guide = " " * (indent - 2) + f"{self.signs.branch} " if indent else ""
        lines: list[Line] = [[bar, (guide, "dim"), *head]]
        lines += [[bar, (" " * (indent + 2), ""), *line] for line in body]
        return lines if row.depth else [[], *lines]

    def _head(self, row: Row, thread: Thread, width: int, now: float) -> Line:
        signs, block = self.signs, thread.block
        unread = block.id in self.model.unread.ids
        left: Line = []
        if not row.depth:
            fold = signs.closed_fold if row.folded else signs.open_fold
            left.append((f"{fold} " if row.hidden else "  ", "dim"))
        author = clip(safe_line(block.author or "somebody"), LONGEST_NAME, signs.ellipsis)
        left += [(f"{signs.type(block.type)} ", "key"), (author, "author")]
        if when := age(block.timestamp, now):
            left.append((f" {signs.dot} {when}", "dim"))
        if row.folded and row.hidden:
            replies = plural(row.hidden, "reply", "replies")
            left.append((f" {signs.dot} {replies}", "dim"))
        return spread(left, self._states(row, block, unread=unread), width, signs.ellipsis)

    def _states(self, row: Row, block: Block, *, unread: bool) -> Line:
        signs = self.signs
        states: Line = []
        match self.model.outbox.state(block.id):
            case "pending":
                states.append((signs.pending, "dim"))
            case "accepted":
                states.append((signs.accepted, "good"))
            case "rejected":
                states.append((signs.rejected, "bad"))
        if (decision := decision_of(block)) is not None:
            states.append((decision.outcome, OUTCOMES[decision.outcome]))
        elif block.status == "resolved":
            states.append(("resolved", "good"))
        if (news := unread + row.unread) > 0:
            states.append((f"{signs.unread}{news if news > 1 else ''}", "unread"))
        return [part for state in states for part in (state, (" ", ""))][:-1]

    def _body(self, row: Row, thread: Thread, width: int, *, current: bool) -> list[Line]:
        block = thread.block
        lines: list[Line] = []
        if block.status == "resolved" and not row.depth and not current:
            return [self._quote(thread, width)]
        change = block.suggestion
        if not row.depth and (change is None or change.original != anchored_text(block)):
            lines.append(self._quote(thread, width))  # a change shows what it is about
        rows = WHOLE if current else BODY
        if change is not None:
            old, new = self._narrowed(change.original, change.replacement, width, rows)
            lines += self._change("-", old, "bad", width, rows)
            lines += self._change("+", new, "good", width, rows)
        words = block.content if change is None else reason_of(block)
        if words or change is None:
            text = wrap(safe(words), width, rows, self.signs.ellipsis)
            lines += [[(line, "")] for line in text]
        if thread.is_displaced and not row.depth and block.status == "open":
            lines.append([(clip("the text has changed since", width, self.signs.ellipsis), "bad")])
        if current and not row.depth and (place := self._offer(thread)):
            lines.append([(clip(safe_line(place), width, self.signs.ellipsis), "key")])
        if given := reactions(thread):
            shown = "   ".join(f"{sign} {', '.join(names)}" for sign, names in given.items())
            lines.append([(clip(safe_line(shown), width, self.signs.ellipsis), "dim")])
        below = {t.block.id for _, t in thread.walk()} if row.folded else {block.id}
        if names := self.model.typing_at(below):
            words = f"{', '.join(names)} typing{self.signs.ellipsis}"
            lines.append([(clip(safe_line(words), width, self.signs.ellipsis), "unread")])
        if reason := self.model.outbox.rejected.get(block.id):
            words = clip(safe_line(f"{self.signs.rejected} rejected: {reason}"), width)
            lines.append([(words, "bad")])
        return lines

    def _offer(self, thread: Thread) -> str:
        """Return where the text seems to be.

        Only for the current card, since searching takes a while.
        """
        model = self.model
        place = model.offers.of(model.document, thread)
        if place is None:
            return f"{self.attach} attaches it to other words" if thread.is_lost else ""
        section = model.document.section_at(place.start)
        where = f" under “{section.text}”" if section is not None else " there"
        return f"Moved? {self.attach} attaches it{where}"

    def _quote(self, thread: Thread, width: int) -> Line:
        signs, words = self.signs, " ".join(anchored_text(thread.block)[:400].split())
        if thread.block.anchor is None:
            return [("on the document", "quote")]
        if not words and thread.location is not None:
            start, end = thread.location.start, thread.location.end
            words = " ".join(self.model.document.text[start : min(end, start + 400)].split())
        text = clip(safe_line(words), width - 2, signs.ellipsis)
        return [(f"{signs.quote_left}{text}{signs.quote_right}", "quote")]

    def _narrowed(self, old: str, new: str, width: int, rows: int) -> tuple[str, str]:
        """Return both texts, without a beginning so long that their difference would not show."""
        alike = common_start(old, new)
        if alike <= (rows - 1) * (width - 2):
            return old, new
        start = re.compile(r"\b").search(old, max(alike - width // 2, 0), alike)
        at = start.start() if start is not None else alike
        return self.signs.ellipsis + old[at:], self.signs.ellipsis + new[at:]

    def _change(self, sign: str, text: str, style: str, width: int, rows: int) -> list[Line]:
        lines = wrap(safe(text), width - 2, rows, self.signs.ellipsis) or [""]
        return [
            [(f"{sign} " if not i else "  ", style), (line, style)] for i, line in enumerate(lines)
        ]
