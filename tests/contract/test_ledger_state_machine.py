"""Whatever is appended, in whatever order and grouping, sent again, reopened or late: the ledger equals its model.

The model is a list of bodies and RFC 6962 by its definition; pymerkle, when it is installed, is a second witness.
Issue 6, R51.
"""

import tempfile
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledger_rooms import ORIGIN

from careloop.adapters.sqlite_ledger import open_ledger
from careloop.adapters.sqlite_ledger_verification import verify_sqlite_ledger
from careloop.adapters.stored_ledger import StoredLedger
from careloop.errors import Conflict
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.merkle import verify_consistency, verify_inclusion
from careloop.ledger.note import read_verifier
from careloop.testing.contracts.ledger import NOON, a_record

pymerkle = pytest.importorskip("pymerkle", reason="a second implementation, used only as a witness in tests")


def naive_root(bodies: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written."""
    if len(bodies) < 2:
        return sha256(b"\0" + bodies[0] if bodies else b"").digest()
    k = 1 << ((len(bodies) - 1).bit_length() - 1)
    return sha256(b"\1" + naive_root(bodies[:k]) + naive_root(bodies[k:])).digest()


class LedgerMachine(RuleBasedStateMachine):
    """One ledger in a file, and what it should be."""

    @initialize()
    def start(self) -> None:
        self.room = tempfile.TemporaryDirectory()
        self.database = Path(self.room.name) / "ledger.sqlite"
        self.ledger: StoredLedger = open_ledger(self.database, origin=ORIGIN, create=True)
        self.witness = pymerkle.InmemoryTree(algorithm="sha256")
        self.bodies: list[bytes] = []
        self.places: dict[int, int] = {}
        self.roots = [naive_root([])]
        self.next = 0

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.room.cleanup()

    @rule(count=st.integers(1, 9), seconds=st.integers(-5, 5))
    def append(self, count: int, seconds: int) -> None:
        numbers = range(self.next, self.next + count)
        self.next += count
        at = NOON + timedelta(seconds=len(self.bodies) + seconds)
        receipts = self.ledger.append([a_record(n) for n in numbers], recorded_at=at)
        for number, receipt in zip(numbers, receipts, strict=True):
            assert receipt.index == len(self.bodies)
            body = self.ledger.entry(receipt.index).body
            assert receipt.leaf_hash == sha256(b"\0" + body).digest()
            self.places[number] = receipt.index
            self.bodies.append(body)
            self.witness.append_entry(body)
            self.roots.append(naive_root(self.bodies))
        assert {(r.size, r.root) for r in receipts} == {(len(self.bodies), self.roots[-1])}

    @precondition(lambda self: self.places)
    @rule(data=st.data())
    def send_again_with_something_new(self, data: st.DataObject) -> None:
        known = data.draw(st.sampled_from(sorted(self.places)))
        fresh, self.next = self.next, self.next + 1
        again, new = self.ledger.append([a_record(known), a_record(fresh)], recorded_at=NOON)
        assert (again.index, new.index) == (self.places[known], len(self.bodies))
        self.places[fresh] = new.index
        self.bodies.append(self.ledger.entry(new.index).body)
        self.witness.append_entry(self.bodies[-1])
        self.roots.append(naive_root(self.bodies))

    @precondition(lambda self: self.places)
    @rule(data=st.data())
    def forge_a_known_id(self, data: st.DataObject) -> None:
        known = data.draw(st.sampled_from(sorted(self.places)))
        with pytest.raises(Conflict):
            self.ledger.append([a_record(self.next), replace(a_record(known), controls=())], recorded_at=NOON)

    @rule()
    def close_and_open(self) -> None:
        self.ledger.close()
        self.ledger = open_ledger(self.database, origin=ORIGIN)

    @precondition(lambda self: self.bodies)
    @rule(data=st.data())
    def prove(self, data: st.DataObject) -> None:
        size = data.draw(st.integers(1, len(self.bodies)))
        index = data.draw(st.integers(0, size - 1))
        leaf, path = sha256(b"\0" + self.bodies[index]).digest(), self.ledger.prove(index, size)
        assert verify_inclusion(leaf, index, size, path, root=self.roots[size])
        old = data.draw(st.integers(0, size))
        proof = self.ledger.consistency(old, size)
        assert verify_consistency(old, size, proof, old_root=self.roots[old], new_root=self.roots[size])

    @rule()
    def verify(self) -> None:
        found = verify_sqlite_ledger(self.database)
        assert (found.sound, found.size, found.root) == (True, len(self.bodies), self.roots[-1])

    @invariant()
    def the_log_is_the_model(self) -> None:
        if not hasattr(self, "ledger"):
            return
        head = self.ledger.head()
        assert read_checkpoint(head.note, read_verifier(self.ledger.key)) == head
        assert (head.size, head.root) == (len(self.bodies), self.roots[-1])
        assert not self.bodies or head.root == self.witness.get_root()
        assert [entry.body for entry in self.ledger.entries(0, head.size)] == self.bodies


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
