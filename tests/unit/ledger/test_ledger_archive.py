"""An archive is a function of its content, and any ZIP tool opens it."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_verify.container import open_container, written_again
from care_verify.decoding import Malformed
from careloop.ledger.archive import pack

NAMES = st.text("abcäß/🏦.", min_size=1, max_size=12).filter(lambda name: not name.endswith("/"))


@given(st.dictionaries(NAMES, st.binary(max_size=40), max_size=8))
def test_what_is_packed_is_unpacked_whatever_the_order(members: dict[str, bytes]) -> None:
    archive = pack(members)
    assert open_container(archive) == members
    assert written_again(dict(members)) == archive
    assert pack(dict(reversed(members.items()))) == archive


@given(st.dictionaries(NAMES, st.binary(max_size=40), max_size=8))
def test_the_standard_tools_find_no_fault_in_it(members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(pack(members))) as container:
        assert container.testzip() is None
        assert {info.filename: container.read(info) for info in container.infolist()} == members


def test_there_may_be_more_members_than_sixteen_bits_count() -> None:
    members = {f"{n:06d}": b"" for n in range(0x10001)}
    assert open_container(pack(members)) == members
    fewer = dict.fromkeys(list(members)[:0xFFFF], b"")
    assert open_container(pack(fewer)) == fewer


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all" * 10])
def test_what_is_no_archive_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(Malformed):
        open_container(content)


def test_an_archive_that_would_unpack_to_too_much_is_not_read() -> None:
    archive = pack({"a": b"x"})
    huge = (2**31 + 1).to_bytes(4, "little")
    directory = archive.rindex(b"PK\x01\x02")
    with pytest.raises(Malformed, match="2 GiB"):
        open_container(archive[: directory + 24] + huge + archive[directory + 28 :])
