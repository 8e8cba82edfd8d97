"""Composition for the lake: where it lies, and the forms in which batches of events come besides JSON."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TypeGuard

from careloop.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    from careloop.adapters.lake_depot import LakeDepot
    from careloop.adapters.parquet_lake import ParquetLake
    from careloop.ports.event_rows import EventRows
    from careloop.ports.schema_notes import SchemaNotes

__all__ = ["arrow_file_batches", "arrow_rows", "lake_exists", "lake_folder", "opened_lake", "schema_notes"]

_LAKE: Final = ".care/lake"
_BUCKET: Final = "s3://"
_KEPT: Final = "CARELOOP_LAKE_KEPT_BYTES"
_NO_ARROW: Final = "Arrow is not installed"
_HINT: Final = "pip install 'careloop[lake]'"


def opened_lake(root: Path, declared: str | None) -> "ParquetLake":
    """The repository's lake, made on first use; `declared` is what care.yaml says under `stores: {lake: …}`."""
    from careloop.adapters.parquet_lake import open_lake

    folder = lake_folder(root, declared)
    return open_lake(folder, depot=_depot(declared, folder) if _is_bucket(declared) else None)


def lake_exists(root: Path, declared: str | None) -> bool:
    """Whether there may be events: a folder on this machine, or an object store that somebody writes to."""
    return lake_folder(root, declared).is_dir() or _is_bucket(declared)


def lake_folder(root: Path, declared: str | None) -> Path:
    """The folder of this machine in which events are made durable: `CARELOOP_LAKE`, else what is declared, else
    `.care/lake`; the latter also where an object store is declared.

    A relative one is taken from the repository. Raises `InvalidInput` for what is no folder.
    """
    named = os.environ.get("CARELOOP_LAKE") or (None if _is_bucket(declared) else declared) or _LAKE
    path = named.removeprefix("file://")
    if "://" in path:
        raise InvalidInput(
            f"stores.lake: '{named}' is neither a folder nor s3://bucket/prefix",
            hint="Events are made durable in a folder of this machine; what was compacted may lie in an object store.",
        )
    return root / path


def schema_notes(root: Path, declared: str | None) -> "SchemaNotes":
    """Counts of what was sent against what was declared, beside the lake."""
    from careloop.adapters.sqlite_schema_notes import SqliteSchemaNotes

    return SqliteSchemaNotes(lake_folder(root, declared) / "schema.sqlite")


def _is_bucket(declared: str | None) -> TypeGuard[str]:
    return declared is not None and declared.startswith(_BUCKET)


def _depot(address: str, folder: Path) -> "LakeDepot":
    """The object store at an address, behind the lake in a folder."""
    if not address.removeprefix(_BUCKET).strip("/"):
        raise InvalidInput(f"stores.lake: '{address}' names no bucket", hint="Write s3://bucket/prefix.")
    try:
        from careloop.adapters.lake_depot import KEPT_BYTES, LakeDepot
        from careloop.adapters.object_bucket import ObjectBucket
    except ModuleNotFoundError as error:
        raise UsageError("what speaks S3 is not installed", hint="pip install 'careloop[lake,s3]'") from error
    kept = os.environ.get(_KEPT, "")
    if kept and not kept.isdigit():
        raise UsageError(f"{_KEPT} is '{kept}', which is no number of bytes", hint="Write digits only.")
    return LakeDepot(ObjectBucket(address), folder, kept_bytes=int(kept) if kept else KEPT_BYTES)


def arrow_rows(body: bytes, *, most_bytes: int) -> "EventRows":
    """The rows of an Arrow IPC stream, as a batch over HTTP has them. Raises `InvalidInput`, `Refused`."""
    try:
        from careloop.adapters.arrow_events import read_arrow_stream
    except ModuleNotFoundError as error:
        raise UsageError(_NO_ARROW, hint=_HINT) from error
    return read_arrow_stream(body, most_bytes=most_bytes)


def arrow_file_batches(source: BinaryIO) -> "Iterator[EventRows]":
    """The batches of an Arrow IPC stream, an Arrow file or a Parquet file. Raises `InvalidInput` when it is none."""
    try:
        from careloop.adapters.arrow_files import read_arrow_file
    except ModuleNotFoundError as error:
        raise UsageError(_NO_ARROW, hint=_HINT) from error
    return read_arrow_file(source)
