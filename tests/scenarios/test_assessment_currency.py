"""R11: an assessment is made again at planned intervals or on change; a stale one blocks a high-risk release."""

from __future__ import annotations

import subprocess
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from acme_releases import SYSTEM, Acme

from careloop.adapters.local_ledger import open_local_ledger
from careloop.ledger.record import uuid7
from careloop.ports.ledger import Actor, ActorKind, Record, Subject

ASSESSMENT = f"systems/{SYSTEM}/impact/assessment-2026.yaml"
MEND = "assess the system again"


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    """Acme whose documents have been in force since before the credit system was assessed."""
    made = Acme.founded(tmp_path)
    assert "on: 2026-09-14" in (made.root / ASSESSMENT).read_text()
    made.edit(ASSESSMENT, "on: 2026-09-14", f"on: {day(-20)}")
    made.edit(ASSESSMENT, "on: 2026-09-16", f"on: {day(-18)}")
    made.commit("daniel.osei@acme.example")
    long_ago = (datetime.now(UTC) - timedelta(days=40)).isoformat()
    amend = ["git", "-C", str(made.root), "commit", "-q", "--amend", "--no-edit", "--allow-empty"]
    who = {"GIT_COMMITTER_NAME": "d", "GIT_COMMITTER_EMAIL": "daniel.osei@acme.example"}
    subprocess.run(amend, check=True, env={"GIT_COMMITTER_DATE": long_ago, "PATH": "/usr/bin:/bin", **who})
    return made


def day(offset: int) -> date:
    return (datetime.now(UTC) + timedelta(days=offset)).date()


def made_today(assessment: str) -> str:
    """The assessment as if it were of today, approval included."""
    return assessment.replace(f"on: {day(-20)}", f"on: {day(0)}").replace(f"on: {day(-18)}", f"on: {day(0)}")


def stale(acme: Acme) -> list[str]:
    """What the gate says against the assessment; and status says the same, but for the interval."""
    said = acme.gate(str(acme.keys.parent / "lock.json"), acme.results(acme.locked()))
    reasons = [one for one in said.json["reasons"] if one["rule"] == "assessment-in-date"]
    assert all(one["effect"] == "block" and MEND in one["remedy"] for one in reasons)
    assert not reasons or said.code == 1
    return [" ".join((one["message"], *one["because"])) for one in reasons]


def owed(acme: Acme) -> list[str]:
    programme = acme.care("status", "--format", "json").json["programme"]
    return [one["message"] for one in programme if one["rule"] == "assessment-in-date" and SYSTEM in one["message"]]


def test_a_fresh_assessment_of_an_unchanged_system_blocks_nothing_r11(acme: Acme) -> None:
    acme.edit(f"systems/{SYSTEM}/system.yaml", "review_every: P6M", "review_every: P3M")
    acme.commit("daniel.osei@acme.example")
    assert (stale(acme), owed(acme)) == ([], [])


def test_when_the_interval_has_run_out_the_gate_blocks_r11(acme: Acme) -> None:
    acme.edit(ASSESSMENT, "review_every: P12M", "review_every: P2W")
    acme.commit("daniel.osei@acme.example")
    (said,) = stale(acme)
    assert f"its interval of P2W ran out on {day(-6)}" in said


CHANGES = {
    "purpose": (f"systems/{SYSTEM}/system.yaml", "autonomy: human_can_override", "autonomy: acts_alone", "autonomy"),
    "kind of model": (f"systems/{SYSTEM}/system.yaml", "  architecture: ", "  architecture: Not a ", "architecture"),
    "data": (f"systems/{SYSTEM}/data/loan-applications.yaml", "source: ", "source: Also bought; ", "loan-applications"),
    "law": ("laws/gdpr.yaml", "2018-05-25", "2018-05-26", "gdpr"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_when_what_it_rested_on_has_changed_since_the_gate_blocks_r11(acme: Acme, what: str) -> None:
    path, old, new, names = CHANGES[what]
    acme.edit(path, old, new)
    acme.commit("daniel.osei@acme.example")
    (said,) = stale(acme)
    assert f"{what} has changed since: " in said
    assert names in said
    assert any(names in one for one in owed(acme))
    again = (acme.root / ASSESSMENT).read_text().replace("id: credit-decision-2026", "id: credit-decision-again")
    acme.write(f"systems/{SYSTEM}/impact/again.yaml", made_today(again))
    acme.commit("daniel.osei@acme.example")
    assert (stale(acme), owed(acme)) == ([], [])


@pytest.mark.parametrize(("severity", "drill", "blocks"), [("sev1", False, 1), ("sev3", False, 0), ("sev1", True, 0)])
def test_a_severe_incident_after_it_blocks_and_a_drill_does_not_r11(
    acme: Acme, severity: str, drill: bool, blocks: int
) -> None:
    at = datetime.now(UTC)
    record = Record(
        id=uuid7(int(at.timestamp() * 1000), bytes(10)),
        type="incident.opened",
        actor=Actor(iss="test", sub="watch", kind=ActorKind.AUTOMATION),
        occurred_at=at,
        data={"system": SYSTEM, "severity": severity, "drill": drill},
        subject=(Subject(name=f"systems/{SYSTEM}"),),
    )
    with closing(open_local_ledger(acme.root, url=None, organisation="Acme", create=True)) as ledger:
        ledger.append([record], recorded_at=at)
    assert len(stale(acme)) == blocks
    assert len(owed(acme)) == blocks
