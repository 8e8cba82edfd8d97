"""Small systems, releases, results and people for the tests of the gate."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from careloop.adapters.package_standards import PackageStandards
from careloop.checks.catalogue import Catalogue
from careloop.checks.rule_book import build_rule_book
from careloop.checks.subjects import Cases
from careloop.domain.approval import Approval, ApprovalCount, ApprovalRequest, Counted
from careloop.domain.measured import Outcome
from careloop.domain.organisation import Organisation
from careloop.domain.release import MeasuredResult, Release, Result, ResultsFile
from careloop.domain.release_lock import Artefact, ArtefactKind, ReleaseLock
from careloop.domain.repository import Document, Repository
from careloop.domain.residual import LiveRisk
from careloop.domain.risk import Risk, RiskCriteria
from careloop.domain.roles import Roles
from careloop.domain.rule import RuleFile
from careloop.domain.session import SessionStatement
from careloop.domain.system import System
from careloop.domain.tier import Moment, Tier
from careloop.gates.decide import GateCase
from careloop.gates.people import People
from careloop.gates.release_rules import ReleaseRules
from careloop.gates.request import request_digest
from careloop.gates.session import SessionTerms, session_digest
from careloop.ledger.ssh_signature import read_ssh_keys
from careloop.status.residual import live_risks
from careloop.testing.approval_keys_fake import ApprovalKeysFake, line_of
from careloop.testing.session_voucher_fake import SessionKeyFake, a_voucher

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DATA = f"sha256:{'d' * 64}"
SAFE, HARM, UNSURE = Outcome.SHOWN_SAFE, Outcome.SHOWN_HARMFUL, Outcome.CANNOT_TELL
GOOD_MEASURES = ("impact_ratio", "pii_found", "reason_code_coverage", "accuracy")
"""One measure of each kind that the pack asks for from tier high on."""


@cache
def the_catalogue() -> Catalogue:
    return Catalogue(PackageStandards().read_all())


def an_organisation(**changes: Any) -> Organisation:
    fields = {
        "schema": 1,
        "organisation": {"name": "Acme", "sector": "Retail", "country": "DE"},
        "owner": "lead",
        "top_management": "boss",
        "scope": {"statement": "All of it."},
    }
    return Organisation.model_validate(fields | changes)


def a_system(tier: Tier = Tier.HIGH, **changes: Any) -> System:
    fields: dict[str, Any] = {
        "id": "credit",
        "name": "Credit",
        "owner": "lead",
        "purpose": "Decides about loans.",
        "origin": "built",
        "tier": tier,
        "tier_reason": "So it is.",
        "lifecycle": "operation",
        "autonomy": "human_decides",
        "domain": "credit",
        "personal_data": True,
        "affects_rights": True,
        "safe_state": {"kind": "human", "description": "People decide."},
    }
    return System.model_validate(fields | changes)


def criteria(**appetite: int) -> RiskCriteria:
    return RiskCriteria.model_validate(
        {
            "owner": "lead",
            "method": "Likelihood times impact.",
            "likelihood": [{"value": n, "label": "l", "meaning": "m"} for n in (1, 5)],
            "impact": [{"value": n, "label": "l", "meaning": "m"} for n in (1, 5)],
            "levels": [
                {"id": "low", "from_score": 1, "accepted_by": "lead"},
                {"id": "high", "from_score": 10, "accepted_by": "boss"},
            ],
            "appetite": {"organisation": 9, "individuals": 9, "society": 9} | appetite,
        }
    )


def a_risk(likelihood: int = 2, impact: int = 3, accepted_by: str | None = None) -> Risk:
    treatment: dict[str, Any] = {"option": "retain", "reason": "So be it."}
    if accepted_by is not None:
        treatment["accepted"] = {"by": accepted_by, "on": "2026-11-01"}
    borne = {"text": "Harm", "impact": impact}
    return Risk.model_validate(
        {
            "id": "unfair",
            "title": "Unfair",
            "owner": "lead",
            "systems": ["credit"],
            "source": "Us",
            "cause": "Data",
            "consequences": {"organisation": borne, "individuals": borne, "society": borne},
            "likelihood": likelihood,
            "criteria_version": "1",
            "assessed": {"by": "ada", "on": "2026-11-01"},
            "treatment": treatment,
        }
    )


def live(risk: Risk, yardstick: RiskCriteria | None = None) -> LiveRisk:
    """The risk as it stands on a day on which none of its controls was ever evidenced."""
    documents = (
        Document("risk/criteria.yaml", "criteria", yardstick or criteria()),
        Document("risk/register/unfair.yaml", "risk", risk),
    )
    return live_risks(Repository(documents), {}, (), TODAY)[0]


def a_rule(require: str, **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": "own-rule",
        "sentence": "Our own rule holds.",
        "subject": "release",
        "moment": "release",
        "require": require,
        "severity": "must",
        "remedy": "mend it",
    }
    return fields | changes


def release_rules(
    system: System,
    *,
    own: Sequence[Mapping[str, Any]] = (),
    others: Sequence[Document] = (),
    packs: Sequence[str] = ("careloop/base@1",),
    organisation: Organisation | None = None,
) -> ReleaseRules:
    """The rules of the pack and our own, in a repository that holds little else."""
    documents = [
        Document("care.yaml", "organisation", organisation or an_organisation(rule_packs=list(packs))),
        Document("risk/criteria.yaml", "criteria", criteria()),
        Document(f"systems/{system.id}/system.yaml", "system", system, folder=system.id),
        *others,
    ]
    if own:
        documents.append(Document("rules/own.yaml", "rules", RuleFile.model_validate({"rules": list(own)})))
    repository = Repository(tuple(documents))
    book = build_rule_book(repository, the_catalogue(), frozenset({Moment.RELEASE}))
    return ReleaseRules(book, repository, Cases(repository, NOON), TODAY)


def a_result(measure: str = "accuracy", outcome: Outcome = SAFE, value: float | None = 0.9, n: int = 4000) -> Result:
    return Result(measure=measure, outcome=outcome, value=value, n=n)


def good_results(**outcomes: Outcome) -> tuple[Result, ...]:
    return tuple(a_result(measure, outcomes.get(measure, SAFE)) for measure in GOOD_MEASURES)


def a_release(**changes: Any) -> Release:
    fields: dict[str, Any] = {
        "id": "a" * 64,
        "system": "credit",
        "environment": "production",
        "lock": f"sha256:{'a' * 64}",
        "results": good_results(),
        "card_digest_matches": True,
        "results_match_lock": True,
        "approvals": 2,
        "independent_validation": True,
        "rollback_target_ready": True,
    }
    return Release.model_validate(fields | changes)


def a_case(tier: Tier = Tier.HIGH, *, rules: ReleaseRules | None = None, **changes: Any) -> GateCase:
    """A release that may go: enough good results, two approvals, nothing in the way."""
    system = a_system(tier)
    fields: dict[str, Any] = {
        "release": a_release(),
        "system": system,
        "risks": (),
        "rules": rules or release_rules(system),
        "approvals": ApprovalCount(),
        "approvers": ("ada", "bob"),
    }
    return GateCase(**(fields | changes))


def a_lock(**changes: Any) -> ReleaseLock:
    fields: dict[str, Any] = {
        "system": "credit",
        "version": "1.0",
        "artefacts": (Artefact(name="model.bin", kind=ArtefactKind.WEIGHTS, sha256="0" * 64, size=3),),
    }
    return ReleaseLock(**(fields | changes))


def measured(measure: str = "accuracy", **changes: Any) -> MeasuredResult:
    fields = {"measure": measure, "value": 0.9, "interval": (0.88, 0.92), "n": 4000, "outcome": SAFE}
    return MeasuredResult(**(fields | changes))


def a_results_file(*results: MeasuredResult, lock: ReleaseLock | None = None, **changes: Any) -> ResultsFile:
    fields: dict[str, Any] = {
        "system": "credit",
        "lock": (lock or a_lock()).digest,
        "data_digest": DATA,
        "config_digest": DATA,
        "measured_at": NOON - timedelta(days=1),
        "results": results or (measured(),),
    }
    return ResultsFile(**(fields | changes))


def roles(**changes: Any) -> Roles:
    """Six people: two approvers of distinct posts, one of the same post, a validator, a requester, a developer."""
    people = [
        {"id": name, "name": name.title(), "mail": f"{name}@acme.example", "keys": [line_of(name)]}
        for name in ("ada", "bob", "cy", "val", "req", "dev")
    ]
    posts = [
        {"id": "risk", "holders": ["ada", "cy"], "authorities": ["approve_release", "kill"]},
        {"id": "security", "holders": ["bob"], "authorities": ["approve_release"]},
        {"id": "validation", "holders": ["val"], "authorities": ["validate_model"]},
        {"id": "product", "holders": ["req"], "authorities": ["request_release"]},
        {"id": "engineering", "holders": ["dev"], "authorities": ["approve_release"], "duties": ["development"]},
    ]
    titled = [{"title": str(post["id"]), "function": "risk", **post} for post in posts]
    fields: dict[str, Any] = {"owner": "lead", "people": people, "posts": titled}
    return Roles.model_validate(fields | changes)


def people(given: Roles | None = None, on: date = TODAY, sessions: SessionTerms | None = None) -> People:
    return People(given or roles(), on, sessions or SessionTerms())


def sessions_of(*servers: str, step_up: timedelta = timedelta(minutes=10)) -> SessionTerms:
    """The named servers may vouch."""
    return SessionTerms(servers=read_ssh_keys(map(line_of, servers or ("care-server",))), step_up=step_up)


def a_request(**changes: Any) -> ApprovalRequest:
    fields: dict[str, Any] = {
        "action": "release",
        "lock": f"sha256:{'a' * 64}",
        "slice": f"sha256:{'b' * 64}",
        "tier": Tier.VERY_HIGH,
        "environment": "production",
        "requester": "req",
        "nonce": "0" * 32,
        "expires_at": NOON + timedelta(days=7),
    }
    return ApprovalRequest(**(fields | changes))


def an_approval(
    person: str, request: ApprovalRequest | None = None, *, key: str | None = None, **changes: Any
) -> Approval:
    """A person's signed yes; `key` is whose key made the signature, their own when left out."""
    digest = request_digest(request or a_request())
    keys = ApprovalKeysFake(key or person)
    fields: dict[str, Any] = {
        "request": digest,
        "person": person,
        "signature": keys.sign(keys.lines()[0], digest.encode(), namespace="care-approval"),
        "given_at": NOON,
        "reason": "Fine",
        "record": f"record-{person}",
    }
    return Approval(**(fields | changes))


def a_statement(person: str, request: ApprovalRequest | None = None, **changes: Any) -> SessionStatement:
    """What a server says about somebody who agrees at noon and proved two minutes before who they are."""
    who = a_voucher(person, NOON - timedelta(minutes=2)).session
    fields: dict[str, Any] = {"action": "approve", "digest": request_digest(request or a_request()), "at": NOON}
    mine = {name: changes.pop(name) for name in list(changes) if name in fields}
    return SessionStatement(**(fields | mine), who=replace(who, **changes))


def a_session_approval(
    statement: SessionStatement, *, server: str = "care-server", says: SessionStatement | None = None, **changes: Any
) -> Approval:
    """An approval by session; `says` is what the server really signed, the same when left out."""
    message = session_digest(says or statement).encode()
    signature = SessionKeyFake(server).sign(message, namespace="care-session")
    fields: dict[str, Any] = {
        "request": statement.digest,
        "person": statement.who.person,
        "signature": signature,
        "given_at": statement.at,
        "reason": "Fine",
        "record": f"record-{statement.who.person}",
        "session": statement,
    }
    return Approval(**(fields | changes))


def counted(*names: str) -> ApprovalCount:
    return ApprovalCount(tuple(Counted(an_approval(name), name) for name in names))
