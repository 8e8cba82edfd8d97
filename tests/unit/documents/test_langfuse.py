"""Generations of Langfuse become inferences; what was not captured is not there, which is never 0 (R47)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.event_batch import Unreadable
from careloop.documents.langfuse import langfuse_rows
from careloop.errors import InvalidInput

SPAN = {"id": "s", "traceId": "t", "type": "SPAN", "startTime": "2026-03-31T11:58:00.000Z"}


def a_generation(**changed: Any) -> dict[str, Any]:
    """As the public API gives one."""
    row = {
        "id": "g-1",
        "traceId": "t-1",
        "type": "GENERATION",
        "name": "answer",
        "startTime": "2026-03-31T11:59:00.000Z",
        "endTime": "2026-03-31T11:59:01.250Z",
        "model": "small-chat",
        "modelParameters": {"temperature": 0},
        "input": [{"role": "user", "content": "May I return it?"}],
        "output": "Within 30 days.",
        "usageDetails": {"input": 12, "output": 5, "total": 17},
        "version": "2.4.0",
        "level": "DEFAULT",
        "metadata": {"careloop.prediction": "answered", "careloop.segment.region": "coast", "tenant": "x"},
    }
    return {**row, **changed}


def rows(*found: object) -> list[Any]:
    return [row for _, row in langfuse_rows(json.dumps({"data": found}).encode())]


def test_a_generation_is_an_inference_and_the_rest_is_passed_over() -> None:
    assert rows(SPAN, a_generation()) == [
        {
            "id": "t-1-g-1",
            "kind": "inference",
            "occurred_at": "2026-03-31T11:59:00+00:00",
            "release": "2.4.0",
            "latency_ms": 1250.0,
            "prediction": "answered",
            "segment": {"region": "coast"},
            "features": {
                "gen_ai.request.model": "small-chat",
                "gen_ai.usage.input_tokens": 12,
                "gen_ai.usage.output_tokens": 5,
                "langfuse.name": "answer",
                "langfuse.level": "DEFAULT",
                "langfuse.output": "Within 30 days.",
            },
        }
    ]


def test_what_was_not_captured_is_not_there() -> None:
    (row,) = rows(a_generation(output=None, usageDetails={}, endTime=None, metadata=None, model=None))
    assert set(row) == {"id", "kind", "occurred_at", "release", "features"}
    assert set(row["features"]) == {"langfuse.name", "langfuse.level"}


@pytest.mark.parametrize("changed", [{"startTime": None}, {"startTime": "2026-03-31T11:59:00"}, {"id": ""}, {"id": 7}])
def test_a_generation_without_id_or_instant_says_why(changed: dict[str, Any]) -> None:
    (row,) = rows(a_generation(**changed))
    assert isinstance(row, Unreadable)


def test_an_answer_of_the_interface_a_list_and_lines_are_the_same_with_the_place_of_each() -> None:
    found = [SPAN, a_generation(), a_generation(id="g-2")]
    whole = langfuse_rows(json.dumps({"data": found, "meta": {"page": 1}}, indent=1).encode())
    assert whole == langfuse_rows(json.dumps(found).encode())
    assert whole == langfuse_rows(b"\n".join(json.dumps(one).encode() for one in found))
    assert [at for at, _ in whole] == [1, 2]


def test_what_is_no_export_is_refused_and_a_broken_line_spoils_no_other() -> None:
    with pytest.raises(InvalidInput, match="data: a list"):
        langfuse_rows(b'{"data": 7}')
    (_, broken), (at, good) = langfuse_rows(b"{no\n" + json.dumps(a_generation()).encode())
    assert isinstance(broken, Unreadable)
    assert isinstance(good, dict)
    assert (at, good["id"]) == (1, "t-1-g-1")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.sampled_from(sorted(a_generation())), JSON)
def test_whatever_a_field_holds_nothing_but_an_event_or_a_reason_comes_of_it(name: str, value: Any) -> None:
    for row in rows(a_generation(**{name: value})):
        assert isinstance(row, Unreadable) or {"id", "kind", "occurred_at", "features"} <= row.keys()
