"""Results at the gate: what is stale, errored, of another lock or contradicts its own counts is never relied on."""

import json
import math
from datetime import timedelta
from typing import Any

import pytest
from gate_builders import DATA, HARM, NOON, SAFE, UNSURE, a_lock, a_results_file, measured
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.decision import Verdict
from careloop.domain.measured import Outcome
from careloop.domain.release import GroupCount, MeasuredResult, ResultsFile
from careloop.domain.release_lock import ReleaseLock
from careloop.domain.tier import Tier
from careloop.errors import InvalidInput
from careloop.gates.judge_results import Judged, Terms, freshness_days, judge_results, outcome_reasons
from careloop.gates.read_files import read_lock, read_results


def judged(*files: ResultsFile, lock: ReleaseLock | None = None, fresh_days: int = 30) -> Judged:
    return judge_results(files, Terms(lock=lock or a_lock(), fresh_days=fresh_days, now=NOON))


def doubts(*results: MeasuredResult) -> str:
    return " | ".join(reason.message for reason in judged(a_results_file(*results)).reasons)


def test_a_fresh_result_of_the_lock_gives_no_doubt() -> None:
    found = judged(a_results_file(measured()))
    assert found.reasons == ()
    assert found.all_match_lock
    assert (found.results[0].outcome, found.results[0].value, found.results[0].lower) == (SAFE, 0.9, 0.88)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lock": f"sha256:{'9' * 64}"}, "were measured on"),
        ({"system": "other"}, "are of the system other"),
        ({"data_digest": None}, "data_digest does not say by digest"),
        ({"data_digest": "v3"}, "data_digest does not say by digest"),
        ({"config_digest": None}, "config_digest does not say by digest"),
        ({"measured_at": NOON - timedelta(days=31)}, "31 days old"),
        ({"measured_at": NOON + timedelta(minutes=6)}, "in the future"),
        ({"results": ()}, "holds no result"),
    ],
)
def test_a_file_that_is_stale_or_of_something_else_blocks(changes: dict[str, Any], said: str) -> None:
    reasons = judged(a_results_file().model_copy(update=changes)).reasons
    assert [reason.effect for reason in reasons] == [Verdict.BLOCK]
    assert said in reasons[0].message


def test_results_of_other_data_than_the_lock_names_block() -> None:
    lock = a_lock(parameters={"evaluation_data": f"sha256:{'e' * 64}"})
    reasons = judged(a_results_file(lock=lock), lock=lock).reasons
    assert ["other data" in reason.message for reason in reasons] == [True]
    same = a_lock(parameters={"evaluation_data": DATA})
    assert judged(a_results_file(lock=same), lock=same).reasons == ()


def test_one_foreign_file_among_good_ones_is_enough() -> None:
    found = judged(a_results_file(), a_results_file(lock=a_lock(version="2.0")))
    assert not found.all_match_lock
    assert len(found.reasons) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": math.nan}, "the value is nan"),
        ({"value": math.inf}, "the value is inf"),
        ({"interval": (math.nan, 0.9)}, "the interval is nan"),
        ({"interval": (0.9, -math.inf)}, "the interval's upper end is -inf"),
        ({"interval": (0.92, 0.88)}, "runs backwards"),
        ({"outcome": None}, "does not say its outcome"),
        ({"value": None}, "shown_safe and has no value"),
        ({"n": 0}, "rests on no rows"),
        ({"groups": {"a": GroupCount(n=3, hits=4)}}, "group a counts 4 of 3"),
        ({"groups": {"a": GroupCount(hits=4)}}, "group a counts 4 of None"),
        ({"groups": {"a": GroupCount(value=math.nan)}}, "value of group a is nan"),
    ],
)
def test_a_result_that_is_no_measurement_blocks_and_is_no_pass(changes: dict[str, Any], said: str) -> None:
    found = judged(a_results_file(measured(**changes)))
    assert said in found.reasons[0].message
    assert {reason.effect for reason in found.reasons} == {Verdict.BLOCK}
    assert found.results[0].outcome is UNSURE


def test_harm_that_a_doubtful_result_admits_stays_harm() -> None:
    found = judged(a_results_file(measured(outcome=HARM, value=math.nan)))
    assert found.results[0].outcome is HARM


def by_sex(men: tuple[int, int], women: tuple[int, int]) -> dict[str, GroupCount]:
    return {
        "men": GroupCount(hits=men[0], n=men[1]),
        "women": GroupCount(hits=women[0], n=women[1]),
    }


def ratio(value: float | None, outcome: Outcome = SAFE, **changes: Any) -> MeasuredResult:
    groups = by_sex((600, 1000), (420, 1000))
    return measured("impact_ratio", value=value, interval=None, n=2000, outcome=outcome, groups=groups, **changes)


def test_a_value_that_its_counts_do_not_give_blocks() -> None:
    assert "does not follow from its counts, which give 0.7" in doubts(ratio(0.85))
    assert doubts(ratio(0.7)) == ""


def test_the_value_from_the_counts_is_what_rules_see() -> None:
    assert judged(a_results_file(ratio(0.704))).results[0].value == pytest.approx(0.7)


def test_an_outcome_better_than_its_counts_allow_is_not_believed() -> None:
    found = judged(a_results_file(ratio(0.7, SAFE, limit=0.8)))
    assert found.results[0].outcome is HARM


def test_an_outcome_worse_than_its_counts_is_kept() -> None:
    found = judged(a_results_file(ratio(0.7, HARM, limit=0.5)))
    assert found.results[0].outcome is HARM
    assert judged(a_results_file(ratio(0.7, SAFE, limit=0.5))).results[0].outcome is SAFE


