"""Every ledger keeps the promises of the port."""

from itertools import count
from pathlib import Path

import pytest

from careloop.adapters.sqlite_ledger import open_ledger
from careloop.errors import Unavailable
from careloop.ports.ledger import Ledger
from careloop.testing.contracts.ledger import NOON, LedgerContract, a_record
from careloop.testing.ledger_fake import LedgerFake


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
