"""Signed notes: who signed the log's checkpoints, and who else saw them.

Sources: C2SP signed-note, tlog-checkpoint, tlog-cosignature (cosignature/v1).
"""

import base64
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from care_verify.decoding import Malformed, base64_bytes

__all__ = ["Checkpoint", "Key", "Note", "read_checkpoint", "read_key", "read_note"]

_LOG: Final = 1
_WITNESS: Final = 4
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_LINE: Final = re.compile(r"— ([^ +\n]+) ([A-Za-z0-9+/]+={0,2})")
_MAX_SIGNATURES: Final = 64


@dataclass(frozen=True, slots=True)
class Key:
    """A named Ed25519 key of a log or of a witness."""

    name: str
    kind: int
    """1 signs notes; 4 cosigns them with a time (cosignature/v1)."""
    public: bytes
    """32 bytes."""

    @property
    def id(self) -> bytes:
        """The four bytes that name it in a signature line."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def text(self) -> str:
        """The key in one line: name+hash+base64."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    @property
    def pem(self) -> bytes:
        """The public key as stock tools read it (RFC 8410)."""
        return self._key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER SubjectPublicKeyInfo, in hex: what names it in an attestation."""
        return sha256(self._key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the signature over exactly these bytes."""
        try:
            self._key().verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.public)


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures below it, not yet checked."""

    text: str
    signatures: tuple[tuple[str, bytes], ...]
    """Name, and key id with signature."""

    def signed_by(self, key: Key) -> bool:
        """Whether there is a signature by this log key, and every one by it holds."""
        own = [raw[4:] for name, raw in self.signatures if (name, raw[:4]) == (key.name, key.id)]
        return key.kind == _LOG and bool(own) and all(key.accepts(one, self.text.encode()) for one in own)

    def cosigned_by(self, key: Key) -> int | None:
        """When this witness saw it, in seconds since 1970; None when it did not, or its signature does not hold."""
        own = [raw[4:] for name, raw in self.signatures if (name, raw[:4]) == (key.name, key.id)]
        if key.kind != _WITNESS or not own or any(len(one) != 72 for one in own):
            return None
        seen = [int.from_bytes(one[:8]) for one in own]
        said = [f"cosignature/v1\ntime {time}\n{self.text}".encode() for time in seen]
        return min(seen) if all(key.accepts(one[8:], text) for one, text in zip(own, said, strict=True)) else None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log's statement of its length and root."""

    origin: str
    size: int
    root: bytes


def read_key(text: str) -> Key:
    """A public key from its line; raises `Malformed`."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not parts[0] or any(c.isspace() for c in text):
        raise Malformed("not a key: name+hash+base64")
    raw = base64_bytes(parts[2])
    if len(raw) != 33 or raw[0] not in (_LOG, _WITNESS):
        raise Malformed("not an Ed25519 key of a log or witness")
    key = Key(parts[0], raw[0], raw[1:])
    if key.text != text:
        raise Malformed(f"key {key.name}: its hash does not fit it")
    return key


def read_note(content: bytes) -> Note:
    """A note from its bytes; raises `Malformed`."""
    try:
        whole = content.decode()
    except UnicodeDecodeError as error:
        raise Malformed("a note is text") from error
    text, gap, below = whole.rpartition("\n\n")
    lines = below.removesuffix("\n").split("\n")
    if not gap or not below.endswith("\n") or any(c < " " and c != "\n" for c in whole):
        raise Malformed("not a signed note")
    found = [_LINE.fullmatch(line) for line in lines]
    if len(lines) > _MAX_SIGNATURES or None in found:
        raise Malformed("a line below a note is not a signature")
    signatures = tuple((match[1], base64_bytes(match[2])) for match in found if match)
    if any(len(raw) < 5 for _, raw in signatures):
        raise Malformed("a signature below a note is too short")
    return Note(text + "\n", signatures)


def read_checkpoint(note: Note) -> Checkpoint:
    """What a checkpoint says; its signatures are another question. Raises `Malformed`."""
    lines = note.text.removesuffix("\n").split("\n")
    if len(lines) != 3 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise Malformed("not a checkpoint: origin, size and root, one a line")
    root = base64_bytes(lines[2])
    if len(root) != 32:
        raise Malformed("the root of a checkpoint has 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root)
