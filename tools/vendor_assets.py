"""Put the pages' third-party style sheets, scripts and icons into the source tree, exactly as VENDORED.toml lists them.

Run by `make vendor`. Each package is fetched from the npm registry by its name, its tarball is checked against the
integrity on the list, and only the files on the list are kept, each checked against its own digest. A kept file is the
published one without the line that names its source map. The icons come as one sprite, drawn from the set's files.

`make vendor UPGRADE="htmx.org@2.0.11"` takes another version (or, after an edit of the list, the same one) and writes
its integrity and digests into the list. Exit 1 says what is not as listed; the tree is then as it was.
"""

import hashlib
import re
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from npm_tarball import NotFetched, fetch_tarball, integrity_of

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src" / "careloop" / "web" / "static" / "vendor"
LIST = VENDOR / "VENDORED.toml"
SOURCE_MAP = re.compile(rb"\s*(?:/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*\Z")
ICON = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)
PLACEHOLDER = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')
"""The invisible square that the set draws under each icon; a symbol's viewBox says the same."""


@dataclass(frozen=True)
class Kept:
    """One file in the tree, and where in the tarball it comes from."""

    path: str
    source: str | None
    """Null for a file that is written by hand, because the tarball has none; the list says why."""
    sha256: str


@dataclass(frozen=True)
class Package:
    """One package on the list."""

    folder: str
    npm: str
    version: str
    integrity: str
    icons: tuple[str, ...]
    files: tuple[Kept, ...]


def main(upgrades: list[str]) -> int:
    """Bring the vendor folder to the state that the list describes."""
    wanted = dict(word.rsplit("@", 1) for word in upgrades)
    text = LIST.read_text(encoding="utf-8")
    packages = list(_packages(text))
    made: dict[str, bytes] = {}
    try:
        if unknown := wanted.keys() - {package.npm for package in packages}:
            raise NotFetched(f"not on the list: {', '.join(sorted(unknown))}")
        for package in packages:
            version = wanted.get(package.npm)
            known, files = _fetch(replace(package, version=version) if version else package, listed=version is None)
            made |= files
            text = _recorded(text, package, known)
    except NotFetched as error:
        print(f"nothing vendored: {error}", file=sys.stderr)
        return 1
    _write(made, kept_by_hand={f"{p.folder}/{file.path}" for p in packages for file in p.files if file.source is None})
    LIST.write_text(text, encoding="utf-8")
    print(f"{len(made)} files of {len(packages)} packages, {sum(map(len, made.values())):,} bytes")
    return 0


def _packages(text: str) -> Iterator[Package]:
    for row in tomllib.loads(text)["package"]:
        files = tuple(Kept(file["path"], file.get("from"), file["sha256"]) for file in row["file"])
        icons = tuple(row.get("icons", ()))
        yield Package(row["folder"], row["npm"], row["version"], row["integrity"], icons, files)


def _fetch(package: Package, *, listed: bool) -> tuple[Package, dict[str, bytes]]:
    """The package as it was found, and the bytes of its files by their path under the vendor folder."""
    with tempfile.TemporaryDirectory() as folder:
        integrity = package.integrity if listed else None
        tarball = fetch_tarball(package.npm, package.version, integrity=integrity, folder=Path(folder))
        with tarfile.open(tarball) as archive:
            raw = {file.path: _kept(package, file, archive) for file in package.files if file.source is not None}
        found = integrity_of(tarball)
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in raw.items()}
    files = tuple(replace(file, sha256=digests.get(file.path, file.sha256)) for file in package.files)
    for before, now in zip(package.files, files, strict=True):
        if listed and before != now:
            raise NotFetched(f"{package.npm}: {before.path} is not the file whose digest is on the list")
    known = replace(package, integrity=found, files=files)
    return known, {f"{package.folder}/{path}": content for path, content in raw.items()}


def _kept(package: Package, file: Kept, archive: tarfile.TarFile) -> bytes:
    if package.icons and "*" in (file.source or ""):
        drawn = {icon: _member(archive, str(file.source).replace("*", icon)) for icon in package.icons}
        return _sprite(package, drawn)
    return SOURCE_MAP.sub(b"\n", _member(archive, str(file.source)))


def _member(archive: tarfile.TarFile, path: str) -> bytes:
    try:
        member = archive.extractfile(f"package/{path}")
    except KeyError:
        member = None
    if member is None:
        raise NotFetched(f"the tarball has no {path}")
    return member.read()


def _sprite(package: Package, drawn: Mapping[str, bytes]) -> bytes:
    """One SVG whose symbols are the icons, by their names; colour and stroke width come from where one is used."""
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg">',
        f"<!-- {package.npm} {package.version}, MIT: see LICENSE. Written by `make vendor`. -->",
    ]
    form = 'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    for name, raw in sorted(drawn.items()):
        shape = ICON.search(raw.decode("utf-8"))
        if shape is None:
            raise NotFetched(f"{package.npm}: {name} is not one drawing")
        paths = "".join(line.strip() for line in PLACEHOLDER.sub("", shape[1]).splitlines())
        lines.append(f'<symbol id="{name}" {form}>{paths}</symbol>')
    return "\n".join([*lines, "</svg>", ""]).encode("utf-8")


def _recorded(text: str, before: Package, now: Package) -> str:
    """The list with the package's version, integrity and digests as they are now; its other words stay."""
    start = text.index(f'npm = "{before.npm}"')
    head, body = text[:start], text[start:]
    body = body.replace(f'version = "{before.version}"', f'version = "{now.version}"', 1)
    body = body.replace(before.integrity, now.integrity, 1)
    for old, new in zip(before.files, now.files, strict=True):
        body = body.replace(old.sha256, new.sha256, 1)
    return head + body


def _write(made: Mapping[str, bytes], *, kept_by_hand: set[str]) -> None:
    listed = {VENDOR / path for path in (*made, *kept_by_hand)} | {LIST}
    for stray in {path for path in VENDOR.rglob("*") if path.is_file()} - listed:
        stray.unlink()
    for path, content in made.items():
        (VENDOR / path).parent.mkdir(exist_ok=True)
        (VENDOR / path).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
