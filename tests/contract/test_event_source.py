"""Every source of events keeps the promises of the port: Kafka by its protocol, three databases, and the fake (R47)."""

from __future__ import annotations

import json
import sqlite3
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from confluent_kafka import Producer

from careloop.adapters.kafka_source import KafkaSource
from careloop.adapters.sql_source import SqlSource
from careloop.adapters.sqlite_positions import SqlitePositions
from careloop.domain.feed import SqlFeed
from careloop.errors import InvalidInput, Unavailable
from careloop.ports.event_source import EventSource, FeedPositions
from careloop.testing.contracts.event_source import EventSourceContract, FeedPositionsContract, event_row
from careloop.testing.event_source_fake import EventSourceFake, FeedPositionsFake
from careloop.testing.postgres_server import PostgresServer

_QUICK = {"session.timeout.ms": "6000", "heartbeat.interval.ms": "1000"}
"""A member that left is forgotten soon: librdkafka's mock cluster waits for its session to end."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Producer]:
    """librdkafka's mock cluster: brokers on ports of this machine that speak Kafka's protocol, with consumer groups."""
    producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "mock", "log_level": 2})
    yield producer
    producer.flush(10)


def brokers_of(producer: Producer) -> str:
    return ",".join(f"{one.host}:{one.port}" for one in producer.list_topics(timeout=10).brokers.values())


class TestEventSourceFake(EventSourceContract):
    @pytest.fixture(autouse=True)
    def _empty(self) -> None:
        self._rows: list[bytes] = []
        self._upto = 0

    def put(self, rows: Sequence[dict[str, Any]]) -> None:
        self._rows += [json.dumps(row).encode() for row in rows]

    def make_source(self) -> EventSource:
        source = EventSourceFake(self._rows)
        self._last, before = source, getattr(self, "_last", None)
        source.durable_upto = before.durable_upto if before else 0
        return source


class TestKafkaSource(EventSourceContract):
    @pytest.fixture(autouse=True)
    def _a_topic(self, cluster: Producer, request: pytest.FixtureRequest) -> None:
        self._cluster, self._topic = cluster, request.node.name[:80]

    def put(self, rows: Sequence[dict[str, Any]]) -> None:
        for row in rows:
            self._cluster.produce(self._topic, json.dumps(row).encode(), partition=0)
        if not rows:
            self._cluster.list_topics(self._topic, timeout=10)
        self._cluster.flush(10)

    def make_source(self) -> EventSource:
        settings = {"bootstrap.servers": brokers_of(self._cluster), "group.id": self._topic, **_QUICK}
        return KafkaSource(self._topic, settings, name="kafka", most=2)


_DDL = (
    "CREATE TABLE answer (id TEXT, happened {instant}, told TEXT, income INTEGER, written {instant})",
    "INSERT INTO answer VALUES ({mark}, {mark}, {mark}, {mark}, {mark})",
)


class _SqlContract(EventSourceContract):
    kind: str
    address: str
    instant = "TIMESTAMPTZ"
    mark = "?"

    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._folder = tmp_path
        if self.kind != "postgresql":
            self.address = f"{self.kind}:{tmp_path / 'rows'}.{self.kind}"
        self._positions = SqlitePositions(tmp_path / "state.sqlite")

    @abstractmethod
    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Run one statement in the database, and keep what it did."""

    def put(self, rows: Sequence[dict[str, Any]]) -> None:
        self.execute(_DDL[0].replace("TABLE", "TABLE IF NOT EXISTS").format(instant=self.instant))
        for row in rows:
            at = row["occurred_at"] if self.instant == "TEXT" else datetime.fromisoformat(row["occurred_at"])
            told = (row["id"], at, row["prediction"], row["features"]["income"], at)
            self.execute(_DDL[1].format(mark=self.mark), told)

    def a_feed(self, **changed: Any) -> SqlFeed:
        columns = {"id": "id", "occurred_at": "happened", "prediction": "told", "features.income": "income"}
        said = {
            "kind": "sql",
            "database": "sqlite:x",
            "query": "SELECT * FROM answer WHERE id LIKE 'e-%';",
            "watermark": "written",
            "columns": columns,
            "fixed": {"kind": "inference"},
        }
        return SqlFeed.model_validate({**said, **changed})

    def make_source(self, **changed: Any) -> SqlSource:
        return self.source_of(self.a_feed(**changed), self.address)

    def source_of(self, feed: SqlFeed, address: str) -> SqlSource:
        return SqlSource(feed, address, name="feed", positions=self._positions, most=2)


