"""Install PySpark into `.cache/spark`, exactly as locked, and see that Java is there; do nothing when nothing changed.

Run by `make setup`. PySpark is larger than `.venv` and only the engine `spark` needs it (docs/adr). It comes as source,
so requirements/spark-build.txt locks what its set-up is run with. Takes about a minute the first time. Where it cannot
be had, says so and goes on: tests with Spark skip.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from debian_packages import install_from_debian
from package_index import uv_environment

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".venv" / "bin" / "uv"
LOCK, BUILD = (ROOT / "requirements" / f"{name}.txt" for name in ("spark", "spark-build"))
FOLDER = ROOT / ".cache" / "spark"
STAMP = FOLDER / "lock.stamp"
LEAST_JAVA = 17


def main() -> int:
    """Bring `.cache/spark` to the state that the lock describes; never fails, because only some tests need it."""
    java = _java() >= LEAST_JAVA or (install_from_debian("Java", ("openjdk-17-jre-headless",)) and _java())
    if not java:
        print(f"Java {LEAST_JAVA} or newer is not installed: tests with Spark will skip", file=sys.stderr)
        return 0
    wanted = hashlib.sha256(LOCK.read_bytes() + BUILD.read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return 0
    print("fetching PySpark (400 MB) ...", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    how = ("--quiet", "--no-deps", "--require-hashes", f"--build-constraints={BUILD}", f"--target={FOLDER}")
    if subprocess.run([UV, "pip", "install", *how, "-r", LOCK], env=uv_environment(), check=False).returncode:
        print("PySpark cannot be had: tests with Spark will skip", file=sys.stderr)
        return 0
    STAMP.write_text(wanted)
    return 0


def _java() -> int:
    """The major version of the Java that is installed; 0 for none."""
    if shutil.which("java") is None:
        return 0
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    sys.exit(main())
