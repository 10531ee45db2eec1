"""The session protocol as sans-I/O machines: bytes and the time in, effects out."""
