"""YAML text to plain values by the YAML 1.2 core schema: fast when it is plain, exact when it is not.

Two parsers stand behind one function. `py-yaml12` reads ordinary documents at about 50 µs each but tells neither where a
value stands nor that a key came twice. PyYAML's C loader knows both and takes five times as long. A document that
could hide one of those troubles (anchors, tags, several documents, control characters, more key-like lines than keys)
goes to the second; so does everything the first refuses. The second one's word is final; a property test holds the two
to the same answer (docs/adr/0007).
"""

import re
from dataclasses import dataclass
from typing import cast

import yaml12

from careloop.documents.layout import MAX_BYTES
from careloop.documents.problem import Problem

__all__ = ["PlainValue", "decode", "read_yaml"]

PlainValue = bool | int | float | str | list["PlainValue"] | dict[str, "PlainValue"] | None

_NEEDS_EXACT = re.compile(
    r"(?:^|[\s\[{,:-])[&*!][^\s&]"  # anchors, aliases, tags
    r"|^(?:---|\.\.\.)(?:\s|$)|^%|^\s*\?(?:\s|$)"  # document marks, directives, complex keys
    r"|\.(?:nan|inf)\b|[\"'][ ]?:\S|^[ ]*\t|<<"  # non-finite numbers, JSON-like keys, tabs in indents, merge keys
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufeff\ufffe\uffff]",
    re.MULTILINE | re.IGNORECASE,
)
_KEY_LINE = re.compile(r"^[ ]*(?:-[ ]+)*[^\s#\-][^\n]*?:(?:[ ]|\r?$)", re.MULTILINE)
_COLON = re.compile(r":(?:[ \n\r]|$)")


@dataclass(frozen=True, slots=True)
class YamlReading:
    """A document's value, or what is wrong with its text; never both."""

    value: PlainValue
    problems: tuple[Problem, ...] = ()


def decode(raw: bytes) -> str | Problem:
    """Bytes to text: UTF-8 only, with or without a byte order mark, any line ends."""
    if len(raw) > MAX_BYTES:
        return Problem("too-large", f"the file has {len(raw):,} bytes; a document has at most {MAX_BYTES:,}")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        return Problem("not-utf8", f"byte 0x{raw[error.start]:02x} is not UTF-8 text", line=line, column=column)
    return text.removeprefix("\ufeff")


def read_yaml(text: str) -> YamlReading:
    """Read one YAML document; on trouble, every problem with its line and column."""
    if _NEEDS_EXACT.search(text) is None:
        try:
            value = yaml12.parse_yaml(text)
        except ValueError:
            return _read_exactly(text)
        keys = _count_keys(value)
        if keys is not None and keys == _keys_written(text):
            return YamlReading(cast("PlainValue", value)) if value is not None else _empty()
    return _read_exactly(text)


def _empty() -> YamlReading:
    return YamlReading(None, (Problem("empty-file", "the document is empty"),))


def _read_exactly(text: str) -> YamlReading:
    from careloop.documents.yaml_exact import read_exactly

    value, problems = read_exactly(text)
    if problems:
        return YamlReading(None, problems)
    return YamlReading(cast("PlainValue", value)) if value is not None else _empty()


def _count_keys(value: object) -> int | None:
    """Keys of all mappings in a value; null when a key is not text or a value is of no plain type."""
    if isinstance(value, str | bool | int | float) or value is None:
        return 0
    total = 0
    if isinstance(value, list):
        for item in value:
            inner = _count_keys(item)
            if inner is None:
                return None
            total += inner
        return total
    if not isinstance(value, dict):
        return None
    for key, item in value.items():
        inner = _count_keys(item) if isinstance(key, str) else None
        if inner is None:
            return None
        total += 1 + inner
    return total


def _keys_written(text: str) -> int:
    """How many keys the text may hold; never fewer than it does, so a repeated key makes the counts differ."""
    if "{" in text:
        return len(_COLON.findall(text))
    return len(_KEY_LINE.findall(text))
