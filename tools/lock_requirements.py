"""Write the lock files: exact versions and the digest of every file, for every platform that careloop supports.

Run by `make lock`. A locked version stays unless its package is named: `make lock UPGRADE="ruff mypy"`. What tests
take from npm is pinned in requirements/npm/package.json; edit it, and the lock beside it follows.
No address of an index is written: which index serves the files is the machine's business, the digests are ours.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

from npm_tarball import npm
from package_index import uv_environment

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".venv" / "bin" / "uv"
FORM = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-annotate",
    "--no-header",
    "--quiet",
)
APART = {"spark"}
"""Extras that are locked and kept outside of `.venv` for their size."""
GROUPS = ("--group=test", "--group=oscal", "--group=check", "--group=build")


def main(upgrade: list[str]) -> None:
    """Resolve the lock files anew, keeping locked versions except those of the packages named."""
    kept = [f"--upgrade-package={name}" for name in upgrade]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    ours = [f"--extra={name}" for name in extras if name not in APART]
    for source, lock, groups in (
        ("requirements/bootstrap.in", "requirements/bootstrap.txt", ()),
        ("pyproject.toml", "requirements/dev.txt", (*ours, *GROUPS)),
        ("requirements/peer-check-jsonschema.in", "requirements/peer-check-jsonschema.txt", ()),
        ("requirements/peer-evidently.in", "requirements/peer-evidently.txt", ()),
        ("requirements/peer-fairlearn.in", "requirements/peer-fairlearn.txt", ()),
        ("requirements/peer-ledger.in", "requirements/peer-ledger.txt", ()),
        ("requirements/peer-mlflow.in", "requirements/peer-mlflow.txt", ()),
        ("requirements/peer-moto.in", "requirements/peer-moto.txt", ()),
        ("requirements/peer-nannyml.in", "requirements/peer-nannyml.txt", ()),
        ("requirements/spark.in", "requirements/spark.txt", ()),
        ("requirements/spark-build.in", "requirements/spark-build.txt", ()),
    ):
        command: list[str | Path] = [UV, "pip", "compile", source, *groups, *FORM, *kept, "--output-file", lock]
        subprocess.run(command, check=True, cwd=ROOT, env=uv_environment())
    command_of_npm = npm()
    if command_of_npm is None:
        print("requirements/npm is as it was: Node.js and npm are not installed", file=sys.stderr)
    else:
        form = ("--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--silent")
        subprocess.run([command_of_npm, "install", *form], check=True, cwd=ROOT / "requirements" / "npm")


if __name__ == "__main__":
    main(sys.argv[1:])
