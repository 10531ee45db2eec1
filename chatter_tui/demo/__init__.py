"""A sample document and a second reviewer, for trying everything with one command."""
