"""Outboxes keep the port's promises; in SQLite also across processes that are killed."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from careloop.adapters.sqlite_outbox import SqliteOutbox
from careloop.domain.outgoing import MessageState
from careloop.errors import Unavailable
from careloop.ports.outbox import Outbox
from careloop.testing.contracts.outbox import NOON, OutboxContract, a_message
from careloop.testing.outbox_fake import OutboxFake

SENDER = Path(__file__).with_name("outbox_sender.py")


class TestFake(OutboxContract):
    def make_outbox(self) -> Outbox:
        return OutboxFake()


class TestSqlite(OutboxContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_outbox(self) -> Outbox:
        return SqliteOutbox(self.folder / ".care" / "state.sqlite")

    def test_its_file_is_made_with_the_first_message_and_is_the_owners_alone(self) -> None:
        box = self.make_outbox()
        box.entries()
        assert not (self.folder / ".care").exists()
        box.put([a_message()])
        assert (self.folder / ".care" / "state.sqlite").stat().st_mode & 0o077 == 0

    def test_a_file_that_is_none_of_ours_is_out_of_reach(self) -> None:
        file = self.folder / "state.sqlite"
        file.write_bytes(b"no database at all" * 100)
        with pytest.raises(Unavailable, match=r"state\.sqlite"):
            SqliteOutbox(file).put([a_message()])


def a_sender(database: Path, log: Path, name: str, *, die_at: int = -1) -> subprocess.Popen[str]:
    command = [sys.executable, str(SENDER), str(database), str(log), name, str(die_at)]
    command += ["outlives"] if name == "heir" else []
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_at_once_take_every_message_once(tmp_path: Path) -> None:
    database, log = tmp_path / "state.sqlite", tmp_path / "sent.log"
    SqliteOutbox(database).put([a_message(number) for number in range(300)])
    senders = [a_sender(database, log, name) for name in ("a", "b")]
    assert [sender.wait(120) for sender in senders] == [0, 0]
    sent = [line.split()[1] for line in log.read_text().splitlines()]
    assert sorted(sent) == [a_message(number).id for number in range(300)]
    assert len(SqliteOutbox(database).entries(state=MessageState.SENT)) == 300


@pytest.mark.parametrize("die_at", [0, 1, 37])
def test_a_sender_killed_amid_sending_loses_nothing_and_repeats_under_the_same_id(tmp_path: Path, die_at: int) -> None:
    database, log = tmp_path / "state.sqlite", tmp_path / "sent.log"
    SqliteOutbox(database).put([a_message(number) for number in range(50)])
    assert a_sender(database, log, "a", die_at=die_at).wait(120) == -signal.SIGKILL
    assert a_sender(database, log, "heir").wait(120) == 0
    sent = [line.split()[1] for line in log.read_text().splitlines()]
    assert set(sent) == {a_message(number).id for number in range(50)}
    assert len(sent) == 51, "the one that was sent and not yet noted is sent twice, and no other"
    assert SqliteOutbox(database).lease(holder="c", now=NOON, lease_s=1) == ()


def test_it_shares_its_file_with_tables_of_the_pages(tmp_path: Path) -> None:
    """Django guards JSON by `CHECK (JSON_VALID(...))`, which a connection that trusts no schema refuses to open."""
    database = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(database)) as db:
        db.execute("CREATE TABLE accounts_apitoken (scopes TEXT CHECK (JSON_VALID(scopes) OR scopes IS NULL))")
    box = SqliteOutbox(database)
    assert (box.entries(), box.lease(holder="a", now=NOON, lease_s=1)) == ((), ())
    box.put([a_message()])
    assert len(box.lease(holder="a", now=NOON, lease_s=1)) == 1
