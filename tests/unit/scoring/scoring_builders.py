"""Ledger entries as the workflows write them, in one line each; days count from 1 October 2026, 00:00 UTC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from careloop.domain.metric import Figure, Part, Window
from careloop.domain.tier import Tier
from careloop.ledger.canonical import canonical_bytes, instant_text
from careloop.ledger.record import uuid7
from careloop.ports.ledger import Actor, ActorKind, Entry, Json, Record, Subject
from careloop.scoring.evidence import Evidence

START = datetime(2026, 10, 1, tzinfo=UTC)
Q4 = Window("2026Q4", START, datetime(2027, 1, 1, tzinfo=UTC))
NOW = START + timedelta(days=60)
TIERS = {"credit": Tier.VERY_HIGH, "shop": Tier.LOW}
NEW, OLD = "sha256:" + "b" * 64, "sha256:" + "a" * 64
GATE = Actor(iss="careloop", sub="care-gate", kind=ActorKind.SERVICE)


def day(number: float) -> datetime:
    """The moment so many days into the quarter."""
    return START + timedelta(days=number)


def person(name: str) -> Actor:
    return Actor(iss="governance-repository", sub=name, kind=ActorKind.PERSON)


def an_entry(
    kind: str, at: float, *, index: int = 0, actor: Actor = GATE, data: dict[str, Json] | None = None
) -> Entry:
    """An entry of a type about the system `credit` in production; `index` is its place, by default by its time."""
    place = index or int(at * 1_000_000) + 1_000_000_000
    filled: dict[str, Json] = {"system": "credit", "environment": "production"} | (data or {})
    seed = canonical_bytes([kind, actor.sub, instant_text(day(at)), filled])
    record = Record(
        id=uuid7(int(day(at).timestamp() * 1000), sha256(seed).digest()[:10]),
        type=kind,
        actor=actor,
        occurred_at=day(at),
        data=filled,
        subject=(Subject(name=f"systems/{filled['system']}"),),
    )
    return Entry(index=place, recorded_at=day(at), skew_ms=0, record=record, body=seed)


def a_drill(entry: Entry) -> Entry:
    """The same entry, of a drill."""
    data: dict[str, Json] = {**entry.record.data, "drill": True}
    return replace(entry, record=replace(entry.record, data=data), body=entry.body + b"drill")


def evidence(*entries: Entry, now: datetime = NOW) -> Evidence:
    return Evidence.of(entries, now=now)


def a_request(at: float, *, name: str = "r1", lock: str = NEW, tier: str = "very_high", days: float = 7) -> Entry:
    """People are asked to approve a release; open for so many days."""
    body: Json = {"lock": lock, "environment": "production", "tier": tier}
    data: dict[str, Json] = {
        "request": name,
        "action": "release",
        "expires_at": instant_text(day(at + days)),
        "body": body,
    }
    data["environment"] = None
    return an_entry("approval.requested", at, data=data)


def an_approval(at: float, who: str, *, name: str = "r1", lock: str = NEW) -> Entry:
    return an_entry("approval.given", at, actor=person(who), data={"request": name, "lock": lock})


def a_decision(at: float, decision: str = "allow", *, name: str = "r1", lock: str = NEW, required: int = 2) -> Entry:
    data: dict[str, Json] = {"request": name, "lock": lock, "decision": decision, "tier": "very_high"}
    return an_entry("gate.decision", at, data=data | {"required_approvals": required})


def a_standing(at: float, *, name: str = "r1", lock: str = NEW, approvals: int = 2, required: int = 2) -> Entry:
    data: dict[str, Json] = {"request": name, "lock": lock, "approvals": approvals, "tier": "very_high"}
    return an_entry("release.standing", at, data=data | {"required_approvals": required})


def a_deploy(at: float, *, lock: str = NEW, plan: str | None = None, system: str = "credit") -> Entry:
    data: dict[str, Json] = {"lock": lock, "system": system}
    return an_entry("deploy.done", at, data=data if plan is None else data | {"plan": plan})


def an_approved_release(at: float, *, name: str = "r1", lock: str = NEW, took: float = 2) -> list[Entry]:
    """Asked at one time, approved by two until `took` days later, and live soon after."""
    return [
        a_request(at, name=name, lock=lock),
        an_approval(at + took / 2, "ada", name=name, lock=lock),
        an_approval(at + took, "ben", name=name, lock=lock),
        a_decision(at + took + 0.01, name=name, lock=lock),
        a_standing(at + took + 0.02, name=name, lock=lock),
        a_deploy(at + took + 0.03, lock=lock),
    ]


def an_alarm(at: float, *, since: float = 0, monitor: str = "gap", severity: str = "sev1") -> Entry:
    """An alarm whose evidence began to grow `since` days into the quarter."""
    began = int(day(since).timestamp())
    signal: Json = {"since": began, "group": "women", "moved": "lower"}
    nested: Json = {"severity": severity, "signal": signal}
    return an_entry("alarm.raised", at, data={"release": NEW, "monitor": monitor, "alarm": nested})


def an_incident(at: float, *, plan: str = "p1", alarm: Entry | None = None, severity: str = "sev1") -> Entry:
    data: dict[str, Json] = {"plan": plan, "severity": severity}
    return an_entry("incident.opened", at, data=data | {"alarm": alarm.record.id if alarm is not None else None})


def a_plan_decided(at: float, *, plan: str = "p1", kind: str = "rollback", alarm: Entry | None = None) -> Entry:
    named = alarm.record.id if alarm is not None else None
    return an_entry("plan.decided", at, data={"plan": plan, "kind": kind, "alarm": named})


def a_step(at: float, step: str, outcome: str, *, plan: str = "p1") -> Entry:
    rows: Json = [{"place": "steps/2", "step": step, "outcome": outcome, "detail": ""}]
    return an_entry("plan.executed", at, data={"plan": plan, "steps": rows})


def a_verification(at: float, *, plan: str = "p1") -> Entry:
    return an_entry("rollback.verified", at, data={"plan": plan, "from": NEW, "to": OLD})


def a_safe_state(at: float, *, plan: str = "p1") -> Entry:
    return an_entry("safe_state.entered", at, data={"plan": plan, "state": "human"})


def part(figure: Figure, name: str) -> Part:
    """The part of a figure with an id; StopIteration when it has none."""
    return next(one for one in figure.parts if one.id == name)


def flat(groups: Iterable[Iterable[Entry]]) -> list[Entry]:
    return [entry for group in groups for entry in group]
