"""What OpenTelemetry exports becomes events: from protobuf and from JSON the same, and what is damaged is refused."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents import otlp
from careloop.documents.event_batch import BatchRow, Unreadable
from careloop.errors import InvalidInput
from careloop.web.otlp_body import partial_success, read_metrics, read_traces

START = 1_774_958_340_000_000_000
"""2026-03-31T11:59:00Z in nanoseconds."""


def trace_rows(body: bytes, *, protobuf: bool) -> list[BatchRow]:
    return otlp.trace_rows(read_traces(body, protobuf=protobuf))


def metric_rows(body: bytes, *, protobuf: bool) -> list[BatchRow]:
    return otlp.metric_rows(read_metrics(body, protobuf=protobuf))


def varint(number: int) -> bytes:
    out = bytearray()
    number &= 2**64 - 1
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: bytes | str | int) -> bytes:
    """A field as protobuf writes it: text and messages with their length, whole numbers as varints."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def fixed(number: int, value: int) -> bytes:
    return varint(number << 3 | 1) + struct.pack("<Q", value)


def any_value(value: object) -> bytes:
    if isinstance(value, bool):
        return field(2, int(value))
    if isinstance(value, int):
        return field(3, value)
    if isinstance(value, float):
        return varint(4 << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, list):
        return field(5, b"".join(field(1, any_value(each)) for each in value))
    return field(1, str(value))


def attributes(number: int, given: Mapping[str, object]) -> bytes:
    return b"".join(field(number, field(1, key) + field(2, any_value(value))) for key, value in given.items())


def as_json(given: Mapping[str, object]) -> list[dict[str, Any]]:
    def told(value: object) -> dict[str, Any]:
        if isinstance(value, list):
            return {"arrayValue": {"values": [told(each) for each in value]}}
        names = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
        return {names[type(value)]: str(value) if type(value) is int else value}

    return [{"key": key, "value": told(value)} for key, value in given.items()]


RESOURCE = {"service.name": "support-assistant", "service.version": "2.0.0", "service.instance.id": "pod-1"}
SPAN = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "small-2026-01",
    "gen_ai.usage.input_tokens": 17,
    "gen_ai.request.temperature": 0.5,
    "gen_ai.response.finish_reasons": ["stop"],
    "careloop.segment.region": "coast",
    "careloop.group.language": "de",
    "careloop.unit": "customer-1",
    "careloop.sample_rate": 0.1,
}
ROW = {
    "id": "0102030405060708090a0b0c0d0e0f10-1112131415161718",
    "system": "support-assistant",
    "release": "2.0.0",
    "kind": "inference",
    "occurred_at": "2026-03-31T11:59:00+00:00",
    "latency_ms": 1250.0,
    "features": {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "small-2026-01",
        "gen_ai.usage.input_tokens": 17,
        "gen_ai.request.temperature": 0.5,
    },
    "segment": {"region": "coast"},
    "groups": {"language": "de"},
    "unit": "customer-1",
    "sample_rate": 0.1,
}


def spans_in_protobuf(*spans: Mapping[str, object], resource: Mapping[str, object] = RESOURCE) -> bytes:
    made = [
        field(1, bytes(range(1, 17)))
        + field(2, bytes(range(17, 25)))
        + field(5, "chat small")
        + field(6, 3)
        + fixed(7, START)
        + fixed(8, START + 1_250_000_000)
        + attributes(9, span)
        + field(15, field(3, 1))
        for span in spans
    ]
    scope = field(1, field(1, "instrumentation")) + b"".join(field(2, span) for span in made)
    return field(1, field(1, attributes(1, resource)) + field(2, scope))


def spans_in_json(*spans: Mapping[str, object], resource: Mapping[str, object] = RESOURCE) -> bytes:
    made = [
        {
            "traceId": "0102030405060708090A0B0C0D0E0F10",
            "spanId": "1112131415161718",
            "name": "chat small",
            "startTimeUnixNano": str(START),
            "endTimeUnixNano": str(START + 1_250_000_000),
            "attributes": as_json(span),
        }
        for span in spans
    ]
    scopes = [{"scope": {"name": "instrumentation"}, "spans": made}]
    return json.dumps(
        {"resourceSpans": [{"resource": {"attributes": as_json(resource)}, "scopeSpans": scopes}]}
    ).encode()


def rows(body: bytes, *, protobuf: bool) -> list[Any]:
    return [row.row for row in trace_rows(body, protobuf=protobuf)]


def test_a_span_of_a_genai_call_is_an_inference_and_others_are_passed_over() -> None:
    other = {"http.request.method": "GET"}
    assert rows(spans_in_protobuf(SPAN, other), protobuf=True) == [ROW]
    assert rows(spans_in_json(other, SPAN), protobuf=False) == [ROW]


def test_what_was_not_captured_is_absent_and_not_nothing() -> None:
    (row,) = rows(spans_in_json(SPAN), protobuf=False)
    assert not {"prediction", "score", "business"} & row.keys()
    (told,) = rows(spans_in_json({**SPAN, "careloop.prediction": "answered", "careloop.score": 0.0}), protobuf=False)
    assert (told["prediction"], told["score"]) == ("answered", 0.0)


