"""Have Go and its package x/mod/sumdb at hand, with which an auditor checks a ledger's export; Debian packages both.

Run by `make setup`; does nothing when they are there. Where they cannot be had, says so: those tests skip.
"""

import shutil
import sys
from pathlib import Path

from debian_packages import install_from_debian

__all__ = ["main"]

SUMDB = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")
PACKAGES = ("golang-go", "golang-golang-x-mod-dev")


def main() -> int:
    """Install what is missing; never fails, because only some tests need it."""
    if not (_there() or (install_from_debian("Go with x/mod/sumdb", PACKAGES) and _there())):
        print("no Go with x/mod/sumdb: tests that check exports with it will skip", file=sys.stderr)
    return 0


def _there() -> bool:
    return shutil.which("go") is not None and SUMDB.is_dir()


if __name__ == "__main__":
    sys.exit(main())
