"""A risk at the gate: a control that loses its evidence holds a release back until designated management has signed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from release_scene import Scene

from careloop.domain.decision import GateAnswer, ReasonKind, Verdict
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.testing.approval_keys_fake import ApprovalKeysFake
from careloop.workflows.run.approve_treatment import ApprovedTreatment, TreatmentAsk, approve_treatment

_CRITERIA = """\
owner: ai-lead
method: Likelihood times impact.
likelihood: &points
  - {value: 1, label: low, meaning: Rare}
  - {value: 3, label: middle, meaning: Now and then}
  - {value: 5, label: high, meaning: Often}
impact:
  - {value: 1, label: low, meaning: Little}
  - {value: 3, label: middle, meaning: Some}
  - {value: 5, label: high, meaning: Much}
levels:
  - {id: low, from_score: 1, accepted_by: ai-lead}
  - {id: high, from_score: 10, accepted_by: director}
appetite: {organisation: 9, individuals: 6, society: 6}
""".replace(" &points", "")
_CONTROLS = """\
owner: ai-lead
decisions: []
custom:
  - id: X-1
    title: Somebody can be called
    purpose: There is a runbook for incidents.
    justification: Customers call at night.
    owner: ai-lead
    holds: size(runbooks) > 0
"""
_RISK = """\
id: unfair
title: Some are treated worse than others
owner: ai-lead
systems: [credit]
source: The team
cause: Old data
consequences:
  organisation: {text: Complaints, impact: 3}
  individuals: {text: No account, impact: 3}
  society: {text: Little, impact: 1}
likelihood: 5
criteria_version: "1"
assessed: {by: ada, on: 2026-11-01}
treatment:
  option: modify
  reason: Somebody must be there.
  credits: [{control: own/X-1, likelihood: 3}]
  accepted: {by: ai-lead, on: 2026-11-02}
"""
_RUNBOOK = """\
---
id: incident
title: Incident
owner: ai-lead
reviewed: 2026-11-01
covers: [incident]
---
# Incident

