"""Every ledger keeps the promises of the port."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from remote_rooms import a_remote_ledger

from careloop.adapters.postgres_ledger import open_postgres_ledger
from careloop.adapters.remembered_ledger import RememberedLedger
from careloop.adapters.sqlite_ledger import open_ledger
from careloop.errors import Refused, Unavailable
from careloop.ports.ledger import Entry, Ledger
from careloop.testing.contracts.ledger import NOON, LedgerContract, a_record
from careloop.testing.ledger_fake import LedgerFake
from careloop.testing.postgres_server import PostgresServer


class TestLedgerFake(LedgerContract):
    def make_ledger(self) -> Ledger:
        return LedgerFake()

    def test_out_of_reach_means_unavailable(self) -> None:
        ledger = LedgerFake()
        ledger.out_of_reach = True
        with pytest.raises(Unavailable):
            ledger.append([a_record()], recorded_at=NOON)
        with pytest.raises(Unavailable):
            ledger.head()


class TestSqliteLedger(LedgerContract):
    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._folders = (tmp_path / str(n) for n in count())

    def make_ledger(self) -> Ledger:
        return open_ledger(next(self._folders) / "ledger.sqlite", origin="acme.example/care/dev", create=True)


class TestPostgresLedger(LedgerContract):
    @pytest.fixture(autouse=True)
    def _a_server(self, tmp_path: Path, postgres: PostgresServer) -> None:
        self._folders = (tmp_path / str(n) for n in count())
        self._server = postgres

    def make_ledger(self) -> Ledger:
        url = self._server.new_database()
        return open_postgres_ledger(url, next(self._folders), origin="acme.example/care", create=True)


class TestHttpLedger(LedgerContract):
    """With a server whose clock is the tests': a real one records by its own."""

    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._folders = (tmp_path / str(n) for n in count())

    def make_ledger(self) -> Ledger:
        return a_remote_ledger(next(self._folders))


class TestRememberedLedger(LedgerContract):
    def make_ledger(self) -> Ledger:
        return RememberedLedger(LedgerFake())

    def test_each_entry_is_read_from_the_store_once(self) -> None:
        behind = _CountingLedger()
        ledger = RememberedLedger(behind)
        for number in range(3):
            ledger.append([a_record(number)], recorded_at=NOON)
            assert len(list(ledger.query(type="incident.opened"))) == number + 1
            assert len(list(ledger.query(subject="systems/credit-decision"))) == number + 1
            assert ledger.entry(number).index == number
        assert behind.read == [0, 1, 2]

    def test_what_another_handle_wrote_is_seen(self) -> None:
        behind = LedgerFake()
        ledger = RememberedLedger(behind)
        assert list(ledger.query()) == []
        behind.append([a_record(1), a_record(2)], recorded_at=NOON)
        assert [entry.index for entry in ledger.query()] == [0, 1]
        assert [entry.index for entry in ledger.query(upto=1)] == [0]

    def test_a_store_that_was_rolled_back_is_refused(self) -> None:
        behind = _CountingLedger()
        ledger = RememberedLedger(behind)
        ledger.append([a_record(1), a_record(2)], recorded_at=NOON)
        assert len(list(ledger.query())) == 2
        behind.shrunk_to = 1
        with pytest.raises(Refused, match="rolled back"):
            ledger.query()


class _CountingLedger(LedgerFake):
    """Notes which entries were read, and can pretend to have lost some."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[int] = []
        self.shrunk_to: int | None = None

    def size(self) -> int:
        return super().size() if self.shrunk_to is None else self.shrunk_to

    def entries(self, start: int, end: int) -> Iterator[Entry]:
        for entry in super().entries(start, end):
            self.read.append(entry.index)
            yield entry
