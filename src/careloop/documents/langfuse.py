"""Generations of Langfuse as events: each is an inference, under the names that OpenTelemetry has for the same things.

Read are observations as the public API gives them (`{"data": [...]}`), as a list, or one a line. An observation counts
when its type is `GENERATION`; others are passed over. What its metadata says as `careloop.prediction`,
`careloop.segment.region` and so on fills the fields of those names; the release is `careloop.release`, else the
observation's `version`. What was asked and answered is offered as the features `langfuse.input` and `langfuse.output`,
and kept only where the system declares them. A generation whose content was not captured has none: it is not
evaluable, never 0. Source: Langfuse's public API, `Observation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from careloop.documents.event_batch import BatchRow, Unreadable, read_json_events, read_line_events
from careloop.errors import InvalidInput

__all__ = ["langfuse_rows"]

_GENERATION: Final = "GENERATION"
_LARGEST: Final = 4 * 2**20
"""Bytes of one observation: prompts and answers are in it, of which few are kept."""
_OURS: Final = "careloop."
_FIELDS: Final = ("prediction", "score", "unit", "purpose", "user_role", "sample_rate")
_PARTS: Final = {"segment": "segment", "group": "groups", "business": "business"}
_FEATURES: Final = {
    "model": "gen_ai.request.model",
    "name": "langfuse.name",
    "level": "langfuse.level",
    "input": "langfuse.input",
    "output": "langfuse.output",
}
_USAGE: Final = {"input": "gen_ai.usage.input_tokens", "output": "gen_ai.usage.output_tokens"}


def langfuse_rows(body: bytes) -> list[BatchRow]:
    """The rows of an export, each with its place among the observations; of lines, among the lines.

    Raises `InvalidInput` when the whole is no export.
    """
    return [BatchRow(at, row) for at, found in _observations(body) for row in _inference(found)]


def _observations(body: bytes) -> Iterator[BatchRow]:
    start = body.lstrip()
    if start[:1] == b"{" and b"\n{" not in start.rstrip():
        whole = read_json_events(start, max_row_bytes=len(start))[0].row
        if isinstance(whole, dict) and "data" in whole:
            if not isinstance(whole["data"], list):
                raise InvalidInput("data: a list of observations is needed here")
            return (BatchRow(at, row) for at, row in enumerate(whole["data"]))
    if start[:1] == b"[":
        return iter(read_json_events(start, max_row_bytes=_LARGEST))
    return read_line_events(body.splitlines(), max_row_bytes=_LARGEST)


def _inference(found: object) -> Iterator[object]:
    if isinstance(found, Unreadable):
        yield found
    elif not isinstance(found, dict) or not isinstance(found.get("type"), str):
        yield Unreadable("it is no observation of Langfuse: it has no type")
    elif found["type"] == _GENERATION:
        yield _event(found)


def _event(found: Mapping[str, Any]) -> object:
    trace, own, start = found.get("traceId"), found.get("id"), _instant(found.get("startTime"))
    if not (isinstance(own, str) and own) or start is None:
        return Unreadable("the generation has no id, or no startTime with its time zone")
    row: dict[str, Any] = {
        "id": f"{trace}-{own}" if isinstance(trace, str) and trace else own,
        "kind": "inference",
        "occurred_at": start.isoformat(),
        "features": {**_plain(found, _FEATURES), **_usage(found)},
    }
    end = _instant(found.get("endTime"))
    if end is not None and end >= start:
        row["latency_ms"] = (end - start).total_seconds() * 1000
    metadata = found.get("metadata")
    said = metadata if isinstance(metadata, dict) else {}
    release = said.get("careloop.release") or found.get("version")
    if release is not None:
        row["release"] = release
    for name, value in said.items():
        first, _, rest = name.removeprefix(_OURS).partition(".")
        if not name.startswith(_OURS) or value is None:
            continue
        if not rest and first in _FIELDS:
            row[first] = value
        elif rest and first in _PARTS:
            row.setdefault(_PARTS[first], {})[rest] = value
    return row


def _plain(of: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What has a plain value; a list or a map has none that an event could keep."""
    return {ours: of[name] for name, ours in names.items() if isinstance(of.get(name), str | int | float)}


def _usage(found: Mapping[str, Any]) -> dict[str, Any]:
    for name in ("usageDetails", "usage"):
        usage = found.get(name)
        if isinstance(usage, dict) and (counted := _plain(usage, _USAGE)):
            return counted
    return {}


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
