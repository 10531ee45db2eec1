"""What the screen shows, as plain values: no Textual in here, so all of it is tested without one."""