def test_the_resource_names_system_and_release_and_ours_go_first() -> None:
    named = {**RESOURCE, "careloop.system": "support", "careloop.release": "sha256:aa"}
    (row,) = rows(spans_in_protobuf(SPAN, resource=named), protobuf=True)
    assert (row["system"], row["release"]) == ("support", "sha256:aa")
    (row,) = rows(spans_in_protobuf({**SPAN, "careloop.release": "3.0"}, resource=named), protobuf=True)
    assert row["release"] == "3.0"
    (row,) = rows(spans_in_json(SPAN, resource={}), protobuf=False)
    assert not {"system", "release"} & row.keys(), "and then the row is refused for that"


def test_a_span_without_a_start_is_told_and_spoils_no_other() -> None:
    whole = json.loads(spans_in_json(SPAN, SPAN))
    del whole["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["startTimeUnixNano"]
    bad, good = rows(json.dumps(whole).encode(), protobuf=False)
    assert isinstance(bad, Unreadable)
    assert good == ROW


def histogram(temporality: int) -> tuple[bytes, bytes]:
    point = attributes(9, {"gen_ai.operation.name": "chat"}) + fixed(2, START - 60) + fixed(3, START) + fixed(4, 1000)
    metric = field(1, "gen_ai.client.operation.duration") + field(9, field(1, point) + field(2, temporality))
    protobuf = field(1, field(1, attributes(1, RESOURCE)) + field(2, field(2, metric) + field(2, field(1, "other"))))
    points = [{"attributes": as_json({"gen_ai.operation.name": "chat"}), "timeUnixNano": str(START), "count": "1000"}]
    told = {
        "name": "gen_ai.client.operation.duration",
        "histogram": {"dataPoints": points, "aggregationTemporality": temporality},
    }
    metrics = [{"scopeMetrics": [{"metrics": [told]}], "resource": {"attributes": as_json(RESOURCE)}}]
    return protobuf, json.dumps({"resourceMetrics": metrics}).encode()


def test_a_delta_of_durations_is_a_census_of_what_was_truly_served() -> None:
    protobuf, text = histogram(1)
    (row,) = [each.row for each in metric_rows(protobuf, protobuf=True)]
    assert isinstance(row, dict)
    assert {name: row[name] for name in ("kind", "system", "release", "source", "served", "occurred_at")} == {
        "kind": "census",
        "system": "support-assistant",
        "release": "2.0.0",
        "source": "pod-1",
        "served": 1000,
        "occurred_at": "2026-03-31T11:59:00+00:00",
    }
    assert [each.row for each in metric_rows(text, protobuf=False)] == [row], (
        "and the same id, sent either way or twice"
    )


def test_a_total_since_the_start_is_refused_since_it_would_be_counted_again_and_again() -> None:
    for body, protobuf in zip(histogram(2), (True, False), strict=True):
        (row,) = [each.row for each in metric_rows(body, protobuf=protobuf)]
        assert isinstance(row, Unreadable)
        assert "only delta temporality" in row.reason


def readable(read: Callable[..., Sequence[BatchRow]], body: bytes) -> bool:
    """Whether the body is taken; each row of it is one, or says why it is none. Any other error is a mistake."""
    try:
        found = read(body, protobuf=True)
    except InvalidInput:
        return False
    assert all(isinstance(row.row, dict | Unreadable) for row in found)
    return True


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (trace_rows, metric_rows):
        assert readable(read, body) or body, "nothing at all is an export of nothing"


@given(st.integers(0, 400), st.integers(0, 255))
def test_an_altered_byte_is_read_or_refused(place: int, byte: int) -> None:
    body = bytearray(spans_in_protobuf(SPAN))
    body[place % len(body)] = byte
    assert readable(trace_rows, bytes(body)) or bytes(body) != spans_in_protobuf(SPAN)


def test_what_nests_without_end_is_refused() -> None:
    value = field(1, "x")
    for _ in range(200):
        value = field(5, field(1, value))
    body = field(1, field(1, field(1, field(1, "k") + field(2, value))))
    with pytest.raises(InvalidInput, match="Depth"):
        read_traces(body, protobuf=True)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nothing", b'{"resourceSpans": 7}', b'{"resourceSpans": [7]}', b"[" * 9999]
)
def test_json_that_is_no_export_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        trace_rows(body, protobuf=False)


def test_the_answer_says_how_many_were_rejected() -> None:
    assert partial_success(0, "") == b""
    assert partial_success(300, "why") == field(1, field(1, 300) + field(2, "why"))


def test_a_span_of_openinference_is_an_inference_when_its_kind_is_llm() -> None:
    def export(kind: str) -> dict[str, Any]:
        said = {"openinference.span.kind": kind, "llm.model_name": "small-chat"}
        attributes = [{"key": key, "value": {"stringValue": value}} for key, value in said.items()]
        span = {"traceId": "AB" * 16, "spanId": "cd" * 8, "startTimeUnixNano": str(START), "attributes": attributes}
        return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}

    (taken,) = otlp.trace_rows(export("LLM"))
    assert isinstance(taken.row, dict)
    assert taken.row["features"]["llm.model_name"] == "small-chat"
    assert "prediction" not in taken.row, "nothing was captured that says it"
    assert otlp.trace_rows(export("RETRIEVER")) == []
