"""The comment format: model, parser, serializer, validation, anchors and threads; pure."""

from chatter_tui.blocks.block import CANONICAL_ORDER, SPEC_VERSION, Block
from chatter_tui.blocks.problem import BlockError, Problem
from chatter_tui.blocks.strict_json import MAX_DEPTH, JSONError, dumps, loads, loads_fields
from chatter_tui.blocks.validation import strict_problems
from chatter_tui.blocks.values import TYPES, Suggestion, is_id, is_reaction, timestamp_of

__all__ = [
    "CANONICAL_ORDER",
    "MAX_DEPTH",
    "SPEC_VERSION",
    "TYPES",
    "Block",
    "BlockError",
    "JSONError",
    "Problem",
    "Suggestion",
    "dumps",
    "is_id",
    "is_reaction",
    "loads",
    "loads_fields",
    "strict_problems",
    "timestamp_of",
]
