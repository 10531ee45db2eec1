"""The parts of the screen around the document."""
