"""Have servers at hand that tests talk to, each in an environment of its own: they bring packages we do not use.

MLflow, and moto, which speaks S3. Run by `make setup`; does nothing when they are there as locked. Where one cannot be
had, says so: its tests skip.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from package_index import uv_environment

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
SERVERS = ("mlflow", "moto")
UV = ROOT / ".venv" / "bin" / "uv"


def main() -> int:
    """Install each from its lock, digests checked; never fails, because only some tests need them."""
    for name in SERVERS:
        _fetch(name)
    return 0


def _fetch(name: str) -> None:
    home, lock = ROOT / ".cache" / "peers" / name, ROOT / "requirements" / f"peer-{name}.txt"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    mark = home / "whole"
    if mark.is_file() and mark.read_text() == digest:
        return
    print(f"building .cache/peers/{name} from requirements/peer-{name}.txt (digests checked) ...", flush=True)
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    sync = [
        str(UV),
        "pip",
        "sync",
        "--quiet",
        "--compile-bytecode",
        "--require-hashes",
        "--python",
        str(home / "bin" / "python"),
        str(lock),
    ]
    done = subprocess.run(sync, env=uv_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"no {name} server ({done.stderr.strip()[-300:]}): tests that need one will skip", file=sys.stderr)
        return
    mark.write_text(digest)


if __name__ == "__main__":
    sys.exit(main())
