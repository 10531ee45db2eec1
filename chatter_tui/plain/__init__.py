"""Plain mode: a review as lines of text, for screen readers, Braille displays and pipes.

Nothing is drawn and nothing is overwritten: commands are typed, each event is a line. The session,
the model and the commands are those of the screen.
"""
