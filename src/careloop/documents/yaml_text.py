"""YAML text to plain values by the YAML 1.2 core schema: fast when it is plain, exact when it is not.

Two parsers stand behind one function. `py-yaml12` reads ordinary documents at about 50 µs each but tells neither where
a value stands nor that a key came twice. PyYAML's C loader knows both and takes five times as long. A document that
could hide one of those troubles (anchors, tags, several documents, control characters, more key-like lines than keys)
goes to the second; so does everything the first refuses. The second one's word is final; a property test holds the two
to the same answer (docs/adr/0007).
"""

import json
import re
from dataclasses import dataclass
from typing import cast

import yaml12

from careloop.documents.layout import MAX_BYTES
from careloop.documents.problem import Problem

__all__ = ["PlainValue", "YamlReading", "decode", "read_shipped_yaml", "read_yaml"]

PlainValue = bool | int | float | str | list["PlainValue"] | dict[str, "PlainValue"] | None

_REFERENCE = re.compile(r"(?:^[ \t]*|[:?-][ \t]+|[\[{,][ \t]*)(?:&+[^\s&]|\*[^\s&]|!(?:[!<\s]|$))", re.MULTILINE)
"""An anchor, an alias or a tag of YAML's own; any other tag comes out as no plain value."""
_LINE_START = re.compile(r"\n(?:---|\.\.\.|%|[ ]*\?(?:\s|$)|[ -]*\t)")
"""Document marks, directives, complex keys, tabs in indents."""
_DEEP = re.compile(r"\n[ -]{120}")
"""Lists in lists in lists: the first parser has no bound of its own there and runs out of stack."""
_ODD_VALUE = re.compile(r"\.(?:nan|NaN|NAN|inf|Inf|INF)\b|<<")
"""Numbers that are none, merge keys."""
_ENDS_EARLY = re.compile(r"(?:[ ]*(?:#[^\n]*)?\r?\n)*[ \[{]")
"""A document in brackets, or indented as a whole: the first parser passes over what stands behind it."""
_OPEN_END = re.compile(r"[|>][-+\d]*(?:[ ]+#.*)?\Z|[ ]*#")
"""A last line that opens a block of text, which the first parser takes for a blank line; or may, above a comment."""
_NO_START = ('"|', '"@', '"`', '"%', '"&', '"*', ' ":', '[":', '{":')
"""How text that begins with a mark which may begin none looks in JSON."""
_FLOW_QUESTION = re.compile(r"[\[{,]\s*\?")
_LONE_RETURN = re.compile(r"\r(?!\n)")
_TIGHT_KEY = re.compile(r"[\"'][ ]?:\S")
"""Keys as JSON writes them."""
_NOT_TEXT = r"(?:[-+.~\d][^\s:]*|[Tt]rue|[Ff]alse|[Nn]ull|TRUE|FALSE|NULL|)[ ]*:(?:\s|$)"
_ODD_KEY = re.compile(r"\n[ ]*(?:-[ ]+)*" + _NOT_TEXT)
_ODD_FLOW_KEY = re.compile(r"[{,]\s*" + _NOT_TEXT)
"""Keys that are read as something else than text."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_KEY_LINE = re.compile(r"\n[ ]*(?:-[ ]+)*[^\s#][^\n]*?:(?:[ \t]|\r?(?=\n|$))")
_COLON = re.compile(r":(?:[ \t\n\r]|$)")


@dataclass(frozen=True, slots=True)
class YamlReading:
    """A document's value, or what is wrong with its text; never both."""

    value: PlainValue
    problems: tuple[Problem, ...] = ()
    json: str | None = None
    """The value as JSON, where it was made on the way."""


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
    if _is_plain(text):
        try:
            value = yaml12.parse_yaml(text)
            written = json.dumps(value, allow_nan=False)
        except (ValueError, TypeError, RecursionError):
            return _read_exactly(text)
        # In JSON every key ends in '": ', and a text that holds this only makes the count too high.
        if isinstance(value, dict) and written.count('": ') == _keys_written(text) and not _lenient(text, written):
            return YamlReading(cast("PlainValue", value), json=written)
    return _read_exactly(text)


def read_shipped_yaml(text: str) -> YamlReading:
    """Read a document that ships with this version, by the fast reader alone; never one that somebody else wrote.

    What `read_yaml` looks for in a strange text takes ten times as long as reading it. For these texts a test has
    looked: it holds both readers to the same value on every file of the standards.
    """
    try:
        return YamlReading(cast("PlainValue", yaml12.parse_yaml(text)))
    except ValueError:
        return read_yaml(text)


def _is_plain(text: str) -> bool:
    """Whether nothing in the text could be read in two ways. Cheap looks first: most documents need no other."""
    lines = "\n" + text
    if ("&" in text or "*" in text or "!" in text) and _REFERENCE.search(text):
        return False
    if ('"' in text or "'" in text) and _TIGHT_KEY.search(text):
        return False
    if any(mark in text for mark in ("---", "...", "%", "?", "\t")) and _LINE_START.search(lines):
        return False
    if any(mark in text for mark in (":}", ":]", ":,")) or ("?" in text and _FLOW_QUESTION.search(text)):
        return False
    last = text.rstrip().rpartition("\n")[2]
    if (last[-1:] in "|>+-0123456789" or "#" in last) and _OPEN_END.search(last):
        return False
    if _DEEP.search(lines) or _ENDS_EARLY.match(text) or ("\r" in text and _LONE_RETURN.search(text)):
        return False
    if any(mark in text for mark in (".n", ".N", ".i", ".I", "<<")) and _ODD_VALUE.search(text):
        return False
    if _ODD_KEY.search(lines) or ("{" in text and _ODD_FLOW_KEY.search(text)):
        return False
    return text.replace("\n", "").isprintable() or _CONTROL.search(text) is None


def _lenient(text: str, written: str) -> bool:
    """Whether the first parser may have let something pass: text that begins with a mark that may begin none, or a key
    in braces that stands on two lines and so came to have a space."""
    if any(start in written for start in _NO_START) or written.count('">') != written.count('">="'):
        return True
    if "{" not in text:
        return False
    ends = (piece.rpartition('"') for piece in written.split('": ')[:-1])
    return any(" " in key or before.endswith("\\") for before, _, key in ends)


def _empty() -> YamlReading:
    return YamlReading(None, (Problem("empty-file", "the document is empty"),))


def _read_exactly(text: str) -> YamlReading:
    from careloop.documents.yaml_exact import read_exactly

    value, problems = read_exactly(text)
    if problems:
        return YamlReading(None, problems)
    return YamlReading(cast("PlainValue", value)) if value is not None else _empty()


def _keys_written(text: str) -> int:
    """How many keys the text may hold; never fewer than it does, so a repeated key makes the counts differ.

    A line holds at most one key, unless it is in a flow mapping: there every colon counts.
    """
    if "{" not in text:
        return len(_KEY_LINE.findall("\n" + text))
    total = 0
    for line in text.split("\n"):
        if "{" in line or "}" in line:
            if line.count("{") != line.count("}"):
                return len(_COLON.findall(text))
            total += len(_COLON.findall(line))
        elif _KEY_LINE.match("\n" + line):
            total += 1
    return total
