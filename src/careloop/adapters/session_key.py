"""The server's own Ed25519 key, in the file format of OpenSSH: it signs what the server says about sessions.

Whether that counts is for the care.yaml in force. Whoever reads this file can approve in everybody's name as long as
care.yaml lists it, so it lies where only the server's own account can read it, and never in git.
"""

from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from careloop.adapters.durable_file import write_once
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable
from careloop.ledger.ssh_signature import SshSignature, bytes_to_sign, read_ssh_key, ssh_signature_text

__all__ = ["FileSessionKey", "load_or_make_session_key", "load_session_key"]

_OTHERS: Final = 0o077
_HASH: Final = "sha512"


class FileSessionKey:
    """A `SessionKey` whose private half was read from a file."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        self._public = read_ssh_key(public.decode("ascii"))

    def line(self) -> str:
        """The public half, for care.yaml."""
        return self._public.line

    def sign(self, message: bytes, *, namespace: str) -> str:
        """The armoured signature, as `ssh-keygen -Y sign` would write it."""
        value = self._private.sign(bytes_to_sign(message, namespace=namespace, hash_name=_HASH))
        return ssh_signature_text(
            SshSignature(
                key=self._public,
                namespace=namespace,
                hash_name=_HASH,
                algorithm=self._public.algorithm,
                value=value,
            )
        )


def load_or_make_session_key(path: Path) -> FileSessionKey:
    """The key in the file; made from the kernel's randomness, mode 0600, when there is none yet."""
    if not path.exists():
        text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        write_once(path, text, mode=0o600)
    return load_session_key(path)


def load_session_key(path: Path) -> FileSessionKey:
    """The key in the file; raises `NotFound`, `InvalidInput`, and `Refused` when others may read it."""
    try:
        if path.stat().st_mode & _OTHERS:
            raise Refused(f"{path} can be read by others", hint=f"Run `chmod 600 {path}`, and think about a new key.")
        private = load_ssh_private_key(path.read_bytes(), password=None)
    except FileNotFoundError as error:
        raise NotFound(f"no session key at {path}") from error
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInput(f"{path} is no OpenSSH private key that can be read without a passphrase") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise InvalidInput(f"{path} is no Ed25519 key", hint="move it away, and a new one is made")
    return FileSessionKey(private)
