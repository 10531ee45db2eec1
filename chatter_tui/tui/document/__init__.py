"""The document pane: rendered Markdown with exact source positions, marks and selection."""
