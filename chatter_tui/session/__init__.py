"""Both ends of a session as sans-I/O machines: bytes and the time in, bytes and events out."""