class TestSqliteSource(_SqlContract):
    kind, instant = "sqlite", "TEXT"

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        with closing(sqlite3.connect(self._folder / "rows.sqlite")) as db, db:
            db.execute(statement, values)

    def test_the_file_is_not_written_to(self) -> None:
        self.put([event_row(1)])
        with pytest.raises(InvalidInput, match="query"):
            list(self.make_source(query="WITH x AS (SELECT 1) DELETE FROM answer").batches())
        assert len(next(iter(self.make_source().batches())).rows) == 1

    def test_a_row_without_a_watermark_and_a_column_that_is_not_there_are_told_by_their_field(self) -> None:
        self.put([event_row(1)])
        with pytest.raises(InvalidInput, match=r"feed: columns.prediction: the query gives no column 'said'"):
            list(self.make_source(columns={"id": "id", "occurred_at": "happened", "prediction": "said"}).batches())
        self.execute("INSERT INTO answer VALUES ('e-9', '2026', 'no', 1, NULL)")
        with pytest.raises(InvalidInput, match=r"feed: watermark: 'written' of row 1 is null"):
            list(self.make_source().batches())

    def test_a_database_that_is_not_there_is_unavailable(self) -> None:
        with pytest.raises(Unavailable, match="there is no file"):
            list(self.make_source().batches())

    def test_a_query_that_was_changed_is_read_from_its_beginning(self) -> None:
        self.put([event_row(n) for n in range(3)])
        for batch in (source := self.make_source()).batches():
            source.durable(batch)
        changed = self.make_source(query="SELECT * FROM answer").batches()
        assert json.loads(next(changed).rows[0])["id"] == "e-0"


class TestDuckdbSource(_SqlContract):
    kind = "duckdb"

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        with closing(duckdb.connect(str(self._folder / "rows.duckdb"))) as db:
            db.execute(statement, values)

    def test_a_query_reads_nothing_but_its_database(self) -> None:
        self.put([event_row(1)])
        (self._folder / "other.csv").write_text("id\n1\n")
        with pytest.raises(InvalidInput, match="query"):
            list(self.make_source(query=f"SELECT * FROM '{self._folder}/other.csv'").batches())


class TestPostgresSource(_SqlContract):
    kind, mark = "postgresql", "%s"

    @pytest.fixture(autouse=True)
    def _a_server(self, postgres: PostgresServer) -> None:
        self.address = postgres.new_database()

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        with psycopg.connect(self.address) as db:
            db.execute(statement.encode(), values)

    def test_a_transaction_that_ended_late_is_seen_within_the_overlap(self) -> None:
        self.put([event_row(1), event_row(30)])
        for batch in (source := self.make_source(overlap="PT1M")).batches():
            source.durable(batch)
        self.put([event_row(20)])
        late = [json.loads(row)["id"] for batch in self.make_source(overlap="PT1M").batches() for row in batch.rows]
        missed = [json.loads(row)["id"] for batch in self.make_source().batches() for row in batch.rows]
        assert (late, missed) == (["e-1", "e-20", "e-30"], ["e-30"])

    def test_a_server_that_is_away_is_unavailable_and_its_address_is_not_told(self) -> None:
        away = "postgresql://care:hidden@127.0.0.1:1/x"
        source = self.source_of(self.a_feed(), away)
        with pytest.raises(Unavailable) as told:
            list(source.batches())
        assert "hidden" not in told.value.message

    def test_a_query_that_writes_is_refused_by_the_server(self) -> None:
        self.put([event_row(1)])
        self.execute("CREATE FUNCTION wipe() RETURNS TEXT LANGUAGE SQL AS 'DELETE FROM answer RETURNING id'")
        with pytest.raises(InvalidInput, match="read-only"):
            list(self.make_source(query="SELECT wipe() AS id, a.* FROM answer a").batches())


class TestSqlitePositions(FeedPositionsContract):
    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._file = tmp_path / "state" / "state.sqlite"

    def make_positions(self) -> FeedPositions:
        return SqlitePositions(self._file)

    def test_marks_outlast_the_process_and_a_broken_file_is_unavailable(self) -> None:
        self.make_positions().note("orders", mark := datetime(2026, 3, 1, tzinfo=UTC) + timedelta(microseconds=1))
        assert self.make_positions().upto("orders") == mark
        self._file.write_bytes(b"no database at all, and long enough to be looked at" * 40)
        with pytest.raises(Unavailable):
            self.make_positions().upto("orders")


class TestFeedPositionsFake(FeedPositionsContract):
    def make_positions(self) -> FeedPositions:
        return FeedPositionsFake()
