"""Composition for the lake: where it lies, and the forms in which batches of events come besides JSON."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from careloop.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    from careloop.ports.event_rows import EventRows

__all__ = ["arrow_file_batches", "arrow_rows", "lake_folder"]

_LAKE: Final = ".care/lake"
_NO_ARROW: Final = "Arrow is not installed"
_HINT: Final = "pip install 'careloop[lake]'"


def lake_folder(root: Path, declared: str | None) -> Path:
    """The folder of the repository's lake: `CARELOOP_LAKE`, else what care.yaml says under `stores: {lake: …}`, else
    `.care/lake`. A relative one is taken from the repository. Raises `InvalidInput` for what is no folder.
    """
    named = os.environ.get("CARELOOP_LAKE") or declared or _LAKE
    path = named.removeprefix("file://")
    if "://" in path:
        raise InvalidInput(
            f"stores.lake: '{named}' is no folder",
            hint="Name a folder of this machine: that is where events are made durable before they are acknowledged.",
        )
    return root / path


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
