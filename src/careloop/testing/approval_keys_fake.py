"""SSH keys in memory, for tests: real Ed25519 keys and real SSH signatures, without `ssh-keygen` and without files."""

import base64
from hashlib import sha256, sha512

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from careloop.errors import NotFound

__all__ = ["ApprovalKeysFake", "key_of", "line_of"]

_KIND = b"ssh-ed25519"


class ApprovalKeysFake:
    """An `ApprovalKeys` that holds the keys of some people; the same name always has the same key."""

    def __init__(self, *people: str) -> None:
        self._keys = {line_of(person): key_of(person) for person in people}

    def lines(self) -> tuple[str, ...]:
        """Public keys that can sign here."""
        return tuple(self._keys)

    def sign(self, line: str, message: bytes, *, namespace: str) -> str:
        """The armoured signature (OpenSSH PROTOCOL.sshsig, version 1, SHA-512)."""
        if line not in self._keys:
            raise NotFound("that key is not on this machine")
        key = self._keys[line]
        purpose = (namespace.encode(), b"", b"sha512")
        signed = b"SSHSIG" + b"".join(map(_text, (*purpose, sha512(message).digest())))
        proper = _text(_KIND) + _text(key.sign(signed))
        blob = b"SSHSIG" + (1).to_bytes(4) + b"".join(map(_text, (_public(key), *purpose, proper)))
        body = base64.b64encode(blob).decode()
        lines = [body[at : at + 70] for at in range(0, len(body), 70)]
        return "\n".join(("-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""))


def key_of(person: str) -> Ed25519PrivateKey:
    """The private key of somebody, by their name."""
    return Ed25519PrivateKey.from_private_bytes(sha256(person.encode()).digest())


def line_of(person: str) -> str:
    """The public key of somebody, as it stands in roles.yaml."""
    return f"ssh-ed25519 {base64.b64encode(_public(key_of(person))).decode()}"


def _public(key: Ed25519PrivateKey) -> bytes:
    return _text(_KIND) + _text(key.public_key().public_bytes_raw())


def _text(content: bytes) -> bytes:
    return len(content).to_bytes(4) + content
