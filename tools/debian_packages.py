"""Install packages of Debian, where this is Debian and we may: for tools of the tests that no Python wheel carries."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["install_from_debian"]


def install_from_debian(what: str, packages: Sequence[str]) -> bool:
    """Whether they are installed now; says on stderr why not, and nothing when this is no Debian or we are not root."""
    release = Path("/etc/os-release")
    if os.geteuid() != 0 or not release.is_file() or "ID=debian" not in release.read_text().splitlines():
        return False
    print(f"installing Debian's {what} ...", flush=True)
    install = ("install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", *packages)
    for words in (("update",), install):
        run = subprocess.run(
            ["apt-get", "-qq", *words],
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if run.returncode:
            print(f"apt-get {words[0]} failed: {run.stderr.strip()}", file=sys.stderr)
            return False
    return True
