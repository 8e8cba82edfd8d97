"""Personal data found by form and check digits, and what only looks like it (R45)."""

import pytest

from careloop.measures.personal_text import personal_kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("reach me at first.last+x@mail.example.org today", ("mail address",)),
        ("GB82 WEST 1234 5698 7654 32", ("bank account",)),
        ("DE89370400440532013000", ("bank account",)),
        ("4111 1111 1111 1111", ("payment card",)),
        ("378282246310005", ("payment card",)),
        ("call +49 (0)89 1234-5678 now", ("telephone number",)),
        ("ssn 219-09-9999", ("social security number",)),
        ("from 192.0.2.17", ("address of a machine",)),
        ("a@b.example, 192.0.2.1", ("mail address", "address of a machine")),
    ],
)
def test_what_has_a_form_is_found(text: str, kinds: tuple[str, ...]) -> None:
    assert personal_kinds(text) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "the rate rose by 3.5 % in 2025-11",
        "GB82 WEST 1234 5698 7654 33",
        "4111 1111 1111 1112",
        "0000 0000 0000 0000",
        "version 1.2.3.4.5",
        "999.1.1.1",
        "ssn 000-12-3456",
        "order +1 2",
        "@home and at@",
    ],
)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    assert personal_kinds(text) == ()


def test_a_long_hostile_text_is_read_in_time_that_grows_with_its_length() -> None:
    assert personal_kinds("a." * 50_000 + "@" + "1 " * 50_000) == ()
