"""The compacted files of a lake in an object store: written there before any manifest names them, and read back.

One object, `manifest.json`, says with digests which files make up the lake; it is put in place last and on condition
that nobody else replaced it, and that is the moment in which a compaction or an erasure happens. What it names was
there before, so nobody ever finds half of anything, and no list of objects is relied on. This machine's own manifest
follows it; should that be cut short, the next compaction takes up what was published. Local copies stay at hand up to
a size; others are fetched again when they are read, and checked against their digest.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import msgspec

from careloop.adapters.durable_file import write_durably, write_once
from careloop.adapters.lake_manifest import MANIFEST, LakeFile, Manifest, read_manifest, write_manifest
from careloop.errors import Conflict, Refused

__all__ = ["KEPT_BYTES", "Bucket", "Found", "LakeDepot", "Published"]

_SCHEMA: Final = "careloop/lake-depot/v1"
_WRITER: Final = "writer"
_AT_ONCE: Final = 8
"""Files that are fetched or written at the same time."""
_IN_USE_S: Final = 3600
"""A local copy that was asked for within this time is not removed."""
KEPT_BYTES: Final = 8 * 2**30


class Found(NamedTuple):
    """An object as it was read."""

    content: bytes
    tag: str
    """Changes whenever the object does."""


class Bucket(Protocol):
    """Objects below one address; every call raises `Unavailable` when the store is out of reach."""

    @property
    def address(self) -> str:
        """Such as `s3://bucket/prefix`."""
        ...

    def read(self, name: str) -> Found | None:
        """An object; null when there is none."""
        ...

    def write(self, name: str, source: Path) -> None:
        """Put a file's bytes in place as a whole, over what may be there."""
        ...

    def replace(self, name: str, content: bytes, *, tag: str | None) -> None:
        """Put small content in place if the object is still the one with this tag; None: if there is none.

        Raises `Conflict` when somebody was faster.
        """
        ...

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects; those that are gone already are no error."""
        ...

    def names(self, below: str) -> Sequence[str]:
        """Names of the objects below a folder, as far as the store tells; nothing but tidying may rest on it."""
        ...


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What the object store says about the lake."""

    schema: str = _SCHEMA
    writer: str
    """The one lake that may change it."""
    manifest: Manifest
    run_digests: dict[str, str]
    """SHA-256 of each run of ids; those of the Parquet files stand with them."""


