"""Sign with a person's own SSH key, through the `ssh-keygen` command: it knows agents, passphrases and key files."""

import subprocess
from pathlib import Path
from typing import Final

from careloop.errors import NotFound, Refused, Unavailable
from careloop.ledger.ssh_signature import APPROVAL_NAMESPACE, SshKey, read_ssh_key

__all__ = ["SshKeygenSigner"]

_PATIENCE_S: Final = 120


class SshKeygenSigner:
    """One person's key: a private key file, or the public half of a key held by the running agent."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file

    @property
    def key(self) -> SshKey:
        """The public half; raises `NotFound` when it lies neither in the file nor beside it."""
        beside = self._key_file.with_name(f"{self._key_file.name}.pub")
        path = beside if beside.is_file() else self._key_file
        if not path.is_file():
            raise NotFound(f"no SSH key at {self._key_file}")
        return read_ssh_key(path.read_text(encoding="utf-8"))

    def sign(self, message: bytes, *, namespace: str = APPROVAL_NAMESPACE) -> str:
        """The armoured signature; raises `Unavailable` without `ssh-keygen`, `Refused` when it will not sign."""
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(self._key_file)]
        try:
            done = subprocess.run(command, input=message, capture_output=True, timeout=_PATIENCE_S, check=False)
        except FileNotFoundError as error:
            raise Unavailable("the ssh-keygen command is not installed") from error
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"ssh-keygen gave no answer within {_PATIENCE_S} s") from error
        if done.returncode != 0:
            why = done.stderr.decode(errors="replace").strip().splitlines()
            raise Refused(f"ssh-keygen did not sign with {self._key_file}: {why[-1] if why else 'no reason given'}")
        return done.stdout.decode("ascii")
