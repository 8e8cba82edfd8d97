"""Objects below an address such as `s3://bucket/prefix`, over the S3 API that many services speak (obstore).

Who we are, the region and another endpoint than Amazon's come from the usual variables (`AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`). Answers of 500 and up, and connections that break, are tried
again with growing pauses; what still fails is `Unavailable`. Replacing an object on condition that nobody else did
(`If-Match`, `If-None-Match`) needs a service that honours it: Amazon S3, MinIO, Cloudflare R2 and Ceph do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PreconditionError
from obstore.store import S3Store

from careloop.adapters.lake_depot import Found
from careloop.errors import Conflict, NotFound, Unavailable

__all__ = ["ObjectBucket"]

_CONNECT_S: Final = 5
_ANSWER_S: Final = 60
_RETRIES: Final = 5
_RETRY_S: Final = 60


class ObjectBucket:
    """The objects below one address; names are relative to it, with `/` between their parts."""

    def __init__(
        self, address: str, *, answer_s: float = _ANSWER_S, retries: int = _RETRIES, retry_s: float = _RETRY_S
    ) -> None:
        self.address = address.rstrip("/")
        plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        self._store = S3Store.from_url(
            self.address,
            client_options={
                "allow_http": plain,
                "connect_timeout": timedelta(seconds=_CONNECT_S),
                "timeout": timedelta(seconds=answer_s),
            },
            retry_config={"max_retries": retries, "retry_timeout": timedelta(seconds=retry_s)},
        )

    def read(self, name: str) -> Found | None:
        """An object; null when there is none."""
        with self._reached(name):
            try:
                found = obstore.get(self._store, name)
            except (NotFoundError, FileNotFoundError):
                return None
            return Found(bytes(found.bytes()), str(found.meta["e_tag"]))

    def write(self, name: str, source: Path) -> None:
        """Put a file's bytes in place as a whole, over what may be there; large ones go in parts."""
        with self._reached(name), source.open("rb") as file:
            obstore.put(self._store, name, file)

    def replace(self, name: str, content: bytes, *, tag: str | None) -> None:
        """Put small content in place if the object is still the one with this tag; None: if there is none.

        Raises `Conflict` when somebody was faster. An answer that was lost on its way makes no difference: what is
        there afterwards decides.
        """
        try:
            with self._reached(name):
                obstore.put(self._store, name, content, mode="create" if tag is None else {"e_tag": tag})
        except (Conflict, Unavailable):
            there = self.read(name)
            if there is None or there.content != content:
                raise

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects; those that are gone already are no error."""
        for name in names:
            with self._reached(name):
                try:
                    obstore.delete(self._store, name)
                except (NotFoundError, FileNotFoundError):
                    continue

    def names(self, below: str) -> list[str]:
        """Names of the objects below a folder. Others may have been added or removed meanwhile."""
        with self._reached(below):
            return [str(meta["path"]) for batch in obstore.list(self._store, below) for meta in batch]

    @contextmanager
    def _reached(self, name: str) -> Iterator[None]:
        place = f"{self.address}/{name}"
        try:
            yield
        except (AlreadyExistsError, PreconditionError) as error:
            raise Conflict(f"{place} was replaced by somebody else meanwhile") from error
        except (NotFoundError, FileNotFoundError) as error:
            raise NotFound(f"{place} is not there") from error
        except (BaseError, OSError) as error:
            raise Unavailable(
                f"{place} is out of reach: {_first_line(error)}",
                hint="What was taken in is safe on this machine; compaction goes on once the store answers.",
            ) from error


def _first_line(error: Exception) -> str:
    told = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return told[:300]