class LakeDepot:
    """The object store behind the lake in `folder`. One machine writes to it; others may read."""

    def __init__(self, bucket: Bucket, folder: Path, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._bucket = bucket
        self._folder = folder
        self._kept_bytes = kept_bytes

    # --- writing ------------------------------------------------------------------------------------------------------

    def catch_up(self, *, take_over: bool = False) -> None:
        """Bring this machine's manifest to what is published. Call it before files are made, with compactions kept out.

        Raises `Conflict` when another lake writes there. `take_over`: this lake writes from now on, if it knows all
        that the other one published.
        """
        found = self._published()
        if found is None:
            return
        there, tag = found
        ours = read_manifest(self._folder)
        if there.writer == self._writer():
            if there.manifest != ours:
                self._fetch_runs(there)
                write_manifest(self._folder, there.manifest)
            return
        if not take_over or there.manifest != ours:
            raise Conflict(f"another lake writes to {self._bucket.address}", hint=_hint(take_over=take_over))
        self._put(msgspec.structs.replace(there, writer=self._writer()), tag)

    def publish(self, manifest: Manifest) -> None:
        """Write the files that are new, then the manifest that names them."""
        found = self._published()
        there, tag = found if found is not None else (None, None)
        if there is not None and there.writer != self._writer():
            raise Conflict(f"another lake writes to {self._bucket.address}", hint=_hint(take_over=False))
        before = set() if there is None else {file.path for file in there.manifest.files} | set(there.run_digests)
        names = [file.path for file in manifest.files] + list(manifest.id_runs)
        self._write_all([name for name in names if name not in before])
        known = {} if there is None else there.run_digests
        digests = {run: known.get(run) or _digest(self._folder / run) for run in manifest.id_runs}
        self._put(Published(writer=self._writer(), manifest=manifest, run_digests=digests), tag)

    def _write_all(self, names: Sequence[str]) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for done in [threads.submit(self._bucket.write, name, self._folder / name) for name in names]:
                done.result()

    def _put(self, published: Published, tag: str | None) -> None:
        self._bucket.replace(MANIFEST, msgspec.json.encode(published) + b"\n", tag=tag)

    def sweep(self, manifest: Manifest, *, thoroughly: bool = False) -> None:
        """Remove local copies that are too much; `thoroughly`: also objects that the manifest does not name."""
        if thoroughly:
            named = {file.path for file in manifest.files} | set(manifest.id_runs)
            there = [name for below in ("parquet", "ids") for name in self._bucket.names(below)]
            self._bucket.remove([name for name in there if name not in named])
        copies = []
        for file in manifest.files:
            try:
                found = (self._folder / file.path).stat()
            except FileNotFoundError:
                continue
            copies.append((found.st_mtime, found.st_size, file.path))
        too_much = sum(size for _, size, _ in copies) - self._kept_bytes
        for used, size, path in sorted(copies):
            if too_much <= 0 or time.time() - used < _IN_USE_S:
                break
            (self._folder / path).unlink(missing_ok=True)
            too_much -= size

    # --- reading ------------------------------------------------------------------------------------------------------

    def adopt(self) -> None:
        """For a folder that is new: take over what is published, to read it; to write, `catch_up` is to be asked."""
        found = self._published()
        if found is not None:
            self._fetch_runs(found[0])
            write_manifest(self._folder, found[0].manifest)

    def at_hand(self, files: Sequence[LakeFile]) -> list[Path]:
        """Local copies of files, fetched where they are not there. `FileNotFoundError` when one is gone there too."""
        paths = [self._folder / file.path for file in files]
        missing = []
        for file, path in zip(files, paths, strict=True):
            try:
                os.utime(path)
            except FileNotFoundError:
                missing.append(file)
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for done in [threads.submit(self._fetch, file.path, file.sha256) for file in missing]:
                done.result()
        return paths

    def _fetch_runs(self, published: Published) -> None:
        for run, digest in published.run_digests.items():
            if not (self._folder / run).is_file():
                self._fetch(run, digest)

    def _fetch(self, name: str, digest: str) -> None:
        found = self._bucket.read(name)
        if found is None:
            raise FileNotFoundError(name)
        if hashlib.sha256(found.content).hexdigest() != digest:
            raise Refused(
                f"{self._bucket.address}/{name} is not what the lake's manifest says it is",
                hint="Restore that object from an earlier version; until then its rows cannot be counted.",
            )
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self._folder / "incoming" / f"{os.getpid()}-{time.monotonic_ns()}-{path.name}"
        beside.parent.mkdir(exist_ok=True, mode=0o700)
        try:
            write_durably(beside, found.content, mode=0o600)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def _published(self) -> tuple[Published, str] | None:
        found = self._bucket.read(MANIFEST)
        return None if found is None else (self._decoded(found), found.tag)

    def _decoded(self, found: Found) -> Published:
        place = f"{self._bucket.address}/{MANIFEST}"
        try:
            published = msgspec.json.decode(found.content, type=Published)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refused(f"{place} is damaged: {error}", hint="Restore an earlier version of that object.") from error
        if published.schema != _SCHEMA:
            raise Refused(f"{place} is of {published.schema}", hint="Read it with the careloop that wrote it.")
        return published

    def _writer(self) -> str:
        """Name of this lake, made up once."""
        path = self._folder / _WRITER
        if not path.is_file():
            write_once(path, os.urandom(16).hex().encode(), mode=0o600)
        return path.read_text(encoding="ascii")


def _hint(*, take_over: bool) -> str:
    if take_over:
        return "It published what this lake does not know: move this machine's folder aside, so that it is read anew."
    return "Give each lake an address of its own. When that machine is gone for good: `care lake compact --take-over`."


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
