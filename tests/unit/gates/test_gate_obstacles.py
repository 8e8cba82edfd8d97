"""What stands in the way before any rule is asked, and who may take over from a release."""

from dataclasses import replace
from datetime import timedelta

import pytest
from gate_builders import NOON, TODAY, a_lock, a_rule, a_system, people, release_rules, roles

from careloop.checks.rule_book import RuleBook
from careloop.documents.compile import Compiled, error_finding
from careloop.domain.decision import Verdict
from careloop.domain.place import Place
from careloop.domain.release_lock import HostedModel, Presence
from careloop.domain.repository import Repository
from careloop.domain.standing import Standing
from careloop.domain.tier import Tier
from careloop.domain.validation import Validation
from careloop.gates.obstacles import artefact_reasons, document_reasons, hosted_model_reasons
from careloop.gates.rollback_target import rollback_target
from careloop.gates.validation import (
    VALIDATION_NAMESPACE,
    is_validated,
    validation_digest,
    validation_reasons,
    why_no_validator,
)
from careloop.testing.approval_keys_fake import ApprovalKeysFake

BLOCK, ALLOW = Verdict.BLOCK, Verdict.ALLOW


def effects(path: str) -> list[Verdict]:
    error = error_finding("syntax", "the file ends too early", Place(path, 3, 1))
    compiled = Compiled(Repository(()), (error,), {})
    return [one.effect for one in document_reasons(compiled, RuleBook((), (), (), frozenset()), "credit")]


@pytest.mark.parametrize(
    "path",
    ["care.yaml", "roles.yaml", "risk/criteria.yaml", "rules/own.yaml", "systems/credit/card.md", "waivers/w.yaml"],
)
def test_a_document_that_the_decision_needs_must_be_readable(path: str) -> None:
    assert effects(path) == [BLOCK]


@pytest.mark.parametrize("path", ["systems/credit-2/card.md", "training/a.md", "policies/a.md"])
def test_a_document_of_something_else_is_only_mentioned(path: str) -> None:
    assert effects(path) == [ALLOW]


def test_a_rule_that_does_not_compile_and_an_unknown_pack_block() -> None:
    rules = release_rules(a_system(), own=[a_rule("release.aprovals > 1")], packs=["careloop/base@1", "acme/none@7"])
    reasons = list(document_reasons(Compiled(rules.repository, (), {}), rules.book, "credit"))
    assert {one.effect for one in reasons} == {BLOCK}
    assert sorted("acme/none@7" in one.message for one in reasons) == [False, True]


def test_artefacts_block_unless_they_are_the_same() -> None:
    found = {"a": Presence.SAME, "b": Presence.CHANGED, "c": Presence.MISSING}
    assert [(one.effect, one.message.split()[2]) for one in artefact_reasons(found)] == [(BLOCK, "b"), (BLOCK, "c")]


@pytest.mark.parametrize(
    ("model", "tier", "expected"),
    [
        ("chat-2026-05-14", Tier.HIGH, []),
        ("chat-20260514", Tier.HIGH, []),
        (f"chat@sha256:{'a' * 64}", Tier.HIGH, []),
        ("chat-latest", Tier.HIGH, [BLOCK]),
        ("chat-2026-13-01", Tier.MEDIUM, [BLOCK]),
        ("chat-latest", Tier.LOW, [ALLOW]),
    ],
)
def test_a_hosted_model_needs_a_name_that_cannot_move(model: str, tier: Tier, expected: list[Verdict]) -> None:
    dated = expected == []
    lock = a_lock(artefacts=(), hosted_model=HostedModel(provider="lumen", id=model, dated=dated))
    assert [one.effect for one in hosted_model_reasons(lock, tier)] == expected


def standing(index: int, lock: str, *, environment: str = "production", revoked: bool = False) -> Standing:
    return Standing(
        system="credit",
        lock=lock,
        version=f"v-{lock}",
        environment=environment,
        request=None,
        approvals=2,
        since=NOON + timedelta(days=index),
        record=f"r{index}",
        index=index,
        revoked_at=NOON if revoked else None,
        revoked_because="bad" if revoked else None,
    )


def target(*standings: Standing, instead_of: str | None, missing: tuple[str, ...] = ()) -> str | None:
    return rollback_target(
        standings,
        environment="production",
        instead_of=instead_of,
        presence=lambda lock: Presence.MISSING if lock in missing else Presence.SAME,
    ).lock


def test_the_last_release_before_this_one_takes_over() -> None:
    assert target(standing(1, "a"), standing(2, "b"), standing(3, "c"), instead_of="c") == "b"


def test_a_candidate_without_standing_can_be_replaced_by_the_newest() -> None:
    assert target(standing(1, "a"), standing(2, "b"), instead_of="new") == "b"


