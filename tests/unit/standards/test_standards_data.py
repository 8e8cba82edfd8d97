"""The standards data counts right, is complete, and says nothing twice; one primary phase each (R21)."""

import json
import re
from collections import Counter
from typing import Any

import pytest
from standards_files import CLAIM_FILES, REFERENCE, all_claims, care, claim_file, every_file, outline, pack, plain

import careloop.standards
from careloop.domain.requirement_id import check_requirement_id
from careloop.domain.rule import Verdict
from careloop.domain.standard import Basis, DocumentEvidence, Requirement, RequirementKind
from careloop.domain.tier import Phase

STRUCTURAL = {
    "rule-cases",
    "rule-tightens",
    "review-past",
    "reference-exists",
    "statement-linked",
    "rule-linked",
    "rule-tested",
    "size-guard",
    "link-inside",
    "document-placed",
    "soa-complete",
    "scope-complete",
    "accountable-once",
    "escalation-ends",
    "session-key-apart",
    "acceptance-designated",
    "credit-applicable",
    "card-complete",
    "scale-respected",
    "triggered-assessed",
    "tier-justified",
    "owner-approval",
    "loosening-approved",
    "change-record",
    "artefact-covered",
    "module-known",
    "baseline-shrinks",
    "cross-review",
    "process-on-schedule",
    "message-delivered",
    "emergency-reviewed",
    "schema-as-declared",
    "reason-stated",
    "lifecycle-legal",
    "provenance-chained",
    "data-sheet-filled",
    "answers-fit",
    "answers-approved",
    "questionnaire-sound",
    "tier-answered",
    "supplier-answered",
}


def _of_kind(kind: RequirementKind) -> list[Requirement]:
    return [requirement for requirement in outline().requirements if requirement.kind is kind]


def _every_requirement() -> list[str]:
    return [requirement.id for requirement in (*outline().requirements, *care().practices)]


def _reference() -> Any:
    if not REFERENCE.exists():
        pytest.skip("the reference facts are not beside this checkout, so titles cannot be compared here")
    return json.loads(REFERENCE.read_text(encoding="utf-8"))


def test_the_standard_has_32_leaf_clauses_and_38_controls() -> None:
    assert len(_of_kind(RequirementKind.CLAUSE)) == 32
    assert len(_of_kind(RequirementKind.CONTROL)) == 38
    assert len(outline().requirements) == 70


def test_the_article_has_36_practices() -> None:
    assert len(care().practices) == 36
    assert Counter(practice.id[:6] for practice in care().practices) == {
        "care/C": 10,
        "care/A": 6,
        "care/R": 11,
        "care/E": 9,
    }


def test_each_clause_has_one_primary_phase_and_the_sums_are_those_of_the_table() -> None:
    assert Counter(clause.phase for clause in _of_kind(RequirementKind.CLAUSE)) == {
        Phase.CREATE: 16,
        Phase.ADAPT: 4,
        Phase.RUN: 4,
        Phase.EVOLVE: 8,
    }


def test_each_control_has_one_primary_phase_and_the_sums_are_those_of_the_table() -> None:
    assert Counter(control.phase for control in _of_kind(RequirementKind.CONTROL)) == {
        Phase.CREATE: 17,
        Phase.ADAPT: 1,
        Phase.RUN: 20,
    }


def test_a_primary_phase_is_not_repeated_among_the_others() -> None:
    assert [r.id for r in (*outline().requirements, *care().practices) if r.phase in r.also] == []


def test_clauses_are_those_of_the_reference_in_its_order() -> None:
    expected = [(f"iso42001:2023/{c['id']}", c["title"]) for c in _reference()["clauses"] if c["leaf"]]
    assert [(clause.id, clause.title) for clause in _of_kind(RequirementKind.CLAUSE)] == expected


def test_controls_are_those_of_the_reference_in_its_order_and_under_its_groups() -> None:
    expected = [
        (f"iso42001:2023/{control['id']}", control["title"], group["title"])
        for group in _reference()["annexA"]
        for control in group["controls"]
    ]
    assert [(c.id, c.title, c.group) for c in _of_kind(RequirementKind.CONTROL)] == expected


def test_the_duty_to_document_is_that_of_the_reference() -> None:
    expected = {
        f"iso42001:2023/{c['id']}": c["documented"].split()[0] if c["documented"] else None
        for c in _reference()["clauses"]
        if c["leaf"]
    }
    assert {clause.id: clause.documented for clause in _of_kind(RequirementKind.CLAUSE)} == expected


def test_every_requirement_stands_once() -> None:
    assert [name for name, times in Counter(_every_requirement()).items() if times > 1] == []


def test_a_practice_serves_requirements_of_the_standard_and_names_its_lines() -> None:
    known = {requirement.id for requirement in outline().requirements}
    for practice in care().practices:
        assert practice.serves
        assert set(practice.serves) <= known, practice.id
        assert practice.source is not None
        assert re.fullmatch(r"article lines? [0-9, -]+", practice.source), practice.id


def test_every_requirement_has_claims_and_no_other_has() -> None:
    claimed = [group.requirement for path in CLAIM_FILES for group in claim_file(path).claims_of]
    assert sorted(claimed) == sorted(_every_requirement())


def test_claims_stand_in_the_order_of_the_requirements() -> None:
    claimed = [group.requirement for path in CLAIM_FILES for group in claim_file(path).claims_of]
    assert claimed == _every_requirement()


def test_claim_ids_are_unique_and_begin_with_their_requirement() -> None:
    assert [name for name, times in Counter(claim.id for claim in all_claims()).items() if times > 1] == []
    for path in CLAIM_FILES:
        for group in claim_file(path).claims_of:
            prefix = group.requirement.removeprefix("iso42001:2023/").replace("/", ".").lower()
            assert [claim.id for claim in group.claims if not claim.id.startswith(f"{prefix}-")] == []


