"""The gate's decision: a table of cases, and laws that hold whatever the case."""

from dataclasses import replace

import pytest
from gate_builders import (
    GOOD_MEASURES,
    HARM,
    SAFE,
    UNSURE,
    a_case,
    a_release,
    a_result,
    a_risk,
    a_rule,
    a_system,
    criteria,
    good_results,
    live,
    release_rules,
)
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.decision import Decision, Reason, ReasonKind, Verdict
from careloop.domain.evolve import Waiver
from careloop.domain.measured import Outcome
from careloop.domain.organisation import Approval, FunctionQuorum, Quorum
from careloop.domain.release import Release
from careloop.domain.repository import Document
from careloop.domain.roles import Function
from careloop.domain.tier import Tier
from careloop.gates.decide import decide

ALLOW, WAIT, BLOCK = Verdict.ALLOW, Verdict.WAIT, Verdict.BLOCK


def blocking(decision: Decision) -> set[str]:
    """Rules, measures or kinds of the reasons that block."""
    return {one.rule or one.measure or one.kind.value for one in decision.reasons if one.effect is BLOCK}


def waiting(decision: Decision) -> set[str]:
    return {one.rule or one.measure or one.kind.value for one in decision.reasons if one.effect is WAIT}


@pytest.mark.parametrize(
    ("tier", "changes", "expected"),
    [
        (Tier.VERY_HIGH, {}, ALLOW),
        (Tier.VERY_HIGH, {"approvals": 1}, WAIT),
        (Tier.VERY_HIGH, {"approvals": 0}, WAIT),
        (Tier.VERY_HIGH, {"independent_validation": False}, BLOCK),
        (Tier.VERY_HIGH, {"results": ()}, BLOCK),
        (Tier.VERY_HIGH, {"results": good_results(impact_ratio=HARM)}, BLOCK),
        (Tier.VERY_HIGH, {"results": good_results(impact_ratio=UNSURE)}, WAIT),
        (Tier.VERY_HIGH, {"results": good_results(accuracy=UNSURE)}, WAIT),
        (Tier.VERY_HIGH, {"results": good_results(accuracy=HARM), "approvals": 0}, BLOCK),
        (Tier.VERY_HIGH, {"results_match_lock": False}, BLOCK),
        (Tier.VERY_HIGH, {"card_digest_matches": False}, BLOCK),
        (Tier.HIGH, {}, ALLOW),
        (Tier.HIGH, {"approvals": 1}, WAIT),
        (Tier.HIGH, {"results": good_results(accuracy=UNSURE)}, WAIT),
        (Tier.HIGH, {"results": good_results()[:1]}, BLOCK),
        (Tier.HIGH, {"independent_validation": False}, ALLOW),
        (Tier.MEDIUM, {"approvals": 1}, ALLOW),
        (Tier.MEDIUM, {"approvals": 0}, WAIT),
        (Tier.MEDIUM, {"results": ()}, BLOCK),
        (Tier.MEDIUM, {"approvals": 1, "results": (a_result(outcome=UNSURE),)}, ALLOW),
        (Tier.MEDIUM, {"approvals": 1, "results": (a_result(outcome=HARM),)}, BLOCK),
        (Tier.LOW, {"approvals": 0, "results": ()}, ALLOW),
        (Tier.LOW, {"approvals": 0, "results": (a_result(outcome=HARM),)}, BLOCK),
        (Tier.LOW, {"approvals": 0, "results_match_lock": False}, BLOCK),
    ],
)
def test_the_decision_follows_tier_results_and_approvals(
    tier: Tier, changes: dict[str, object], expected: Verdict
) -> None:
    assert decide(a_case(tier, release=a_release(**changes))).verdict is expected


@pytest.mark.parametrize(("tier", "people"), [(Tier.LOW, 0), (Tier.MEDIUM, 1), (Tier.HIGH, 2), (Tier.VERY_HIGH, 2)])
def test_the_tier_says_how_many_people_must_approve(tier: Tier, people: int) -> None:
    assert decide(a_case(tier)).required_approvals == people


def test_a_rule_can_ask_for_more_people_than_the_tier() -> None:
    rules = release_rules(a_system(Tier.MEDIUM), own=[a_rule("release.approvals >= 4")])
    decision = decide(a_case(Tier.MEDIUM, rules=rules))
    assert (decision.verdict, decision.required_approvals, decision.lacks) == (WAIT, 4, 2)
    assert "own-rule" in waiting(decision)


def test_no_rule_can_ask_for_fewer_people_than_the_tier() -> None:
    rules = release_rules(a_system(Tier.VERY_HIGH), packs=[])
    assert decide(a_case(Tier.VERY_HIGH, rules=rules, release=a_release(approvals=1))).verdict is WAIT


def test_a_rule_that_fails_with_any_number_of_approvals_blocks() -> None:
    rules = release_rules(a_system(), own=[a_rule("release.approvals >= 2 && release.environment == 'moon'")])
    assert blocking(decide(a_case(rules=rules))) == {"own-rule"}


