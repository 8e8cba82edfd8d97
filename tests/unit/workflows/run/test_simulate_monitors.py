"""Every family that a detector watches can be played through: rates, gaps, mixtures, scores and amounts (R46)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from watch_builders import a_monitor

from careloop.domain.monitor import Monitor
from careloop.monitors.simulate import CaseResult, SimulationTerms
from careloop.testing.event_builders import a_schema
from careloop.workflows.run.compile_monitors import compile_monitors
from careloop.workflows.run.simulate_monitors import simulate_monitors
from careloop.workflows.run.simulated_traffic import Supposed

FAMILIES: dict[str, dict[str, Any]] = {
    "selection": {"measure": "selection_rate", "by": None},
    "gap": {"measure": "dp_difference", "by": "sex"},
    "mixture of words": {"kind": "drift", "measure": "psi", "by": None, "of": "features.job", "response": "page"},
    "mixture of numbers": {
        "kind": "drift",
        "measure": "psi",
        "by": None,
        "of": "features.hours",
        "response": "page",
        "edges": (20.0, 35.0, 40.0, 50.0),
    },
    "verdicts of a guard": {
        "kind": "security",
        "measure": "injection_rate",
        "by": None,
        "of": "verdict",
        "values": ("injection",),
        "judge": {"found": {"right": 95, "of": 100}, "passed": {"right": 990, "of": 1000}},
    },
    "scores": {
        "kind": "performance",
        "measure": "calibration_error",
        "by": None,
        "values": ("approve",),
        "response": "page",
    },
    "revenue": {
        "kind": "business",
        "measure": "revenue_per_row",
        "by": None,
        "of": "business.amount",
        "response": "page",
        "least": 0,
        "most": 80,
        "tolerance": 0.8,
    },
}


def a_case(name: str) -> Monitor:
    return a_monitor(**{"id": name.replace(" ", "-"), "tolerance": 0.01, "window": "PT1H", **FAMILIES[name]})


def played(name: str, *, runs: int) -> list[CaseResult]:
    compiled = compile_monitors([a_case(name)], a_schema())
    assert compiled.left_out == ()
    supposed = Supposed(rate=0.3, rows=200, change=0.2)
    terms = SimulationTerms(runs=runs, windows=60, history=168)
    (found,) = simulate_monitors(compiled.watched, supposed=supposed, terms=terms, chance=random.Random(1))
    assert found.not_simulated is None
    return list(found.cases)


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_keeps_its_promise_and_notices_a_change(name: str) -> None:
    cases = played(name, runs=1)
    assert cases[0].case.name == "independent rows"
    assert len(cases) == 5
    for case in cases:
        assert case.kept, case.case.name
        assert case.false_alarms.hits == 0, case.case.name
        assert case.noticed.hits == case.noticed.n, case.case.name


def test_what_common_tools_do_stands_beside_where_it_is_what_they_do() -> None:
    (first, *_) = played("revenue", runs=1)
    assert first.naive is not None
    assert first.naive.hits == 1
    assert played("mixture of words", runs=1)[0].naive is None


def test_one_seed_gives_one_simulation() -> None:
    assert played("mixture of words", runs=1) == played("mixture of words", runs=1)


@pytest.mark.parametrize(
    ("name", "tolerance", "said"),
    [
        ("mixture of words", 0.3, "made up: 20% of the rows move to other bins, an index of 0.24, which is within the"),
        ("mixture of words", 0.1, "made up: 20% of the rows move to other bins, an index of 0.24"),
        ("revenue", 0.8, "made up: a mean of 24 EUR that becomes 8"),
        ("scores", 0.1, "played over 100 windows, learnt from 168"),
        ("selection", 0.1, ""),
    ],
)
def test_what_the_change_comes_to_is_said_in_the_monitors_own_measure(name: str, tolerance: float, said: str) -> None:
    monitor = a_case(name).model_copy(update={"tolerance": tolerance})
    compiled = compile_monitors([monitor], a_schema())
    few = SimulationTerms(runs=1, windows=2, history=10)
    (found,) = simulate_monitors(
        compiled.watched, supposed=Supposed(rate=0.3, rows=40, change=0.2), terms=few, chance=random.Random(1)
    )
    assert found.made_up.startswith(said)
    assert bool(found.made_up) is bool(said)
    assert ("tolerance" in found.made_up) is ("tolerance" in said or said.endswith("the"))
