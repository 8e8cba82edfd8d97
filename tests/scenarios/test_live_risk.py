"""A control loses its evidence: the risk rises, its acceptance is suspended, the next release waits (R77, R8)."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from acme_releases import SYSTEM, Acme

from careloop.adapters.local_ledger import open_local_ledger
from careloop.ledger.record import uuid7
from careloop.ports.ledger import Actor, ActorKind, Record

RISK = "credit-unequal-refusals"


def freeze_scorecard(acme: Acme, *, days_ago: int) -> None:
    """A quarter's scorecard is frozen: what Acme's objectives (A.9.3) rest on, for 100 days."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    record = Record(
        id=uuid7(int(at.timestamp() * 1000), bytes(10)),
        type="scorecard.frozen",
        actor=Actor(iss="test", sub="clock", kind=ActorKind.SERVICE),
        occurred_at=at,
        data={"window": "quarter", "digest": f"sha256:{'0' * 64}"},
    )
    with closing(open_local_ledger(acme.root, url=None, organisation="Acme", create=True)) as ledger:
        ledger.append([record], recorded_at=at)


def gate(acme: Acme) -> tuple[int, list[dict[str, object]], object]:
    """Exit code, reasons about risks that make it wait, and the request."""
    said = acme.gate(str(acme.keys.parent / "lock.json"), acme.results(acme.locked()))
    reasons = [one for one in said.json["reasons"] if one["kind"] == "risk" and one["effect"] == "wait"]
    return said.code, reasons, said.json["request"]


def approve(acme: Acme, person: str) -> tuple[int, str]:
    words = ["--key", str(acme.key(person)), "--reason", "Until the scorecard of this quarter is frozen."]
    said = acme.care("approve", "--treatment", RISK, *words)
    return said.code, said.out + said.err


def test_a_control_that_loses_its_evidence_suspends_the_acceptance_and_holds_the_release(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    freeze_scorecard(acme, days_ago=110)
    acme.locked()
    acme.validated()

    shown = acme.care("risk", RISK, "--format", "json").json["risks"][0]
    states = {one["control"]: one["state"] for one in shown["credits"]}
    assert states["iso42001:2023/A.9.3"] == "degraded"
    assert (shown["acceptance"]["state"], shown["level"]) == ("suspended", "very-high")
    text = acme.care("risk", RISK).out
    assert f"-> risk {RISK} -> next release of tier high or above of {SYSTEM} waits" in text

    status = acme.care("status", "--format", "json").json
    degraded = {row["id"] for row in status["requirements"] if row["degraded"]}
    assert "iso42001:2023/A.9.3" in degraded
    owed = [one for one in status["programme"] if RISK in one["message"]]
    assert [one["owner"] for one in owed] == ["product-credit"]

    code, reasons, request = gate(acme)
    assert (code, request) == (3, None)
    assert RISK in str(reasons[0]["message"])
    assert any("A.9.3 is degraded" in link and "-> release sha256:" in link for link in list(reasons[0]["because"]))  # type: ignore[call-overload]

    refused, said = approve(acme, "jonas-weber")
    assert (refused, "not designated to accept" in said or "no post of jonas-weber is designated" in said) == (1, True)
    accepted, said = approve(acme, "anna-lindqvist")
    assert (accepted, "approved by anna-lindqvist for chief-executive" in said) == (0, True), said
    code, reasons, request = gate(acme)
    assert (code, reasons) == (3, [])
    assert request is not None

    acme.edit(f"risk/register/{RISK}.yaml", "Women or older applicants", "Women, or older applicants,")
    acme.commit("daniel.osei@acme.example")
    assert acme.care("risk", RISK, "--format", "json").json["risks"][0]["acceptance"]["state"] == "accepted"
    acme.edit(f"risk/register/{RISK}.yaml", "likelihood: 4", "likelihood: 5")
    acme.commit("daniel.osei@acme.example")
    void = acme.care("risk", RISK, "--format", "json").json["risks"][0]
    assert (void["acceptance"]["state"], len(void["void_approvals"])) == ("open", 1)
    assert gate(acme)[1] != []
    assert acme.care("ledger", "verify").code == 0


def test_evidence_that_is_there_lowers_the_risk_and_the_plan_can_be_signed(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    freeze_scorecard(acme, days_ago=10)
    shown = acme.care("risk", RISK, "--format", "json").json["risks"][0]
    assert shown["residual"] == {"organisation": 16, "individuals": 16, "society": 12}
    assert shown["inherent"] == {"organisation": 16, "individuals": 20, "society": 16}
    assert acme.care("soa", "--format", "json").json["treatment_plan"]["state"] == "stated"
    words = ["--key", str(acme.key("anna-lindqvist")), "--reason", "Autumn review."]
    assert acme.care("approve", "--treatment", "plan", *words).code == 0
    assert acme.care("soa", "--format", "json").json["treatment_plan"]["state"] == "signed"
    acme.edit("controls.yaml", "expires: 2027-06-30", "expires: 2027-07-31")
    plan = acme.care("soa", "--format", "json").json["treatment_plan"]
    assert (plan["state"], "materially changed" in plan["because"]) == ("void", True)


def test_the_register_is_shown_whole_or_one_risk_at_a_time(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    whole = acme.care("risk")
    assert whole.code == 0
    assert "8 risks, 7 above appetite, 0 hold releases" in whole.out
    only = acme.care("risk", "--system", "product-recommender", "--format", "json").json["risks"]
    assert {one["id"] for one in only} == {"recommender-regional-gap", "recommender-sensitive-inference"}
    assert acme.care("risk", "credit-drifts").err.strip().endswith("did you mean credit-drift?")
    assert acme.care("approve", "--reason", "Both or neither.").code == 2