def test_a_rule_that_wants_shown_safe_waits_for_evidence_when_its_value_is_within() -> None:
    four_fifths = a_rule(
        "release.results.exists(r, r.measure == 'impact_ratio' && r.outcome == 'shown_safe'"
        " && has(r.value) && r.value != null && r.value >= 0.8)"
    )
    rules = release_rules(a_system(), own=[four_fifths])
    near = (a_result("impact_ratio", UNSURE, 0.86), *good_results()[1:])
    low = (a_result("impact_ratio", UNSURE, 0.75), *good_results()[1:])
    assert "own-rule" in waiting(decide(a_case(rules=rules, release=a_release(results=near))))
    assert "own-rule" in blocking(decide(a_case(rules=rules, release=a_release(results=low))))


def test_waiting_for_evidence_is_not_waiting_for_approvals() -> None:
    unsure = a_release(results=good_results(accuracy=UNSURE), approvals=0)
    assert not decide(a_case(release=unsure)).waits_only_for_approvals
    assert decide(a_case(release=a_release(approvals=0))).waits_only_for_approvals


def test_a_rule_that_cannot_be_evaluated_blocks_even_when_it_only_warns() -> None:
    broken = a_rule("1 / (release.approvals - 2) > 0", enforce="observe", severity="should")
    decision = decide(a_case(rules=release_rules(a_system(), own=[broken])))
    assert blocking(decision) == {"own-rule"}


def test_a_rule_whose_fact_is_missing_blocks() -> None:
    rules = release_rules(
        a_system(), own=[a_rule("release.results.all(r, r.lower > 0.1) && size(release.results) > 0")]
    )
    decision = decide(a_case(rules=rules))
    assert blocking(decision) == {"own-rule"}
    assert decision.reasons[0].message.startswith("cannot tell whether")


def test_a_rule_that_warns_is_said_and_stops_nothing() -> None:
    rules = release_rules(a_system(), own=[a_rule("release.environment == 'moon'", severity="should")])
    decision = decide(a_case(rules=rules))
    assert decision.verdict is ALLOW
    assert "own-rule" in {one.rule for one in decision.reasons}


@pytest.mark.parametrize(("starts", "expected"), [("2026-11-24", ALLOW), ("2026-11-23", BLOCK)])
def test_a_rule_with_a_first_day_blocks_from_that_day(starts: str, expected: Verdict) -> None:
    rule = a_rule("release.environment == 'moon'", severity="should", block_from=starts)
    assert decide(a_case(rules=release_rules(a_system(), own=[rule]))).verdict is expected


def test_a_rule_about_the_system_itself_holds_at_the_gate_too() -> None:
    rule = a_rule("system.origin == 'bought'", subject="system")
    assert blocking(decide(a_case(rules=release_rules(a_system(), own=[rule])))) == {"own-rule"}


@pytest.mark.parametrize(
    ("quorum", "here", "expected"),
    [
        ({"people": 3}, (), WAIT),
        ({"people": 2}, (), ALLOW),
        ({"functions": {"at_least": 2, "of": ["legal", "security", "data"]}}, ("legal",), WAIT),
        ({"functions": {"at_least": 2, "of": ["legal", "security", "data"]}}, ("legal", "data"), ALLOW),
        ({"functions": {"at_least": 3, "of": ["legal", "security", "data"]}}, ("legal", "data", "security"), WAIT),
    ],
)
def test_r28_an_organisation_asks_for_people_and_functions(
    quorum: dict[str, object], here: tuple[str, ...], expected: Verdict
) -> None:
    """Three functions take three people, and the usual case has two."""
    case = a_case(quorum=Quorum.model_validate(quorum), functions=frozenset(map(Function, here)))
    assert decide(case).verdict is expected


def test_r28_a_quorum_that_nobody_can_meet_is_refused_where_it_is_written() -> None:
    for wrong in ({"at_least": 3, "of": ["legal", "data"]}, {"at_least": 1, "of": ["legal", "legal"]}):
        with pytest.raises(ValueError, match=r"never be met|named twice"):
            FunctionQuorum.model_validate(wrong)


def a_waiver(expires: str = "2026-11-30", says: tuple[str, ...] = ("risk", "boss")) -> Document:
    """It calls itself approved by these posts."""
    fields = {"id": "w1", "rule": "own-rule", "subject": "credit", "reason": "Once", "owner": "lead"}
    approved = [{"by": post, "on": "2026-11-10"} for post in says]
    return Document(
        "waivers/w1.yaml", "waiver", Waiver.model_validate({**fields, "expires": expires, "approved": approved})
    )


