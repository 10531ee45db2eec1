"""What the screen shows, as plain values without Textual, so that it can be tested by itself."""
