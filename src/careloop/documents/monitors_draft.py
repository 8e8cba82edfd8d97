"""Write `monitors.yaml` from monitors that were proposed, each with its reasons above it (R65)."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from careloop.documents.yaml_scalar import quoted
from careloop.domain.monitor import Monitor

__all__ = ["draft_monitors"]

_WIDTH = 116
_PLAIN = re.compile(r"[a-z][a-z0-9._-]*|P[0-9TDHMWY]+")
_FIELDS = (
    *("id", "kind", "measure", "by", "of", "values", "edges", "window", "reference", "tolerance", "promise"),
    *("minimum_n", "severity", "response"),
)


def draft_monitors(owner: str, monitors: Sequence[tuple[Monitor, Sequence[str]]], *, head: Sequence[str]) -> str:
    """The text of `systems/<id>/monitors.yaml`: `head` as comment on top, then each monitor under its reasons."""
    lines = ["# yaml-language-server: $schema=../../.care/schemas/monitors.schema.json"]
    for each in head:
        lines += _comment(each, "")
    lines += [f"owner: {_scalar(owner)}", 'version: "1"']
    lines.append("monitors:" if monitors else "monitors: []")
    for monitor, because in monitors:
        lines += _monitor(monitor, because)
    return "\n".join(lines) + "\n"


def _monitor(monitor: Monitor, because: Sequence[str]) -> Iterator[str]:
    for each in because:
        yield from _comment(each, "  ")
    told = monitor.model_dump(mode="json", exclude_defaults=True)
    for place, name in enumerate(name for name in _FIELDS if name in told):
        yield f"  {'- ' if place == 0 else '  '}{name}: {_value(told[name])}"


def _comment(text: str, indent: str) -> Iterator[str]:
    plain = "".join(c if c.isprintable() else " " for c in text)
    wrapped = textwrap.wrap(plain, _WIDTH - len(indent) - 4, break_long_words=False, break_on_hyphens=False)
    for place, line in enumerate(wrapped):
        yield f"{indent}#{'   ' if place else ' '}{line}"


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return _scalar(value) if isinstance(value, str) else repr(value)


def _scalar(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text not in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return text if plain else quoted(text)
