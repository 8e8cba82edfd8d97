"""How far feeds were read, as a table of `.care/state.sqlite`; a mark is on the disk before `note` returns."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from careloop.errors import Unavailable
from careloop.ports.event_source import Mark

__all__ = ["SqlitePositions"]

_TABLE: Final = "CREATE TABLE IF NOT EXISTS care_feed_mark (feed TEXT PRIMARY KEY, mark TEXT NOT NULL) STRICT"
_PATIENCE_S: Final = 10


class SqlitePositions:
    """A `FeedPositions` in one file, made with the first mark."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def upto(self, feed: str) -> Mark | None:
        """The mark that was noted last."""
        if not self._database.exists():
            return None
        with self._opened() as db:
            row = db.execute("SELECT mark FROM care_feed_mark WHERE feed = ?", (feed,)).fetchone()
        return None if row is None else _read(row[0])

    def note(self, feed: str, mark: Mark) -> None:
        """Put it in the place of the one before."""
        self._database.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"instant": mark.isoformat()} if isinstance(mark, datetime) else {"plain": mark})
        with self._opened() as db:
            db.execute("INSERT OR REPLACE INTO care_feed_mark VALUES (?, ?)", (feed, text))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(self._database, timeout=_PATIENCE_S)
            try:
                self._database.chmod(0o600)
                db.execute("PRAGMA synchronous = FULL")
                with db:
                    db.execute(_TABLE)
                    yield db
            finally:
                db.close()
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"{self._database} cannot be used: {error}") from error


def _read(text: str) -> Mark:
    found = json.loads(text)
    return datetime.fromisoformat(found["instant"]) if "instant" in found else found["plain"]
