"""A release inside a change envelope is what the recipe names; whatever differs or cannot be told is outside (R78)."""

from typing import Any

import pytest
from gate_builders import DATA, SAFE, UNSURE, a_case, a_lock, a_release, a_result, a_rule, a_system, release_rules
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.decision import Verdict
from careloop.domain.envelope import Bound, ChangeEnvelope, Recipe
from careloop.domain.release import Result
from careloop.domain.release_lock import Artefact, ArtefactKind, HostedModel, ReleaseLock
from careloop.domain.tier import Tier
from careloop.gates.decide import decide
from careloop.gates.envelope import EnvelopeUse, why_outside

CODE = Artefact(name="train.py", kind=ArtefactKind.CODE, sha256="1" * 64, size=9)
WEIGHTS = Artefact(name="model.bin", kind=ArtefactKind.WEIGHTS, sha256="0" * 64, size=3)
COMMIT = "c" * 40


def an_envelope(**changes: Any) -> ChangeEnvelope:
    fields: dict[str, Any] = {
        "id": "nightly",
        "owner": "lead",
        "reason": "Every night.",
        "recipe": {
            "code_commit": COMMIT,
            "artefacts": {"train.py": "1" * 64},
            "features": ["age", "income"],
            "data_contract": DATA,
            "parameters": {"threshold": 0.5},
        },
        "varies": ["model.bin"],
        "varying_parameters": ["seed"],
        "bounds": [{"measure": "impact_ratio", "least": 0.8}],
        "shift": [{"measure": "psi", "most": 0.1}],
        "most_releases": 3,
        "expires": "2026-12-31",
    }
    return ChangeEnvelope.model_validate(fields | changes)


def inside_lock(**changes: Any) -> ReleaseLock:
    parameters = {"features": ["age", "income"], "data_contract": DATA, "threshold": 0.5, "seed": 7}
    fields: dict[str, Any] = {"artefacts": (CODE, WEIGHTS), "code_commit": COMMIT, "parameters": parameters}
    return a_lock(**(fields | changes))


def results(**values: float) -> list[Result]:
    said = {"impact_ratio": 0.9, "psi": 0.02} | values
    return [
        Result(measure=name, outcome=SAFE, value=value, n=4000, lower=value - 0.01, upper=value + 0.01)
        for name, value in said.items()
    ]


def test_r78_a_retrained_release_of_the_same_recipe_lies_inside() -> None:
    other = WEIGHTS.model_copy(update={"sha256": "9" * 64})
    assert why_outside(an_envelope(), inside_lock(), results(), used=2) == ()
    assert why_outside(an_envelope(), inside_lock(artefacts=(CODE, other)), results(), used=0) == ()


PARAMETERS = {"features": ["age", "income"], "data_contract": DATA, "threshold": 0.5}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"code_commit": "d" * 40}, "the code commit is dddddddddddd"),
        ({"code_commit": None}, "the code commit is not stated"),
        ({"artefacts": (CODE.model_copy(update={"sha256": "2" * 64}), WEIGHTS)}, "train.py is 222222222222"),
        ({"artefacts": (WEIGHTS,)}, "train.py is not stated"),
        ({"artefacts": (CODE,)}, "model.bin is not locked"),
        ({"artefacts": (CODE, WEIGHTS, CODE.model_copy(update={"name": "prompt.md"}))}, "prompt.md is locked"),
        ({"hosted_model": HostedModel(provider="x", id="chat-2026-01-01", dated=True)}, "hosted model is another"),
        ({"parameters": {**PARAMETERS, "threshold": 0.4}}, "threshold is 0.4"),
        ({"parameters": {**PARAMETERS, "threshold": "0.5"}}, "threshold is 0.5"),
        ({"parameters": {**PARAMETERS, "features": ["income", "age"]}}, "features is"),
        ({"parameters": {**PARAMETERS, "data_contract": f"sha256:{'e' * 64}"}}, "data_contract is"),
        ({"parameters": {**PARAMETERS, "override": True}}, "override is not in the recipe"),
        ({"parameters": {"features": ["age", "income"], "data_contract": DATA}}, "does not state threshold"),
    ],
)
def test_r78_whatever_else_differs_lies_outside(changes: dict[str, Any], why: str) -> None:
    said = why_outside(an_envelope(), inside_lock(**changes), results(), used=0)
    assert any(why in one for one in said), said


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (results(impact_ratio=0.805), "as low as 0.795, below 0.8"),
        (results(psi=0.095), "as high as 0.105, above 0.1"),
        (results()[:1], "psi was not measured"),
        ([a_result("impact_ratio", UNSURE), *results()[1:]], "impact_ratio is not shown safe"),
        ([*results(), a_result("psi", SAFE, 0.3)], "psi may be as high as 0.3"),
        ([a_result("psi", SAFE, None), results()[0]], "psi has no value"),
    ],
)
def test_r78_a_bound_is_held_against_the_worse_end_of_the_interval(found: list[Result], why: str) -> None:
    said = why_outside(an_envelope(), inside_lock(), found, used=0)
    assert any(why in one for one in said), said


def test_r78_the_releases_of_an_envelope_are_counted() -> None:
    assert why_outside(an_envelope(), inside_lock(), results(), used=3) == ("3 releases have been made by it, of 3",)


@given(st.floats(0.01, 1), st.floats(0, 0.3), st.floats(0, 0.5))
def test_r78_a_worse_result_never_brings_a_release_inside(value: float, width: float, worse: float) -> None:
    def at(middle: float) -> bool:
        found = [Result(measure="impact_ratio", outcome=SAFE, value=middle, n=9, lower=middle - width, upper=middle)]
        return why_outside(an_envelope(), inside_lock(), [*found, results()[1]], used=0) == ()

    assert at(value) or not at(value - worse)


@pytest.mark.parametrize(
    ("tier", "people", "rule", "expected", "asked"),
    [
        (Tier.HIGH, 2, "true", Verdict.ALLOW, 0),
        (Tier.MEDIUM, 2, "true", Verdict.ALLOW, 0),
        (Tier.HIGH, 2, "release.approvals >= 3", Verdict.WAIT, 3),
    ],
)
def test_r78_inside_an_envelope_nobody_is_asked_unless_a_rule_asks_for_more(
    tier: Tier, people: int, rule: str, expected: Verdict, asked: int
) -> None:
    use = EnvelopeUse(name="envelope/credit/nightly", request="r", people=("ada", "bob")[:people], used=0, most=3)
    rules = release_rules(a_system(tier), own=[a_rule(rule)])
    found = decide(a_case(tier, rules=rules, release=a_release(approvals=people), envelope=use))
    assert (found.verdict, found.required_approvals) == (expected, asked)
    assert any("inside envelope/credit/nightly" in one.message for one in found.reasons)


def test_r78_an_envelope_excuses_nothing_but_approvals() -> None:
    use = EnvelopeUse(name="envelope/credit/nightly", request="r", people=("ada", "bob"), used=0, most=3)
    assert decide(a_case(envelope=use, release=a_release(results=()))).verdict is Verdict.BLOCK


def test_a_recipe_names_its_code_and_a_bound_bounds() -> None:
    with pytest.raises(ValueError, match="names its code"):
        Recipe.model_validate({"features": ["a"], "data_contract": DATA})
    with pytest.raises(ValueError, match="neither least nor most"):
        Bound.model_validate({"measure": "psi"})
