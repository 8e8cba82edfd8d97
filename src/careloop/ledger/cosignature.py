"""Cosignatures: somebody else saw this checkpoint at that time, and that it continues what he saw before.

Source: C2SP tlog-cosignature, cosignature/v1 (Ed25519, signature type 0x04).
"""

import base64
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from careloop.errors import InvalidInput
from careloop.ledger.note import Verifier, note_signatures, note_text, strict_base64

__all__ = ["Cosigner", "WitnessKey", "cosigned_at", "read_cosigner", "read_witness_key"]

_KIND: Final = b"\x04"
_SECRET: Final = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public half of a witness's key."""

    name: str
    public: bytes
    """32 bytes (RFC 8032)."""

    def __post_init__(self) -> None:
        Verifier(self.name, self.public)  # the same is asked of name and key

    @property
    def key_id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        return sha256(self.name.encode() + b"\n" + _KIND + self.public).digest()[:4]

    @property
    def text(self) -> str:
        """The key in one line: name+hash+base64."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_KIND + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's secret key, which never shows in a message."""

    name: str
    seed: bytes = field(repr=False)
    """32 secret bytes."""

    @property
    def key(self) -> WitnessKey:
        """The public half."""
        return WitnessKey(self.name, self._private().public_key().public_bytes_raw())

    @property
    def text(self) -> str:
        """The secret key in one line, for a file that only its owner can read."""
        return f"{_SECRET}{self.name}+{self.key.key_id.hex()}+{base64.b64encode(_KIND + self.seed).decode()}"

    def cosign(self, note: str, *, time: int) -> str:
        """The signature line, with its newline, for a checkpoint; `time` is seconds since 1970, at least 0."""
        if not 0 <= time < 2**63:
            raise InvalidInput(f"{time} is no time of a cosignature")
        signature = self._private().sign(_said(note_text(note), time))
        raw = self.key.key_id + time.to_bytes(8) + signature
        return f"— {self.name} {base64.b64encode(raw).decode()}\n"

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def read_witness_key(text: str) -> WitnessKey:
    """A witness's public key from its line; raises `InvalidInput`."""
    name, raw = _read(text)
    key = WitnessKey(name, raw)
    if key.text != text:
        raise InvalidInput(f"key {name}: its hash does not fit it")
    return key


def read_cosigner(text: str) -> Cosigner:
    """A witness's secret key from its line; raises `InvalidInput`, whose message does not repeat the line."""
    if not text.startswith(_SECRET):
        raise InvalidInput("not a witness's signing key: it does not begin with PRIVATE+KEY+")
    name, raw = _read(text.removeprefix(_SECRET))
    cosigner = Cosigner(name, raw)
    if cosigner.text != text:
        raise InvalidInput(f"key {name}: its hash does not fit it")
    return cosigner


def cosigned_at(note: str, key: WitnessKey) -> int | None:
    """When this witness cosigned, in seconds since 1970; None when it did not, or its signature does not hold."""
    text = note_text(note)
    own = [raw[4:] for name, raw in note_signatures(note) if (name, raw[:4]) == (key.name, key.key_id)]
    if not own or not all(_holds(text, one, key) for one in own):
        return None
    return min(int.from_bytes(one[:8]) for one in own)


def _holds(text: str, signature: bytes, key: WitnessKey) -> bool:
    if len(signature) != 72:
        return False
    try:
        said = _said(text, int.from_bytes(signature[:8]))
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature[8:], said)
    except InvalidSignature:
        return False
    return True


def _said(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _read(text: str) -> tuple[str, bytes]:
    match text.split("+", 2):
        case [name, _, encoded]:
            raw = strict_base64(encoded)
        case _:
            raise InvalidInput("not a witness's key: name+hash+base64")
    if raw[:1] != _KIND or len(raw) != 33:
        raise InvalidInput("not a key of a witness (type 0x04, cosignature/v1)")
    return name, raw[1:]
