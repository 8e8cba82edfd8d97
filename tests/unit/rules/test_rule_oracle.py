"""Our verdicts are those of a second, independent implementation of the language; and the engine bears a load."""

from __future__ import annotations

import gc
import resource
import sys
from typing import Any

import celpy
import celpy.adapter
import celpy.evaluation
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_builders import VOCABULARY, a_program, a_rule, compiled

from careloop.domain.rule import Verdict
from careloop.rules.engine import bind
from careloop.rules.evaluate import evaluate

ENVIRONMENT = celpy.Environment()

NUMBERS = st.sampled_from(
    ["system.users", "size(system.tags)", "system.tier", "tiers.high", "0", "1", "3 - system.users"]
)
DECIMALS = st.sampled_from(["system.budget", "0.5", "system.monitors[0].threshold", "1.5 * system.budget"])
TEXTS = st.sampled_from(["system.id", "'a'", "system.labels.x", "system.tags[0]", "'a' + system.id", "system.due"])
SIGNS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def compared(operands: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(operands, SIGNS, operands).map(" ".join)


ATOMS = st.one_of(
    compared(NUMBERS),
    compared(DECIMALS),
    compared(TEXTS),
    st.sampled_from(
        [
            "system.live",
            "true",
            "has(system.card)",
            "has(system.due)",
            "system.card == null",
            "system.card != null && system.card.pages > 1",
            "system.card.pages > 1",
            "'a' in system.tags",
            "'x' in system.labels",
            "system.id.startsWith('a')",
            "1 / system.users > 0",
            "timestamp(system.due) < timestamp('2026-01-02T00:00:00Z')",
            "system.monitors.exists(m, m.threshold < 0.5)",
            "size(system.monitors) > 0 && system.monitors.all(m, m.threshold < 0.5)",
            "!system.tags.exists(t, t == 'a')",
            "system.tags.exists_one(t, t == 'a')",
            "size(system.tags.filter(t, t == 'a')) > 0",
            "system.tags.map(t, t + 'x') == ['ax']",
        ]
    ),
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "&&", "||", "=="]), inner).map(
            lambda t: f"({t[0]}) {t[1]} ({t[2]})"
        ),
        inner.map(lambda text: f"!({text})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]}) ? ({t[1]}) : ({t[2]})"),
    ),
    max_leaves=6,
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b"]),
        "tier": st.integers(0, 3),
        "users": st.integers(0, 3),
        "budget": st.sampled_from([0.0, 0.5, 1.0]),
        "live": st.booleans(),
        "due": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"]),
        "card": st.none() | st.fixed_dictionaries({}, optional={"pages": st.integers(0, 2)}),
        "tags": st.lists(st.sampled_from(["a", "b"]), max_size=2),
        "labels": st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["a", "b"]), max_size=2),
        "monitors": st.lists(
            st.fixed_dictionaries({}, optional={"threshold": st.sampled_from([0.1, 0.9]), "name": st.just("a")}),
            max_size=2,
        ),
    },
)


UNDECIDED = {Verdict.UNKNOWN, Verdict.ERRORED}


def second_opinion(text: str, facts: dict[str, Any]) -> set[Verdict]:
    """What the other implementation says, in our words; both kinds of error where it does not keep them apart.

    It forgets the cause when an operator meets an erring operand, and of two errors under `&&` either may survive.
    An error inside its `filter`, `map` or `exists_one` escapes from `&&`, so the atoms above let none happen there.
    """
    program = ENVIRONMENT.program(ENVIRONMENT.compile(text))
    values = {name: celpy.adapter.json_to_cel(value) for name, value in {**VOCABULARY.ranks, **facts}.items()}
    try:
        return {Verdict.ALLOW if program.evaluate(values) else Verdict.VIOLATE}
    except celpy.evaluation.CELEvalError as error:
        several = any(sign in text for sign in ("&&", "||", "exists", "all"))
        if several or "CELEvalError" in str(error.args):
            return UNDECIDED
        return {Verdict.UNKNOWN if KeyError in error.args else Verdict.ERRORED}


@settings(max_examples=250, deadline=None)
@given(EXPRESSIONS, FACTS)
def test_a_second_implementation_gives_the_same_verdict(text: str, system: dict[str, Any]) -> None:
    facts = {"system": system}
    assert evaluate(compiled(a_rule(text)), facts).verdict in second_opinion(text, facts)


@pytest.mark.parametrize("kept", range(8))
def test_a_second_implementation_gives_the_same_four_values(kept: int) -> None:
    system = {"users": 0, "live": True, "card": None}
    facts = {"system": {name: value for bit, (name, value) in enumerate(system.items()) if kept >> bit & 1}}
    for text in ("system.live", "!system.live", "system.users == 0", "1 / system.users > 0", "system.card.pages > 1"):
        assert evaluate(compiled(a_rule(text)), facts).verdict in second_opinion(text, facts), text


def test_a_hundred_thousand_evaluations_are_all_right_and_keep_nothing() -> None:
    program = a_program("system.tier >= tiers.high && system.monitors.exists(m, m.threshold < 0.5) || system.id == 'x'")
    bounds = [
        bind(VOCABULARY, {"system": {"tier": tier, "id": "x" * (tier == 0), "monitors": [{"threshold": 0.4}] * size}})
        for tier in range(4)
        for size in range(5)
    ]
    expected = [tier == 0 or (tier >= 2 and size > 0) for tier in range(4) for size in range(5)]

    def round_of(times: int) -> int:
        for _ in range(times):
            assert [program.run(bound).value for bound in bounds] == expected
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    settled = round_of(1000)
    eight_mebibytes = 8 * 1024 * (1024 if sys.platform == "darwin" else 1)  # the unit differs by platform
    assert round_of(4000) - settled < eight_mebibytes
