"""`care ledger prove`: one text that shows, offline and to anybody with the log's key, that an entry is there."""

from dataclasses import dataclass

from careloop.ledger.note import read_verifier
from careloop.ledger.proof import proof_text, verify_proof
from careloop.ports.ledger import Ledger

__all__ = ["EntryProof", "prove_entry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryProof:
    """A proof with what it proves."""

    index: int
    size: int
    origin: str
    key: str
    """The log's public key, name+hash+base64."""
    body: bytes
    """The entry's bytes: what is proven."""
    proof: str
    """C2SP tlog-proof."""


def prove_entry(ledger: Ledger, index: int) -> EntryProof:
    """The proof of an entry in the newest signed checkpoint, checked before it is given out; raises `NotFound`."""
    head = ledger.head()
    body = ledger.entry(index).body
    proof = proof_text(index, ledger.prove(index, head.size), head)
    verify_proof(proof, body, read_verifier(ledger.key))
    return EntryProof(index=index, size=head.size, origin=head.origin, key=ledger.key, body=body, proof=proof)
