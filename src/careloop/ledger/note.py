"""Signed notes: text that a named key stands behind, in the form that other transparency logs and their tools read.

Keys are written as Go's note package writes them. Source: C2SP signed-note (Ed25519, signature type 0x01).
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from careloop.errors import InvalidInput, Refused

__all__ = [
    "Signer",
    "Verifier",
    "join_signatures",
    "note_signatures",
    "note_text",
    "read_signer",
    "read_verifier",
    "sign_note",
    "strict_base64",
    "verify_note",
]

_ED25519: Final = b"\x01"
_SIGNER: Final = "PRIVATE+KEY+"
_MAX_SIGNATURES: Final = 64
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half of a named Ed25519 key."""

    name: str
    public: bytes
    """32 bytes (RFC 8032)."""

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != 32:
            raise InvalidInput(f"key {self.name}: an Ed25519 public key has 32 bytes, not {len(self.public)}")

    @property
    def key_id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    @property
    def text(self) -> str:
        """The key in one line: name+hash+base64."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the signature over exactly these bytes."""
        try:
            _public_key(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A named Ed25519 key that can sign; its secret never shows in a message."""

    name: str
    seed: bytes = field(repr=False)
    """32 secret bytes (RFC 8032)."""

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.seed) != 32:
            raise InvalidInput(f"key {self.name}: an Ed25519 private key has 32 bytes, not {len(self.seed)}")

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, _public_half(self.seed))

    @property
    def text(self) -> str:
        """The secret key in one line, for a file that only its owner can read."""
        return f"{_SIGNER}{self.name}+{self.verifier.key_id.hex()}+{base64.b64encode(_ED25519 + self.seed).decode()}"

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature; the same message always has the same one."""
        return _private_key(self.seed).sign(message)


@lru_cache(maxsize=8)
def read_verifier(text: str) -> Verifier:
    """A public key from its line; raises `InvalidInput`."""
    name, key = _read_key(text, "a verifier key")
    verifier = Verifier(name, key)
    _check_hash(text, verifier)
    return verifier


def read_signer(text: str) -> Signer:
    """A secret key from its line; raises `InvalidInput`, whose message does not repeat the line."""
    if not text.startswith(_SIGNER):
        raise InvalidInput("not a signing key: it does not begin with PRIVATE+KEY+")
    name, key = _read_key(text.removeprefix(_SIGNER), "a signing key")
    signer = Signer(name, key)
    _check_hash(text.removeprefix(_SIGNER), signer.verifier)
    return signer


def sign_note(text: str, signer: Signer) -> str:
    """The text (which ends in a newline) with the signer's line below it."""
    if not text.endswith("\n") or _has_control(text):
        raise InvalidInput("the text of a note ends in a newline and has no other control character")
    signature = base64.b64encode(signer.verifier.key_id + signer.sign(text.encode())).decode()
    return f"{text}\n— {signer.name} {signature}\n"


def verify_note(note: str, key: Verifier) -> str:
    """The text that the key signed; raises `InvalidInput` for what is no note and `Refused` for a bad signature.

    Signatures by other keys are passed over, as the format asks.
    """
    text, signatures = note_text(note), note_signatures(note)
    own = [signature for name, signature in signatures if (name, signature[:4]) == (key.name, key.key_id)]
    if not own:
        raise Refused(f"the note carries no signature by {key.name}")
    if not all(key.accepts(signature[4:], text.encode()) for signature in own):
        raise Refused(f"the signature by {key.name} does not fit the note")
    return text


def note_text(note: str) -> str:
    """The text of a note, whoever signed it; raises `InvalidInput` for what is no note."""
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n") or _has_control(note):
        raise InvalidInput("not a signed note")
    return text + "\n"


def note_signatures(note: str) -> list[tuple[str, bytes]]:
    """Name, and key id with signature, of each line below a note, not checked; raises `InvalidInput`."""
    note_text(note)
    lines = note.rpartition("\n\n")[2].removesuffix("\n").split("\n")
    if len(lines) > _MAX_SIGNATURES:
        raise InvalidInput(f"a note with more than {_MAX_SIGNATURES} signatures is not read")
    return [_read_signature(line) for line in lines]


def join_signatures(*notes: str) -> str:
    """One note with the signatures of several over the same text, each line once; raises `InvalidInput`."""
    texts = {note_text(note) for note in notes}
    if len(texts) != 1:
        raise InvalidInput("signatures over different texts cannot stand below one note")
    lines = [line for note in notes for line in note.rpartition("\n\n")[2].removesuffix("\n").split("\n")]
    return texts.pop() + "\n" + "\n".join(dict.fromkeys(lines)) + "\n"


def strict_base64(text: str) -> bytes:
    """Bytes from standard base64 that is written in its one canonical way; raises `InvalidInput`."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"not base64: {error}") from error
    if base64.b64encode(value).decode() != text:
        raise InvalidInput("base64 in a form other than the canonical one")
    return value


@lru_cache(maxsize=32)
def _public_key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


@lru_cache(maxsize=8)
def _private_key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


@lru_cache(maxsize=8)
def _public_half(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _read_signature(line: str) -> tuple[str, bytes]:
    match line.split(" "):
        case ["—", name, encoded] if name:
            signature = strict_base64(encoded)
        case _:
            raise InvalidInput("a line below a note is not a signature")
    if len(signature) < 5:
        raise InvalidInput("a signature below a note is too short")
    return name, signature


def _read_key(text: str, what: str) -> tuple[str, bytes]:
    match text.split("+", 2):
        case [name, _, encoded]:
            key = strict_base64(encoded)
        case _:
            raise InvalidInput(f"not {what}: name+hash+base64")
    if key[:1] != _ED25519:
        raise InvalidInput(f"not {what} of the type Ed25519")
    return name, key[1:]


def _check_hash(text: str, verifier: Verifier) -> None:
    if text.split("+", 2)[1] != verifier.key_id.hex():
        raise InvalidInput(f"key {verifier.name}: its hash does not fit it")


def _check_name(name: str) -> None:
    if not name or "+" in name or _has_control(name) or any(c.isspace() for c in name):
        raise InvalidInput(
            f"{name!r} is not a key name: not empty, no spaces, no plus sign", hint="One like acme.example/care."
        )


def _has_control(text: str) -> bool:
    return _CONTROL.search(text) is not None
