"""The ZIP around an export: opened leniently, so that damage can be described, then written again and compared.

An export has exactly one form: members in order of their names, stored without compression, dated 1980-01-01. Whatever
differs from it in a single byte was altered after it was written. Source: PKWARE APPNOTE 6.3, sections 4.3.6 to 4.3.16.
"""

import io
import struct
import zlib
from typing import Final, TypeAlias
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from care_verify.decoding import Malformed

__all__ = ["Members", "open_container", "written_again"]

Members: TypeAlias = dict[str, bytes | None]
"""Name -> content; None when the member is listed and cannot be read."""

_MAX_TOTAL: Final = 2**31
_DATE: Final = 1 << 5 | 1
_UTF8: Final = 0x0800
_MADE_BY: Final = 3 << 8 | 20
_HEADER: Final = 30
_MODE: Final = 0o100644 << 16
_DAMAGE: Final = (
    BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    IndexError,
    KeyError,
    MemoryError,
)


def open_container(archive: bytes) -> Members:
    """The members of any ZIP; raises `Malformed` when it cannot be opened at all or would unpack to over 2 GiB."""
    try:
        with ZipFile(io.BytesIO(archive)) as container:
            listed = container.infolist()
            if sum(info.file_size for info in listed) > _MAX_TOTAL:
                raise Malformed("an archive that unpacks to more than 2 GiB is not read")
            return {info.filename: _content(container, info, archive) for info in listed}
    except Malformed:
        raise
    except _DAMAGE as error:
        raise Malformed(f"not a readable ZIP archive: {error}") from error


def written_again(members: Members) -> bytes | None:
    """The one archive of these members; None when some could not be read."""
    whole = {name: content for name, content in members.items() if content is not None}
    if len(whole) != len(members):
        return None
    out, directory = io.BytesIO(), io.BytesIO()
    for name in sorted(whole):
        _member(out, directory, name, whole[name])
    start = out.tell()
    out.write(directory.getbuffer())
    _end(out, len(whole), start, len(directory.getbuffer()))
    return out.getvalue()


def _content(container: ZipFile, info: ZipInfo, archive: bytes) -> bytes | None:
    """What a member holds; of one that is stored and fails its checksum, the bytes as they are."""
    try:
        return container.read(info.filename)
    except _DAMAGE:
        return _as_stored(info, archive)


def _as_stored(info: ZipInfo, archive: bytes) -> bytes | None:
    header = archive[info.header_offset : info.header_offset + _HEADER]
    if info.compress_type != ZIP_STORED or len(header) < _HEADER or header[:4] != b"PK\x03\x04":
        return None
    start = info.header_offset + _HEADER + sum(struct.unpack("<HH", header[26:30]))
    found = archive[start : start + info.file_size]
    return found if len(found) == info.file_size else None


def _member(out: io.BytesIO, directory: io.BytesIO, name: str, content: bytes) -> None:
    label = name.encode(errors="surrogateescape")
    size, at = len(content), out.tell()
    shared = struct.pack("<HHHHHIIIHH", 20, _UTF8, 0, 0, _DATE, zlib.crc32(content), size, size, len(label), 0)
    out.write(b"PK\x03\x04" + shared + label)
    out.write(content)
    directory.write(b"PK\x01\x02" + struct.pack("<H", _MADE_BY) + shared)
    directory.write(struct.pack("<HHHII", 0, 0, 0, _MODE, at) + label)


def _end(out: io.BytesIO, count: int, start: int, length: int) -> None:
    if count >= 0xFFFF:
        here = out.tell()
        out.write(struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, start))
        out.write(struct.pack("<4sIQI", b"PK\x06\x07", 0, here, 1))
    shown = min(count, 0xFFFF)
    out.write(struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, shown, shown, length, start, 0))