def test_a_gap_is_tested_again_as_well() -> None:
    gap = measured(
        "dp_difference", value=0.18, interval=None, n=2000, limit=0.05, groups=by_sex((600, 1000), (420, 1000))
    )
    assert judged(a_results_file(gap)).results[0].outcome is HARM


def test_a_group_named_and_not_compared_does_not_count() -> None:
    groups = by_sex((600, 1000), (590, 1000)) | {"few": GroupCount(hits=0, n=3, used=False)}
    assert doubts(measured("impact_ratio", value=0.983, interval=None, groups=groups)) == ""


def test_a_limit_that_is_none_blocks() -> None:
    assert "impact ratio" in doubts(ratio(0.7, limit=1.5))


@given(
    st.integers(1, 500),
    st.integers(1, 500),
    st.integers(0, 500),
    st.integers(0, 500),
    st.sampled_from([SAFE, UNSURE, HARM]),
)
def test_no_stated_outcome_makes_the_counts_look_better(n1: int, n2: int, k1: int, k2: int, stated: Outcome) -> None:
    groups = by_sex((min(k1, n1), n1), (min(k2, n2), n2))
    order = (SAFE, UNSURE, HARM)
    value = 0.5
    facts = [
        judged(
            a_results_file(
                measured("impact_ratio", value=value, interval=None, outcome=outcome, limit=0.8, groups=groups)
            )
        )
        .results[0]
        .outcome
        for outcome in (SAFE, stated)
    ]
    assert order.index(facts[1]) >= order.index(facts[0])
    assert order.index(facts[1]) >= order.index(stated)


@pytest.mark.parametrize(("tier", "days"), [(Tier.LOW, 365), (Tier.MEDIUM, 180), (Tier.HIGH, 90), (Tier.VERY_HIGH, 30)])
def test_the_higher_the_tier_the_fresher_the_results(tier: Tier, days: int) -> None:
    assert freshness_days(tier, {}) == days
    assert freshness_days(tier, {f"results-{tier.value}": "P1W"}) == 7


def test_harm_blocks_at_every_tier_and_doubt_waits_only_from_high_on() -> None:
    found = judged(a_results_file(measured(outcome=HARM), measured("pii_found", outcome=UNSURE))).results
    effects = {tier: [reason.effect for reason in outcome_reasons(found, tier)] for tier in Tier}
    assert effects[Tier.LOW] == effects[Tier.MEDIUM] == [Verdict.BLOCK, Verdict.ALLOW]
    assert effects[Tier.HIGH] == effects[Tier.VERY_HIGH] == [Verdict.BLOCK, Verdict.WAIT]


def a_file(**changes: Any) -> dict[str, Any]:
    row = {
        "measure": "accuracy",
        "value": 0.9,
        "interval": [0.88, 0.92],
        "n": 4000,
        "groups": {},
        "outcome": "shown_safe",
    }
    fields = {"system": "credit", "lock": a_lock().digest, "data_digest": DATA, "config_digest": DATA}
    return fields | {"measured_at": "2026-11-22T12:00:00Z", "results": [row]} | changes


def read(value: object) -> ResultsFile:
    return read_results(json.dumps(value).encode(), "results.json")


def test_a_results_file_in_the_shape_of_the_contract_is_read() -> None:
    assert read(a_file()) == a_results_file(measured(), measured_at=NOON - timedelta(days=1))


def test_groups_may_be_a_list_that_names_them() -> None:
    row = {"measure": "impact_ratio", "value": 0.7, "interval": None, "n": 2, "outcome": "cannot_tell"}
    listed = read(a_file(results=[row | {"groups": [{"group": "men", "hits": 1, "n": 2}]}]))
    assert listed.results[0].groups == {"men": GroupCount(hits=1, n=2)}
    assert read(a_file(results=[row | {"groups": None}])).results[0].groups == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"measured_at": "yesterday"}, "measured_at"),
        ({"measured_at": "2026-11-22T12:00:00"}, "measured_at"),
        ({"resluts": []}, "resluts"),
        ({"results": [{"measure": "a", "n": -1, "outcome": "shown_safe"}]}, "results/0/n"),
        ({"results": [{"measure": "a", "n": 1, "outcome": "fine"}]}, "results/0/outcome"),
        ({"results": [{"measure": "a", "n": 1, "groups": [{"n": 1}]}]}, "results/0/groups"),
        ({"lock": None}, "lock"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_field(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read(a_file(**change))


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"system": "a", "system": "b"}', b"[" * 5000])
def test_what_is_no_results_file_at_all_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_results(raw, "results.json")


def test_nan_in_a_results_file_is_read_and_then_blocks() -> None:
    raw = json.dumps(a_file()).replace("0.9,", "NaN,", 1).encode()
    found = judged(read_results(raw, "results.json"))
    assert "nan" in found.reasons[0].message


def test_a_lock_is_read_back_as_it_was_written() -> None:
    lock = a_lock(parameters={"threshold": 0.62, "seed": 7}, code_authors=("ada@acme.example",))
    assert read_lock(lock.canonical, "lock.json") == lock


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999"])
def test_a_parameter_that_has_no_canonical_form_is_refused(value: str) -> None:
    raw = a_lock(parameters={"threshold": 0.5}).canonical.replace(b"0.5", value.encode())
    with pytest.raises(InvalidInput):
        read_lock(raw, "lock.json")
