"""Bodies of OTLP over HTTP: protobuf or JSON, both read into the shape that OTLP has in JSON.

The messages are those of `opentelemetry-proto` (extra `web`). Protobuf's own JSON has bytes in base64; OTLP's has ids
of traces and spans as lower-case hex, so those are written again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from careloop.errors import InvalidInput

if TYPE_CHECKING:
    from google.protobuf.message import Message

__all__ = ["partial_success", "read_metrics", "read_traces"]


def read_traces(body: bytes, *, protobuf: bool) -> Mapping[str, Any]:
    """`ExportTraceServiceRequest`. Raises `InvalidInput` when the bytes are of no such form."""
    if not protobuf:
        return _from_json(body, "resourceSpans")
    request = ExportTraceServiceRequest()
    _parse(request, body)
    spans = [span for one in request.resource_spans for scope in one.scope_spans for span in scope.spans]
    export = _shape(request)
    shapes = [
        span
        for one in export.get("resourceSpans", ())
        for scope in one.get("scopeSpans", ())
        for span in scope.get("spans", ())
    ]
    for span, shape in zip(spans, shapes, strict=True):
        shape["traceId"], shape["spanId"] = span.trace_id.hex(), span.span_id.hex()
    return export


def read_metrics(body: bytes, *, protobuf: bool) -> Mapping[str, Any]:
    """`ExportMetricsServiceRequest`. Raises `InvalidInput` when the bytes are of no such form."""
    if not protobuf:
        return _from_json(body, "resourceMetrics")
    request = ExportMetricsServiceRequest()
    _parse(request, body)
    return _shape(request)


def partial_success(rejected: int, why: str) -> bytes:
    """`ExportMetricsServiceResponse`, which that of traces equals in form: empty bytes when nothing was rejected."""
    answer = ExportMetricsServiceResponse()
    if rejected:
        answer.partial_success.rejected_data_points = rejected
        answer.partial_success.error_message = why
    return bytes(answer.SerializeToString())


def _from_json(body: bytes, top: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"the body is no JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get(top, []), list):
        raise InvalidInput(f"the body is no OTLP export: it has no list '{top}'")
    return found


def _parse(request: Message, body: bytes) -> None:
    try:
        request.ParseFromString(body)
    except (DecodeError, ValueError) as error:
        raise InvalidInput(f"the body is no OTLP export in protobuf: {error}") from error


def _shape(request: Message) -> dict[str, Any]:
    try:
        return MessageToDict(request, use_integers_for_enums=True)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"the body is no OTLP export in protobuf: {error}") from error
