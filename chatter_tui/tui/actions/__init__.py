"""The registry's commands, implemented by group."""