@pytest.mark.parametrize(
    ("waiver", "granted_by", "expected"),
    [
        (a_waiver(), ("risk", "boss"), ALLOW),
        (a_waiver(says=()), ("risk", "boss"), ALLOW),
        (a_waiver(), ("risk",), BLOCK),
        (a_waiver(), ("risk", "risk"), BLOCK),
        (a_waiver(), (), BLOCK),
        (a_waiver("2026-11-22"), ("risk", "boss"), BLOCK),
        (a_waiver("2027-11-22"), ("risk", "boss"), BLOCK),
    ],
)
def test_r41_a_waiver_counts_when_two_posts_have_granted_it_whatever_it_says_of_itself(
    waiver: Document, granted_by: tuple[str, ...], expected: Verdict
) -> None:
    rule = a_rule("release.environment == 'moon'", waiver={"allowed": True, "max_days": 30})
    granted = tuple(Approval.model_validate({"by": post, "on": "2026-11-10"}) for post in granted_by)
    rules = replace(release_rules(a_system(), own=[rule], others=[waiver]), granted={"w1": granted})
    assert decide(a_case(rules=rules)).verdict is expected


def test_any_obstacle_blocks() -> None:
    obstacle = Reason(kind=ReasonKind.ARTEFACT, effect=BLOCK, message="the artefact is gone")
    assert decide(a_case(obstacles=(obstacle,))).verdict is BLOCK


def test_a_risk_above_the_appetite_holds_back_a_high_release_until_it_is_accepted() -> None:
    assert decide(a_case(risks=(live(a_risk(4, 4)),))).verdict is WAIT
    assert decide(a_case(risks=(live(a_risk(4, 4, accepted_by="lead")),))).verdict is WAIT
    assert decide(a_case(risks=(live(a_risk(4, 4, accepted_by="boss")),))).verdict is ALLOW
    assert decide(a_case(risks=(live(a_risk(2, 3)),))).verdict is ALLOW


def test_the_strictest_reason_stands_first() -> None:
    decision = decide(a_case(release=a_release(results=good_results(accuracy=HARM, pii_found=UNSURE), approvals=0)))
    ranks = [one.effect.rank for one in decision.reasons]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] == BLOCK.rank


OUTCOMES = st.sampled_from(list(Outcome))
VALUES = st.floats(min_value=0, max_value=1, allow_nan=False)


@st.composite
def releases(draw: st.DrawFn) -> Release:
    results = tuple(
        a_result(measure, draw(OUTCOMES), draw(VALUES), draw(st.integers(0, 10_000)))
        for measure in draw(st.lists(st.sampled_from(GOOD_MEASURES), max_size=6))
    )
    return a_release(
        results=results,
        approvals=draw(st.integers(0, 3)),
        independent_validation=draw(st.booleans()),
        results_match_lock=draw(st.booleans()),
    )


@given(releases(), st.sampled_from(list(Tier)), st.tuples(VALUES, VALUES))
def test_a_stricter_threshold_never_turns_block_into_allow(
    release: Release, tier: Tier, thresholds: tuple[float, float]
) -> None:
    verdicts = []
    for threshold in sorted(thresholds):
        least = f"size(release.results.filter(r, !has(r.value) || r.value == null || r.value < {threshold:.17f})) == 0"
        rules = release_rules(a_system(tier), own=[a_rule(least)])
        verdicts.append(decide(a_case(tier, rules=rules, release=release)).verdict.rank)
    assert verdicts[0] <= verdicts[1]


@given(
    releases(), st.sampled_from(list(Tier)), st.tuples(*[st.integers(1, 25)] * 2), st.integers(1, 5), st.integers(1, 5)
)
def test_a_stricter_appetite_never_turns_block_into_allow(
    release: Release, tier: Tier, appetites: tuple[int, int], likelihood: int, impact: int
) -> None:
    verdicts = [
        decide(
            a_case(tier, release=release, risks=(live(a_risk(likelihood, impact), criteria(individuals=appetite)),))
        ).verdict.rank
        for appetite in sorted(appetites, reverse=True)
    ]
    assert verdicts[0] <= verdicts[1]


@given(releases(), st.sampled_from(list(Tier)), st.integers(0, 5))
def test_a_worse_outcome_or_fewer_approvals_never_help(release: Release, tier: Tier, place: int) -> None:
    order = (SAFE, UNSURE, HARM)
    worse = list(release.results)
    if worse:
        at = place % len(worse)
        after = HARM if worse[at].outcome not in order else order[min(2, order.index(worse[at].outcome) + 1)]
        worse[at] = worse[at].model_copy(update={"outcome": after})
    harder = release.model_copy(update={"results": tuple(worse), "approvals": max(0, release.approvals - 1)})
    rules = release_rules(a_system(tier))
    before = decide(a_case(tier, rules=rules, release=release)).verdict
    after_all = decide(a_case(tier, rules=rules, release=harder)).verdict
    assert before.rank <= after_all.rank


@given(releases(), st.sampled_from([(Tier.LOW, Tier.MEDIUM), (Tier.MEDIUM, Tier.HIGH), (Tier.HIGH, Tier.VERY_HIGH)]))
def test_a_higher_tier_is_never_easier(release: Release, tiers: tuple[Tier, Tier]) -> None:
    lower, higher = (decide(a_case(tier, release=release)).verdict for tier in tiers)
    assert lower.rank <= higher.rank
