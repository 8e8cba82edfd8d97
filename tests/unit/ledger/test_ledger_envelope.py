"""Attestations are signed by a hand other than the log's, and stock tools can check them."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from careloop.errors import CareloopError, InvalidInput, Refused
from careloop.ledger.canonical import canonical_bytes
from careloop.ledger.envelope import (
    Statement,
    key_id,
    pre_authentication_encoding,
    sign_statement,
    verify_statement,
)
from careloop.ledger.note import Signer
from careloop.ports.ledger import Json, Subject

LOG = Signer("acme.example/care", bytes(range(32)))
GATE = Signer("acme.example/gate", bytes(32))
STRANGER = Signer("evil.example/gate", b"\x07" * 32)
STATEMENT = Statement(
    subject=(
        Subject(name="model", digest="sha256:" + "0a" * 32),
        Subject(name="code", digest="gitCommit:" + "0b" * 20),
    ),
    predicate_type="https://acme.example/gate-result/v1",
    predicate={"decision": "allow", "n": 4102, "ratio": "0.83"},
)
ENVELOPE = sign_statement(STATEMENT, GATE, log_key=LOG.verifier)


def test_a_signed_statement_is_read_back_with_its_signer() -> None:
    found = verify_statement(ENVELOPE, [STRANGER.verifier, GATE.verifier], log_key=LOG.verifier)
    assert (found.statement, found.signers) == (STATEMENT, (GATE.verifier,))


def test_the_same_statement_always_gives_the_same_envelope() -> None:
    assert sign_statement(STATEMENT, GATE, log_key=LOG.verifier) == ENVELOPE
    assert canonical_bytes(json.loads(ENVELOPE)) == ENVELOPE


def test_the_signed_bytes_are_those_of_the_dsse_example() -> None:
    signed = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    assert signed == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_the_payload_is_an_in_toto_statement() -> None:
    payload = json.loads(base64.b64decode(json.loads(ENVELOPE)["payload"]))
    assert payload["_type"] == "https://in-toto.io/Statement/v1"
    assert payload["subject"][0] == {"name": "model", "digest": {"sha256": "0a" * 32}}
    assert json.loads(ENVELOPE)["signatures"][0]["keyid"] == key_id(GATE.verifier)


def test_the_log_does_not_vouch_for_what_it_keeps() -> None:
    same_key_other_name = Signer("acme.example/gate", LOG.seed)
    with pytest.raises(Refused, match="own key"):
        sign_statement(STATEMENT, same_key_other_name, log_key=LOG.verifier)
    with pytest.raises(Refused, match="own key"):
        verify_statement(ENVELOPE, [GATE.verifier, LOG.verifier], log_key=LOG.verifier)


def test_a_stranger_or_nobody_does_not_count_as_signer() -> None:
    for keys in ([], [STRANGER.verifier]):
        with pytest.raises(Refused, match="no trusted key"):
            verify_statement(ENVELOPE, keys, log_key=LOG.verifier)


@given(st.integers(0, len(ENVELOPE) - 1), st.integers(0, 255))
def test_an_envelope_with_any_byte_changed_never_says_something_else(at: int, value: int) -> None:
    changed = ENVELOPE[:at] + bytes([value]) + ENVELOPE[at + 1 :]
    try:
        assert verify_statement(changed, [GATE.verifier], log_key=LOG.verifier).statement == STATEMENT
    except CareloopError:
        assert changed != ENVELOPE


@pytest.mark.parametrize(
    ("subject", "predicate", "named"),
    [
        ((), {}, "subject: empty"),
        ((Subject(name="bare"),), {}, "subject bare"),
        (STATEMENT.subject, {"ratio": 0.5}, "predicate.ratio"),
    ],
)
def test_a_statement_that_cannot_be_bound_is_not_signed(
    subject: tuple[Subject, ...], predicate: dict[str, Json], named: str
) -> None:
    statement = Statement(subject=subject, predicate_type="t", predicate=predicate)
    with pytest.raises(InvalidInput, match=named):
        sign_statement(statement, GATE, log_key=LOG.verifier)


@pytest.mark.parametrize(
    "payload",
    [
        {"_type": "https://in-toto.io/Statement/v0.1", "subject": [], "predicateType": "t", "predicate": {}},
        {"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "t", "predicate": {}},
        {"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "x"}], "predicateType": "t", "predicate": {}},
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "x", "digest": {"sha256": "00"}}],
            "predicateType": "t",
            "predicate": 7,
        },
        ["not", "an", "object"],
    ],
)
def test_a_well_signed_payload_that_is_no_statement_is_not_read_as_one(payload: Json) -> None:
    raw = canonical_bytes(payload)
    signature = GATE.sign(pre_authentication_encoding("application/vnd.in-toto+json", raw))
    envelope: Json = {
        "payload": base64.b64encode(raw).decode(),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [{"sig": base64.b64encode(signature).decode()}],
    }
    with pytest.raises(InvalidInput):
        verify_statement(canonical_bytes(envelope), [GATE.verifier], log_key=LOG.verifier)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 50_000])
def test_what_is_no_envelope_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        verify_statement(content, [GATE.verifier], log_key=LOG.verifier)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_openssl_verifies_the_signature(tmp_path: Path) -> None:
    envelope = json.loads(ENVELOPE)
    signed = pre_authentication_encoding(envelope["payloadType"], base64.b64decode(envelope["payload"]))
    public = Ed25519PublicKey.from_public_bytes(GATE.verifier.public)
    (tmp_path / "key.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem", "-sigfile", "sig"]
    for content, expected in ((signed, 0), (signed + b" ", 1)):
        (tmp_path / "signed").write_bytes(content)
        done = subprocess.run([*command, "-in", "signed"], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == expected
