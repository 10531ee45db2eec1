"""The comment format: model, parser, serializer, validation, anchors and threads; no I/O.

`chatter_tui.blocks.moved`, which finds moved text, is not imported here: it alone needs rapidfuzz,
which commands that only list comments do without.
"""

from chatter_tui.blocks.anchors import Location, Resolver, make_anchor
from chatter_tui.blocks.block import CANONICAL_ORDER, SPEC_VERSION, Block, in_order
from chatter_tui.blocks.problem import BlockError, Problem
from chatter_tui.blocks.review import Fault, Place, Review
from chatter_tui.blocks.source_file import EncodingError, SourceFile, StoredBlock
from chatter_tui.blocks.strict_json import MAX_DEPTH, JSONError, dumps, loads, loads_fields
from chatter_tui.blocks.threads import Arrangement, Thread, arrange
from chatter_tui.blocks.validation import strict_problems
from chatter_tui.blocks.values import TYPES, Suggestion, is_id, is_reaction, timestamp_of

__all__ = [
    "CANONICAL_ORDER",
    "MAX_DEPTH",
    "SPEC_VERSION",
    "TYPES",
    "Arrangement",
    "Block",
    "BlockError",
    "EncodingError",
    "Fault",
    "JSONError",
    "Location",
    "Place",
    "Problem",
    "Resolver",
    "Review",
    "SourceFile",
    "StoredBlock",
    "Suggestion",
    "Thread",
    "arrange",
    "dumps",
    "in_order",
    "is_id",
    "is_reaction",
    "loads",
    "loads_fields",
    "make_anchor",
    "strict_problems",
    "timestamp_of",
]
