"""Build `.venv` from the lock files, with every file's digest checked; do nothing when nothing changed.

Run by `make setup` with the machine's own Python, which needs nothing but its standard library and git:
pip (from the standard library) fetches uv as pinned in requirements/bootstrap.txt; uv installs exactly what
requirements/dev.txt lists, with careloop and care-verify as editable installs. Prints what it does; exit 1 says why.
"""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from package_index import uv_environment

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = ROOT / ".cache" / "environment.stamp"
VERIFIER = ROOT / "care-verify"
SOURCES = (
    "requirements/bootstrap.txt",
    "requirements/dev.txt",
    "pyproject.toml",
    "care-verify/pyproject.toml",
    "tools/build_environment.py",
)
LEAST_PYTHON = (3, 11)


def main() -> int:
    """Bring `.venv` to the state that the lock files describe."""
    if sys.version_info < LEAST_PYTHON:
        print("careloop needs Python 3.11 or later: make setup PYTHON=python3.11", file=sys.stderr)
        return 1
    wanted = _fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted and (VENV / "bin" / "care").is_file():
        return 0
    print("building .venv from requirements/ (digests checked) ...", flush=True)
    STAMP.unlink(missing_ok=True)
    try:
        _build()
    except subprocess.CalledProcessError as error:
        print(f"setup failed: {' '.join(str(word) for word in error.cmd)}", file=sys.stderr)
        return 1
    STAMP.parent.mkdir(exist_ok=True)
    STAMP.write_text(wanted)
    return 0


def _fingerprint() -> str:
    """A digest of all that decides what the environment holds; a moved folder or another Python counts."""
    digest = hashlib.sha256(f"{sys.version}\0{ROOT}\0".encode())
    for name in SOURCES:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _build() -> None:
    if not _is_ours():
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True, symlinks=True)
    environment = uv_environment()

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=sys.stderr)

    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-qq")
    run(*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", ROOT / "requirements" / "bootstrap.txt")
    uv = (VENV / "bin" / "uv", "pip")
    target = ("--quiet", "--python", PYTHON)
    run(*uv, "sync", *target, "--require-hashes", "--no-build", ROOT / "requirements" / "dev.txt")
    run(
        *uv,
        "install",
        *target,
        "--no-deps",
        "--no-build-isolation",
        "--reinstall",
        "--editable",
        ROOT,
        "--editable",
        VERIFIER,
    )


def _is_ours() -> bool:
    """Whether `.venv` runs the Python that runs this, so that it can be brought up to date instead of made anew."""
    if not PYTHON.is_file():
        return False
    question = "import sys, pip; print(sys.version)"
    asked = subprocess.run([PYTHON, "-c", question], capture_output=True, text=True, check=False)
    return asked.stdout.strip() == sys.version.strip()


if __name__ == "__main__":
    sys.exit(main())
