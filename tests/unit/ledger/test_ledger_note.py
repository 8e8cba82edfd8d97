"""Notes, keys and checkpoints are those that other logs' tools read."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.errors import CareloopError, InvalidInput, Refused
from careloop.ledger.checkpoint import checkpoint_text, read_checkpoint, sign_checkpoint
from careloop.ledger.merkle import leaf_hash
from careloop.ledger.note import Signer, Verifier, read_signer, read_verifier, sign_note, strict_base64, verify_note
from careloop.ledger.proof import proof_text, verify_proof

GO_SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
LOG = Signer("acme.example/care", bytes(range(32)))
OTHER = Signer("witness.example/w1", bytes(32))


def test_keys_and_notes_are_those_of_gos_note_package() -> None:
    signer, verifier = read_signer(GO_SIGNER), read_verifier(GO_VERIFIER)
    assert (signer.text, verifier.text, signer.verifier) == (GO_SIGNER, GO_VERIFIER, verifier)
    text = verify_note(GO_NOTE, verifier)
    assert sign_note(text, signer) == GO_NOTE


def test_a_secret_key_does_not_show_itself() -> None:
    signer = read_signer(GO_SIGNER)
    assert str(signer.seed) not in repr(signer)
    broken = GO_SIGNER.replace("c74f20a3", "c74f20a4")
    with pytest.raises(InvalidInput) as caught:
        read_signer(broken)
    assert "AYEKFALVFGyNhPJEMzD1QIDr" not in str(caught.value)


@given(st.integers(0, len(GO_NOTE) - 1), st.characters(codec="utf-8"))
def test_a_note_with_any_character_changed_does_not_verify(at: int, other: str) -> None:
    if GO_NOTE[at] == other:
        return
    with pytest.raises(CareloopError):
        verify_note(GO_NOTE[:at] + other + GO_NOTE[at + 1 :], read_verifier(GO_VERIFIER))


def test_signatures_by_others_are_passed_over() -> None:
    text = checkpoint_text(LOG.name, 1, bytes(32))
    witnessed = sign_note(text, OTHER) + sign_note(text, LOG).removeprefix(f"{text}\n")
    assert verify_note(witnessed, LOG.verifier) == text
    with pytest.raises(Refused, match="no signature"):
        verify_note(sign_note(text, OTHER), LOG.verifier)


def test_one_bad_signature_by_a_known_key_spoils_the_note() -> None:
    good = sign_note("text\n", LOG)
    bad = base64.b64encode(LOG.verifier.key_id + bytes(64)).decode()
    with pytest.raises(Refused, match="does not fit"):
        verify_note(f"{good}— {LOG.name} {bad}\n", LOG.verifier)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        GO_NOTE[:-1],
        GO_NOTE.replace("— ", "- "),
        GO_NOTE.replace("\n\n", "\n"),
        GO_NOTE + GO_NOTE.split("\n\n")[1] * 64,
        GO_NOTE.replace("If", "\tIf"),
        "text\n\n— name AAAA\n",
    ],
)
def test_what_is_not_a_note_is_said_to_be_none(note: str) -> None:
    with pytest.raises(InvalidInput):
        verify_note(note, read_verifier(GO_VERIFIER))


@pytest.mark.parametrize("text", ["no newline", "tab\t\n", ""])
def test_a_text_that_a_note_cannot_hold_is_not_signed(text: str) -> None:
    with pytest.raises(InvalidInput):
        sign_note(text, LOG)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak", "thin\u2009space"])
def test_a_key_name_has_no_spaces_and_no_plus(name: str) -> None:
    with pytest.raises(InvalidInput):
        Verifier(name, bytes(32))
    with pytest.raises(InvalidInput):
        Signer(name, bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+AQ==",
        GO_VERIFIER.replace("c7", "C7"),
        GO_VERIFIER.replace("PeterNeumann", "Mallory"),
        GO_VERIFIER[:-4] + "10TX",
        GO_VERIFIER.replace("+AR", "+BR"),
    ],
)
def test_a_public_key_that_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_verifier(text)


def test_base64_is_read_in_its_canonical_form_only() -> None:
    assert strict_base64("AAE=") == b"\x00\x01"
    for text in ("AAE", "AAF=", "AA E=", "AAE=\n", "AA-_", "A", "ÄÄÄÄ"):
        with pytest.raises(InvalidInput):
            strict_base64(text)


def test_a_checkpoint_is_read_as_it_was_signed_and_always_the_same() -> None:
    checkpoint = sign_checkpoint(42, b"r" * 32, LOG)
    assert read_checkpoint(checkpoint.note, LOG.verifier) == checkpoint
    assert sign_checkpoint(42, b"r" * 32, LOG) == checkpoint
    assert checkpoint.note.startswith("acme.example/care\n42\ncnJycnJy")


def test_a_checkpoint_of_another_log_is_refused_even_when_our_key_signed_it() -> None:
    note = sign_note(checkpoint_text("other.example/care", 1, bytes(32)), LOG)
    with pytest.raises(Refused, match=r"other\.example"):
        read_checkpoint(note, LOG.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "acme.example/care\n01\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "acme.example/care\n-1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "acme.example/care\n1\n" + base64.b64encode(bytes(31)).decode() + "\n",
        "acme.example/care\n1\n",
        "acme.example/care\n1\n" + base64.b64encode(bytes(32)).decode() + "\nextension\n",
    ],
)
def test_a_signed_note_that_is_no_checkpoint_is_not_read_as_one(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_checkpoint(sign_note(text, LOG), LOG.verifier)


def test_a_proof_text_proves_its_bytes_and_no_others() -> None:
    body = b"the only entry"
    checkpoint = sign_checkpoint(1, leaf_hash(body), LOG)
    text = proof_text(0, (), checkpoint)
    assert verify_proof(text, body, LOG.verifier) == (0, checkpoint)
    with pytest.raises(Refused):
        verify_proof(text, b"another entry", LOG.verifier)
    with pytest.raises(Refused):
        verify_proof(text.replace("index 0", "index 1"), body, LOG.verifier)
    for broken in ("", text.replace("@v1", "@v2"), text.replace("index 0", "index 00"), text.replace("index", "extra")):
        with pytest.raises(InvalidInput):
            verify_proof(broken, body, LOG.verifier)