1. Call somebody.
"""


class Shop(Scene):
    """The shop with a risk whose treatment counts on a runbook; req is director and AI lead."""

    def __init__(self) -> None:
        super().__init__()
        self.files["risk/criteria.yaml"] = _CRITERIA.encode()
        self.files["risk/register/unfair.yaml"] = _RISK.encode()
        self.files["controls.yaml"] = _CONTROLS.encode()
        self.files["runbooks/incident.md"] = _RUNBOOK.encode()
        self.commit()

    def lose_the_runbook(self) -> None:
        self.now += timedelta(hours=1)
        del self.files["runbooks/incident.md"]
        self.commit()

    def sign(self, treatment: str = "unfair", *, person: str = "req", reason: str = "For now.") -> ApprovedTreatment:
        self.now += timedelta(minutes=1)
        return approve_treatment(TreatmentAsk(treatment, reason), self.desk, ApprovalKeysFake(person), self.now)

    def at_the_gate(self) -> GateAnswer:
        lock = self.lock(version="1.0")
        self.validate(lock)
        return self.gate(lock)


def risks(answer: GateAnswer) -> list[tuple[Verdict, str]]:
    return [(one.effect, one.message) for one in answer.decision.reasons if one.kind is ReasonKind.RISK]


def test_while_its_control_is_evidenced_a_risk_says_nothing_at_the_gate() -> None:
    answer = Shop().at_the_gate()
    assert risks(answer) == []
    assert answer.request_digest is not None


def test_a_control_that_loses_its_evidence_holds_the_next_release_back_with_the_chain() -> None:
    """R77: control -> risk -> release."""
    shop = Shop()
    shop.at_the_gate()
    shop.lose_the_runbook()
    answer = shop.at_the_gate()
    ((effect, message),) = risks(answer)
    assert (answer.decision.verdict, effect) == (Verdict.WAIT, Verdict.WAIT)
    assert "suspended: own/X-1 is degraded" in message
    reason = next(one for one in answer.decision.reasons if one.kind is ReasonKind.RISK)
    assert reason.because[0].startswith("own/X-1 is degraded (")
    assert reason.because[0].endswith(f"-> risk unfair -> release {answer.lock[:19]}")
    assert "own/X-1" in reason.controls
    assert answer.request_digest is None, "nobody is asked for approval while a risk holds the release back"


def test_designated_management_signs_what_is_left_and_the_release_goes_on() -> None:
    """R8."""
    shop = Shop()
    shop.at_the_gate()
    shop.lose_the_runbook()
    made = shop.sign()
    assert (made.level.id, made.approval.post, str(made.approval.scores)) == (
        "high", "director", "organisation 15, individuals 15, society 5",
    )  # fmt: skip
    answer = shop.at_the_gate()
    ((effect, message),) = risks(answer)
    assert (effect, "accepted by req for director" in message) == (Verdict.ALLOW, True)
    assert answer.request_digest is not None


def test_a_material_change_voids_the_signature_and_a_typo_does_not() -> None:
    """R8; SEMANTICS 12."""
    shop = Shop()
    shop.at_the_gate()
    shop.lose_the_runbook()
    shop.sign()
    shop.edit("risk/register/unfair.yaml", "cause: Old data", "cause: Old, old data")
    shop.commit()
    assert risks(shop.at_the_gate())[0][0] is Verdict.ALLOW
    shop.edit(
        "risk/register/unfair.yaml",
        "individuals: {text: No account, impact: 3}",
        "individuals: {text: No account, impact: 5}",
    )
    shop.commit()
    effect, message = risks(shop.at_the_gate())[0]
    assert (effect, "materially changed since" in message) == (Verdict.WAIT, True)


def test_evidence_that_comes_back_lifts_the_suspension() -> None:
    shop = Shop()
    shop.at_the_gate()
    shop.lose_the_runbook()
    assert risks(shop.at_the_gate())
    shop.now += timedelta(hours=1)
    shop.files["runbooks/incident.md"] = _RUNBOOK.encode()
    shop.commit()
    assert risks(shop.at_the_gate()) == []


def test_somebody_without_a_designated_post_is_refused_and_nothing_is_recorded() -> None:
    """R8: whose post is not designated for the level signs nothing."""
    shop = Shop()
    shop.lose_the_runbook()
    with pytest.raises(Refused, match="no post of ada is designated to accept a risk of level high") as refused:
        shop.sign(person="ada")
    assert refused.value.hint == "designated for that level: director"
    assert shop.ledger.size() == 0


def test_a_stranger_and_an_empty_reason_and_a_missing_risk_are_refused() -> None:
    shop = Shop()
    with pytest.raises(Refused, match="listed for anybody"):
        shop.sign(person="mallory")
    with pytest.raises(InvalidInput, match="says why"):
        shop.sign(reason=" ")
    with pytest.raises(NotFound, match="there is no risk 'other'"):
        shop.sign("other")


def test_a_signature_that_was_tampered_with_counts_for_nothing() -> None:
    shop = Shop()
    shop.at_the_gate()
    shop.lose_the_runbook()
    made = shop.sign()
    entry = shop.ledger.entry(made.receipt.index)
    stated = dict(entry.record.data["statement"])  # type: ignore[arg-type]
    data = {**entry.record.data, "statement": stated | {"individuals": "99"}}
    forged = type(entry.record)(
        id="0198f000-0000-7000-8000-000000000001", type=entry.record.type, actor=entry.record.actor,
        occurred_at=entry.record.occurred_at, data=data,
    )  # fmt: skip
    fresh = Shop()
    fresh.at_the_gate()
    fresh.lose_the_runbook()
    fresh.ledger.append([forged], recorded_at=shop.now)
    effect, message = risks(fresh.at_the_gate())[0]
    assert (effect, "suspended" in message) == (Verdict.WAIT, True)


def test_who_gives_up_the_post_takes_the_acceptance_along() -> None:
    shop = Shop()
    shop.at_the_gate()
    shop.lose_the_runbook()
    shop.sign()
    shop.edit(
        "roles.yaml", "holders: [req], authorities: [approve_policy]", "holders: [bob], authorities: [approve_policy]"
    )
    shop.commit()
    assert risks(shop.at_the_gate())[0][0] is Verdict.WAIT
    shop.sign(person="bob")
    assert risks(shop.at_the_gate())[0][0] is Verdict.ALLOW


def test_a_session_of_the_directors_signs_as_well_as_a_key() -> None:
    """SEMANTICS 18."""
    shop = Shop()
    shop.at_the_gate()
    shop.lose_the_runbook()
    shop.let_vouch("care-server")
    voucher = shop.voucher("req")
    approve_treatment(TreatmentAsk("unfair", "For now."), shop.desk, voucher, shop.now)
    assert risks(shop.at_the_gate())[0][0] is Verdict.ALLOW


def test_the_whole_plan_is_signed_by_who_may_accept_its_highest_risk() -> None:
    shop = Shop()
    made = shop.sign("plan")
    assert (made.approval.treatment, made.approval.scores, made.level.id) == ("plan", None, "low")
    entry = shop.ledger.entry(made.receipt.index)
    assert [subject.name for subject in entry.record.subject] == ["treatment-plan"]
