"""R23: a merge without the owners' approval is a finding; what looks like an approval and is none does not pass."""

from datetime import date
from pathlib import Path

import pytest
from change_rooms import RECORD, Firm

POLICY = "owner-approval policies/ai-policy.md"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    made = Firm(tmp_path)
    made.branch()
    return made


def test_a_change_that_nobody_approved_names_the_owner_who_is_missing(firm: Firm) -> None:
    firm.reword()
    found = firm.lacks()
    assert list(found) == [POLICY]
    assert "without the approval of ai-lead (ada-byron)" in found[POLICY].message
    assert found[POLICY].owner == "ai-lead"
    assert found[POLICY].blocking is True


def test_the_command_says_so_and_passes_once_the_owner_approved(firm: Firm) -> None:
    firm.reword()
    words = ("check", "--diff", "main..HEAD", "--on", "2026-03-20")
    refused = firm.care(*words)
    assert refused.code == 1
    assert "has changed without the approval of ai-lead (ada-byron)   [owner-approval]" in refused.out
    firm.approve("ada-byron")
    assert firm.care(*words).code == 0


def test_one_check_of_a_change_asks_for_approval_and_for_the_card_of_a_new_model_r39(firm: Firm) -> None:
    firm.reword()
    firm.write("models/nightly.onnx", "weights\n")
    firm.commit("cara-diaz", "A model")
    told = firm.care("check", "--diff", "main..HEAD", "--on", "2026-03-20", "--format", "markdown")
    assert told.code == 1
    assert "has changed without the approval of" in told.out
    assert "the file looks like a model, and no system claims it" in told.out


def test_the_owner_approves_with_a_signed_commit_that_says_so(firm: Firm) -> None:
    firm.reword()
    firm.approve("ada-byron")
    assert firm.lacks() == {}


def test_the_owner_approves_by_merging_into_the_branch_in_force(firm: Firm) -> None:
    firm.reword()
    firm.git("checkout", "-q", "-b", "in", "main")
    firm.git(*firm.signing("ada-byron"), "merge", "-q", "--no-ff", "-S", "-m", "Merge", "topic")
    assert firm.lacks("in") == {}


def test_a_merge_of_the_branch_in_force_into_a_topic_approves_nothing(firm: Firm) -> None:
    firm.reword()
    firm.git("checkout", "-q", "main")
    firm.write("runbooks/readme.md", "Nothing.\n")
    firm.commit("ben-okri", "Elsewhere")
    firm.git("checkout", "-q", "topic")
    firm.git(*firm.signing("ada-byron"), "merge", "-q", "--no-ff", "-S", "-m", "Catch up", "main")
    assert POLICY in firm.lacks()


def test_an_unsigned_approval_is_none(firm: Firm) -> None:
    firm.reword()
    commit = firm.approve("ada-byron", signed=False)
    found = firm.lacks()[POLICY]
    assert f"{commit[:10]} says Approved-by, but it is not signed" in found.because


def test_a_trailer_in_somebody_elses_signed_commit_is_forged(firm: Firm) -> None:
    firm.reword()
    commit = firm.approve("cara-diaz", names="ada-byron")
    because = firm.lacks()[POLICY].because
    assert f"{commit[:10]} says that ada-byron@harbour.example approves, but cara-diaz signed it" in because


def test_a_commit_in_the_owners_name_with_another_key_is_forged(firm: Firm) -> None:
    firm.reword()
    commit = firm.approve("ada-byron", key="cara-diaz")
    because = firm.lacks()[POLICY].because
    told = "cara-diaz signed it, yet it names ada-byron@harbour.example as its committer"
    assert f"{commit[:10]} says Approved-by, but {told}" in because


def test_a_signed_commit_without_the_trailer_approves_nothing(firm: Firm) -> None:
    firm.reword()
    firm.commit("ada-byron", "I was here")
    assert POLICY in firm.lacks()


def test_the_key_of_somebody_who_left_counts_for_nothing(firm: Firm) -> None:
    firm.reword()
    firm.approve("dan-left")
    because = " ".join(firm.lacks()[POLICY].because)
    assert "a key that roles.yaml lists for nobody who is still here" in because


