"""Review one Markdown document together, live, in your terminals."""

__version__ = "0.1.0"
