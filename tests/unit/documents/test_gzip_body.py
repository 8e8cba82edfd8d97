"""A packed body is unpacked to a bound, in as many members as it has, and told apart from what is cut or altered."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.gzip_body import gunzipped
from careloop.errors import InvalidInput, Refused


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.integers(-3, 3))
def test_members_are_joined_and_the_bound_is_exact(parts: list[bytes], spare: int) -> None:
    body, whole = b"".join(map(gzip.compress, parts)), b"".join(parts)
    most = max(len(whole) + spare, 0)
    if len(whole) <= most:
        assert gunzipped(body, most=most) == whole
    else:
        with pytest.raises(Refused, match="send it in parts"):
            gunzipped(body, most=most)


def test_what_is_cut_altered_or_followed_by_other_bytes_is_refused() -> None:
    whole = gzip.compress(b"rows" * 100)
    altered = bytearray(whole)
    altered[-6] ^= 1
    for body in (b"", b"rows", whole[:-1], bytes(altered), whole + b"more"):
        with pytest.raises(InvalidInput, match="not gzip"):
            gunzipped(body, most=10_000)
