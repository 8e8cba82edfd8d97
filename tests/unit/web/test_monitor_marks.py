"""A monitor's tolerance is said in the unit of its measure."""

from __future__ import annotations

from typing import Any

import pytest

from careloop.domain.monitor import Monitor
from careloop.domain.system import EventSchema
from careloop.web.monitor_marks import duration, tolerance

SCHEMA = EventSchema.model_validate({"business": {"granted": {"type": "number", "personal": False, "unit": "EUR"}}})
PLAIN: dict[str, Any] = {
    "id": "one",
    "kind": "business",
    "window": "P1D",
    "reference": "previous_period",
    "promise": "P1Y",
    "minimum_n": 20,
    "severity": "sev1",
    "response": "page",
}


@pytest.mark.parametrize(
    ("measure", "value", "said"),
    [
        ("dp_difference", 0.05, "5 percentage points"),
        ("conversion_rate", 0.015, "1.5 percentage points"),
        ("impact_ratio", 0.05, "0.05"),
        ("psi", 0.1, "0.1 (population stability index)"),
        ("latency_p95_ms", 100, "100 ms"),
        ("latency_p95", 1500, "1,500 µs"),
        ("granted", 5000, "5,000 EUR"),
        ("calibration_error", 0.03, "3 percentage points"),
    ],
)
def test_a_tolerance_has_its_unit_r47(measure: str, value: float, said: str) -> None:
    assert tolerance(Monitor(measure=measure, tolerance=value, **PLAIN), SCHEMA) == said


def test_what_is_no_duration_is_said_as_it_is() -> None:
    assert [duration(text) for text in ("P2W", "PT1S", "soon", "")] == ["2 weeks", "1 second", "soon", ""]
