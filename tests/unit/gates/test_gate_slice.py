"""The digest that approvals bind to: it moves with everything material and with nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from gate_builders import (
    NOON,
    a_lock,
    a_results_file,
    a_risk,
    a_rule,
    a_system,
    an_organisation,
    measured,
    release_rules,
)

from careloop.domain.evolve import Waiver
from careloop.domain.monitor import Monitors
from careloop.domain.release import ResultsFile
from careloop.domain.repository import Document
from careloop.domain.system import System
from careloop.domain.tier import Tier
from careloop.gates.release_rules import ReleaseRules
from careloop.gates.slice import slice_bytes, slice_digest, slice_grounds

RULE = a_rule("size(release.results.filter(r, has(r.value) && r.value < 0.5)) == 0")


def digest(
    system: System | None = None,
    rules: ReleaseRules | None = None,
    *,
    lock: str = "sha256:1",
    results: tuple[ResultsFile, ...] | None = None,
    fresh_days: int = 30,
) -> str:
    about = system or a_system()
    given = (a_results_file(),) if results is None else results
    grounds = slice_grounds(about, rules or release_rules(about))
    return slice_digest(slice_bytes(grounds, lock=lock, results=given, fresh_days=fresh_days))


def beside(kind: str, noun: Any, folder: str = "credit") -> Document:
    return Document(f"systems/{folder}/{kind}.yaml", kind, noun, folder=folder)


def monitors(tolerance: float = 0.05, **changes: Any) -> Monitors:
    monitor: dict[str, Any] = {
        "id": "gap",
        "kind": "fairness",
        "measure": "dp_difference",
        "window": "P1D",
        "response": "page",
    }
    monitor |= {"reference": "evaluation_set", "promise": "P1Y", "minimum_n": 100, "severity": "sev1"}
    return Monitors.model_validate({"owner": "lead", "monitors": [{**monitor, "tolerance": tolerance}], **changes})


def with_documents(*others: Document, own: tuple[dict[str, Any], ...] = (RULE,)) -> str:
    return digest(rules=release_rules(a_system(), own=own, others=others))


def test_the_same_grounds_have_the_same_digest() -> None:
    assert digest() == digest()
    two = (a_results_file(measured("a")), a_results_file(measured("b")))
    assert digest(results=two) == digest(results=two[::-1])


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Credit, renamed"},
        {"purpose": "Decides about loans, as before."},
        {"tier_reason": "Words."},
        {"version": "9"},
        {"reviewed": "2026-11-22"},
        {"owner": "other"},
        {"safe_state": {"kind": "human", "description": "Other words."}},
    ],
)
def test_words_about_the_system_void_nothing(change: dict[str, Any]) -> None:
    assert digest(a_system(**change)) == digest()


@pytest.mark.parametrize(
    "system",
    [
        a_system(Tier.VERY_HIGH),
        a_system(autonomy="acts_alone"),
        a_system(domain="retail"),
        a_system(out_of_scope_uses=["Pricing"]),
        a_system(safe_state={"kind": "off", "description": "People decide."}),
        a_system(jurisdictions=["Ireland"]),
        a_system(artefacts=["models/**"]),
    ],
)
def test_what_the_system_is_and_may_do_voids(system: System) -> None:
    assert digest(system) != digest()


@pytest.mark.parametrize(
    "change",
    [
        {"require": RULE["require"].replace("0.5", "0.4")},
        {"severity": "should"},
        {"enforce": "warn"},
        {"applies": "system.tier >= tiers.high"},
        {"block_from": "2027-01-01"},
        {"waiver": {"allowed": True}},
    ],
)
def test_a_rule_that_decides_otherwise_voids(change: dict[str, Any]) -> None:
    assert with_documents(own=(RULE | change,)) != with_documents()


@pytest.mark.parametrize(
    "change", [{"sentence": "Other words."}, {"remedy": "other words"}, {"controls": ["iso42001:2023/A.6.2.4"]}]
)
def test_the_wording_of_a_rule_voids_nothing(change: dict[str, Any]) -> None:
    assert with_documents(own=(RULE | change,)) == with_documents()


def test_a_rule_more_or_less_voids() -> None:
    assert with_documents(own=()) != with_documents()


def test_a_monitors_threshold_voids_and_its_review_does_not() -> None:
    before = with_documents(beside("monitors", monitors()))
    assert with_documents(beside("monitors", monitors(0.06))) != before
    assert with_documents(beside("monitors", monitors(reviewed="2026-11-20", version="3"))) == before


def test_documents_of_another_system_void_nothing() -> None:
    other = beside("monitors", monitors(), folder="other")
    assert with_documents(other) == with_documents()


def test_a_risk_that_is_judged_otherwise_voids() -> None:
    risks = [Document("risk/register/unfair.yaml", "risk", a_risk(likelihood)) for likelihood in (2, 3)]
    assert with_documents(risks[0]) != with_documents(risks[1])


def test_a_waiver_voids() -> None:
    waiver = {"id": "w", "rule": "own-rule", "subject": "credit", "reason": "Once", "owner": "lead"}
    noun = Waiver.model_validate(waiver | {"expires": "2026-12-01"})
    assert with_documents(Document("waivers/w.yaml", "waiver", noun)) != with_documents()


@pytest.mark.parametrize(
    "results",
    [
        (),
        (a_results_file(measured(value=0.91)),),
        (a_results_file(measured(n=4001)),),
        (a_results_file(measured(interval=(0.87, 0.92))),),
        (a_results_file(lock=a_lock(version="2")),),
        (a_results_file(data_digest=f"sha256:{'1' * 64}"),),
        (a_results_file(measured_at=NOON - timedelta(days=2)),),
        (a_results_file(), a_results_file(measured("b"))),
    ],
)
def test_every_number_of_the_results_voids(results: tuple[ResultsFile, ...]) -> None:
    assert digest(results=results) != digest()


def test_lock_and_freshness_void() -> None:
    assert digest(lock="sha256:2") != digest()
    assert digest(fresh_days=31) != digest()


def test_what_a_rule_reads_of_other_documents_voids_and_what_it_does_not_read_does_not() -> None:
    rule = a_rule("organisation != null && organisation.time_zone == 'UTC'", subject="organisation")

    def with_organisation(**changes: Any) -> str:
        return digest(rules=release_rules(a_system(), own=[rule], organisation=an_organisation(**changes)))

    assert with_organisation(time_zone="Europe/Berlin") != with_organisation()
    assert with_organisation(connectors=["jira"]) == with_organisation()
