"""An alarm is explained from the sentence of policy that asks for its monitor down to the records that show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.alarm import Readiness, Signal, Worse
from careloop.domain.counts import Tally
from careloop.domain.explanation import Explanation
from careloop.domain.incident import DataSlice
from careloop.domain.monitor import Response
from careloop.domain.plan_steps import RaisedAlarm
from careloop.domain.policy import Policy
from careloop.domain.repository import Repository
from careloop.errors import NotFound
from careloop.plans.identity import alarm_id
from careloop.plans.step_records import alarm_record
from careloop.ports.ledger import Actor, ActorKind, Entry
from careloop.testing.ledger_fake import LedgerFake
from careloop.workflows.evolve.explain_alarm import explain_alarm, rules_of

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
AUTOMATION = Actor(iss="careloop", sub="care-monitor", kind=ActorKind.AUTOMATION)
CATALOGUE = Catalogue(wiring.standards_library().read_all())
SYSTEM, MONITOR = "credit-decision", "approval-gap-by-sex"


@pytest.fixture(scope="module")
def acme() -> Repository:
    return compile_tree(wiring.repository_source(wiring.examples().folder("acme")).work_tree()).repository


def raised(system: str = SYSTEM, monitor: str = MONITOR) -> tuple[Sequence[Entry], str]:
    signal = Signal(
        monitor=monitor,
        release="sha256:" + "a" * 64,
        window=1_795_737_600,
        since=1_795_651_200,
        moved=Worse.LOWER,
        group="female",
        observed=Tally(20, 100),
        compared=Tally(45, 110),
        limit=0.05,
        statistic=2000.0,
        threshold=1825.0,
    )
    rows = DataSlice(
        system=system,
        release=signal.release,
        monitor=monitor,
        since=signal.since,
        until=signal.window + 86_400,
        by="sex",
        group="female",
        n=210,
        digest="b" * 64,
    )
    alarm = RaisedAlarm(
        id=alarm_id(signal, system=system, environment="production"),
        system=system,
        environment="production",
        severity="sev1",
        response=Response.ROLLBACK,
        minimum_n=200,
        signal=signal,
        rows=rows,
    )
    ready = Readiness(may_act=True, because="no alarm in 30 days", days=30.0, windows=30, alarms=0)
    ledger = LedgerFake()
    ledger.append([alarm_record(alarm, readiness=ready, promise="P5Y", actor=AUTOMATION, now=NOON)], recorded_at=NOON)
    return list(ledger.entries(0, 1)), alarm.id


def said(found: Explanation) -> dict[str, list[tuple[str, str | None]]]:
    return {one.heading: [(line.text, line.ref) for line in one.lines] for one in found.sections}


def test_the_chain_goes_from_policy_over_rule_and_monitor_to_result_and_evidence(acme: Repository) -> None:
    entries, alarm = raised()
    found = explain_alarm(entries, alarm, repository=acme, catalogue=CATALOGUE)
    chain = said(found)
    assert list(chain) == ["Policy sentence", "Rule", "Monitor", "Result", "Evidence", "What happened"]
    rules = [ref for _, ref in chain["Rule"]]
    assert rules == ["monitors-present", "monitors-cover-drift", "lending-fairness-watched-by-group"]
    refs = [ref for _, ref in chain["Policy sentence"]]
    assert "policies/release-and-monitoring.md#3.1" in refs
    ((text, path),) = chain["Monitor"]
    assert path == f"systems/{SYSTEM}/monitors.yaml"
    assert "dp_difference by sex in windows of P1D" in text
    assert "tolerance 0.05" in text
    assert "20 of 100 against 45 of 110" in chain["Result"][0][0]
    assert chain["Evidence"] == [
        (f"210 rows of release sha256:{'a' * 12}, counts with SHA-256 {'b' * 19}", "alarm.raised#0")
    ]


def test_every_policy_sentence_of_the_chain_names_a_rule_of_the_chain(acme: Repository) -> None:
    entries, alarm = raised()
    chain = said(explain_alarm(entries, alarm, repository=acme, catalogue=CATALOGUE))
    named = {ref for _, ref in chain["Rule"]}
    by_place = {f"{at.path}#{one.number}": one for at, policy in acme.all(Policy) for one in policy.statements}
    for text, ref in chain["Policy sentence"]:
        statement = by_place[str(ref)]
        assert statement.text == text
        assert named.intersection(statement.rules)


def test_a_rule_about_other_systems_is_no_link_of_the_chain(acme: Repository) -> None:
    entries, alarm = raised("product-recommender", "discount-gap-by-region")
    chain = said(explain_alarm(entries, alarm, repository=acme, catalogue=CATALOGUE))
    assert [ref for _, ref in chain["Rule"]] == ["monitors-present", "monitors-cover-drift"]


def test_a_monitor_that_is_gone_from_the_documents_is_said_to_be(acme: Repository) -> None:
    entries, alarm = raised(monitor="long-gone")
    ((text, _),) = said(explain_alarm(entries, alarm, repository=acme, catalogue=CATALOGUE))["Monitor"]
    assert "declares it no longer" in text


def test_rules_are_those_of_the_packs_and_the_organisations_own(acme: Repository) -> None:
    places = {rule.id: where for rule, where in rules_of(acme, CATALOGUE)}
    assert places["monitors-present"] == "pack careloop/base@1"
    assert places["lending-fairness-watched-by-group"] == "rules/lending.yaml"


def test_an_alarm_that_is_not_on_record_is_not_found(acme: Repository) -> None:
    entries, _ = raised()
    with pytest.raises(NotFound, match="no alarm"):
        explain_alarm(entries, "0192f3a0-7c1e-7d42-9a51-2f0c6f1b7e11", repository=acme, catalogue=CATALOGUE)
