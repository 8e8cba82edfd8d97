"""S1, the bank in Create: charter, tiers, reviewers in git; a credit model gets in only with card, risk and review.

Real git with signed commits, branches, signed merges as a host makes them for pull requests, and a bare repository
whose hook decides; the real `care` command throughout. No pages: nothing in the story needs one. The article, line 42:
"A bank publishes a plain-language AI charter, sets risk tiers, and creates a cross-functional review. Model cards get
linked to automated checks. Policies live in Git with owners, change control, and pull requests. This aligns with ISO's
leadership, policy, and planning clauses, as well as Annex A on policies and roles."
"""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from change_rooms import Said
from s1_bank import CREDIT, WEIGHTS, Bank

DAY = ("--on", "2026-11-20")


@dataclass
class Story:
    """What was said at each step, in order."""

    bank: Bank
    bare: Path
    said: dict[str, Said] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    status: dict[str, dict[str, str]] = field(default_factory=dict)

    def check(self, step: str, *words: str) -> None:
        self.said[step] = self.bank.care("check", "--diff", "main..HEAD", *DAY, "--format", "json", *words)

    def push(self, step: str, branch: str, *, fails: bool = False) -> None:
        self.refused[step] = self.bank.git("push", "origin", f"{branch}:main", fails=fails)

    def rules(self, step: str) -> set[str]:
        return {one["rule"] for one in self.said[step].json["findings"] if one["blocking"]}

    def in_force(self) -> str:
        words = ["git", "-C", str(self.bare), "rev-parse", "main"]
        told = subprocess.run(words, capture_output=True, text=True, check=True)
        return told.stdout.strip()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The whole story, told once; the tests below take it sentence by sentence."""
    bank = Bank(tmp_path_factory.mktemp("s1"))
    told = Story(bank, bank.bare("--branch", "main"))
    told.said["enact base"] = bank.care("enact")
    told.said["soa before"] = bank.care("soa")
    told.status["before"] = bank.status()
    _charter(told)
    _model_without_card(told)
    _model_with_everything(told)
    return told


def _charter(told: Story) -> None:
    bank = told.bank
    bank.publish_charter()
    told.said["readable"] = bank.care("readability", "--format", "json")
    told.check("charter alone")
    told.push("charter alone", "charter", fails=True)
    for owner in ("aoife-kelly", "jonas-weber", "marta-kowalska", "ruth-abara"):
        bank.approve(owner)
    told.check("charter approved")
    bank.merge("charter", "aoife-kelly")
    told.push("charter approved", "main")
    told.said["enact charter"] = bank.care("enact", "--format", "json")
    told.said["soa after"] = bank.care("soa", "--format", "json")
    told.status["after charter"] = bank.status()


def _model_without_card(told: Story) -> None:
    bank = told.bank
    bank.branch("credit-model")
    bank.take(f"systems/{CREDIT}/system.yaml")
    bank.write(WEIGHTS, '{"income": 1.5}\n')
    bank.commit("helen-fischer", "Add the credit model")
    told.check("no card")
    told.said["comment"] = bank.care("check", "--diff", "main..HEAD", *DAY, "--format", "markdown")
    told.push("no card", "credit-model", fails=True)


def _model_with_everything(told: Story) -> None:
    bank = told.bank
    documents = bank.credit_documents()
    bank.take(*(path for path in documents if "/register/" not in path))
    bank.commit("helen-fischer", "Add card, assessment, data sheets, monitors and plan")
    told.check("no risk")
    bank.take(*documents)
    bank.commit("helen-fischer", "Record the risks")
    told.check("no review")
    told.push("no review", "credit-model", fails=True)
    for owner in ("daniel-osei", "jonas-weber"):
        bank.approve(owner)
    told.check("owners only")
    bank.approve("priya-raman")
    told.check("reviewed")
    told.said["links"] = bank.care("card", "links", CREDIT, "--format", "json")
    bank.merge("credit-model", "daniel-osei")
    told.push("reviewed", "main")
    told.said["enact model"] = bank.care("enact", "--format", "json")
    told.status["after model"] = bank.status()
    told.said["soa model"] = bank.care("soa", "--system", CREDIT, "--format", "json")


# --- "A bank publishes a plain-language AI charter, sets risk tiers, and creates a cross-functional review."


def test_the_charter_is_in_plain_language(story: Story) -> None:
    """R22: Flesch-Kincaid grade of at most 12, reported by document."""
    documents = {one["file"]: one for one in story.said["readable"].json["documents"]}
    assert documents["policies/charter.md"]["grade"] <= 12


def test_the_tiers_the_bank_set_give_the_credit_model_its_tier_with_the_reasons(story: Story) -> None:
    """R27: the same facts, the same tier."""
    systems = {one["id"]: one for one in story.bank.care("inventory", "list", "--format", "json").json["systems"]}
    assert systems[CREDIT]["tier"] == "very_high"
    assert "unless somebody steps in" in json.dumps(systems[CREDIT])


def test_a_review_by_several_functions_is_asked_from_the_merge_of_the_charter_on(story: Story) -> None:
    assert story.rules("charter alone") == {"owner-approval", "loosening-approved"}
    assert "cross-review" in story.rules("no card")


# --- "Policies live in Git with owners, change control, and pull requests."


def test_the_charter_is_refused_until_its_owners_approved_and_then_taken(story: Story) -> None:
    """R23, R19: by the check of the pull request, and by git itself."""
    missing = {one["owner"] for one in story.said["charter alone"].json["findings"] if one["rule"] == "owner-approval"}
    assert missing == {"responsible-ai-lead", "chief-risk-officer", "model-risk", "people-lead"}
    assert "refs/heads/main refused" in story.refused["charter alone"]
    assert story.said["charter approved"].code == 0
    assert story.in_force() == story.said["enact model"].json["commit"]


def test_leaving_out_a_control_took_two_people_of_two_posts(story: Story) -> None:
    """R41: the statement leaves A.10.4 out, which reaches systems of tier high."""
    found = [one for one in story.said["charter alone"].json["findings"] if one["rule"] == "loosening-approved"]
    assert any("iso42001:2023/A.10.4 is new" in one["message"] for one in found)
    assert "loosening-approved" not in story.rules("charter approved")
    enacted = story.said["enact charter"].json["approvals"]
    assert enacted["controls.yaml"] == ["jonas-weber"]


def test_what_is_in_force_is_recorded_with_who_approved_it_and_can_be_asked_for(story: Story) -> None:
    """R9: the ledger's entry decides; the version, approval and review of each document can be had again."""
    first, then = story.said["enact charter"].json, story.said["enact model"].json
    assert (story.said["enact base"].code, first["recorded"], then["previous"]) == (0, True, first["commit"])
    assert first["approvals"]["policies/charter.md"] == ["aoife-kelly"]
    (charter,) = story.bank.care("history", "policies/charter.md", "--format", "json").json["documents"]
    assert (charter["version"], {one["person"] for one in charter["signed"]}) == ("2", {"aoife-kelly"})
    assert story.bank.care("ledger", "verify").code == 0


