"""A folder as one file, always the same bytes for the same content: a ZIP without compression, clock or machine in it.

Members are stored in order of their names, dated 1980-01-01, readable by all. Source: PKWARE APPNOTE 6.3 (4.3.6 to
4.3.16), with the ZIP64 end record when there are more members than 16 bits count.
"""

import io
import struct
import zlib
from collections.abc import Mapping
from typing import Final

from careloop.errors import InvalidInput

__all__ = ["pack"]

_MAX_MEMBER: Final = 2**32 - 2
_JAN_1980: Final = 1 << 5 | 1
_UTF8: Final = 0x0800
_UNIX: Final = 3 << 8 | 20
_READABLE_FILE: Final = 0o100644 << 16


def pack(members: Mapping[str, bytes]) -> bytes:
    """The one archive of these members; raises `InvalidInput` for a member or total of 4 GiB and more."""
    out, directory = io.BytesIO(), io.BytesIO()
    for name, content in sorted(members.items()):
        if len(content) > _MAX_MEMBER or out.tell() > _MAX_MEMBER:
            raise InvalidInput(f"{name}: an archive holds less than 4 GiB")
        encoded, checksum = name.encode(), zlib.crc32(content)
        common = struct.pack(
            "<HHHHHIIIHH", 20, _UTF8, 0, 0, _JAN_1980, checksum, len(content), len(content), len(encoded), 0
        )
        directory.write(b"PK\x01\x02" + struct.pack("<H", _UNIX) + common)
        directory.write(struct.pack("<HHHII", 0, 0, 0, _READABLE_FILE, out.tell()) + encoded)
        out.write(b"PK\x03\x04" + common + encoded + content)
    start = out.tell()
    out.write(directory.getvalue())
    _write_end(out, count=len(members), start=start, length=len(directory.getvalue()))
    return out.getvalue()


def _write_end(out: io.BytesIO, *, count: int, start: int, length: int) -> None:
    if count > 0xFFFE:
        here = out.tell()
        out.write(b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, length, start))
        out.write(b"PK\x06\x07" + struct.pack("<IQI", 0, here, 1))
    short = min(count, 0xFFFF)
    out.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, short, short, length, start, 0))
