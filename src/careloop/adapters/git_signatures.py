"""Whose key signed which commit: git's own verification, against signers that are handed in and nothing else.

The user's and the machine's configuration are out of the way, and so is what the repository's own could say about
signatures: no other list of signers, no other program, no OpenPGP key ring, no replaced objects.
"""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from careloop.domain.change import Signature, SignatureState, Signer
from careloop.errors import NotFound, Unavailable

__all__ = ["allowed_signers", "run_git", "verified"]

_PATIENCE_S: Final = 120
_STATES: Final = {"G": SignatureState.GOOD, "U": SignatureState.UNKNOWN, "N": SignatureState.NONE}
_KEPT: Final = ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_INDEX_FILE")
"""What git tells its hooks about where objects and index lie; every other `GIT_…` of the caller is left out."""


def run_git(root: Path, *words: str, given: str = "", extra: Mapping[str, str] | None = None) -> str:
    """What a git command prints; raises `NotFound` when it refuses and `Unavailable` when there is no git."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT}
    own = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
    own["GIT_OPTIONAL_LOCKS"] = "0"  # whoever commits at this moment is not in our way, nor we in theirs
    command = ["git", "-C", str(root), "-c", f"safe.directory={os.path.realpath(root)}", *words]
    try:
        done = subprocess.run(
            command,
            input=given.encode(),
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
            env={**kept, **own, **(extra or {})},
        )
    except FileNotFoundError as error:
        raise Unavailable("the git command is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"git gave no answer within {_PATIENCE_S} s") from error
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip().splitlines()
        raise NotFound(f"git {words[0]} failed: {why[-1] if why else 'no reason given'}")
    return done.stdout.decode(errors="surrogateescape")


def allowed_signers(signers: Sequence[Signer]) -> str:
    """The file that ssh-keygen reads: each key counts for its principal, and for what git signs only.

    >>> allowed_signers([Signer("ada", "ssh-ed25519 AAAA")])
    'ada namespaces="git" ssh-ed25519 AAAA\\n'
    """
    return "".join(f'{signer.principal} namespaces="git" {signer.key}\n' for signer in signers)


def verified(root: Path, commits: Sequence[str], signers: Sequence[Signer]) -> Mapping[str, Signature]:
    """Each commit's signature; what git cannot call good is not good, and an OpenPGP signature never is."""
    if not commits:
        return {}
    with tempfile.TemporaryDirectory(prefix="careloop-signers-") as folder:
        listed = Path(folder) / "allowed_signers"
        listed.write_text(allowed_signers(signers), encoding="ascii")
        settings = {
            "gpg.ssh.allowedSignersFile": str(listed),
            "gpg.ssh.program": "ssh-keygen",
            "gpg.ssh.revocationFile": str(_empty(folder)),
            "gpg.program": "false",
            "gpg.openpgp.program": "false",
            "gpg.x509.program": "false",
            "gpg.minTrustLevel": "fully",
            "log.showSignature": "false",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        words += ["log", "--no-walk=unsorted", "--stdin", "--no-color", "--no-mailmap", "--format=%H %G? %GS"]
        told = run_git(root, *words, given="".join(f"{commit}\n" for commit in commits))
    names = {signer.principal for signer in signers}
    found = dict(_read(line, names) for line in told.splitlines())
    return {commit: found.get(commit, Signature(SignatureState.BAD)) for commit in commits}


def _empty(folder: str) -> Path:
    """A revocation list of nobody: who has left is not among the signers in the first place."""
    path = Path(folder) / "revoked"
    path.touch()
    return path


def _read(line: str, names: set[str]) -> tuple[str, Signature]:
    commit, _, rest = line.partition(" ")
    letter, _, principal = rest.partition(" ")
    state = _STATES.get(letter, SignatureState.BAD)
    if state is not SignatureState.GOOD:
        return commit, Signature(state)
    known = principal in names
    return commit, Signature(state, principal) if known else Signature(SignatureState.UNKNOWN)
