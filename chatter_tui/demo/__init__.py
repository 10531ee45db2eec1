"""A sample document and a second reviewer, to see everything working with one command."""
