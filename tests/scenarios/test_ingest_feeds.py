"""Events are fetched from Kafka and from a database by real processes; a kill loses and doubles nothing (R47)."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import Producer
from ingest_rooms import HAPPENED, SYSTEM, acme, an_offer, kept

from careloop import wiring
from careloop.errors import CareloopError
from careloop.worker.side_loops import side_loops

FEEDS = """
feeds:
  offers:
    kind: kafka
    brokers: [{brokers}]
    topic: offers
    takeover_s: 6
  orders:
    kind: sql
    database: sqlite:orders.sqlite
    query: SELECT * FROM decision
    watermark: number
    columns: {{id: id, occurred_at: decided_at, prediction: offer, features.basket_size: items}}
    fixed: {{kind: inference, release: "5.4.1"}}
"""


@pytest.fixture
def cluster() -> Iterator[Producer]:
    """librdkafka's mock cluster: a broker on a port of this machine that speaks Kafka's protocol."""
    producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "mock", "log_level": 2})
    yield producer
    producer.flush(10)


@pytest.fixture
def brokers(cluster: Producer) -> str:
    return ",".join(f"{one.host}:{one.port}" for one in cluster.list_topics(timeout=10).brokers.values())


@pytest.fixture
def root(tmp_path: Path, brokers: str) -> Path:
    folder = acme(tmp_path)
    file = folder / "systems" / SYSTEM / "system.yaml"
    file.write_text(file.read_text() + FEEDS.format(brokers=f'"{brokers}"'))
    return folder


def care_ingest(root: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from careloop.cli.main import run; run()", "ingest", "--repo", str(root)]
    command += ["--system", SYSTEM, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, errors = process.communicate()
    return process.returncode, out, errors


def produce(cluster: Producer, *values: bytes) -> None:
    for value in values:
        cluster.produce("offers", value)
    cluster.flush(10)


def decide(root: Path, *numbers: int) -> None:
    with closing(sqlite3.connect(root / "orders.sqlite")) as db, db:
        db.execute("CREATE TABLE IF NOT EXISTS decision (id TEXT, decided_at TEXT, offer TEXT, items INT, number INT)")
        rows = [(f"order-{n}", HAPPENED, "discount", n % 5, n) for n in numbers]
        db.executemany("INSERT INTO decision VALUES (?, ?, ?, ?, ?)", rows)


def test_a_topic_is_read_to_its_end_and_on_from_there(root: Path, cluster: Producer) -> None:
    rows = [json.dumps(an_offer(n)).encode() for n in range(20)]
    produce(cluster, *rows, b"no json", rows[3])
    code, out, errors = ended(care_ingest(root, "--from", "offers"))
    assert (code, errors) == (1, "")
    assert "@20  refused  the row is not JSON" in out or "  refused  the row is not JSON" in out
    assert "accepted 20, duplicate 1, refused 1 of 22 events" in out
    produce(cluster, json.dumps(an_offer(30)).encode())
    code, out, errors = ended(care_ingest(root, "--from", "offers", "--format", "json"))
    answer = json.loads(out)
    assert (code, answer["rows"], answer["accepted"]) == (0, 1, 1), errors
    assert sorted(kept(root)) == sorted([f"offer-{n}" for n in range(20)] + ["offer-30"])


def test_consumers_that_are_killed_lose_nothing_and_double_nothing(root: Path, cluster: Producer) -> None:
    rounds, each = 3, 3_000
    for number in range(rounds):
        produce(cluster, *(json.dumps(an_offer(number * each + n)).encode() for n in range(each)))
        consumer = care_ingest(root, "--from", "offers", "--follow")
        before = len(kept(root)) if (root / ".care" / "lake").is_dir() else 0
        while consumer.poll() is None and held(root) <= before:
            time.sleep(0.02)
        consumer.send_signal(signal.SIGKILL)
        assert ended(consumer)[0] == -signal.SIGKILL
    code, _, errors = ended(care_ingest(root, "--from", "offers"))
    assert (code, errors) == (0, "")
    assert sorted(kept(root)) == sorted(f"offer-{n}" for n in range(rounds * each))


def held(root: Path) -> int:
    return len(kept(root)) if (root / ".care" / "lake").is_dir() else 0


def test_a_consumer_that_follows_ends_when_it_is_asked_to(root: Path, cluster: Producer) -> None:
    produce(cluster, json.dumps(an_offer(1)).encode())
    consumer = care_ingest(root, "--from", "offers", "--follow")
    while consumer.poll() is None and held(root) < 1:
        time.sleep(0.05)
    consumer.send_signal(signal.SIGTERM)
    code, out, _ = ended(consumer)
    assert (code, "accepted 1, duplicate 0, refused 0 of 1 events" in out) == (0, True), out


def test_the_worker_fetches_each_feed_and_tries_again_what_failed(root: Path) -> None:
    loops = {one.name: one for one in side_loops(root, threading.Event()).loops}
    turn = loops[f"feed {SYSTEM}/orders"]
    assert (turn.every_s, loops[f"feed {SYSTEM}/offers"].every_s) == (300.0, 60.0)
    with pytest.raises(CareloopError, match="there is no file"):
        turn.work(wiring.now())
    decide(root, *range(10))
    turn.work(wiring.now())
    decide(root, 10)
    turn.work(wiring.now())
    assert kept(root) == [f"order-{n}" for n in range(11)]


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("returns", f"systems/{SYSTEM}/system.yaml: feeds: there is no 'returns'"),
        ("kafka://broker/offers", "brokers.0"),
        ("kafka://care:hidden@broker:9092/offers", "would be seen by everybody"),
        ("kafka://broker:9092/offers?grup=x", "'grup' is not known"),
        ("amqp://broker/offers", "'amqp://' is no source"),
    ],
)
def test_a_feed_that_is_none_is_told(root: Path, named: str, told: str) -> None:
    code, _, errors = ended(care_ingest(root, "--from", named))
    assert (code, told in errors) == (2, True), errors


def test_files_and_a_feed_are_not_named_at_once(root: Path) -> None:
    for arguments in ((), ("x.ndjson", "--from", "orders"), ("x.ndjson", "--follow")):
        code, _, errors = ended(care_ingest(root, *arguments))
        assert (code, "name files, or one feed with --from" in errors) == (2, True)


def test_generations_of_langfuse_are_taken_and_what_was_said_is_not_kept(root: Path, tmp_path: Path) -> None:
    found = {"id": "g", "traceId": "t", "type": "GENERATION", "startTime": HAPPENED, "output": "You may return it."}
    bad = {**found, "id": "h", "version": "no such release"}
    file = tmp_path / "observations.json"
    file.write_text(json.dumps({"data": [{**found, "version": "5.4.1"}, bad]}))
    code, out, errors = ended(care_ingest(root, "--as", "langfuse", str(file)))
    assert (code, errors) == (1, "")
    assert f"{file}[1]  refused  release" in out
    assert "left out, because the system does not declare it: features.langfuse.output (1)" in out
    assert kept(root) == ["t-g"]
