"""The bytes of releases, kept by lock digest and compared with their lock each time before they are used.

Below `artefacts/<64 hex digits>/` lie `lock.json` (the lock's canonical bytes) and `files/` with what it names. Nothing
is ever changed in place; a release is there when its folder is, whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from careloop.adapters.artefact_folder import ArtefactFolder
from careloop.adapters.durable_file import sync_folder
from careloop.domain.release_lock import Artefact, ArtefactKind, Presence, ReleaseLock
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable

__all__ = ["ReleaseStore"]

_BY_NAME = "models:/"
_WORDS = {Presence.CHANGED: "is not what was locked", Presence.MISSING: "is missing"}


class ReleaseStore:
    """Releases in a folder, usually `.care/registry/artefacts`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def store(self, lock: ReleaseLock, files: Mapping[str, Path]) -> str:
        """Copy what the lock names, from `files` by name, and keep it; returns the lock's digest.

        The same lock twice is kept once. Raises `Refused` when a file is not what was locked, and keeps nothing then.
        """
        home = self._home(lock.digest)
        if home.is_dir():
            self.check(lock.digest)
            return lock.digest
        making = home.with_name(f".{home.name}.{os.getpid()}.new")
        try:
            shutil.rmtree(making, ignore_errors=True)
            (making / "files").mkdir(parents=True)
            for artefact in lock.artefacts:
                if artefact.kind is not ArtefactKind.HOSTED_MODEL:
                    _copy(_given(artefact, files), making / "files" / _place(artefact.name))
            (making / "lock.json").write_bytes(lock.canonical)
            _refuse_if_altered(lock, making)
            _sync_all(making)
            making.rename(home)
            sync_folder(home.parent)
        except OSError as error:
            raise Unavailable(f"{home} cannot be written: {error.strerror}") from error
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return lock.digest

    def lock(self, digest: str) -> ReleaseLock:
        """The lock of a release; raises `NotFound`, or `Refused` when it is not the lock of that digest."""
        path = self._home(digest) / "lock.json"
        try:
            raw = path.read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"the artefacts of release {digest[:19]} are not in the registry") from error
        except OSError as error:
            raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
        if f"sha256:{sha256(raw).hexdigest()}" != digest:
            raise Refused(f"the lock of release {digest[:19]} was altered in the registry")
        try:
            return ReleaseLock.model_validate_json(raw)
        except ValidationError as error:
            raise InvalidInput(f"{path} is not a release lock: {error.error_count()} fields do not fit") from error

    def check(self, digest: str) -> ReleaseLock:
        """The lock, once every artefact was read and found to be what was locked; else `Refused` names what is not."""
        lock = self.lock(digest)
        _refuse_if_altered(lock, self._home(digest))
        return lock

    def presence(self, digest: str) -> Presence:
        """Whether the release could answer: all that its lock names is here, byte for byte."""
        try:
            self.check(digest)
        except NotFound:
            return Presence.MISSING
        except Refused:
            return Presence.CHANGED
        return Presence.SAME

    def path(self, digest: str, name: str) -> Path:
        """Where an artefact lies; `check` the release before its bytes are trusted."""
        return self._home(digest) / "files" / _place(name)

    def _home(self, digest: str) -> Path:
        kind, _, digits = digest.partition(":")
        if kind != "sha256" or len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
            raise InvalidInput(f"'{digest}' is not the digest of a release lock", hint="It is sha256: and 64 digits.")
        return self._folder / digits


def _refuse_if_altered(lock: ReleaseLock, home: Path) -> None:
    places = {each.name: home / "files" / _place(each.name) for each in lock.artefacts if _BY_NAME in each.name}
    folder = ArtefactFolder(home / "files", places=places)
    found = [(artefact.name, folder.check(artefact)) for artefact in lock.artefacts]
    wrong = [f"{name} {_WORDS[presence]}" for name, presence in found if presence is not Presence.SAME]
    if wrong:
        raise Refused(f"release {lock.digest[:19]}: {'; '.join(wrong)}", hint="Its bytes were changed after the lock.")


def _given(artefact: Artefact, files: Mapping[str, Path]) -> Path:
    found = files.get(artefact.name)
    if found is None or not found.exists():
        raise NotFound(f"the lock names {artefact.name}, which is not there")
    return found


def _place(name: str) -> str:
    return name.replace(_BY_NAME, "models-by-name/", 1)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _sync_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            sync_folder(path)
    sync_folder(folder)
