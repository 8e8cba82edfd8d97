"""Artefacts as files below one or several folders: the repository first, then wherever else they may lie."""

import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from careloop.domain.release_lock import Artefact, ArtefactKind, Fingerprint, Presence
from careloop.errors import InvalidInput, NotFound, Unavailable

__all__ = ["ArtefactFolder"]

_CHUNK = 1 << 20


class ArtefactFolder:
    """Names are paths below `roots`; `places` says for a name, such as `models:/credit/3`, where it lies.

    `kept` is the registry's folder of releases: below `<64 hex digits>/files/` lie copies of what a release locked.
    """

    def __init__(self, *roots: Path, places: Mapping[str, Path] | None = None, kept: Path | None = None) -> None:
        self._roots = roots
        self._places = places or {}
        self._kept = kept

    def measure(self, name: str) -> Fingerprint:
        """Digest and size; a folder's digest is that of its manifest (see `Fingerprint`)."""
        for path in self._candidates(name):
            if path.exists():
                return _fingerprint(path)
        raise NotFound(f"there is no artefact {name}", hint="name a file or a folder that lies in the repository")

    def check(self, artefact: Artefact, *, release: str | None = None) -> Presence:
        """Same as soon as one of the folders has it as it was locked."""
        if artefact.kind is ArtefactKind.HOSTED_MODEL:
            return Presence.SAME
        everywhere = (*self._copies(artefact.name, release), *self._candidates(artefact.name))
        there = [path for path in everywhere if path.exists()]
        if not there:
            return Presence.MISSING
        locked = (artefact.sha256, artefact.size)
        same = any((found.sha256, found.size) == locked for found in map(_fingerprint_or_none, there) if found)
        return Presence.SAME if same else Presence.CHANGED

    def _copies(self, name: str, release: str | None) -> Iterator[Path]:
        if self._kept is not None and release is not None:
            home = self._kept / release.removeprefix("sha256:") / "files"
            yield home / name.replace("models:/", "models-by-name/", 1)

    def _candidates(self, name: str) -> Iterator[Path]:
        if name in self._places:
            yield self._places[name]
        elif not name.startswith("models:/"):
            yield from (root / name for root in self._roots)


def _fingerprint_or_none(path: Path) -> Fingerprint | None:
    try:
        return _fingerprint(path)
    except InvalidInput:
        return None


def _fingerprint(path: Path) -> Fingerprint:
    try:
        if path.is_file():
            return _of_file(path)
        if path.is_dir():
            return _of_folder(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    raise InvalidInput(f"{path} is neither a file nor a folder")


def _of_file(path: Path) -> Fingerprint:
    digest, size = sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Fingerprint(sha256=digest.hexdigest(), size=size)


def _of_folder(folder: Path) -> Fingerprint:
    """One line a file, as `sha256sum` prints it, in the order of the paths' bytes."""
    files = sorted(_files(folder, folder.resolve()), key=lambda one: os.fsencode(one.relative_to(folder).as_posix()))
    if not files:
        raise InvalidInput(f"{folder} holds no file that could be locked")
    manifest, size = sha256(), 0
    for file in files:
        name = file.relative_to(folder).as_posix()
        if "\n" in name or "\\" in name:
            raise InvalidInput(f"{folder}: the name {name!r} cannot stand in a manifest")
        found = _of_file(file)
        manifest.update(f"{found.sha256}  ".encode() + os.fsencode(name) + b"\n")
        size += found.size
    return Fingerprint(sha256=manifest.hexdigest(), size=size)


def _files(folder: Path, top: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.is_symlink():
            target = entry.resolve()
            if not target.is_file() or not target.is_relative_to(top):
                raise InvalidInput(f"{entry} is a link to {target}, which is no file inside the folder")
            yield entry
        elif entry.is_dir():
            yield from _files(entry, top)
        elif entry.is_file():
            yield entry
        else:
            raise InvalidInput(f"{entry} is neither a file nor a folder")