def test_a_commit_dated_back_to_when_somebody_was_still_there_counts_for_nothing(firm: Firm) -> None:
    firm.reword()
    message = "Approve\n\nApproved-by: dan-left@harbour.example"
    firm.commit("dan-left", message, at="2026-01-10T12:00:00Z")
    assert POLICY in firm.lacks()


def test_the_owner_cannot_approve_what_the_owner_made(firm: Firm) -> None:
    firm.reword("ada-byron")
    firm.approve("ada-byron")
    because = firm.lacks()[POLICY].because
    assert "ada-byron took part in the change of policies/ai-policy.md and cannot approve it" in because


def test_a_borrowed_name_does_not_hide_who_made_a_change(firm: Firm) -> None:
    firm.reword("cara-diaz", key="ada-byron")
    firm.approve("ada-byron")
    because = " ".join(firm.lacks()[POLICY].because)
    assert "ada-byron signed it, yet it names cara-diaz@harbour.example as its committer" in because


def test_an_unsigned_change_has_an_unknown_maker_and_cannot_be_approved(firm: Firm) -> None:
    commit = firm.reword("cara-diaz", signed=False)
    firm.approve("ada-byron")
    assert f"who made {commit[:10]} cannot be told: it is not signed" in firm.lacks()[POLICY].because


def test_a_change_after_the_approval_voids_it_for_that_file(firm: Firm) -> None:
    firm.reword()
    firm.approve("ada-byron")
    firm.edit("policies/ai-policy.md", "can ask why", "may hope to hear why")
    firm.commit("cara-diaz", "One more thing")
    because = " ".join(firm.lacks()[POLICY].because)
    assert "policies/ai-policy.md was changed after ada-byron approved it" in because


def test_owners_changed_in_the_head_do_not_count(firm: Firm) -> None:
    firm.reword("ada-byron")
    firm.edit("roles.yaml", 'path: "policies/**", post: ai-lead', 'path: "policies/**", post: clerk')
    firm.commit("ada-byron", "Somebody else owns it now")
    firm.approve("cara-diaz")
    found = firm.lacks()
    assert "without the approval of ai-lead (ada-byron)" in found[POLICY].message
    assert "director (ben-okri)" in found["owner-approval roles.yaml"].message


def test_a_key_added_in_the_head_does_not_count(firm: Firm) -> None:
    firm.reword()
    key = (firm.keys / "cara-diaz.pub").read_text().strip()
    text = (firm.root / "roles.yaml").read_text()
    ada = (firm.keys / "ada-byron.pub").read_text().strip()
    firm.write("roles.yaml", text.replace(key, "").replace(ada, key))
    firm.commit("cara-diaz", "New keys")
    firm.approve("ada-byron", key="cara-diaz")
    assert POLICY in firm.lacks()


def test_a_renamed_file_needs_the_owner_of_where_it_was(firm: Firm) -> None:
    firm.git("mv", "policies/ai-policy.md", "runbooks-policy.md")
    firm.commit("cara-diaz", "Move it away")
    assert "is gone without the approval of ai-lead" in firm.lacks()[POLICY].message


def test_who_stands_in_counts_on_a_known_day_only(firm: Firm) -> None:
    path = "systems/book-finder/system.yaml"
    firm.edit(path, "Suggests the next book.", "Suggests the book to read next.")
    firm.commit("cara-diaz", "Plainer")
    firm.approve("eve-acting")
    assert firm.lacks() == {}
    undated = firm.lacks(on=None)
    assert list(undated) == [f"owner-approval {path}"]
    assert any("--on DATE" in line for line in undated[f"owner-approval {path}"].because)
    assert list(firm.lacks(on=date(2100, 1, 1))) == [f"owner-approval {path}"]


def test_a_post_may_lend_its_approval_for_a_while(firm: Firm) -> None:
    firm.git("checkout", "-q", "main")
    lent = "delegations:\n  - {from_post: ai-lead, to_post: clerk, authority: approve_change, until: 2026-06-30}\n"
    firm.write("roles.yaml", (firm.root / "roles.yaml").read_text() + lent)
    firm.commit("ben-okri", "Lend it")
    firm.branch("holiday")
    firm.reword("ben-okri")
    firm.approve("cara-diaz")
    assert firm.lacks() == {}
    assert POLICY in firm.lacks(on=date(2026, 7, 1))


