"""A drift of the schema says which field, what is declared and seen, whom it touches and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from careloop.domain.event_contract import NO_BASIS
from careloop.domain.monitor import Monitor
from careloop.domain.schema_drift import DriftKind, SchemaDrift
from careloop.domain.system import EventSchema
from careloop.status.told_drift import ToldDrift, told_drift

SCHEMA = EventSchema.model_validate(
    {
        "features": {"income": {"type": "number", "personal": True, "unit": "EUR"}},
        "groups": {"sex": {"type": "category", "personal": True, "values": ["female", "male"]}},
        "business": {"converted": {"type": "boolean", "personal": False}},
    }
)


def a_monitor(**changed: Any) -> Monitor:
    values: dict[str, Any] = {
        "id": "gap",
        "kind": "fairness",
        "measure": "dp_difference",
        "by": "sex",
        "window": "P1D",
        "reference": "previous_period",
        "tolerance": 0.05,
        "promise": "P1Y",
        "minimum_n": 20,
        "severity": "sev1",
        "response": "page",
    }
    return Monitor.model_validate({**values, **changed})


MONITORS = (
    a_monitor(),
    a_monitor(id="conversion", kind="business", measure="conversion_rate", by=None),
    a_monitor(id="income", kind="drift", measure="psi", by=None, of="features.income", edges=(1.0,)),
)


def told(kind: DriftKind, what: str) -> ToldDrift:
    drift = SchemaDrift(
        system="credit", kind=kind, what=what, rows=40, of=100, since=datetime(2026, 11, 28, 9, tzinfo=UTC)
    )
    return told_drift(drift, schema=SCHEMA, monitors=MONITORS)


CASES: tuple[tuple[str, str, tuple[str, str, tuple[str, ...]], str, str], ...] = (
    ("refused", "features.income: text where a number is wanted", ("features.income", "number in EUR", ("income",)),
     "text where a number is wanted", "Mend `features.income` in the application"),
    ("refused", "groups.sex: not one of the declared values", ("groups.sex", "category: female, male", ("gap",)),
     "not one of the declared values", "send the rows again"),
    ("refused", "release: is not known for this system",
     ("release", "the lock digest or the alias of a release on record", ()),
     "is not known for this system", "Record that release (`care release`)"),
    ("refused", "a row is an object, not text", ("", "as the format of events has it", ()),
     "a row is an object, not text", "Mend these rows"),
    ("undeclared", "features.postcode", ("features.postcode", "not declared", ()),
     "it was left out", "Declare `features.postcode` under `events.features` in `systems/credit/system.yaml`"),
    ("undeclared", "mood", ("mood", "not declared", ()), "it was left out", "under `events.features`"),
    ("undeclared", f"groups.sex ({NO_BASIS})",
     ("groups.sex", "category: female, male, but with no basis to keep it", ("gap",)),
     "it was left out", "State `events.protected_basis`"),
    ("vanished", "business.converted", ("business.converted", "boolean", ("conversion",)),
     "no value in any answer", "Look at what the application changed"),
    ("changed", "ab12", ("", "since then the declaration with the digest ab12", ()),
     "rows under both declarations", "Nothing, if that was meant"),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1][:20]}")
def test_each_kind_names_field_declaration_and_next_step_r43(
    case: tuple[str, str, tuple[str, str, tuple[str, ...]], str, str],
) -> None:
    kind, what, expected, seen, remedy = case
    found = told(DriftKind(kind), what)
    assert (found.field, found.declared, found.monitors) == expected
    assert seen in found.seen
    assert remedy in found.remedy
