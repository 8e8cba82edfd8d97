"""Signatures that people make with the SSH keys they already have: `ssh-keygen -Y sign -n care-approval`.

Reads, writes and verifies; the signing itself takes a private key and is for an adapter. The namespace is part of what
is signed, so that a signature made for one purpose cannot serve another.

Source: OpenSSH PROTOCOL.sshsig; RFC 4253, 5656, 8332, 8709.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256, sha512
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from careloop.errors import InvalidInput, Refused
from careloop.ledger.note import strict_base64

__all__ = [
    "APPROVAL_NAMESPACE",
    "SshKey",
    "SshSignature",
    "bytes_to_sign",
    "read_ssh_key",
    "read_ssh_keys",
    "read_ssh_signature",
    "ssh_signature_text",
    "verify_ssh_signature",
]

APPROVAL_NAMESPACE: Final = "care-approval"
_MAGIC: Final = b"SSHSIG"
_BEGIN: Final = "-----BEGIN SSH SIGNATURE-----"
_END: Final = "-----END SSH SIGNATURE-----"
_VERSION: Final = (1).to_bytes(4)
_LINE: Final = 70
_MIN_RSA_BITS: Final = 2048
_CURVES: Final[dict[str, hashes.HashAlgorithm]] = {
    "ecdsa-sha2-nistp256": hashes.SHA256(),
    "ecdsa-sha2-nistp384": hashes.SHA384(),
    "ecdsa-sha2-nistp521": hashes.SHA512(),
}
_RSA: Final[dict[str, hashes.HashAlgorithm]] = {"rsa-sha2-256": hashes.SHA256(), "rsa-sha2-512": hashes.SHA512()}


@dataclass(frozen=True, slots=True)
class SshKey:
    """An SSH public key, known by its bytes; comments do not count."""

    algorithm: str
    blob: bytes
    """The key in SSH wire form."""

    @property
    def line(self) -> str:
        """The key as in `authorized_keys`, without comment."""
        return f"{self.algorithm} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """The name OpenSSH gives it: `SHA256:…`."""
        return "SHA256:" + base64.b64encode(sha256(self.blob).digest()).decode().rstrip("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSignature:
    """A signature as read, not yet verified."""

    key: SshKey
    namespace: str
    hash_name: str
    """`sha256` or `sha512`."""
    algorithm: str
    value: bytes
    """The signature proper, in the form of its algorithm."""


def read_ssh_key(line: str) -> SshKey:
    """A public key from its line (`ssh-ed25519 AAAA… comment`); raises `InvalidInput`."""
    words = line.split()
    if len(words) < 2:
        raise InvalidInput("not an SSH public key: algorithm and base64 expected")
    key = _key_of(strict_base64(words[1]))
    if key.algorithm != words[0]:
        raise InvalidInput(f"an SSH key that calls itself {words[0]} but is {key.algorithm}")
    return key


def read_ssh_keys(lines: Iterable[str]) -> tuple[SshKey, ...]:
    """The public keys of those lines that are one; a line that is none opens nothing."""
    found = []
    for line in lines:
        with suppress(InvalidInput):
            found.append(read_ssh_key(line))
    return tuple(found)


def read_ssh_signature(armored: str) -> SshSignature:
    """A signature from its armoured text; raises `InvalidInput` for every other form."""
    lines = [line.rstrip("\r") for line in armored.strip().split("\n")]
    if len(lines) < 3 or lines[0] != _BEGIN or lines[-1] != _END:
        raise InvalidInput("not an SSH signature", hint="Make one with `ssh-keygen -Y sign -n care-approval -f KEY`.")
    content = strict_base64("".join(lines[1:-1]))
    if content[:10] != _MAGIC + _VERSION:
        raise InvalidInput("not an SSH signature of version 1")
    key, namespace, _, hash_name, signature = _strings(content[10:], 5)
    algorithm, value = _strings(signature, 2)
    if hash_name not in (b"sha256", b"sha512"):
        raise InvalidInput("an SSH signature over a hash other than sha256 or sha512")
    return SshSignature(
        key=_key_of(key),
        namespace=_ascii(namespace),
        hash_name=hash_name.decode(),
        algorithm=_ascii(algorithm),
        value=value,
    )


def ssh_signature_text(signature: SshSignature) -> str:
    """The armoured text that `read_ssh_signature` reads, in lines as OpenSSH breaks them."""
    proper = _text(signature.algorithm.encode()) + _text(signature.value)
    parts = (signature.key.blob, signature.namespace.encode(), b"", signature.hash_name.encode(), proper)
    body = base64.b64encode(_MAGIC + _VERSION + b"".join(map(_text, parts))).decode()
    lines = [body[at : at + _LINE] for at in range(0, len(body), _LINE)]
    return "\n".join((_BEGIN, *lines, _END, ""))


def bytes_to_sign(message: bytes, *, namespace: str, hash_name: str = "sha512") -> bytes:
    """What the key really signs: purpose and digest of the message, never the message itself."""
    digest = (sha256 if hash_name == "sha256" else sha512)(message).digest()
    return _MAGIC + b"".join(map(_text, (namespace.encode(), b"", hash_name.encode(), digest)))


def verify_ssh_signature(
    armored: str, message: bytes, *, allowed: Sequence[SshKey], namespace: str = APPROVAL_NAMESPACE
) -> SshKey:
    """The allowed key that signed exactly this message for exactly this purpose.

    Raises `InvalidInput` for what is no signature and `Refused` when it is by another key, for another purpose, over
    another message, or by a kind of key that is not accepted (DSA, SHA-1, RSA below 2048 bits, hardware-bound keys).
    """
    signature = read_ssh_signature(armored)
    if signature.key not in allowed:
        raise Refused(f"signed by {signature.key.fingerprint}, which is not a key listed for this person")
    if signature.namespace != namespace:
        raise Refused(f"signed for the purpose {signature.namespace!r}, not for {namespace!r}")
    try:
        _check(signature, bytes_to_sign(message, namespace=namespace, hash_name=signature.hash_name))
    except InvalidSignature as error:
        raise Refused("the SSH signature does not fit what was to be signed") from error
    return signature.key


def _check(signature: SshSignature, signed: bytes) -> None:
    try:
        key = load_ssh_public_key(signature.key.line.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused(f"keys of the kind {signature.key.algorithm} are not accepted") from error
    kind, algorithm = signature.key.algorithm, signature.algorithm
    match key:
        case ed25519.Ed25519PublicKey() if algorithm == kind == "ssh-ed25519":
            key.verify(signature.value, signed)
        case rsa.RSAPublicKey() if algorithm in _RSA and kind == "ssh-rsa" and key.key_size >= _MIN_RSA_BITS:
            key.verify(signature.value, signed, padding.PKCS1v15(), _RSA[algorithm])
        case ec.EllipticCurvePublicKey() if algorithm == kind and kind in _CURVES:
            r, s = (int.from_bytes(part) for part in _strings(signature.value, 2))
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(_CURVES[kind]))
        case _:
            raise Refused(f"a signature {algorithm} by a key {kind} is not accepted")


def _key_of(blob: bytes) -> SshKey:
    return SshKey(_ascii(next(_each_string(blob), b"")), blob)


def _text(content: bytes) -> bytes:
    return len(content).to_bytes(4) + content


def _strings(content: bytes, count: int) -> list[bytes]:
    """Exactly `count` length-prefixed strings and nothing after them."""
    found = list(_each_string(content))
    if len(found) != count:
        raise InvalidInput(f"an SSH structure with {len(found)} parts where {count} belong")
    return found


def _each_string(content: bytes) -> Iterator[bytes]:
    rest = content
    while rest:
        length = int.from_bytes(rest[:4])
        if len(rest) < 4 + length:
            raise InvalidInput("an SSH structure that ends too early")
        yield rest[4 : 4 + length]
        rest = rest[4 + length :]


def _ascii(text: bytes) -> str:
    if not re.fullmatch(rb"[\x21-\x7e]{1,255}", text):
        raise InvalidInput("a name in an SSH signature is not plain ASCII")
    return text.decode()
