"""Personal data in free text, found by its form, and by its check digits where it has some.

Finds what has a form: mail addresses, telephone numbers with a country code, bank accounts (IBAN), payment cards,
social security numbers of the United States, addresses of machines. Names and postal addresses have none: finding
nothing does not show that nothing is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

__all__ = ["personal_kinds"]


def _is_iban(text: str) -> bool:
    """ISO 13616: the account number, its first four signs moved to the end and letters as numbers, is 1 modulo 97."""
    plain = text.replace(" ", "")
    return 15 <= len(plain) <= 34 and int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def _is_card(text: str) -> bool:
    """ISO/IEC 7812: the digits satisfy Luhn's formula."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _is_machine(text: str) -> bool:
    return all(int(part) <= 255 for part in text.split("."))


def _always(text: str) -> bool:
    return True


_FORMS: Final[tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...]] = (
    ("mail address", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), _always),
    ("bank account", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _is_iban),
    ("payment card", re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])"), _is_card),
    (
        "telephone number",
        re.compile(r"(?<![\w+])\+[1-9]\d{0,2}[ ()/.-]{0,2}\d(?:[ ()/.-]{0,2}\d){6,11}(?!\d)"),
        _always,
    ),
    (
        "social security number",
        re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])"),
        _always,
    ),
    ("address of a machine", re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"), _is_machine),
)


def personal_kinds(text: str) -> tuple[str, ...]:
    """Which kinds of personal data a text holds, in a fixed order; empty for none found.

    >>> personal_kinds("write to ada@example.org or pay to DE89 3704 0044 0532 0130 00")
    ('mail address', 'bank account')
    >>> personal_kinds("order 4111 1111 1111 1112")
    ()
    """
    return tuple(kind for kind, form, really in _FORMS if any(really(found.group()) for found in form.finditer(text)))
