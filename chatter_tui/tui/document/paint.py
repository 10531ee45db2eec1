"""Paint rows of runs as strips: marks, selection, cursor and other people."""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.strip import Strip

from chatter_tui.markdown import Style
from chatter_tui.tui.document.runs import graphemes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chatter_tui.tui.document.glyphs import Glyphs
    from chatter_tui.tui.document.marks import Mark
    from chatter_tui.tui.document.runs import Row, Run

GUTTER: Final = 4  # cursor, mark, count, changed
MARGIN: Final = 2  # others
NAME: Final = 20  # cells of a name in it
# Scrolling by a line shows the same rows elsewhere, and painting a screen takes longer than
# everything else a key press costs. So the strips painted last are cached: a few screens.
KEPT: Final = 200


class Layer(NamedTuple):
    """A source span with a style of its own."""

    start: int
    end: int
    kind: str


class Other(NamedTuple):
    """Another person on a row; `color` is empty when using the terminal's own colours."""

    name: str
    color: str


class Overlay(NamedTuple):
    """The annotations of a row.

    `marks` overlap the row and may include the `current` one; `threads` of them begin on it. Later
    `layers` cover earlier ones. `changed` says that the text is new.
    """

    marks: Sequence[Mark] = ()
    threads: int = 0
    current: bool = False
    cursor: bool = False
    layers: Sequence[Layer] = ()
    others: Sequence[Other] = ()
    changed: bool = False


_KINDS: Final = {
    Style.EMPHASIS: "emphasis",
    Style.STRONG: "strong",
    Style.STRIKE: "strike",
    Style.CODE: "inline-code",
    Style.LINK: "link",
    Style.HTML: "html",
    Style.IMAGE: "image",
}


class Painter:
    """Paints strips. `look` maps a kind to its style, without the widget's own, `base`.

    A row that looks the same is not painted again: rows and overlays are immutable.
    """

    def __init__(self, look: Callable[[str], RichStyle], base: RichStyle, glyphs: Glyphs) -> None:
        self._look = look
        self._base = base
        self._glyphs = glyphs
        self._styles: dict[tuple[str, ...], RichStyle] = {}
        # By the row's identity, which stays unique while the row is held.
        self._strips: OrderedDict[int, tuple[Row, Overlay, Strip]] = OrderedDict()

    def strip(self, row: Row, overlay: Overlay, width: int) -> Strip:
        """Paint a row of the document, including gutter and margin."""
        _, its, strip = self._strips.pop(id(row), (row, None, None))
        if strip is None or its != overlay or strip.cell_length != width:
            strip = self._paint(row, overlay, width)
        self._strips[id(row)] = row, overlay, strip
        if len(self._strips) > KEPT:
            self._strips.popitem(last=False)
        return strip

    def _paint(self, row: Row, overlay: Overlay, width: int) -> Strip:
        line = ("cursor-line",) if overlay.cursor else ()
        parts = [*self._gutter(overlay, line)]
        for run, over in _ended(row.runs, overlay):
            parts += self._run(row, run, over, line)
        used = sum(cell_len(text) for text, _ in parts)
        tail = [*self._others(overlay, width - used, line)]
        blank = width - used - sum(cell_len(text) for text, _ in tail)
        fill = (row.fill, *line) if row.fill else line
        parts.append((" " * max(blank, 0), self._style(fill)))
        return Strip(_joined((*parts, *tail))).adjust_cell_length(width, self._style(line))

    def _style(self, kinds: tuple[str, ...]) -> RichStyle:
        style = self._styles.get(kinds)
        if style is None:
            style = self._base
            for kind in kinds:
                style += self._look(kind)
            self._styles[kinds] = style
        return style

    def _gutter(self, overlay: Overlay, line: tuple[str, ...]) -> Iterator[tuple[str, RichStyle]]:
        glyphs = self._glyphs
        if overlay.cursor:
            yield glyphs.cursor, self._style((*line, "gutter"))
        else:
            yield " ", self._style(line)
        if overlay.marks:
            yield self._threads(overlay, line)
        else:
            yield "  ", self._style(line)
        if overlay.changed:
            yield glyphs.changed, self._style((*line, "gutter-changed"))
        else:
            yield " ", self._style(line)

    def _threads(self, overlay: Overlay, line: tuple[str, ...]) -> tuple[str, RichStyle]:
        kind, sign = self._sign(overlay)
        count = str(overlay.threads) if overlay.threads < 10 else self._glyphs.many
        return f"{sign}{count if overlay.threads else ' '}", self._style((*line, "gutter", kind))

    def _sign(self, overlay: Overlay) -> tuple[str, str]:
        glyphs = self._glyphs
        kinds = {mark.kind for mark in overlay.marks}
        if overlay.current:
            return "gutter-current", glyphs.current
        theirs = any(mark.kind == "open" and not mark.mine for mark in overlay.marks)
        for kind, sign in (
            ("open", glyphs.mark if theirs else glyphs.mine),
            ("suggestion", glyphs.suggestion),
            ("orphan", glyphs.orphan),
        ):
            if kind in kinds:
                return f"gutter-{kind}", sign
        return "gutter-resolved", glyphs.resolved

    def _run(
        self, row: Row, run: Run, overlay: Overlay, line: tuple[str, ...]
    ) -> Iterator[tuple[str, RichStyle]]:
        kinds = [row.fill, run.kind] if row.fill != run.kind else [run.kind]
        kinds += [kind for bit, kind in _KINDS.items() if run.style & bit]
        base = (*filter(None, kinds), *line)
        for text, layers in _layered(run, overlay.layers):
            yield text, self._style((*base, *layers))

    def _others(
        self, overlay: Overlay, room: int, line: tuple[str, ...]
    ) -> Iterator[tuple[str, RichStyle]]:
        """Yield the other people, at the right edge, as far as there is room."""
        if not overlay.others or room < MARGIN:
            return
        first = overlay.others[0]
        names = [other.name for other in overlay.others]
        left = max(room - 2, MARGIN - 1)
        text = f"{self._glyphs.other}{_listed(names, left, self._glyphs.ellipsis)}"
        color = RichStyle(color=first.color) if first.color else RichStyle()
        yield text, self._style((*line, "other")) + color