def test_nothing_takes_over_from_the_first_release() -> None:
    assert target(standing(1, "a"), instead_of="a") is None
    assert target(instead_of="a") is None


def test_a_later_release_is_no_way_back() -> None:
    assert target(standing(1, "a"), standing(2, "b"), instead_of="a") is None


def test_what_was_revoked_or_is_gone_or_stands_elsewhere_is_passed_over() -> None:
    older = standing(1, "a")
    assert target(older, standing(2, "b", revoked=True), standing(3, "c"), instead_of="c") == "a"
    assert target(older, standing(2, "b"), standing(3, "c"), instead_of="c", missing=("b",)) == "a"
    assert target(older, standing(2, "b", environment="staging"), standing(3, "c"), instead_of="c") == "a"


def test_why_there_is_no_way_back_is_said_for_each() -> None:
    found = rollback_target(
        [standing(1, "a", revoked=True), standing(2, "b"), standing(3, "c")],
        environment="production",
        instead_of="c",
        presence=lambda _: Presence.CHANGED,
    )
    assert found.lock is None
    assert found.because == "v-b: its artefacts are no longer what was locked; v-a was revoked"


def a_validation(person: str = "val", *, key: str | None = None, **changes: object) -> Validation:
    fields: dict[str, object] = {
        "lock": a_lock().digest,
        "person": person,
        "report": f"sha256:{'e' * 64}",
        "conditions": (),
        "until": TODAY,
        "at": NOON,
        "signature": "",
    }
    unsigned = Validation(**(fields | changes))  # type: ignore[arg-type]  # built from fields by name
    keys = ApprovalKeysFake(key or person)
    message = validation_digest(unsigned).encode()
    signature = keys.sign(keys.lines()[0], message, namespace=VALIDATION_NAMESPACE)
    return Validation(**(fields | changes | {"signature": signature}))  # type: ignore[arg-type]  # as above


def validated(*validations: Validation, authors: frozenset[str] = frozenset()) -> bool:
    return is_validated(validations, people(), authors)


def test_a_signed_report_of_an_independent_person_validates() -> None:
    assert validated(a_validation())


def test_without_a_report_nothing_is_validated() -> None:
    assert not validated()


def test_who_is_no_validator_validates_nothing() -> None:
    assert not validated(a_validation("ada"))
    assert not validated(a_validation("val", key="ada"))
    assert not validated(a_validation("nobody"))
    assert not validated(a_validation(), authors=frozenset({"val@acme.example"}))


def test_a_developer_is_no_independent_validator() -> None:
    posts = [
        {"id": "both", "title": "B", "function": "risk", "holders": ["val"]}
        | {"authorities": ["validate_model"], "duties": ["development"]}
    ]
    why = why_no_validator("val", people(roles(posts=posts)), frozenset())
    assert why is not None
    assert "develops" in why


def test_open_conditions_and_a_past_end_keep_the_gate_closed() -> None:
    assert not validated(a_validation(conditions=("retest on Irish data",)))
    assert not validated(a_validation(until=TODAY - timedelta(days=1)))


def test_the_newest_signed_report_counts() -> None:
    conditional = a_validation(conditions=("retest",))
    assert validated(conditional, a_validation())
    assert not validated(a_validation(), conditional)
    assert validated(a_validation(), a_validation("val", key="ada", conditions=("forged",)))


def test_a_report_whose_words_were_changed_after_signing_does_not_count() -> None:
    signed = a_validation(conditions=("retest",))
    changed = Validation(
        lock=signed.lock, person=signed.person, report=signed.report, conditions=(), until=signed.until,
        at=signed.at, signature=signed.signature,
    )  # fmt: skip
    assert not validated(changed)


def test_r84_open_conditions_block_at_every_tier_and_limits_are_told() -> None:
    report = a_validation(conditions=("retest on Irish data",), findings=("n is small",), limits=("adults only",))
    found = {one.message: one.effect for one in validation_reasons([report], people())}
    assert list(found.values()) == [Verdict.BLOCK, Verdict.ALLOW, Verdict.ALLOW]
    assert any("a condition that is open: retest on Irish data" in one for one in found)
    assert any("limits its use: adults only" in one for one in found)
    assert list(validation_reasons([report, a_validation()], people())) == []
    assert list(validation_reasons([a_validation("val", key="ada", conditions=("forged",))], people())) == []


def test_r84_findings_and_limits_are_part_of_what_the_validator_signs() -> None:
    signed = a_validation(limits=("adults only",))
    assert validated(signed)
    assert not validated(replace(signed, limits=()))
    assert not validated(replace(signed, findings=("none",)))