def test_codeowners_of_the_base_are_asked_as_well(firm: Firm) -> None:
    firm.git("checkout", "-q", "main")
    firm.write(".github/CODEOWNERS", "# who\n*.md @clerk\n/policies/ ben-okri@harbour.example @nobody\n")
    firm.commit("ben-okri", "Owners")
    firm.branch("two")
    firm.reword()
    firm.approve("ada-byron")
    message = firm.lacks()[POLICY].message
    assert "ben-okri@harbour.example or @nobody (.github/CODEOWNERS:3) (ben-okri)" in message
    firm.approve("ben-okri")
    assert firm.lacks() == {}


def test_a_merge_that_quietly_takes_the_old_text_back_has_a_maker(firm: Firm) -> None:
    firm.git("checkout", "-q", "main")
    firm.edit("policies/ai-policy.md", "may ask why", "must be told why")
    firm.commit("ben-okri", "Promise more")
    firm.git("checkout", "-q", "-b", "back", "main~1")
    firm.commit("cara-diaz", "Nothing")
    firm.git(*firm.signing("ada-byron"), "merge", "-q", "-S", "-s", "ours", "-m", "Catch up", "main")
    firm.approve("ada-byron")
    because = firm.lacks()[POLICY].because
    assert "ada-byron took part in the change of policies/ai-policy.md and cannot approve it" in because


