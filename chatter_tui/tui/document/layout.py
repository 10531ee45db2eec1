"""The rows of a document: heights estimated first, exact once measured."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from chatter_tui.tui.document.highlight import Colours, is_learned, language_of
from chatter_tui.tui.document.leaves import leaves as leaves_of, source_leaves
from chatter_tui.tui.document.render import Renderer, estimate
from chatter_tui.tui.document.runs import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chatter_tui.markdown import Markdown
    from chatter_tui.tui.document.glyphs import Glyphs
    from chatter_tui.tui.document.leaves import Leaf
    from chatter_tui.tui.document.paint import Layer
    from chatter_tui.tui.document.shift import Shift

# Leaves whose rows are cached: several screens, a few MB at most.
CACHED_LEAVES: Final = 400

# Cached places of offsets: each painted row looks up the cursor and its marks.
REMEMBERED: Final = 2000

# Fences whose highlighting is cached: a few screens.
COLOURED: Final = 64

NOTHING: Final = Row(())


class Place(NamedTuple):
    """A row as a leaf's index and its number in the leaf, which stay valid when heights change."""

    leaf: int
    row: int


class Layout:
    """The rows of a document at a width.

    `y` counts rows from the top and is valid until the next change of `height`. Call `measure` for
    the rows to be shown or walked over before using them. `before` is a layout at another width,
    possibly of the same document; `leaves` are those of the rendered document, if known. `shift` maps
    the document of `before` to this one.
    """

    def __init__(
        self,
        document: Markdown,
        width: int,
        glyphs: Glyphs,
        *,
        raw: bool,
        before: Layout | None = None,
        leaves: Sequence[Leaf] = (),
        shift: Shift | None = None,
    ) -> None:
        self.document = document
        self.width = width
        self.raw = raw
        self.leaves: Sequence[Leaf]
        if before is not None and before.document is document and before.raw == raw:
            self.leaves = before.leaves  # independent of the width, and slow to compute
        else:
            self.leaves = source_leaves(document) if raw else leaves or leaves_of(document, glyphs)
        self._starts = [leaf.start for leaf in self.leaves]
        self._renderer = Renderer(document, width, glyphs)
        self._heights = self._estimated(before, shift)
        self._measured = bytearray(len(self.leaves))
        self._tops = list(accumulate(self._heights, initial=0))
        self._rows: OrderedDict[int, list[Row]] = OrderedDict()
        self._begins: dict[int, int] = {}  # the offset at which a partly laid out leaf begins
        self._found: dict[int, tuple[Place, int] | None] = {}
        self._colours: OrderedDict[int, Colours] = OrderedDict()  # by the start of the fence
        self.unknown: set[str] = set()  # languages that are visible but not learned yet

    def _estimated(self, before: Layout | None, shift: Shift | None) -> list[int]:
        """Return the heights of all leaves, as they were where `before` has the same text."""
        count, first, last = len(self.leaves), 0, 0
        head: Sequence[int] = ()
        tail: Sequence[int] = ()
        if before and shift and (before.width, before.raw) == (self.width, self.raw):
            first = min(one.leaf_at(shift.prefix) for one in (before, self))
            ends = ((one, len(one.document.text) - shift.suffix) for one in (before, self))
            last = min(len(one.leaves) - 1 - one.leaf_at(end) for one, end in ends)
            head, tail = before.ends(first, last)
        new = (estimate(leaf, self.width) for leaf in self.leaves[first : count - last])
        return [*head, *new, *tail]

    def ends(self, first: int, last: int) -> tuple[Sequence[int], Sequence[int]]:
        """Return the heights of the first and of the last so many leaves."""
        return self._heights[:first], self._heights[len(self._heights) - last :]

    @property
    def parts(self) -> Iterable[object]:
        """What it consists of, all of which takes a noticeable moment to free."""
        return [*self.leaves, *self._rows.values()]

    @property
    def height(self) -> int:
        """The number of rows, estimated where not measured."""
        return self._tops[-1]

    def rows(self, leaf: int) -> list[Row]:
        """Return the rows of a leaf."""
        rows = self._rows.get(leaf)
        if rows is None:
            rows = self._made(leaf)
            self._rows[leaf] = rows
            if len(self._rows) > CACHED_LEAVES:
                self._rows.popitem(last=False)
        else:
            self._rows.move_to_end(leaf)
        return rows

    def _made(self, leaf: int) -> list[Row]:
        part = self.leaves[leaf]
        if part.part < 0:
            return self._renderer.rows(part)
        begin = self._begins.setdefault(leaf, part.start)
        if leaf + 1 == len(self.leaves) or self.leaves[leaf + 1].part <= 0:
            return self._renderer.rows(part, begin)
        if leaf + 1 in self._begins:
            return self._renderer.rows(part, begin, self._begins[leaf + 1])
        rows = self._renderer.rows(part, begin, part.end)
        following = part.end
        if len(rows) > part.gap + 1 and (span := rows[-1].span):
            # The next part begins with a whole row, unless the user came here from a row before it.
            following = span[0]
            rows.pop()
        self._begins[leaf + 1] = self._starts[leaf + 1] = following
        return rows

    def measure(self, first: int, last: int) -> bool:
        """Make the heights between two rows exact; return whether any changed from an estimate."""
        changed = False
        leaf = self.place(first).leaf
        y = self._tops[leaf]
        while leaf < len(self.leaves) and y < last:
            if not self._measured[leaf]:
                height = len(self.rows(leaf))
                changed |= height != self._heights[leaf]
                self._heights[leaf] = height
                self._measured[leaf] = 1
            y += self._heights[leaf]
            leaf += 1
        if changed:
            self._tops = list(accumulate(self._heights, initial=0))
        return changed

    def prepare(self, first: int, last: int, seconds: float) -> bool:
        """Lay out rows in advance, for some seconds; return whether all are done."""
        until = perf_counter() + seconds
        leaf = self.place(first).leaf
        y = self._tops[leaf]
        while leaf < len(self.leaves) and y < last:
            if not self._measured[leaf] and leaf not in self._rows:
                self.rows(leaf)
                if perf_counter() > until:
                    return False
            y += self._heights[leaf]
            leaf += 1
        return True

    def place(self, y: int) -> Place:
        """Return the place of a row, clipped to the first and the last one."""
        y = min(max(y, 0), self.height - 1)
        leaf = max(bisect_right(self._tops, y) - 1, 0)
        return Place(leaf, y - self._tops[leaf])

    def y(self, place: Place) -> int:
        """Return the row number of a place."""
        return self._tops[min(place.leaf, len(self.leaves))] + place.row

    def row(self, y: int) -> Row:
        """Return a measured row, or an empty one beyond the ends."""
        if not 0 <= y < self.height:
            return NOTHING
        place = self.place(y)
        rows = self.rows(place.leaf)
        return rows[place.row] if place.row < len(rows) else NOTHING

    def colours(self, place: Place) -> Iterable[Layer]:
        """Yield the highlighted parts of a row; none while the language is `unknown`."""
        leaf = self.leaves[place.leaf]
        rows = self.rows(place.leaf)
        span = rows[place.row].span if place.row < len(rows) else None
        if leaf.kind != "code" or leaf.token is None or span is None:
            return ()
        language = language_of(leaf.token)
        if not language:
            return ()
        if not is_learned(language):
            self.unknown.add(language)
            return ()
        at = leaf.block[0]
        if at not in self._colours:
            self._colours[at] = Colours(leaf.token)
            if len(self._colours) > COLOURED:
                self._colours.popitem(last=False)
        return self._colours[at].within(*span)

    def reach(self, place: Place) -> tuple[int, int] | None:
        """Return the span of offsets on a row, or else of the nearest row before it.

        None without text.
        """
        rows = self.rows(place.leaf)
        span = rows[place.row].span if place.row < len(rows) else None
        if span is None:
            return None
        for row in reversed(rows[: place.row]):
            if row.span is not None:
                return min(row.span[1], span[0]), span[1]
        last = self.leaves[place.leaf - 1].end if place.leaf else 0
        return min(last, span[0]), span[1]

    def leaf_at(self, offset: int) -> int:
        """Return the index of the leaf at an offset, or of the last one before it."""
        return max(bisect_right(self._starts, offset) - 1, 0)

    def find(self, offset: int) -> tuple[Place, int] | None:
        """Return the place and column of the visible character at an offset, or of the next one.

        After the last one, return that; None if nothing is visible at all.
        """
        if offset not in self._found:
            if len(self._found) > REMEMBERED:
                self._found.clear()
            self._found[offset] = self._search(offset)
        return self._found[offset]

    def _search(self, offset: int) -> tuple[Place, int] | None:
        first = self.leaf_at(offset)
        for leaf in range(first, len(self.leaves)):
            if found := self._find(leaf, offset):
                return found
        for leaf in range(min(first, len(self.leaves) - 1), -1, -1):
            ends = [row.span for row in self.rows(leaf) if row.span]
            if ends and (found := self._find(leaf, max(end for _, end in ends) - 1)):
                return found
        return None

    def _find(self, leaf: int, offset: int) -> tuple[Place, int] | None:
        rows = self.rows(leaf)
        for number, row in enumerate(rows):
            if (column := row.column(offset)) is not None:
                return Place(leaf, number), column
        following = [at for row in rows if (at := row.following(offset)) is not None]
        return self._find(leaf, min(following)) if following else None