# --- The scenario itself: blocked without card; passes with card, risk and review


def test_a_pull_request_with_a_credit_model_and_no_card_is_blocked_at_file_and_line(story: Story) -> None:
    """R39 and the rules of the tier: what is missing is named at the model and at the system."""
    said = story.said["no card"]
    assert said.code == 1
    places = {(one["rule"], one["file"], one["line"]) for one in said.json["findings"]}
    assert ("artefact-covered", WEIGHTS, 1) in places
    assert ("card-present", f"systems/{CREDIT}/system.yaml", 1) in places
    assert {"risks-recorded", "assessment-present", "screening-present"} <= story.rules("no card")
    assert all(one["remedy"] for one in said.json["findings"])
    assert "its model card" in story.said["comment"].out
    assert "refs/heads/main refused" in story.refused["no card"]


def test_with_a_card_and_without_risks_it_is_still_blocked(story: Story) -> None:
    assert "card-present" not in story.rules("no risk")
    assert {"risks-recorded", "reference-exists"} <= story.rules("no risk")


def test_with_card_and_risk_and_without_review_it_is_still_blocked(story: Story) -> None:
    assert story.rules("no review") == {"owner-approval", "cross-review"}
    assert story.said["no review"].code == 1
    assert "[cross-review]" in story.refused["no review"]


