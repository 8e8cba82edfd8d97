"""Personal values beside a ledger in PostgreSQL, in a schema of their own: what is erased leaves no row behind.

`care_personal` is another schema than the log's, so that a dump of the log holds no personal value. After an erasure
the table is written anew (`VACUUM FULL`), so that its files hold nothing of it; the server's write-ahead log, replicas
and backups keep it until they go round. Source: LEDGER 9; PostgreSQL documentation, VACUUM.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, LiteralString

import psycopg
from psycopg.rows import TupleRow

from careloop.adapters.postgres_arrays import Bytes, Texts, teach_arrays
from careloop.adapters.postgres_tables import place_of
from careloop.errors import Refused, Unavailable
from careloop.ledger.disclosure import read_disclosure

__all__ = ["PostgresPersonalValues"]

_PATIENCE_S: Final = 10
_LAYOUT: Final[tuple[LiteralString, ...]] = (
    "CREATE SCHEMA IF NOT EXISTS care_personal",
    'CREATE TABLE IF NOT EXISTS care_personal.personal (commitment text COLLATE "C" PRIMARY KEY, line bytea NOT NULL)',
)


class PostgresPersonalValues:
    """A `PersonalValues` in the schema `care_personal` of a database, made when there is none."""

    def __init__(self, url: str) -> None:
        self._place = place_of(url)
        with self._answering():
            self._db: psycopg.Connection[TupleRow] = psycopg.connect(url, autocommit=True, connect_timeout=_PATIENCE_S)
            teach_arrays(self._db)
            self._db.execute("SET synchronous_commit = on")
            if self._there() is None:
                for statement in _LAYOUT:
                    self._db.execute(statement)

    def keep(self, lines: Sequence[bytes]) -> tuple[str, ...]:
        """Keep all of them or none."""
        read = [read_disclosure(line) for line in lines]
        columns = Texts.of([one.commitment for one in read]), Bytes.of([one.line for one in read])
        with self._answering():
            self._db.execute(
                "INSERT INTO care_personal.personal SELECT * FROM unnest(%b::text[], %b::bytea[])"
                " ON CONFLICT DO NOTHING",
                columns,
            )
        return tuple(one.commitment for one in read)

    def find(self, commitment: str) -> bytes | None:
        """The line of a commitment, held against it."""
        with self._answering():
            found = self._db.execute(
                "SELECT line FROM care_personal.personal WHERE commitment = %b", (commitment,)
            ).fetchone()
        return None if found is None else self._whole(commitment, found[0])

    def lines(self) -> Iterator[bytes]:
        """Every line, each held against its commitment."""
        with self._answering():
            rows = self._db.execute("SELECT commitment, line FROM care_personal.personal ORDER BY 1").fetchall()
        return (self._whole(str(commitment), line) for commitment, line in rows)

    def erase(self, commitments: Sequence[str]) -> int:
        """Erase them; the table's files are without them before this returns."""
        with self._answering():
            gone = self._db.execute(
                "DELETE FROM care_personal.personal WHERE commitment = ANY(%b::text[])", (Texts.of(list(commitments)),)
            ).rowcount
            self._db.execute("VACUUM FULL care_personal.personal")
        return gone

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def _there(self) -> object:
        (found,) = self._db.execute("SELECT to_regclass('care_personal.personal')").fetchone() or (None,)
        return found

    def _whole(self, commitment: str, line: bytes) -> bytes:
        if read_disclosure(bytes(line)).commitment != commitment:
            raise Refused(f"the personal value {commitment} in {self._place} was altered")
        return bytes(line)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            said = (str(error).strip().splitlines() or ["no answer"])[0]
            raise Unavailable(f"the personal values in {self._place} cannot be used: {said}") from error