def test_a_claim_that_takes_over_a_state_points_to_one_that_has_its_own() -> None:
    own = {claim.id for claim in all_claims() if claim.same_as is None}
    assert [claim.id for claim in all_claims() if claim.same_as is not None and claim.same_as not in own] == []


def test_clauses_controls_and_practices_rest_on_their_own_basis_first() -> None:
    first = {"claims/clauses.yaml": Basis.CLAUSE, "claims/annex-a.yaml": Basis.ANNEX_A, "claims/care.yaml": Basis.CARE}
    for path, basis in first.items():
        iso = {basis, Basis.OWN}
        for group in claim_file(path).claims_of:
            assert any(claim.basis in iso for claim in group.claims), group.requirement


def test_a_practice_has_two_to_five_claims_that_start_at_level_one() -> None:
    for group in claim_file("claims/care.yaml").claims_of:
        levels = [claim.level for claim in group.claims]
        assert 2 <= len(levels) <= 5, group.requirement
        assert min(levels) == 1, group.requirement
        assert levels == sorted(levels), group.requirement


def test_the_remedy_of_what_documents_show_names_the_file_to_write_or_the_command_to_run() -> None:
    concrete = re.compile(r"\.(yaml|md)\b|`care |[a-z]+/(<|\b)")
    shown = [claim for claim in all_claims() if claim.document is not None]
    assert [claim.id for claim in shown if not concrete.search(claim.remedy)] == []


def test_a_remedy_names_only_commands_that_the_contracts_know() -> None:
    known = {"init", "check", "status", "explain", "gate", "approve", "release", "ingest", "scorecard", "ledger"}
    known |= {"assess", "drill", "worker", "card", "baseline", "adopt", "schedule", "outbox", "request", "data", "lake"}
    remedies = [claim.remedy for claim in all_claims()] + [rule.remedy for rule in pack().rules]
    named = {command for remedy in remedies for command in re.findall(r"`care ([a-z-]+)", remedy)}
    assert named <= known


def test_every_framework_id_carries_an_edition() -> None:
    named = [control for rule in pack().rules for control in rule.controls]
    named += [*_every_requirement(), *(served for practice in care().practices for served in practice.serves)]
    for name in named:
        assert check_requirement_id(name) == name
        if not name.startswith(("care/", "own/")):
            assert re.match(r"^[a-z0-9-]+:[0-9]{4}[^/]*/", name), name
    for path in CLAIM_FILES:
        assert claim_file(path).edition
    assert outline().edition == "2023"
    assert pack().pack == "careloop/base@1"


def test_rules_serve_requirements_that_exist() -> None:
    known = set(_every_requirement())
    assert [rule.id for rule in pack().rules if not rule.controls or not set(rule.controls) <= known] == []


def test_rule_ids_are_unique() -> None:
    assert [name for name, times in Counter(rule.id for rule in pack().rules).items() if times > 1] == []


def test_every_expression_has_a_case_that_violates_with_a_reason_and_one_that_passes() -> None:
    for rule in pack().rules:
        if rule.require is None:
            continue
        assert any(case.expect is Verdict.VIOLATE and case.because for case in rule.cases), rule.id
        assert any(case.expect is Verdict.ALLOW for case in rule.cases), rule.id


def test_structural_checks_are_the_known_ones_and_carry_their_own_name() -> None:
    checks = {rule.id: rule.check for rule in pack().rules if rule.check is not None}
    assert set(checks) == STRUCTURAL
    assert all(name == check for name, check in checks.items())


def test_rules_of_the_programme_never_block_a_pull_request() -> None:
    assert [r.id for r in pack().rules if r.moment == "always" and r.enforcement != "warn"] == []


def test_no_claim_and_no_rule_repeats_the_text_of_another() -> None:
    texts = Counter(claim.text for claim in all_claims() if claim.same_as is None)
    assert [text for text, times in texts.items() if times > 1] == []
    sentences = Counter(rule.sentence for rule in pack().rules)
    assert [sentence for sentence, times in sentences.items() if times > 1] == []


def test_a_document_claim_that_asks_for_freshness_asks_it_of_something_it_reads() -> None:
    for claim in all_claims():
        for evidence in (claim.document, *claim.any_of):
            if isinstance(evidence, DocumentEvidence):
                read = set(re.findall(r"[a-z_]+", evidence.holds)) | set(evidence.needs) | {claim.for_each}
                assert set(evidence.fresh) <= read, claim.id


QUESTIONNAIRES = {"eu-ai-act", "impact", "supplier", "surveyjs-canada-aia"}
"""Tried in `tests/unit/assessments` and, the last, in `tests/conformance/test_canada_aia.py`."""


def test_every_file_below_the_package_is_known_here() -> None:
    single = {"iso42001-2023.yaml", "care.yaml", "gap.yaml", "packs/base.yaml"}
    questionnaires = {f"questionnaires/{name}.yaml" for name in QUESTIONNAIRES}
    ours = {"ai-signs.yaml", "profiles.yaml", "crosswalks/eu-ai-act.yaml", "crosswalks/nist-ai-rmf.yaml"}
    assert set(every_file()) == {*single, *CLAIM_FILES, *questionnaires, *ours}


def test_no_file_names_a_host_or_a_path_of_a_machine() -> None:
    for path in every_file():
        text = json.dumps(plain(path))
        assert re.search(r"https?://|/work/|/home/|/tmp/|/Users/", text) is None, path


def test_the_package_holds_data_and_no_code() -> None:
    assert careloop.standards.__all__ == []
    assert (careloop.standards.__doc__ or "").startswith("data, not code: ISO/IEC 42001 outline, CARE practices")
