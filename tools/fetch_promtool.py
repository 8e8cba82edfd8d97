"""Have Prometheus and promtool at hand, which tests ask queries and play alerting rules through; Debian packages them.

Run by `make setup`; does nothing when they are there. Only the two programs are taken out of the package, into
`.cache`: nothing is installed and no server is started. Where they cannot be had, says so: those tests skip.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["main"]

HOME = Path(__file__).resolve().parent.parent / ".cache" / "promtool"
PROGRAMS = ("promtool", "prometheus")


def main() -> int:
    """Fetch what is missing; never fails, because only some tests need it."""
    if all((HOME / name).is_file() or shutil.which(name) for name in PROGRAMS):
        return 0
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None or not _fetched():
        told = "no Prometheus: tests that play alerting rules through, or ask one for figures, will skip"
        print(told, file=sys.stderr)
    return 0


def _fetched() -> bool:
    """The newest package that apt knows of; its lists are renewed once, where we may."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        there = _downloaded(folder)
        if not there and os.geteuid() == 0 and _ran(folder, "apt-get", "-qq", "update"):
            there = _downloaded(folder)
        packages = list(folder.glob("prometheus_*.deb"))
        if not there or not packages or not _ran(folder, "dpkg-deb", "--extract", str(packages[0]), "whole"):
            return False
        HOME.mkdir(parents=True, exist_ok=True)
        for name in PROGRAMS:
            shutil.copy(folder / "whole" / "usr" / "bin" / name, HOME / f"{name}.new")
            (HOME / f"{name}.new").replace(HOME / name)
    return True


def _downloaded(folder: Path) -> bool:
    return _ran(folder, "apt-get", "-qq", "download", "prometheus")


def _ran(folder: Path, *command: str) -> bool:
    run = subprocess.run(command, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return run.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
