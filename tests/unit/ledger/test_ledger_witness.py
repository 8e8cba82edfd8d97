"""A witness cosigns what continues the log that it saw, and neither a rollback nor a fork (C2SP tlog-witness; R51)."""

import base64
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_verify.notes import read_key, read_note
from careloop.errors import InvalidInput
from careloop.ledger.checkpoint import read_checkpoint, sign_checkpoint
from careloop.ledger.cosignature import Cosigner, cosigned_at, read_cosigner, read_witness_key
from careloop.ledger.note import Signer, join_signatures, read_verifier, verify_note
from careloop.ledger.witness import AddCheckpoint, Decision, judge, read_add_checkpoint, write_add_checkpoint
from careloop.ports.ledger import Checkpoint
from careloop.testing.contracts.ledger import NOON, a_record
from careloop.testing.ledger_fake import LedgerFake

LOG = LedgerFake("acme.example/care")
LOG.append([a_record(n) for n in range(20)], recorded_at=NOON)
KEY = read_verifier(LOG.key)
OWNER = Signer(LOG.origin, sha256(LOG.origin.encode()).digest())
WITNESS = Cosigner("witness.example/w1", b"\x05" * 32)
SERVED = {LOG.origin: (KEY,)}


def at(size: int) -> Checkpoint:
    """The log's checkpoint of an earlier size."""
    shorter = LedgerFake(LOG.origin)
    shorter.append([a_record(n) for n in range(size)], recorded_at=NOON)
    return shorter.head()


def ask(old: int, new: Checkpoint, proof: tuple[bytes, ...] | None = None) -> AddCheckpoint:
    made = LOG.consistency(old, new.size) if proof is None else proof
    return read_add_checkpoint(write_add_checkpoint(old, made, new.note))


def answered(asked: AddCheckpoint, latest: Checkpoint | None) -> Decision:
    return judge(asked, logs=SERVED, latest=latest)


@given(st.integers(0, 20), st.integers(0, 20))
def test_whatever_continues_the_log_is_accepted_and_nothing_shorter(old: int, new: int) -> None:
    latest = at(old) if old else None
    if old <= new:
        assert answered(ask(old, at(new)), latest).checkpoint == at(new)
    else:
        assert answered(ask(new, at(new), ()), latest).status == 409
        assert answered(AddCheckpoint(old=old, proof=(), note=at(new).note), latest).status == 400


def test_a_rollback_is_told_how_long_the_log_was() -> None:
    said = answered(ask(0, at(5), ()), at(9))
    assert (said.status, said.body, said.media, said.checkpoint) == (409, "9\n", "text/x.tlog.size", None)


def test_a_fork_of_the_same_size_and_one_that_grew_are_refused() -> None:
    other = LedgerFake(LOG.origin)
    other.append([a_record(n + 100) for n in range(12)], recorded_at=NOON)
    same_size = sign_checkpoint(9, bytes(32), OWNER)
    assert answered(ask(9, same_size, ()), at(9)).status == 409
    forked = ask(9, other.head(), other.consistency(9, 12))
    assert answered(forked, at(9)).status == 422


def test_who_is_not_served_or_did_not_sign_is_refused() -> None:
    stranger = Signer(LOG.origin, b"\x01" * 32)
    assert answered(ask(0, sign_checkpoint(3, bytes(32), stranger), ()), None).status == 403
    elsewhere = Signer("evil.example/care", b"\x01" * 32)
    assert answered(ask(0, sign_checkpoint(3, bytes(32), elsewhere), ()), None).status == 404


def test_a_proof_that_proves_nothing_is_refused() -> None:
    good = LOG.consistency(3, 9)
    for proof in ((), good[:-1], (*good, bytes(32)), tuple(reversed(good)), LOG.consistency(4, 9)):
        assert answered(ask(3, at(9), proof), at(3)).status == 422
    assert answered(ask(0, at(9), (bytes(32),)), None).status == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 3\n",
        b"old -1\n\n" + at(3).note.encode(),
        b"old 03\n\n" + at(3).note.encode(),
        b"old 3\nnot base64\n\n" + at(3).note.encode(),
        b"old 3\n" + base64.b64encode(bytes(31)) + b"\n\n" + at(3).note.encode(),
        b"old 3\n" + (base64.b64encode(bytes(32)) + b"\n") * 64 + b"\n" + at(3).note.encode(),
        b"old 3\n\nno note",
        b"\xff\xfe",
    ],
)
def test_what_is_no_request_is_not_read(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_add_checkpoint(body)


def test_a_cosignature_says_when_and_both_implementations_read_it() -> None:
    head = LOG.head()
    note = join_signatures(
        head.note, head.note.rpartition("\n\n")[0] + "\n\n" + WITNESS.cosign(head.note, time=1_774_958_400)
    )
    assert cosigned_at(note, WITNESS.key) == 1_774_958_400
    assert read_note(note.encode()).cosigned_by(read_key(WITNESS.key.text)) == 1_774_958_400
    assert read_checkpoint(note, KEY).root == head.root
    assert cosigned_at(head.note, WITNESS.key) is None
    assert cosigned_at(note, Cosigner(WITNESS.name, b"\x06" * 32).key) is None


def test_a_cosignature_over_another_time_or_text_does_not_hold() -> None:
    head, line = LOG.head(), WITNESS.cosign(LOG.head().note, time=7)
    raw = bytearray(base64.b64decode(line.split(" ")[2]))
    raw[11] ^= 1
    forged = f"— {WITNESS.name} {base64.b64encode(raw).decode()}\n"
    for text, signature in ((head.note, forged), (at(3).note, line)):
        note = text.rpartition("\n\n")[0] + "\n\n" + signature
        assert cosigned_at(note, WITNESS.key) is None
        assert read_note(note.encode()).cosigned_by(read_key(WITNESS.key.text)) is None


def test_keys_of_a_witness_are_told_from_keys_of_a_log() -> None:
    assert read_witness_key(WITNESS.key.text) == WITNESS.key
    assert read_cosigner(WITNESS.text) == WITNESS
    for read, text in ((read_witness_key, KEY.text), (read_cosigner, OWNER.text), (read_witness_key, "x")):
        with pytest.raises(InvalidInput):
            read(text)
    assert repr(WITNESS).count("\\x05") == 0


def test_signatures_join_only_over_the_same_text() -> None:
    both = join_signatures(LOG.head().note, sign_checkpoint(20, LOG.head().root, Signer(LOG.origin, b"\x02" * 32)).note)
    assert verify_note(both, KEY) == verify_note(LOG.head().note, KEY)
    with pytest.raises(InvalidInput):
        join_signatures(LOG.head().note, at(3).note)
