"""A body that was compressed with gzip, read back to a bound, so that few bytes cannot become very many."""

from __future__ import annotations

import zlib

from careloop.errors import InvalidInput, Refused

__all__ = ["gunzipped"]

_GZIP = 16 + zlib.MAX_WBITS


def gunzipped(body: bytes, *, most: int) -> bytes:
    """The bytes that the gzip members of `body` hold, RFC 1952.

    Raises `InvalidInput` when that is no gzip or ends early, and `Refused` once they come to more than `most`; no more
    than that is ever held.

    >>> import gzip
    >>> gunzipped(gzip.compress(b"[]"), most=2)
    b'[]'
    """
    parts: list[bytes] = []
    room = most
    rest = body
    while rest:
        reader = zlib.decompressobj(_GZIP)
        try:
            part = reader.decompress(rest, room + 1)
        except zlib.error as error:
            raise InvalidInput(f"the body is not gzip: {error}") from error
        if len(part) > room:
            raise Refused(f"the body holds more than {most:,} bytes: send it in parts")
        if not reader.eof:
            raise InvalidInput("the body is not gzip: it ends early")
        parts.append(part)
        room -= len(part)
        rest = reader.unused_data
    if not parts:
        raise InvalidInput("the body is not gzip: it is empty")
    return b"".join(parts)
