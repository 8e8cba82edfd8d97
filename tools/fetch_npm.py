"""Install what tests need from npm into `.cache/npm`, exactly as locked; do nothing when nothing changed.

Run by `make setup`. requirements/npm/package-lock.json pins every package with its integrity, which npm checks; no
package's script is run. Where Node.js or npm is missing, says which tests will skip, and goes on.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from npm_tarball import npm

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "npm"
SOURCES = (".npmrc", "package.json", "package-lock.json")
FOLDER = ROOT / ".cache" / "npm"
STAMP = FOLDER / "lock.stamp"


def main() -> int:
    """Bring `.cache/npm` to the state that the lock describes."""
    wanted = hashlib.sha256(b"\0".join((LOCK / name).read_bytes() for name in SOURCES)).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return 0
    command = npm()
    if command is None:
        print(
            "Node.js and npm are not installed: tests with axe-core, OIDC, Sigstore or gitlab-ci-local will skip",
            file=sys.stderr,
        )
        return 0
    print("fetching npm tools of the tests ...", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name in SOURCES:
        shutil.copyfile(LOCK / name, FOLDER / name)
    form = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    if subprocess.run([command, "ci", *form], cwd=FOLDER, check=False, stdout=subprocess.DEVNULL).returncode:
        print("setup failed: npm could not install requirements/npm", file=sys.stderr)
        return 1
    STAMP.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
