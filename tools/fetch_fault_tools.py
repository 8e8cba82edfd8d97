"""Have strace and faketime at hand, with which tests fail system calls and turn clocks; Debian packages both.

Run by `make setup`; does nothing when they are there. Where they cannot be had, says so: those tests skip.
"""

import shutil
import sys

from debian_packages import install_from_debian

__all__ = ["main"]

TOOLS = ("strace", "faketime")


def main() -> int:
    """Install what is missing; never fails, because only some tests need it."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing and not install_from_debian(" and ".join(missing), missing):
        print(f"no {' and no '.join(missing)}: tests of faults that need it will skip", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
