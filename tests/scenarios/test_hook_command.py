"""R9, R19, R23: git itself refuses a push that lacks an approval; a real bare repository, real pushes."""

import subprocess
from pathlib import Path

import pytest
from change_rooms import Firm


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def test_a_push_without_the_owners_approval_is_refused_and_one_with_it_is_taken(firm: Firm) -> None:
    bare = firm.bare()
    firm.branch()
    firm.reword()
    told = firm.git("push", "origin", "topic:main", fails=True)
    assert "policies/ai-policy.md has changed without the approval of ai-lead (ada-byron)" in told
    assert "mend: let the owner commit" in told
    assert "refs/heads/main refused: 1 finding blocks" in told
    assert "pre-receive hook declined" in told
    firm.approve("ada-byron")
    firm.git("push", "-q", "origin", "topic:main")
    taken = subprocess.run(["git", "-C", str(bare), "rev-parse", "main"], capture_output=True, text=True, check=True)
    assert taken.stdout.strip() == firm.git("rev-parse", "topic")


def test_other_branches_are_free_and_the_one_in_force_is_neither_deleted_nor_rewritten(firm: Firm) -> None:
    firm.bare()
    firm.branch()
    firm.reword()
    firm.git("push", "-q", "origin", "topic")
    assert "a branch that is in force is not deleted" in firm.git("push", "origin", ":main", fails=True)
    firm.git("checkout", "-q", "--orphan", "elsewhere")
    firm.commit("ada-byron", "Another past")
    told = firm.git("push", "--force", "origin", "elsewhere:main", fails=True)
    assert "what was in force is never taken out of history" in told


def test_a_second_branch_in_force_starts_from_the_first(firm: Firm) -> None:
    firm.bare("--branch", "main", "--branch", "release")
    firm.branch()
    firm.reword()
    assert "without the approval of ai-lead" in firm.git("push", "origin", "topic:release", fails=True)
    firm.git("push", "-q", "origin", "main:release")


def test_a_push_that_breaks_a_rule_is_refused_whoever_approves(firm: Firm) -> None:
    firm.bare()
    firm.branch()
    firm.edit("systems/book-finder/system.yaml", "domain: retail", "domain: pricing")
    firm.commit("cara-diaz", "Prices")
    firm.approve("eve-acting")
    told = firm.git("push", "origin", "topic:main", fails=True)
    assert "[no-price-model]" in told
    assert "[owner-approval]" not in told


def test_a_push_that_cannot_be_read_is_refused(firm: Firm) -> None:
    firm.bare()
    firm.branch()
    firm.write("systems/book-finder/system.yaml", "id: [\n")
    firm.commit("cara-diaz", "Oops")
    assert "cannot be read" in firm.git("push", "origin", "topic:main", fails=True)


def test_the_first_push_into_an_empty_repository_is_checked_by_itself(firm: Firm) -> None:
    where = firm.folder / "new.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(where)], check=True, env=firm.environment())
    assert firm.care("hook", "install", str(where)).code == 0
    firm.edit("systems/book-finder/system.yaml", "domain: retail", "domain: pricing")
    firm.commit("ada-byron", "Prices")
    assert "[no-price-model]" in firm.git("push", str(where), "main", fails=True)
    firm.git("push", "-q", str(where), "main~1:refs/heads/main")


def test_a_pushed_model_without_card_is_refused_though_git_has_not_let_it_in_yet_r39(firm: Firm) -> None:
    """The pushed objects lie in git's quarantine while the hook decides; the weights are seen all the same."""
    firm.bare()
    firm.branch()
    firm.write("models/nightly.onnx", "weights")
    firm.commit("cara-diaz", "A model")
    told = firm.git("push", "origin", "topic:main", fails=True)
    assert "models/nightly.onnx:1" in told
    assert "the file looks like a model, and no system claims it   [artefact-covered]" in told
    firm.git("rm", "-q", "models/nightly.onnx")
    firm.write("src/train.py", "print('code is free')\n")
    firm.commit("cara-diaz", "Code only")
    firm.git("push", "-q", "origin", "topic:main")


def test_a_staged_model_without_card_is_refused_before_the_commit_r39(firm: Firm) -> None:
    firm.care("hook", "install", "--pre-commit")
    firm.write("models/nightly.onnx", "weights")
    firm.git("add", "-A")
    assert "[artefact-covered]" in firm.git("commit", "-m", "A model", fails=True)


def test_a_system_that_skips_a_stage_is_refused_whoever_approves_r71(firm: Firm) -> None:
    firm.bare()
    firm.branch()
    firm.edit("systems/book-finder/system.yaml", "lifecycle: inception", "lifecycle: deployment")
    firm.commit("cara-diaz", "Live tomorrow")
    firm.approve("eve-acting")
    told = firm.git("push", "origin", "topic:main", fails=True)
    assert "moves from inception to deployment; after inception comes design or retirement   [lifecycle-legal]" in told


def test_before_a_commit_what_is_staged_is_checked_and_not_what_lies_about(firm: Firm) -> None:
    said = firm.care("hook", "install", "--pre-commit", "--format", "json")
    assert said.json["path"].endswith("hooks/pre-commit")
    firm.edit("systems/book-finder/system.yaml", "domain: retail", "domain: pricing")
    firm.git("add", "-A")
    assert "[no-price-model]" in firm.git("commit", "-m", "Prices", fails=True)
    firm.git("reset", "-q")
    firm.write("notes.txt", "Nothing.\n")
    firm.git("add", "notes.txt")
    firm.git("commit", "-q", "-m", "Fine")


def test_a_hook_of_somebody_else_is_left_alone(firm: Firm) -> None:
    hook = firm.root / ".git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 0\n")
    said = firm.care("hook", "install")
    assert said.code == 1
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"
    assert firm.care("hook", "install", "--force").code == 0
    assert firm.care("hook", "install").code == 0
    assert "care hook run" in hook.read_text()


def test_the_decision_can_be_asked_for_without_a_push(firm: Firm) -> None:
    firm.branch()
    firm.reword()
    old, new = firm.git("rev-parse", "main"), firm.git("rev-parse", "HEAD")
    said = firm.care(
        "hook", "run", "pre-receive", "--branch", "main", "--format", "json", given=f"{old} {new} refs/heads/main\n"
    )
    assert said.code == 1
    told = said.json["refs"][0]
    assert (told["ref"], told["decision"]) == ("refs/heads/main", "refused")
    assert [one["rule"] for one in told["findings"]] == ["owner-approval"]
    assert {"schema", "careloop_version", "standards_digest", "commit"} <= said.json.keys()
