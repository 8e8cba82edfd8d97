"""Each row of a batch is kept as it will be counted, or refused with a reason that names the field."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.counts import bucket_of
from careloop.domain.event import MILLIONTHS, Event, EventKind
from careloop.domain.event_columns import column_named, declared_columns
from careloop.domain.event_contract import Admitted
from careloop.domain.event_values import microseconds
from careloop.errors import InvalidInput
from careloop.testing.event_builders import LOCK, NOON, a_label_row, a_row, a_schema, admitted, an_event


def test_an_event_is_kept_with_declared_fields_only_and_in_exact_units() -> None:
    row = a_row(
        features={"age": 41, "hours": 38, "job": "clerk", "owner": True, "note": "né", "postcode": "20095"},
        groups={"sex": "female"},
        segment={"region": "north", "shoe_size": 38},
        business={"amount": 12.5},
        score=0.25,
        latency_ms=12.3456,
        sample_rate=0.1,
        unit="customer-1",
        mood="good",
        occurred_at="2026-03-31T13:00:00.000001+02:00",
    )
    found = admitted(row)
    assert isinstance(found, Admitted)
    assert sorted(found.dropped) == ["features.postcode", "mood", "segment.shoe_size"]
    event = found.event
    assert event.features == {"age": 41, "hours": 38.0, "job": "clerk", "owner": True, "note": "né"}
    assert isinstance(event.features["hours"], float)
    assert (event.groups, event.segment) == ({"sex": "female"}, {"region": "north"})
    assert event.business == {"amount": 12_500_000}
    assert (event.latency_us, event.weight, event.release) == (12_346, 10 * MILLIONTHS, LOCK)
    assert event.occurred_us == microseconds(datetime(2026, 3, 31, 11, 0, 0, 1, tzinfo=UTC))
    assert (event.bucket, event.real) == (bucket_of("customer-1"), True)


def test_an_event_without_a_unit_is_put_in_the_bucket_of_its_id() -> None:
    assert an_event(7).bucket == bucket_of("event-7")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"id": None}, "id: is missing"),
        ({"id": ""}, "id: text of 1 to 200"),
        ({"id": 7}, "id: a number where text"),
        ({"id": "x" * 201}, "id: text of 1 to 200"),
        ({"id": "\ud800"}, "id: the text is not Unicode"),
        ({"system": None}, "system: is missing"),
        ({"system": "unheard-of"}, "system: is not known"),
        ({"system": ["credit"]}, "system: is not known"),
        ({"release": None}, "release: is missing"),
        ({"release": "v2"}, "release: is not known"),
        ({"kind": None}, "kind: is missing"),
        ({"kind": "guess"}, "kind: not one of inference"),
        ({"kind": []}, "kind: not one of inference"),
        ({"occurred_at": None}, "occurred_at: is missing"),
        ({"occurred_at": "2026-03-31T12:00:00"}, "occurred_at: has no offset"),
        ({"occurred_at": "yesterday"}, "occurred_at: no RFC 3339"),
        ({"occurred_at": 1774958400}, "occurred_at: a number where text"),
        ({"occurred_at": "1969-12-31T23:59:59Z"}, "occurred_at: lies before 1970"),
        ({"occurred_at": (NOON + timedelta(minutes=5, microseconds=1)).isoformat()}, "occurred_at: lies in the future"),
        ({"score": float("nan")}, "score: not a finite number"),
        ({"score": float("inf")}, "score: not a finite number"),
        ({"score": "0.5"}, "score: text where a number"),
        ({"score": True}, "score: true or false where a number"),
        ({"prediction": float("-inf")}, "prediction: not a finite number"),
        ({"prediction": {"text": "long"}}, "prediction: an object where a number"),
        ({"prediction": "an answer in full sentences " * 10}, "prediction: text of 1 to 200"),
        ({"latency_ms": -1}, "latency_ms: no latency"),
        ({"latency_ms": 1e300}, "latency_ms: no latency"),
        ({"latency_ms": 1.7e308}, "latency_ms: no latency"),
        ({"sample_rate": 0}, "sample_rate: a sample rate lies"),
        ({"sample_rate": 1.01}, "sample_rate: a sample rate lies"),
        ({"features": {"age": 41.5}}, "features.age: a whole number"),
        ({"features": {"age": 2**63}}, "features.age: does not fit"),
        ({"features": {"age": "41"}}, "features.age: text where a number"),
        ({"features": {"hours": float("nan")}}, "features.hours: not a finite number"),
        ({"features": {"hours": 10**400}}, "features.hours: not a finite number"),
        ({"features": {"job": "king"}}, "features.job: not one of the declared"),
        ({"features": {"owner": 1}}, "features.owner: a number where true or false"),
        ({"features": {"note": "x" * 4001}}, "features.note: text of 1 to 4000"),
        ({"features": [1]}, "features: an object with the declared fields"),
        ({"business": {"amount": 1e18}}, "business.amount: does not fit"),
        ({"business": {"amount": 1e308}}, "business.amount: does not fit"),
        ({"drill": "yes"}, "drill: text where true or false"),
    ],
)
def test_a_wrong_row_is_refused_with_the_field_and_without_the_value(changed: dict[str, Any], reason: str) -> None:
    found = admitted({**a_row(), **changed} if None not in changed.values() else a_row(**changed))
    assert isinstance(found, str)
    assert found.startswith(reason)
    assert "king" not in found
    assert "full sentences" not in found


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (a_label_row(inference_id=None), "inference_id: is missing"),
        (a_label_row(label=None), "label: needs a label or a value"),
        (a_label_row(matured_at="2027-01-01T00:00:00Z"), "matured_at: lies in the future"),
        (a_row(kind="guard", verdict="allow"), "checkpoint: is missing"),
        (a_row(kind="guard", verdict="allow", checkpoint="input", rules="r-1"), "rules: a list"),
        (a_row(kind="guard", verdict="allow", checkpoint="input", added_us=-1), "added_us: is below 0"),
        (a_row(kind="census", source="gateway", seq=1), "served: is missing"),
        (a_row(kind="heartbeat", source="gateway", seq=1.5), "seq: a whole number"),
        (17, "a row is an object"),
        (None, "a row is an object"),
    ],
)
def test_each_kind_has_fields_that_it_cannot_be_without(row: object, reason: str) -> None:
    found = admitted(row)
    assert isinstance(found, str)
    assert found.startswith(reason)


def test_events_of_the_other_kinds_are_kept_with_their_own_fields() -> None:
    label = an_event(**a_label_row(4, label=True, matured_at="2026-03-30T00:00:00Z"))
    assert (label.kind, label.inference_id, label.label) == (EventKind.LABEL, "event-4", "true")
    outcome = an_event(**a_label_row(4, kind="outcome", label=None, value=3))
    assert (outcome.kind, outcome.value) == (EventKind.OUTCOME, 3.0)
    guard = an_event(kind="guard", verdict="block", checkpoint="output", rules=["a", "b"], added_us=120, bundle="b7")
    assert (guard.verdict, guard.rules, guard.added_us) == ("block", ("a", "b"), 120)
    census = an_event(kind="census", source="gateway", seq=3, served=2**40)
    assert (census.source, census.source_seq, census.served) == ("gateway", 3, 2**40)


def test_inference_fields_on_another_kind_are_dropped_and_named() -> None:
    found = admitted(a_row(kind="heartbeat", source="s", seq=0, features={"age": 4}))
    assert isinstance(found, Admitted)
    assert set(found.dropped) == {"features", "prediction"}
    assert found.event.features == {}


def test_a_drill_and_a_made_up_event_are_kept_and_marked() -> None:
    assert (an_event(drill=True).drill, an_event(drill=True).real) == (True, False)
    assert (an_event(synthetic=True).synthetic, an_event(synthetic=True).real) == (True, False)


@pytest.mark.parametrize("basis", [None, "legal_bar", "non_personal_segment", "independent_panel"])
def test_protected_attributes_are_not_kept_without_a_basis(basis: str | None) -> None:
    found = admitted(a_row(groups={"sex": "female"}), schema=a_schema(protected_basis=basis))
    assert isinstance(found, Admitted)
    assert found.event.groups == {}
    assert found.dropped == ("groups.sex (no basis for protected attributes)",)


def test_a_group_that_is_not_personal_is_kept_when_the_basis_is_a_segment() -> None:
    groups = {"branch": {"type": "category", "personal": False}}
    schema = a_schema(groups=groups, protected_basis="non_personal_segment")
    found = admitted(a_row(groups={"branch": "north"}), schema=schema)
    assert isinstance(found, Admitted)
    assert found.event.groups == {"branch": "north"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(1, "1"), (1.0, "1"), (True, "true"), (False, "false"), ("approve", "approve"), (0.25, "0.25"), (-0.0, "0")],
)
def test_the_same_answer_has_one_text_whatever_type_it_was_sent_as(sent: object, kept: str) -> None:
    assert an_event(prediction=sent).prediction == kept


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2026, 3, 30)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_an_instant_means_the_same_in_every_time_zone(moment: datetime, offset_min: int) -> None:
    utc = moment.replace(tzinfo=UTC)
    there = utc.astimezone(timezone(timedelta(minutes=offset_min)))
    assert an_event(occurred_at=there.isoformat()).occurred_us == microseconds(utc)
    assert an_event(occurred_at=utc.isoformat().replace("+00:00", "Z")).occurred_us == microseconds(utc)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from([*Event.__struct_fields__, "occurred_at", "latency_ms", "sample_rate", "seq", "x"]), JSON
    )
)
def test_any_row_at_all_is_admitted_or_refused_with_a_reason(changed: dict[str, object]) -> None:
    found = admitted({**a_row(), **changed})
    assert isinstance(found, Admitted) or found
    if isinstance(found, Admitted):
        json.dumps(found.event.features, allow_nan=False)


def test_columns_are_found_by_name_and_bare_where_that_is_clear() -> None:
    schema = a_schema(segment={"age": {"type": "category", "personal": False}})
    assert declared_columns(schema)["business.amount"].kind == "integer"
    assert column_named("hours", schema).name == "features.hours"
    assert column_named("groups.sex", schema).kind == "text"
    assert column_named("score", schema).kind == "real"
    with pytest.raises(InvalidInput, match=r"features\.age and segment\.age"):
        column_named("age", schema)
    with pytest.raises(InvalidInput, match="no single column 'shoe'"):
        column_named("shoe", schema)
