"""One package of the npm registry, as a tarball whose digest is checked before anything in it is read.

npm is asked by the package's name, so that the machine's own configuration decides from where it comes; the integrity
(SHA-512, as npm writes it) decides whether it is the file that was meant. No script of a package is run.
"""

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

__all__ = ["NotFetched", "fetch_tarball", "integrity_of", "npm"]


class NotFetched(Exception):
    """A package could not be had, or is not the one that was meant; says which and why."""


def npm() -> str | None:
    """The npm command of this machine; null when it, or the Node.js that runs it, is not there."""
    return shutil.which("npm") if shutil.which("node") else None


def fetch_tarball(package: str, version: str, *, integrity: str | None, folder: Path) -> Path:
    """Download one version of a package into a folder; with an integrity, refuse any other file."""
    command = npm()
    if command is None:
        raise NotFetched(f"{package} {version}: Node.js and npm are not installed")
    before = set(folder.glob("*.tgz"))
    asked = subprocess.run(
        [command, "pack", f"{package}@{version}", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if asked.returncode:
        raise NotFetched(f"{package} {version}: npm could not download it\n{asked.stderr.strip()}")
    tarball = (set(folder.glob("*.tgz")) - before).pop()
    if integrity is not None and integrity_of(tarball) != integrity:
        raise NotFetched(f"{package} {version}: is not the file whose integrity is on the list")
    return tarball


def integrity_of(tarball: Path) -> str:
    """The digest of a file, written as npm writes it."""
    digest = hashlib.sha512(tarball.read_bytes()).digest()
    return f"sha512-{base64.b64encode(digest).decode('ascii')}"
