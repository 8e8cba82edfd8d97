"""What differs between two slices, in sentences: why approvals of one say nothing about the other (SEMANTICS 12)."""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Final

__all__ = ["slice_changes"]

_MOST: Final = 12
"""Changes that are spelt out; of more, only the number is told."""
_WIDEST: Final = 80
_SECTIONS: Final[Mapping[str, str]] = {
    "lock": "the release lock",
    "fresh_days": "days for which results stay fresh",
    "criteria": "risk criteria",
    "quorum": "whose approvals the organisation asks for",
    "system": "the system",
    "results": "results",
}
_NAMED: Final[Mapping[str, str]] = {
    "rules": "the rule ",
    "read_by_rules": "what is read by the rule ",
    "documents": "the system's ",
    "risks": "the risk ",
    "waivers": "the waiver ",
}
"""Sections whose next part is a name."""
_NAMES: Final = ("id", "measure")
"""Fields by which a record in a list is known, whatever its place there."""


def slice_changes(before: bytes, now: bytes) -> tuple[str, ...]:
    """One sentence for each material field that differs; empty when none does. Both are slices in canonical form.

    >>> slice_changes(b'{"rules":{"a":{"severity":"must"}}}', b'{"rules":{"a":{"severity":"may"},"b":{}}}')
    ('the rule a: severity was must, is may', 'the rule b is new')
    """
    found = list(_changes(json.loads(before), json.loads(now), ()))
    more = len(found) - _MOST
    return tuple(found) if more <= 0 else (*found[:_MOST], f"and {more} more")


def _changes(before: Any, now: Any, path: tuple[str, ...]) -> Iterator[str]:
    if before == now:
        return
    old, new = _parts(before), _parts(now)
    if old is None or new is None:
        yield f"{_place(path)} was {_shown(before)}, is {_shown(now)}"
        return
    found = [line for key in sorted(old.keys() | new.keys()) for line in _change_of(key, old, new, path)]
    # The same records in another order, say: nothing is new or gone, and the slice is another all the same.
    yield from found or [f"{_place(path)} has changed"]


def _change_of(key: str, old: Mapping[str, Any], new: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    inner = (*path, key)
    if key not in old:
        yield f"{_place(inner)} is new"
    elif key not in new:
        yield f"{_place(inner)} is gone"
    else:
        yield from _changes(old[key], new[key], inner)


def _parts(value: Any) -> Mapping[str, Any] | None:
    """Fields of a record, or records of a list by their names; null for what is compared as a whole."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not all(isinstance(one, dict | list) for one in value):
        return None
    found: dict[str, Any] = {}
    for item in value:
        name, rest = _named(item)
        found[name if name not in found else f"{name} {len(found) + 1}"] = rest
    return found


def _named(item: Any) -> tuple[str, Any]:
    if isinstance(item, list):
        *names, rest = item or [None]
        return " of ".join(map(str, names)), rest
    name = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), None)
    return (name or next(iter(sorted(item)), ""), item)


def _place(path: tuple[str, ...]) -> str:
    section, *rest = [name for name, _ in groupby(path) if name != "fields"] or ["the slice"]
    if section in _NAMED and rest:
        title, rest = f"{_NAMED[section]}{rest[0]}", rest[1:]
    else:
        title = _SECTIONS.get(section, section)
    return f"{title}: {'.'.join(rest)}" if rest else title


def _shown(value: Any) -> str:
    if value is None:
        return "not stated"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"