def test_the_users_own_list_of_signers_is_not_asked(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.reword()
    firm.approve("ada-byron", key="cara-diaz")
    own = firm.folder / "signers"
    key = (firm.keys / "cara-diaz.pub").read_text()
    own.write_text(f"ada-byron {key}")
    firm.git("config", "gpg.ssh.allowedSignersFile", str(own))
    firm.git("config", "gpg.ssh.program", "true")
    (firm.folder / ".gitconfig").write_text(f'[gpg "ssh"]\n\tallowedSignersFile = {own}\n')
    assert POLICY in firm.lacks()


def test_replaced_objects_are_not_looked_at(firm: Firm) -> None:
    made = firm.reword()
    forged = firm.approve("ada-byron", signed=False)
    firm.git("checkout", "-q", "-b", "other", made)
    good = firm.commit("ada-byron", "Unrelated")
    firm.git("checkout", "-q", "topic")
    firm.git("replace", forged, good)
    assert POLICY in firm.lacks()


def test_a_stricter_threshold_counts_at_once_and_is_reviewed_after(firm: Firm) -> None:
    path = "systems/book-finder/monitors.yaml"
    firm.edit(path, "tolerance: 0.1", "tolerance: 0.05")
    firm.commit("cara-diaz", "Sooner")
    found = firm.lacks()
    assert list(found) == [f"owner-approval {path}"]
    assert found[f"owner-approval {path}"].blocking is False
    assert "only made stricter" in found[f"owner-approval {path}"].message


def test_a_looser_threshold_waits_for_the_owner_of_the_monitors(firm: Firm) -> None:
    path = "systems/book-finder/monitors.yaml"
    firm.edit(path, "tolerance: 0.1", "tolerance: 0.3")
    firm.commit("cara-diaz", "Later")
    firm.approve("eve-acting")
    found = firm.lacks()
    assert list(found) == [f"loosening-approved {path}"]
    finding = found[f"loosening-approved {path}"]
    assert "tolerance of monitor book-finder/drift: 0.1 -> 0.3" in finding.message
    assert (finding.place.line, finding.owner) == (9, "ai-lead")
    firm.approve("ada-byron")
    assert firm.lacks() == {}


def test_a_waiver_waits_for_the_owner_of_the_rule(firm: Firm) -> None:
    waiver = "id: w\nrule: no-price-model\nsubject: book-finder\nreason: A trial.\nowner: clerk\nexpires: 2026-06-01\n"
    firm.write("waivers/w.yaml", waiver)
    firm.commit("cara-diaz", "For a while")
    found = firm.lacks()
    assert "waiver w is new" in found["loosening-approved waivers/w.yaml"].message
    firm.approve("ada-byron")
    assert firm.lacks() == {}


def test_a_rule_that_asks_for_something_else_counts_as_loosened(firm: Firm) -> None:
    firm.edit("rules/shop.yaml", "system.domain != 'pricing'", "system.domain != 'prices'")
    firm.write("changes/word.yaml", RECORD.format(id="word"))
    firm.commit("cara-diaz", "Other word")
    found = firm.lacks()
    assert set(found) == {"loosening-approved rules/shop.yaml", "owner-approval rules/shop.yaml"}
    assert "require of rule no-price-model" in found["loosening-approved rules/shop.yaml"].message


def test_a_conflict_with_a_law_is_recorded_and_no_loosening(firm: Firm) -> None:
    law = "    tightens: owner-named\n    conflict: {law: book-act, article: Art. 3}\n"
    firm.edit("rules/shop.yaml", "    cases:\n", f"{law}    cases:\n")
    firm.edit("rules/shop.yaml", "severity: must", "severity: should")
    firm.commit("cara-diaz", "The law forbids it")
    found = firm.lacks()
    assert "loosening-approved rules/shop.yaml" not in found
    because = found["owner-approval rules/shop.yaml"].because
    assert "rule no-price-model records a conflict: book-act, Art. 3" in because


def test_a_change_of_policy_without_a_record_is_told_and_may_be_made_to_block(firm: Firm) -> None:
    """R19: what, why, impact, approver and roll-back stand in one record of the same merge."""
    firm.edit("policies/ai-policy.md", "may ask why", "can ask why")
    firm.commit("cara-diaz", "Say it plainly")
    firm.approve("ada-byron")
    found = firm.lacks()
    assert list(found) == ["change-record policies/ai-policy.md"]
    assert found["change-record policies/ai-policy.md"].blocking is False
    firm.git("checkout", "-q", "main")
    firm.write("care.yaml", (firm.root / "care.yaml").read_text() + "change_control: {records: block}\n")
    firm.commit("ben-okri", "Records are needed")
    firm.git("checkout", "-q", "topic")
    firm.git("rebase", "-q", "main")
    assert firm.lacks()["change-record policies/ai-policy.md"].blocking is True


def test_where_nobody_owns_anything_there_is_no_change_control(firm: Firm) -> None:
    firm.git("checkout", "-q", "main")
    text = (firm.root / "roles.yaml").read_text()
    firm.write("roles.yaml", text[: text.index("accountable:")])
    firm.commit("ben-okri", "Nobody owns anything")
    firm.branch("free")
    firm.reword(signed=False)
    assert firm.lacks() == {}


def test_where_it_cannot_be_read_who_owns_what_nobody_can_approve(firm: Firm) -> None:
    firm.git("checkout", "-q", "main")
    firm.write("roles.yaml", "people: [\n")
    firm.commit("ben-okri", "Oops")
    firm.branch("after")
    firm.reword()
    firm.approve("ada-byron")
    found = firm.lacks()["owner-approval roles.yaml"]
    assert "nobody can tell who owns what, and nobody can approve" in found.message
    assert found.blocking is True


def test_a_looser_change_control_is_a_loosening_and_counts_only_once_it_is_in_force(firm: Firm) -> None:
    firm.write("care.yaml", (firm.root / "care.yaml").read_text() + "change_control: {approvals: observe}\n")
    firm.reword()
    found = firm.lacks()
    assert found[POLICY].blocking is True
    assert "approvals of change_control: block -> observe" in found["loosening-approved care.yaml"].message
    assert "without the approval of ai-lead" in found["owner-approval care.yaml"].message


def test_a_rule_of_ones_own_can_make_the_record_a_must(firm: Firm) -> None:
    firm.git("checkout", "-q", "main")
    own = "  - id: our-record\n    sentence: We write down why.\n    subject: document\n    moment: change\n"
    own += "    check: change-record\n    severity: must\n    remedy: write it\n    tightens: change-record\n"
    firm.write("rules/shop.yaml", (firm.root / "rules/shop.yaml").read_text() + own)
    firm.commit("ben-okri", "A must")
    firm.branch("unsaid")
    firm.edit("policies/ai-policy.md", "may ask why", "can ask why")
    firm.commit("cara-diaz", "Unsaid")
    found = firm.lacks()
    assert (
        found["our-record policies/ai-policy.md"].blocking,
        found["change-record policies/ai-policy.md"].blocking,
    ) == (True, False)
