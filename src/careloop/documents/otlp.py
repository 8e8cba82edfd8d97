"""Exports of OpenTelemetry as events: spans of GenAI calls are inferences, counts of their duration are censuses.

Which system and release an export is of stands in the attributes of its resource: `careloop.system`, else
`service.name`; `careloop.release`, else `service.version`. A span counts when it has `gen_ai.operation.name`, or is of
OpenInference's kind `LLM`; others are passed over. Its attributes are offered as features under their own names
(`gen_ai.request.model`), of which those are kept that the system declares; so what was said is kept nowhere unless the
system declares that.
`careloop.prediction`, `score`, `unit`, `purpose`, `user_role`, `sample_rate`, and `careloop.segment.*`, `group.*` and
`business.*` fill the fields of their names. A span without a prediction has none: it is not evaluable, never 0.

A histogram of `gen_ai.client.operation.duration` or `gen_ai.server.request.duration` with delta temporality says how
many answers there truly were, also where spans are sampled. Source: OTLP 1.x; conventions of OpenTelemetry for GenAI,
and of OpenInference.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from careloop.documents.event_batch import BatchRow, Unreadable
from careloop.domain.event_values import moment_of
from careloop.errors import InvalidInput

__all__ = ["metric_rows", "trace_rows"]

_OPERATION: Final = "gen_ai.operation.name"
_OPENINFERENCE: Final = "openinference.span.kind"
_DURATIONS: Final = frozenset({"gen_ai.client.operation.duration", "gen_ai.server.request.duration"})
_DELTA: Final = (1, "AGGREGATION_TEMPORALITY_DELTA")
_OURS: Final = "careloop."
_FIELDS: Final = ("prediction", "score", "unit", "purpose", "user_role", "sample_rate")
_PARTS: Final = {"segment": "segment", "group": "groups", "business": "business"}
_Json = Mapping[str, Any]


def trace_rows(export: Mapping[str, Any]) -> list[BatchRow]:
    """The rows of an export of spans, given in the shape of OTLP's JSON; what is none says why.

    Raises `InvalidInput` when the whole is no export.
    """
    return [BatchRow(at, row) for at, row in enumerate(_spans(export))]


def metric_rows(export: Mapping[str, Any]) -> list[BatchRow]:
    """The rows of an export of metrics, given in the shape of OTLP's JSON.

    Raises `InvalidInput` when the whole is no export.
    """
    return [BatchRow(at, row) for at, row in enumerate(_censuses(export))]


def _spans(export: _Json) -> Iterator[object]:
    for resource, scopes in _resources(export, "resourceSpans", "scopeSpans"):
        for scope in scopes:
            for span in _list(scope, "spans"):
                attributes = _attributes(span)
                if _OPERATION in attributes or attributes.get(_OPENINFERENCE) == "LLM":
                    yield _inference(span, attributes, resource)


def _inference(span: _Json, attributes: Mapping[str, Any], resource: Mapping[str, Any]) -> object:
    start, end = _nanoseconds(span, "startTimeUnixNano"), _nanoseconds(span, "endTimeUnixNano")
    trace, own = span.get("traceId"), span.get("spanId")
    if start is None or not (isinstance(trace, str) and isinstance(own, str) and trace and own):
        return Unreadable("the span has no start, no trace id or no span id")
    row: dict[str, Any] = {
        **_whose(resource, attributes),
        "id": f"{trace.lower()}-{own.lower()}",
        "kind": "inference",
        "occurred_at": _stamp(start),
        "features": {name: value for name, value in attributes.items() if not name.startswith(_OURS)},
    }
    if end is not None and end >= start:
        row["latency_ms"] = (end - start) / 1e6
    for name, value in attributes.items():
        first, _, rest = name.removeprefix(_OURS).partition(".")
        if name.startswith(_OURS) and not rest and first in _FIELDS:
            row[first] = value
        elif name.startswith(_OURS) and rest and first in _PARTS:
            row.setdefault(_PARTS[first], {})[rest] = value
    return row


def _censuses(export: _Json) -> Iterator[object]:
    for resource, scopes in _resources(export, "resourceMetrics", "scopeMetrics"):
        for scope in scopes:
            for metric in _list(scope, "metrics"):
                if metric.get("name") in _DURATIONS:
                    yield from _censuses_of(metric, resource)


def _censuses_of(metric: _Json, resource: Mapping[str, Any]) -> Iterator[object]:
    histogram = metric.get("histogram") or metric.get("exponentialHistogram") or {}
    for point in _list(histogram, "dataPoints"):
        if histogram.get("aggregationTemporality") not in _DELTA:
            yield Unreadable(f"{metric['name']}: only delta temporality says how many there were since the last time")
            continue
        until, count = _nanoseconds(point, "timeUnixNano"), _whole(point.get("count"))
        if until is None or count is None:
            yield Unreadable(f"{metric['name']}: the point has no time or no count")
            continue
        attributes = _attributes(point)
        source = str(resource.get("service.instance.id") or resource.get("service.name") or "otlp")[:100]
        told = json.dumps([metric["name"], dict(resource), attributes, until], sort_keys=True, default=str)
        yield {
            **_whose(resource, attributes),
            "id": f"otlp-{hashlib.sha256(told.encode()).hexdigest()[:40]}",
            "kind": "census",
            "occurred_at": _stamp(until),
            "source": source,
            "seq": until // 1_000_000,
            "served": count,
        }


def _whose(resource: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
    """System and release; absent where nothing says them, and then the row is refused for that."""
    release = attributes.get("careloop.release") or resource.get("careloop.release") or resource.get("service.version")
    system = resource.get("careloop.system") or resource.get("service.name")
    return {name: value for name, value in (("system", system), ("release", release)) if value is not None}


def _resources(export: _Json, top: str, inner: str) -> Iterator[tuple[Mapping[str, Any], list[_Json]]]:
    for each in _list(export, top):
        resource = each.get("resource")
        yield _attributes(resource if isinstance(resource, dict) else {}), _list(each, inner)


def _list(of: _Json, name: str) -> list[_Json]:
    found = of.get(name) or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InvalidInput(f"the body is no OTLP export: '{name}' is no list of objects")
    return found


def _attributes(of: _Json) -> dict[str, Any]:
    """Attributes with a plain value; those with a list or a map have none that an event could keep."""
    found: dict[str, Any] = {}
    for pair in _list(of, "attributes"):
        key, value = pair.get("key"), pair.get("value")
        if isinstance(key, str) and isinstance(value, dict):
            plain = _plain(value)
            if plain is not None:
                found[key] = plain
    return found


def _plain(value: _Json) -> object:
    if "intValue" in value:
        return _whole(value["intValue"])
    return next((value[sort] for sort in ("stringValue", "boolValue", "doubleValue") if sort in value), None)


def _whole(value: object) -> int | None:
    """A 64-bit number, which JSON has as text."""
    if isinstance(value, str) and value.lstrip("-").isdigit() and len(value) <= 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _nanoseconds(of: _Json, name: str) -> int | None:
    found = _whole(of.get(name))
    return found if found is not None and 0 < found < 1 << 63 else None


def _stamp(nanoseconds: int) -> str:
    return moment_of(nanoseconds // 1000).isoformat()
