"""The SSH keys of the person at this machine: one that is named, else git's signing key and the usual files."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from careloop.adapters.ssh_keygen import SshKeygenSigner
from careloop.errors import CareloopError, NotFound

__all__ = ["PersonalKeys", "usual_key_files"]

_USUAL = ("id_ed25519", "id_ecdsa", "id_rsa")


def usual_key_files(home: Path, root: Path) -> tuple[Path, ...]:
    """Where a person's keys are looked for: `user.signingkey` of git, where it signs with SSH, then `~/.ssh`."""
    named = _signing_key_of_git(root, home)
    return tuple(path for path in (*named, *(home / ".ssh" / name for name in _USUAL)) if path.is_file())


class PersonalKeys:
    """Key files, in the order of preference; those that cannot be read are passed over unless they are named."""

    def __init__(self, files: Sequence[Path], *, named: bool = False) -> None:
        self._signers: dict[str, SshKeygenSigner] = {}
        for file in files:
            signer = SshKeygenSigner(file)
            if named:
                self._signers[signer.key.line] = signer
                continue
            with suppress(CareloopError, OSError, UnicodeDecodeError):
                self._signers.setdefault(signer.key.line, signer)

    def lines(self) -> tuple[str, ...]:
        """Public keys that can sign here."""
        return tuple(self._signers)

    def sign(self, line: str, message: bytes, *, namespace: str) -> str:
        """The armoured signature."""
        if line not in self._signers:
            raise NotFound("that key is not on this machine", hint="name its file with --key")
        return self._signers[line].sign(message, namespace=namespace)


def _signing_key_of_git(root: Path, home: Path) -> tuple[Path, ...]:
    from dulwich.config import StackedConfig
    from dulwich.errors import NotGitRepository
    from dulwich.repo import Repo

    try:
        with Repo.discover(str(root)) as repo:
            config = repo.get_config_stack()
    except NotGitRepository:
        config = StackedConfig.default()
    try:
        if config.get((b"gpg",), b"format") != b"ssh":
            return ()
        key = os.fsdecode(config.get((b"user",), b"signingkey"))
    except KeyError:
        return ()
    return (home / key.removeprefix("~/"),) if key.startswith("~/") else (Path(key),)
