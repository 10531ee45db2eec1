"""The widgets around the document."""
