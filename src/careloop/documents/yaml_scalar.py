"""Any text as one YAML scalar on one line."""

import unicodedata

__all__ = ["quoted"]

_UNPRINTABLE = "\x85\ufeff\ufffe\uffff"
"""Characters that YAML takes only when they are escaped, beside controls and line separators."""


def quoted(text: str) -> str:
    """A YAML double-quoted scalar, whatever stands in the text; what is no character at all becomes U+FFFD.

    >>> print(quoted('say "hi"'))
    "say \\"hi\\""
    """
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '\\"':
        return f"\\{character}"
    kind = unicodedata.category(character)
    if kind == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    if kind in ("Cc", "Zl", "Zp") or character in _UNPRINTABLE:
        return f"\\u{ord(character):04x}"
    return character
