"""A session's two ends as machines without I/O: bytes and the time in, bytes and events out."""
