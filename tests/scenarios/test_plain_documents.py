"""`care readability`, `care render` and `care create plan` through the real command (R22, R30)."""

from pathlib import Path

import pytest
from care_rooms import a_folder, a_repository, care

from careloop.testing.source_tree_builder import small_repository, with_file


def test_grades_are_reported_and_warn_without_failing(tmp_path: Path) -> None:
    hard = "Organisational accountability determinations necessitate multidisciplinary evaluation of each. "
    policy = small_repository()["policies/ai-policy.md"].decode()
    files = with_file(small_repository(), "policies/ai-policy.md", policy + "\n" + hard * 15)
    a_folder(tmp_path / "aims", files)
    told = care("readability", "aims", "--format", "json", at=tmp_path)
    assert told.code == 0
    (found,) = [one for one in told.answer["documents"] if one["file"] == "policies/ai-policy.md"]
    assert found["grade"] > 12
    assert found["warn"] is True
    assert "above 12" in care("readability", "aims", at=tmp_path).out


def test_a_document_in_another_language_is_said_not_to_be_judged(tmp_path: Path) -> None:
    german = "Die Verantwortliche bewertet das Risiko und entscheidet, was bis wann geschieht. " * 15
    policy = small_repository()["policies/ai-policy.md"].decode()
    front = policy[: policy.index("# AI policy")]
    files = with_file(small_repository(), "policies/ai-policy.md", f"{front}# KI-Richtlinie\n\n{german}\n")
    a_folder(tmp_path / "aims", files)
    assert (
        "policies/ai-policy.md: not judged: the formula is for English" in care("readability", "aims", at=tmp_path).out
    )


def test_a_document_that_cannot_be_read_is_2(tmp_path: Path) -> None:
    a_folder(tmp_path / "aims", with_file(small_repository(), "controls.yaml", "owner: [\n"))
    assert care("readability", "aims", at=tmp_path).code == 2
    assert care("create", "plan", "aims", "--start", "2026-03-02", at=tmp_path).code == 2
    told = care("render", "aims/controls.yaml", at=tmp_path)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("error: controls.yaml:")


def test_a_document_is_rendered_from_here_from_its_root_and_from_a_commit(tmp_path: Path) -> None:
    room = a_repository(tmp_path / "aims")
    from_here = care("render", "aims/policies/ai-policy.md", at=tmp_path)
    from_root = care("render", "policies/ai-policy.md", "--repo", "aims", at=tmp_path)
    assert from_here.code == from_root.code == 0
    assert from_here.out == from_root.out
    assert "<h1>AI policy</h1>" in from_here.out
    (room.root / "policies" / "ai-policy.md").write_text("gone wrong")
    then = care(
        "render", "policies/ai-policy.md", "--repo", "aims", "--at", "HEAD", "--format", "markdown", at=tmp_path
    )
    assert then.code == 0
    assert "Every AI system has an owner" in then.out


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("policies/none.md", "there is no policies/none.md"),
        ("notes.txt", "no governed document"),
        ("../outside.md", "is not in"),
        ("../aims/../../etc/passwd", "is not in"),
    ],
)
def test_what_is_no_document_of_the_repository_is_not_shown(document: str, says: str, tmp_path: Path) -> None:
    a_folder(tmp_path / "aims")
    (tmp_path / "outside.md").write_text("secret")
    told = care("render", document, "--repo", tmp_path / "aims", at=tmp_path)
    assert told.code == 2
    assert says in told.err
    assert "secret" not in told.out


def test_the_thirty_days_count_from_the_first_commit_and_name_what_is_overdue(tmp_path: Path) -> None:
    a_repository(tmp_path / "aims")
    told = care("create", "plan", "aims", "--format", "json", at=tmp_path)
    assert told.code == 0, told.err
    assert (told.answer["start"], told.answer["start_from"]) == ("2026-03-10", "first commit")
    assert len(told.answer["items"]) == 6
    assert "policy" in told.answer["overdue"]
    text = care("create", "plan", "aims", "--start", "2020-01-01", at=tmp_path)
    assert "past the 30" in text.out
    assert "overdue: " in text.out


def test_a_start_that_is_no_day_or_is_nowhere_is_wrong_usage(tmp_path: Path) -> None:
    a_folder(tmp_path / "aims")
    assert care("create", "plan", "aims", "--start", "today", at=tmp_path).code == 2
    told = care("create", "plan", "aims", at=tmp_path)
    assert told.code == 2
    assert "--start" in told.err
