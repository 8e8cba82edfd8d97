"""Have an MLflow server at hand for tests, in an environment of its own: it brings a hundred packages we do not use.

Run by `make setup`; does nothing when it is there as locked. Where it cannot be had, says so: those tests skip.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from package_index import uv_environment

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "peer-mlflow.txt"
HOME = ROOT / ".cache" / "peers" / "mlflow"
UV = ROOT / ".venv" / "bin" / "uv"


def main() -> int:
    """Install from the lock, digests checked; never fails, because only some tests need it."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    mark = HOME / "whole"
    if mark.is_file() and mark.read_text() == digest:
        return 0
    print("building .cache/peers/mlflow from requirements/peer-mlflow.txt (digests checked) ...", flush=True)
    shutil.rmtree(HOME, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(HOME)], check=True)
    sync = [
        str(UV),
        "pip",
        "sync",
        "--quiet",
        "--compile-bytecode",
        "--require-hashes",
        "--python",
        str(HOME / "bin" / "python"),
        str(LOCK),
    ]
    done = subprocess.run(sync, env=uv_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"no MLflow server ({done.stderr.strip()[-300:]}): tests that need one will skip", file=sys.stderr)
        return 0
    mark.write_text(digest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
