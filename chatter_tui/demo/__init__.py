"""A sample document and a second reviewer, to try everything with one command."""
