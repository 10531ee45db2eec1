"""The tables of a session's database, as migrations."""

from __future__ import annotations

from typing import Final

MIGRATIONS: Final = (
    """
    CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE updates (id INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL);
    CREATE TABLE pending (seq INTEGER PRIMARY KEY, data BLOB NOT NULL);
    CREATE TABLE owners (client INTEGER PRIMARY KEY, peer TEXT NOT NULL);
    CREATE TABLE dead (
        client INTEGER, first INTEGER, beyond INTEGER NOT NULL, block TEXT NOT NULL,
        code TEXT NOT NULL, PRIMARY KEY (client, first)
    );
    CREATE TABLE members (
        peer TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, color TEXT NOT NULL,
        resume BLOB NOT NULL, removed INTEGER NOT NULL
    );
    CREATE TABLE tokens (
        id TEXT PRIMARY KEY, secret BLOB NOT NULL, role TEXT NOT NULL, expires REAL NOT NULL,
        uses_left INTEGER, label TEXT NOT NULL, revoked INTEGER NOT NULL
    );
    CREATE TABLE history (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, deed TEXT NOT NULL,
        peer TEXT NOT NULL, name TEXT NOT NULL, block TEXT NOT NULL, detail TEXT NOT NULL
    );
    CREATE TABLE filed (block TEXT, text TEXT, PRIMARY KEY (block, text)) WITHOUT ROWID
    """,
    "ALTER TABLE members ADD COLUMN token TEXT NOT NULL DEFAULT ''",
)
