"""What happened, as other tools show it: a line, an issue in Markdown or in Jira's markup, JSON for a run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from careloop.domain.happening import Happening, HappeningKind
from careloop.domain.incident import DataSlice

__all__ = ["happening_json", "issue_jira", "issue_markdown", "issue_title", "markers_of"]

_LONGEST_TITLE: Final = 240
_NOT_PLAIN: Final = re.compile(r"[\x00-\x1f\x7f]+")
_MARKDOWN_SIGNS: Final = re.compile(r"([\\`*_{}\[\]()<>#+!|~@])")
_JIRA_SIGNS: Final = re.compile(r"([\\{}\[\]*_^~+|!@-])")


def issue_title(happening: Happening) -> str:
    """One line of plain text."""
    return _NOT_PLAIN.sub(" ", happening.title)[:_LONGEST_TITLE]


def happening_json(happening: Happening) -> dict[str, Any]:
    """What a machine needs to work on it: `careloop/happening/v1`, the data slice included."""
    return {
        "schema": "careloop/happening/v1",
        "id": happening.id,
        "kind": happening.kind.value,
        "system": happening.system,
        "environment": happening.environment,
        "at": _instant(happening.at),
        "entry": happening.entry,
        "release": happening.release,
        "left": happening.left,
        "severity": happening.severity,
        "facts": dict(happening.facts),
        "slice": None if happening.rows is None else _slice(happening.rows),
    }


def markers_of(happening: Happening) -> tuple[str, str]:
    """By which an issue is known again: one for the very happening, one for its topic."""
    return f"careloop:happening={happening.id}", f"careloop:topic={happening.topic}"


def issue_markdown(happening: Happening) -> str:
    """The text of an issue; its last line, which no reader sees, holds the markers."""
    lines = [_MARKDOWN_SIGNS.sub(r"\\\1", _plain(happening.title)) + ".", "", "| | |", "|---|---|"]
    lines += [
        f"| {name} | `{_plain(value).replace('`', chr(39)).replace('|', '/')}` |" for name, value in _facts(happening)
    ]
    if happening.kind is HappeningKind.RETRAIN:
        lines += ["", "The new model goes through the gates like any other: `care gate`."]
    lines += ["", f"Evidence: entry {happening.entry} of the ledger; `care explain {_reference(happening)}` shows it."]
    return "\n".join([*lines, "", f"<!-- {' '.join(markers_of(happening))} -->"])


def issue_jira(happening: Happening) -> str:
    """The same in Jira's wiki markup, without the markers: Jira finds an issue again by its labels."""
    lines = [_jira(happening.title) + ".", ""]
    lines += [f"||{name}|{_jira(value)}|" for name, value in _facts(happening)]
    if happening.kind is HappeningKind.RETRAIN:
        lines += ["", "The new model goes through the gates like any other."]
    return "\n".join([*lines, "", f"Evidence: entry {happening.entry} of the ledger."])


def _facts(happening: Happening) -> Iterator[tuple[str, str]]:
    yield "system", happening.system
    yield "environment", happening.environment
    if happening.release is not None:
        yield "release", happening.release
    if happening.left is not None:
        yield "answered before", happening.left
    yield "at", _instant(happening.at)
    yield from happening.facts.items()
    if happening.rows is not None:
        for name, value in _slice(happening.rows).items():
            if value is not None and name not in ("system", "release", *happening.facts):
                yield f"slice: {name}", str(value)


def _slice(rows: DataSlice) -> dict[str, Any]:
    """Half open in time: `since` ≤ t < `until`."""
    return {
        "system": rows.system,
        "release": rows.release,
        "monitor": rows.monitor,
        "since": _instant(datetime.fromtimestamp(rows.since, UTC)),
        "until": _instant(datetime.fromtimestamp(rows.until, UTC)),
        "by": rows.by,
        "group": rows.group,
        "n": rows.n,
        "digest": f"sha256:{rows.digest}",
    }


def _reference(happening: Happening) -> str:
    return happening.facts.get("alarm") or happening.id


def _jira(text: str) -> str:
    return _JIRA_SIGNS.sub(r"\\\1", _plain(text))


def _plain(text: str) -> str:
    return _NOT_PLAIN.sub(" ", text)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