def test_the_owners_alone_are_no_review(story: Story) -> None:
    """R28: k of n functions, and each by a person of its own."""
    assert story.rules("owners only") == {"cross-review"}
    (found,) = [one for one in story.said["owners only"].json["findings"] if one["rule"] == "cross-review"]
    assert "so far product: daniel-osei, risk: jonas-weber" in found["message"]


def test_with_card_risk_and_review_it_passes_and_is_merged(story: Story) -> None:
    assert story.said["reviewed"].code == 0
    assert story.rules("reviewed") == set()
    assert story.in_force() == story.bank.git("rev-parse", "main")


def test_the_review_is_evidence_with_functions_and_people(story: Story) -> None:
    reviews = story.said["enact model"].json["reviews"]
    assert reviews == {
        "systems-that-matter": {"product": "daniel-osei", "risk": "jonas-weber", "security": "priya-raman"}
    }
    rows = story.bank.care("status", "--format", "json").json["requirements"]
    claims = {claim["id"]: claim for row in rows for claim in row["claims"]}
    assert claims["care.c7-held"]["state"] == "held"
    assert claims["care.c7-held"]["evidence"][0]["ref"].startswith("review.cross_functional#")


# --- "Model cards get linked to automated checks."


def test_each_required_field_of_the_card_has_an_automated_check_behind_it(story: Story) -> None:
    """R29: and each of these checks is a rule that `care explain` knows."""
    fields = [one for one in story.said["links"].json["fields"] if one["required"]]
    assert len(fields) == 21
    assert all(len(one["checks"]) >= 2 for one in fields)
    assert all(check["against"] is None for one in fields for check in one["checks"])
    for rule in sorted({check["rule"] for one in fields for check in one["checks"]}):
        assert story.bank.care("explain", rule).code == 0


def test_the_charters_statements_lead_to_the_checks_of_the_card(story: Story) -> None:
    """R24: statement -> rule -> check -> clause, and nothing is an orphan."""
    said = story.bank.care("trace", "policies/charter.md#2.2", "--format", "json")
    assert "card-present" in said.out
    assert "A.8.2" in said.out


# --- "SoA and A.2/A.3 evidence appear"; "leadership, policy, and planning clauses, as well as Annex A on policies and
# roles" ---------------------------------------------------------------------------------------------------------------


def test_the_statement_of_applicability_appears_with_the_charters_merge(story: Story) -> None:
    """R6: 38 controls and the bank's own; none of it could be built before."""
    assert (story.said["soa before"].code, story.said["soa after"].code) == (1, 0)
    rows = {one["control"]: one for one in story.said["soa after"].json["controls"]}
    assert sum(one.startswith("iso42001:2023/A.") for one in rows) == 38
    assert all(one["justification"] for one in rows.values())
    mine = {one["control"]: one for one in story.said["soa model"].json["controls"]}
    assert f"{CREDIT.split('-')[0]}-unequal-refusals" in json.dumps(mine["iso42001:2023/A.6.2.4"]["risks"])


@pytest.mark.parametrize("control", ["A.2.2", "A.2.3", "A.3.2"])
def test_evidence_for_policies_and_roles_appears(story: Story, control: str) -> None:
    """R13, Annex A on policies (A.2) and roles (A.3): complete now, with the documents that show it."""
    assert story.status["after model"][control] == "complete"
    rows = {one["control"]: one for one in story.said["soa after"].json["controls"]}
    assert rows[f"iso42001:2023/{control}"]["status"] == "complete"
    if control.startswith("A.2"):
        assert story.status["before"][control] != "complete"


def test_the_clauses_of_leadership_policy_and_planning_are_further_than_before(story: Story) -> None:
    """5.1-5.3, 6.1, 6.2: none fell back, and those that rest on charter, policy and statement moved."""
    order = ["missing", "partial", "planned", "complete", "excluded"]
    before, after = story.status["before"], story.status["after model"]
    clauses = [one for one in after if one[:2] in ("5.", "6.")]
    assert all(order.index(after[one]) >= order.index(before[one]) for one in clauses)
    assert {one for one in clauses if order.index(after[one]) > order.index(before[one])} >= {"5.2", "6.2"}
