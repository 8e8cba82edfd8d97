"""SSH keys in memory, for tests: real Ed25519 keys and real SSH signatures, without `ssh-keygen` and without files."""

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from careloop.errors import NotFound
from careloop.ledger.ssh_signature import SshKey, SshSignature, bytes_to_sign, read_ssh_key, ssh_signature_text

__all__ = ["ApprovalKeysFake", "key_of", "line_of", "signature_of"]


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
        return signature_of(self._keys[line], message, namespace=namespace)


def key_of(person: str) -> Ed25519PrivateKey:
    """The private key of somebody, by their name."""
    return Ed25519PrivateKey.from_private_bytes(sha256(person.encode()).digest())


def line_of(person: str) -> str:
    """The public key of somebody, as it stands in roles.yaml."""
    return _public(key_of(person)).line


def signature_of(key: Ed25519PrivateKey, message: bytes, *, namespace: str) -> str:
    """The armoured signature of a key."""
    value = key.sign(bytes_to_sign(message, namespace=namespace))
    signature = SshSignature(
        key=_public(key), namespace=namespace, hash_name="sha512", algorithm="ssh-ed25519", value=value
    )
    return ssh_signature_text(signature)


def _public(key: Ed25519PrivateKey) -> SshKey:
    return read_ssh_key(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())