def _listed(names: Sequence[str], width: int, ellipsis: str) -> str:
    """Return as many names as fit, and the number of the others; of the first, what fits."""
    shown = [_clipped(name, NAME, ellipsis) for name in names[: width + 1]]
    for count in range(len(shown), 0, -1):
        text = ",".join(shown[:count]) + (f" +{len(names) - count}" if count < len(names) else "")
        if cell_len(text) <= width:
            return text
    return _clipped(names[0], width, ellipsis)


def _clipped(name: str, width: int, ellipsis: str) -> str:
    if cell_len(name) <= width:
        return name
    if width < 3:  # a letter says more than that there are others
        return set_cell_size(name, width)
    return set_cell_size(name, width - 1).rstrip() + ellipsis


def _ended(runs: Sequence[Run], overlay: Overlay) -> Iterator[tuple[Run, Overlay]]:
    """Yield each run with its annotations: no mark continues behind the last word of a row."""
    yield from ((run, overlay) for run in runs[:-1])
    for run in runs[-1:]:
        size = len(run.text.rstrip(" ")) if overlay.marks and run.exact else len(run.text)
        yield run.cut(0, size), overlay
        if size < len(run.text):
            layers = [each for each in overlay.layers if not each.kind.startswith("mark-")]
            yield run.cut(size, len(run.text)), overlay._replace(layers=layers)


def _layered(run: Run, layers: Sequence[Layer]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Split a run where layers begin and end, but never within a grapheme."""
    over = [layer for layer in layers if run.overlaps(layer.start, layer.end)]
    if not over or not run.exact:
        yield run.text, tuple(layer.kind for layer in over)
        return
    edges = {at - run.start for layer in over for at in (layer.start, layer.end)}
    cuts = sorted(_whole(run.text, edges))
    for start, stop in pairwise(cuts):
        part = run.cut(start, stop)
        kinds = tuple(layer.kind for layer in over if part.overlaps(layer.start, layer.end))
        yield part.text, kinds


def _whole(text: str, edges: set[int]) -> set[int]:
    """Return where to split text: at the given edges, but around graphemes that contain one."""
    cuts = {0, len(text)} | {edge for edge in edges if 0 < edge < len(text)}
    if text.isascii() or len(cuts) == 2:
        return cuts
    whole = {0}
    for unit in graphemes(text):
        if any(unit.start < cut < unit.end for cut in cuts):
            whole |= {unit.start, unit.end}
        elif unit.end in cuts:
            whole.add(unit.end)
    return whole


def _joined(parts: Iterable[tuple[str, RichStyle]]) -> Iterator[Segment]:
    """Merge neighbours of one style: each change of style takes forty bytes on the wire."""
    text, style = "", RichStyle.null()
    for more, its in parts:
        if its == style:
            text += more
        else:
            if text:
                yield Segment(text, style)
            text, style = more, its
    if text:
        yield Segment(text, style)
