"""The one small file that says which files make up the lake: replaced as a whole, so a change happens or does not."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from careloop.adapters.durable_file import write_durably
from careloop.errors import Refused, Unavailable

__all__ = ["MANIFEST", "LakeFile", "Manifest", "read_manifest", "write_manifest"]

MANIFEST: Final = "manifest.json"
_SCHEMA: Final = "careloop/lake/v1"


class LakeFile(msgspec.Struct, frozen=True, kw_only=True):
    """One Parquet file."""

    path: str
    """Below the lake's folder."""
    system: str
    date: str
    """Day in UTC on which its events occurred."""
    rows: int
    first_seq: int
    last_seq: int
    first_us: int
    """Earliest `occurred_at`."""
    last_us: int
    first_received_us: int
    last_received_us: int
    sha256: str
    size: int = 0
    """Bytes; 0 where the careloop that wrote it did not say."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in Parquet, and where the segments take over."""

    schema: str = _SCHEMA
    compacted_upto: int = 0
    """Events up to this `ingest_seq` are in `files`; rows of segments up to it are to be passed over."""
    received_us: int = 0
    """When the last of them was received, or the last fence before them stood."""
    files: tuple[LakeFile, ...] = ()
    id_runs: tuple[str, ...] = ()
    """Sorted ids of the compacted events."""


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a lake; that of an empty lake when there is none."""
    path = folder / MANIFEST
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return Manifest()
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(
            f"{path} is damaged: {error}", hint="Restore it from a backup; do not write meanwhile."
        ) from error
    if found.schema != _SCHEMA:
        raise Refused(f"{path} is of {found.schema}", hint="Read it with the careloop that wrote it.")
    return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a new manifest in place, durably and as a whole."""
    write_durably(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n", mode=0o600)
