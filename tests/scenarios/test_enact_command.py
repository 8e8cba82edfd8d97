"""R9: `care enact` writes which commit is in force; history, status and gate read that entry (CONTRACTS, Versions)."""

import re
from pathlib import Path

import pytest
from change_rooms import Firm

POLICY = "policies/ai-policy.md"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def merged(firm: Firm, *, approve: bool = True) -> str:
    """A policy is put more plainly, merged into main by its owner or by somebody else."""
    firm.branch()
    firm.reword()
    firm.git("checkout", "-q", "main")
    who = "ada-byron" if approve else "ben-okri"
    firm.git(*firm.signing(who), "merge", "-q", "--no-ff", "-S", "-m", "In", "topic", person=who)
    return firm.git("rev-parse", "main")


def test_the_first_commit_and_then_each_merge_is_recorded_once_r9(firm: Firm) -> None:
    first = firm.care("enact", "--format", "json").json
    assert (first["recorded"], first["previous"]) == (True, None)
    commit = merged(firm)
    second = firm.care("enact", "main", "--format", "json").json
    assert (second["commit"], second["previous"], second["recorded"]) == (commit, first["commit"], True)
    assert second["approvals"] == {POLICY: ["ada-byron"]}
    again = firm.care("enact")
    assert (again.code, again.out) == (0, f"{commit[:12]} is in force already\n")
    entries = firm.care("ledger", "show", "--type", "policy.in_force", "--format", "json")
    assert entries.out.count('"policy.in_force"') >= 2
    assert firm.care("ledger", "verify").code == 0


def test_history_and_status_say_that_the_ledger_decided_r9(firm: Firm) -> None:
    firm.care("enact")
    before = firm.git("rev-parse", "main")
    firm.git("commit", "-q", "--allow-empty", "-m", "Not enacted", at="2026-03-22T12:00:00Z")
    today = re.search(r"\d{4}-\d{2}-\d{2}", firm.care("ledger", "show", "--format", "json").out)
    assert today is not None
    said = firm.care("history", POLICY, "--on", today[0], "--format", "json").json
    assert (said["in_force_by"], said["commit"]) == ("ledger", before)
    status = firm.care("status", "--as-of", today[0], "--format", "json").json
    assert (status["in_force_by"], status["commit"]) == ("ledger", before)


def test_a_merge_without_the_owners_approval_is_not_put_in_force_r19_r23(firm: Firm) -> None:
    firm.care("enact")
    merged(firm, approve=False)
    told = firm.care("enact")
    assert told.code == 1
    assert "has changed without the approval of ai-lead (ada-byron)   [owner-approval]" in told.out
    assert told.out.endswith("is not put in force: mend this first\n")
    assert firm.care("enact", "--format", "json").json["refused"]["summary"]["blocking"] == 1


def test_what_was_in_force_is_never_left_out(firm: Firm) -> None:
    firm.care("enact")
    firm.git("checkout", "-q", "--orphan", "elsewhere")
    firm.commit("ada-byron", "Another past")
    assert firm.care("enact", "HEAD").code == 1
    assert firm.care("ledger", "show", "--type", "policy.in_force").out.count("policy.in_force") == 1


def test_what_cannot_be_read_or_is_not_there_is_not_put_in_force(firm: Firm) -> None:
    firm.write("systems/book-finder/system.yaml", "id: [\n")
    firm.commit("ada-byron", "Oops")
    told = firm.care("enact")
    assert (told.code, "[yaml-syntax]" in told.out) == (2, True)
    assert firm.care("enact", "no-such-branch").code == 2


def test_a_review_by_several_functions_becomes_evidence_with_the_merge_r28(firm: Firm) -> None:
    """The claim of CARE practice C7 rests on the entry; it was not held before."""
    review = "{id: new-systems, paths: ['systems/**'], functions: [risk, product], at_least: 2}"
    asked = f"change_control:\n  reviews:\n    - {review}\n"
    firm.write("care.yaml", (firm.root / "care.yaml").read_text() + asked)
    firm.commit("ben-okri", "Ask for reviews")
    firm.care("enact")
    assert held(firm) == "not_held"
    firm.branch()
    firm.edit("systems/book-finder/system.yaml", "Suggests the next book.", "Suggests the book to read next.")
    firm.commit("cara-diaz", "Plainer")
    firm.approve("ada-byron")
    firm.approve("eve-acting")
    firm.git("checkout", "-q", "main")
    firm.git(*firm.signing("ada-byron"), "merge", "-q", "--no-ff", "-S", "-m", "In", "topic")
    told = firm.care("enact")
    assert "review new-systems: product: eve-acting, risk: ada-byron" in told.out
    assert held(firm) == "held"


def held(firm: Firm) -> str:
    rows = firm.care("status", "--format", "json").json["requirements"]
    claims = {claim["id"]: claim["state"] for row in rows for claim in row["claims"]}
    return str(claims["care.c7-held"])
